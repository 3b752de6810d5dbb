"""A request that has arrived whole, and the bytes of its answer."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpResponse, HttpStream
from sandbox.wire.incoming import Incoming

#: What belongs to one connection and is not passed on.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
#: Bytes of names of headers that are remembered, each at most.
_SHORT = 1024
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


class Arrival(msgspec.Struct):
    """One request, whole.

    Attributes:
        incoming: the request as the wire sees it.
        raw: its headers in their order, as the client wrote them.
        client, server: the address it comes from, and the one it came to.
        broken_limit: bytes that the body may have and has not kept to (its body is dropped then), or 0.
    """

    incoming: Incoming
    raw: list[tuple[bytes, bytes]]
    client: str = "127.0.0.1"
    server: str = "127.0.0.1"
    broken_limit: int = 0

    def pairs(self) -> list[tuple[str, str]]:
        """All headers in their order, names in lower case."""
        headers = self.incoming.headers
        if len(headers) == len(self.raw):  # no name twice: they are read already, in their order
            return list(headers.items())
        return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self.raw]

    def names(self) -> list[str]:
        """The names of the headers as the client wrote them."""
        return [_text(name) if len(name) <= _SHORT else name.decode("latin-1") for name, _ in self.raw]


@lru_cache(maxsize=1024)
def _text(name: bytes) -> str:
    return name.decode("latin-1")


#: Serves requests: the gateway, or something before it.
Application = Callable[[Arrival], Awaitable[HttpResponse]]


class TooLargeError(ValueError):
    """The body is larger than the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit


def plain_body(incoming: Incoming, limit: int) -> bytes:
    """The body without its compression (SDKs compress large requests to some operations).

    Args:
        limit: bytes that it may have when it is unpacked.

    Raises:
        TooLargeError: it has more.
        AwsError: it is not what `Content-Encoding` says.
    """
    encoding = incoming.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return incoming.body
    if encoding != "gzip":
        raise AwsError(
            "UnsupportedMediaType",
            f"sandbox does not read the Content-Encoding {encoding[:50]!r}.",
            status=415,
        )
    try:
        unpacker = zlib.decompressobj(wbits=31)
        body = unpacker.decompress(incoming.body, limit + 1)
    except zlib.error as error:
        raise AwsError("SerializationException", f"Could not unpack the request body: {error}") from error
    if len(body) > limit:
        raise TooLargeError(limit)
    if not unpacker.eof:
        raise AwsError("SerializationException", "Could not unpack the request body: it ends early")
    return body


def written(response: HttpResponse, method: str, connection: str = "") -> bytes:
    """The bytes of an answer with its length; the answer to HEAD keeps the length it names.

    Args:
        connection: value of the `Connection` header; empty for none.
    """
    head = [_STATUS_LINES.get(response.status) or f"HTTP/1.1 {response.status} \r\n"]
    bare = method == "HEAD"
    for name, value in response.headers:
        lower = name.lower()
        if lower in _HOP_BY_HOP and not (bare and lower == "content-length"):
            continue
        if "\r" in value or "\n" in value:
            # A value cannot begin another header, whatever a service or a function put in it.
            value = value.replace("\r", " ").replace("\n", " ")
        head.append(f"{name}: {value}\r\n")
    if connection:
        head.append(f"connection: {connection}\r\n")
    if isinstance(response, HttpStream) and not bare:
        head.append("transfer-encoding: chunked\r\n\r\n")
        return "".join(head).encode("latin-1", "replace")
    if bare or response.status in (204, 304):
        head.append("\r\n")
        return "".join(head).encode("latin-1", "replace")
    head.append(f"content-length: {len(response.body)}\r\n\r\n")
    return "".join(head).encode("latin-1", "replace") + response.body
