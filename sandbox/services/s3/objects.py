"""Looks into buckets at the long tail: small reads of the sandbox's own, which are no calls of anybody."""

from __future__ import annotations

import msgspec

from sandbox.model.http import HttpRequest, HttpResponse, Upstream
from sandbox.model.scope import Scope
from sandbox.services.s3.errors import no_such_bucket


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
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

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

    async def _head(self, operation: str, scope: Scope, path: str, query: str = "") -> HttpResponse:
        credential = f"{scope.account}/20240101/{scope.region}/s3/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=, Signature="
        headers = [("host", "127.0.0.1"), ("authorization", signature)]
        return await self._upstream.forward("s3", operation, HttpRequest("HEAD", path, query, headers))


def header(answer: HttpResponse, name: str) -> str:
    """A header of an answer, by its name in lower case; empty without one."""
    return next((value for key, value in answer.headers if key.lower() == name), "")
