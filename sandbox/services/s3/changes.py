"""What an accepted call of S3 did to objects, as events name it.

Page: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import parse_qs, unquote

import msgspec

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.s3.configuration import CREATED, REMOVED
from sandbox.services.s3.objects import elements, header
from sandbox.wire.xmlbody import tag

#: Operation -> what its event is called behind `s3:ObjectCreated:`.
_CREATING = {
    "PutObject": "Put",
    "CopyObject": "Copy",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}
_REMOVING = ("DeleteObject", "DeleteObjects")
OPERATIONS = frozenset((*_CREATING, *_REMOVING))
#: The entity tag of nothing, which is what a delete marker has.
_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"


class Change(msgspec.Struct, frozen=True):
    """Something that happened to an object.

    Attributes:
        event: `s3:ObjectCreated:Put`.
        reason: the operation, as EventBridge is told.
        key: of the object, as it is.
        size: bytes; None where nothing is said of it, as of what was removed, or where it must be looked up.
        etag: without quotes. version: empty where the bucket keeps none.
    """

    event: str
    reason: str
    key: str
    size: int | None = None
    etag: str = ""
    version: str = ""

    @property
    def created(self) -> bool:
        """Whether there is an object now."""
        return self.event.startswith(CREATED)

    @property
    def marker(self) -> bool:
        """Whether it hid an object without removing it."""
        return self.event == f"{REMOVED}DeleteMarkerCreated"


def bucket_of(request: HttpRequest) -> str:
    """The bucket that a request names in its path."""
    return unquote(request.path.lstrip("/").partition("/")[0])


def removed_keys(operation: str, request: HttpRequest) -> list[str]:
    """Keys of the objects that a call is to remove as they are now: not of versions that it names."""
    if operation == "DeleteObject":
        return [] if _version(request) else [_key(request)]
    if operation == "DeleteObjects":
        return [key for key, version in _asked(request) if not version]
    return []


def changes(
    operation: str, request: HttpRequest, response: HttpResponse, there: Collection[str]
) -> Iterator[Change]:
    """What a call did that was accepted.

    Args:
        there: those of `removed_keys` that there were before; removing nothing is no event.
    """
    if operation in _CREATING:
        yield _creation(operation, request, response)
    elif operation == "DeleteObject":
        key, version = _key(request), _version(request)
        marker = header(response, "x-amz-delete-marker") == "true" and not version
        if version or marker or key in there:
            yield _removal(key, marker, _made(response) or version)
    elif operation == "DeleteObjects":
        yield from _removals(response, there)


def _creation(operation: str, request: HttpRequest, response: HttpResponse) -> Change:
    size = None
    if operation == "PutObject":
        # A body in chunks, each signed, is longer than the object.
        size = int(request.header("x-amz-decoded-content-length") or len(request.body))
    return Change(
        CREATED + _CREATING[operation],
        operation,
        _key(request),
        size,
        header(response, "etag").strip('"') or _text(response.body, "ETag").strip('"'),
        _made(response),
    )


def _removals(response: HttpResponse, there: Collection[str]) -> Iterator[Change]:
    for entry in elements(response.body, "Deleted"):
        told = {tag(child): child.text or "" for child in entry}
        key, version = told.get("Key", ""), told.get("VersionId", "")
        marker = told.get("DeleteMarker") == "true" and not version
        if version or marker or key in there:
            yield _removal(key, marker, told.get("DeleteMarkerVersionId", "") if marker else version)


def _removal(key: str, marker: bool, version: str) -> Change:
    kind = "DeleteMarkerCreated" if marker else "Delete"
    return Change(REMOVED + kind, "DeleteObject", key, etag=_EMPTY if marker else "", version=version)


def _asked(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Keys and versions that DeleteObjects names."""
    for entry in elements(request.body, "Object"):
        told = {tag(child): child.text or "" for child in entry}
        yield told.get("Key", ""), told.get("VersionId", "")


def _text(body: bytes, name: str) -> str:
    return next((element.text or "" for element in elements(body, name)), "")


def _key(request: HttpRequest) -> str:
    return unquote(request.path.lstrip("/").partition("/")[2])


def _made(response: HttpResponse) -> str:
    """The version that a call made or removed; empty where the bucket keeps none, which is called `null`."""
    version = header(response, "x-amz-version-id")
    return "" if version == "null" else version


def _version(request: HttpRequest) -> str:
    return parse_qs(request.query).get("versionId", [""])[0]
