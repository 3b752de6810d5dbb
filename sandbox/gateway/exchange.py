"""One HTTP exchange over ASGI: the request's head and body, the answer, and a client that goes away."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.http import Headers, HttpResponse
from sandbox.wire.incoming import Incoming

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

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
#: How much of a body that is too large is read and dropped, so that the client gets to read the refusal.
_DRAIN = 64 * 1024 * 1024
#: Real seconds a request may take before its connection is watched: short ones need no watching.
_WATCH_AFTER = 0.05


class TooLargeError(ValueError):
    """The body is larger than the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit


class GoneError(Exception):
    """The client closed the connection before it had its answer."""


def read_head(scope: Message) -> Incoming:
    """The head of a request as the wire sees it; the body is still to be read."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return Incoming(
        method=scope["method"].upper(),
        path=raw.decode("latin-1").partition("?")[0],
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=b"",
    )


def head_pairs(scope: Message) -> list[tuple[str, str]]:
    """All headers in their order."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body.

    Args:
        limit: bytes.

    Raises:
        TooLargeError: it is larger.
        GoneError: the client went away.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise GoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise TooLargeError(limit)
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        part = message.get("body", b"")
        size += len(part)
        if size > limit + _DRAIN:
            break
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
    if size > limit:
        raise TooLargeError(limit)
    return b"".join(parts)


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


async def send_response(send: Send, response: HttpResponse, method: str, extra: Headers = ()) -> None:
    """Sends an answer with its length; the answer to HEAD keeps the length it names."""
    head: list[tuple[bytes, bytes]] = []
    for name, value in (*response.headers, *extra):
        lower = name.lower()
        if lower in _HOP_BY_HOP and not (method == "HEAD" and lower == "content-length"):
            continue
        head.append((name.encode("latin-1", "replace"), _header_value(value)))
    if method != "HEAD" and response.status not in (204, 304):
        head.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": head})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})


def _header_value(value: str) -> bytes:
    """A value that cannot begin another header, whatever a service or a function put in it."""
    return value.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace")


@contextmanager
def cancelled_when_gone(receive: Receive) -> Iterator[None]:
    """Cancels what is inside when the client closes the connection, as it does to a long poll it gave up on.

    Raises:
        GoneError: the client went away.
    """
    loop = asyncio.get_running_loop()
    work = asyncio.current_task()
    watcher: asyncio.Task[None] | None = None
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        if work is not None:
            work.cancel()

    def start() -> None:
        nonlocal watcher
        watcher = loop.create_task(watch())

    timer = loop.call_later(_WATCH_AFTER, start)
    try:
        yield
    except asyncio.CancelledError:
        if gone and work is not None:
            work.uncancel()
            raise GoneError from None
        raise
    finally:
        timer.cancel()
        if watcher is not None:
            watcher.cancel()
