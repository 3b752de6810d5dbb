"""Looks into buckets at the long tail: small reads of the sandbox's own, which are no calls of anybody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import msgspec

from sandbox.model.http import HttpRequest, HttpResponse, Upstream
from sandbox.model.scope import Scope
from sandbox.services.s3.errors import no_such_bucket
from sandbox.wire.problems import MalformedBodyError
from sandbox.wire.xmlbody import parse_xml, tag

#: Keys in one list, the most that S3 gives.
_PAGE = 1_000


class ObjectFacts(msgspec.Struct, frozen=True):
    """An object as it is now.

    Attributes:
        size: bytes. etag: without quotes.
    """

    size: int
    etag: str


class Objects:
    """Looks into buckets.

    Args:
        upstream: keeps them.
        page: keys in one list.
    """

    def __init__(self, upstream: Upstream, page: int = _PAGE) -> None:
        self._upstream = upstream
        self._page = page

    async def region(self, scope: Scope, bucket: str) -> str:
        """The region of a bucket.

        Raises:
            AwsError: NoSuchBucket.
        """
        answer = await self._head("HeadBucket", scope, f"/{bucket}")
        if answer.status >= 300:
            raise no_such_bucket(bucket)
        return header(answer, "x-amz-bucket-region") or scope.region

    async def find(self, scope: Scope, path: str, version: str = "") -> ObjectFacts | None:
        """An object, or None where there is none, or none that may be read.

        Args:
            path: of the request that was about it, percent-encoded.
        """
        answer = await self._head("HeadObject", scope, path, f"versionId={version}" if version else "")
        if answer.status >= 300:
            return None
        return ObjectFacts(int(header(answer, "content-length") or 0), header(answer, "etag").strip('"'))

    async def present(self, scope: Scope, bucket: str, keys: Collection[str]) -> set[str]:
        """Those of many keys that there are objects of, by lists of the bucket from the first to the last."""
        wanted, found = set(keys), set[str]()
        # What the first key begins with stands before it in every list.
        after, last = min(wanted)[:-1], max(wanted)
        while True:
            query = f"list-type=2&max-keys={self._page}&start-after={quote(after, safe='')}"
            answer = await self._ask("GET", "ListObjectsV2", scope, f"/{bucket}", query)
            listed = [element.text or "" for element in elements(answer.body, "Key")]
            found |= wanted.intersection(listed)
            if len(listed) < self._page or listed[-1] >= last:
                return found
            after = listed[-1]

    async def _head(self, operation: str, scope: Scope, path: str, query: str = "") -> HttpResponse:
        return await self._ask("HEAD", operation, scope, path, query)

    async def _ask(self, method: str, operation: str, scope: Scope, path: str, query: str) -> HttpResponse:
        credential = f"{scope.account}/20240101/{scope.region}/s3/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=, Signature="
        headers = [("host", "127.0.0.1"), ("authorization", signature)]
        return await self._upstream.forward("s3", operation, HttpRequest(method, path, query, headers))


def header(answer: HttpResponse, name: str) -> str:
    """A header of an answer, by its name in lower case; empty without one."""
    return next((value for key, value in answer.headers if key.lower() == name), "")


def elements(body: bytes, name: str) -> Iterator[ElementTree.Element]:
    """The elements of that name in a document; none where it is none."""
    try:
        root = parse_xml(body)
    except MalformedBodyError:
        return
    yield from (element for element in root.iter() if tag(element) == name)
