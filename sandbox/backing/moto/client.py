"""One HTTP request to the child, byte for byte as it came: what a client library would tidy up must stay."""

from __future__ import annotations

import asyncio

import httptools

from sandbox.model.http import Headers, HttpRequest, HttpResponse

#: Headers that belong to one connection, or that this hop sets itself.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"}
    | {"transfer-encoding", "content-length", "expect"}
)
_ANSWER_DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "server"})
#: Prefixes of headers by which the sandbox speaks to moto; a client must not.
_RESERVED = ("x-sandbox-", "x-moto-")


class _Answer:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.body: list[bytes] = []
        self.begun = False
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.begun = True

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True


async def send(host: str, port: int, request: HttpRequest, extra: Headers) -> HttpResponse:
    """Sends the request, with `extra` headers, on a connection of its own, and returns the answer.

    Raises:
        OSError: the server is not there, or closed the connection early.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_head(request, extra) + request.body)
        await writer.drain()
        data = await reader.read()
    finally:
        writer.close()
    return _parse(data, request.method)


def _head(request: HttpRequest, extra: Headers) -> bytes:
    target = f"{request.path}?{request.query}" if request.query else request.path
    kept = [
        (name, value)
        for name, value in request.headers
        if name not in _HOP_BY_HOP and not name.startswith(_RESERVED)
    ]
    own = [*extra, ("connection", "close"), ("content-length", str(len(request.body)))]
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in [*kept, *own])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _parse(data: bytes, method: str) -> HttpResponse:
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    try:
        parser.feed_data(data)
    except httptools.HttpParserError as error:
        raise ConnectionResetError(f"the server's answer is not HTTP: {error}") from error
    framed = any(name in ("content-length", "transfer-encoding") for name, _ in answer.headers)
    # HEAD is answered with the length of a body that never comes; without a length, the stream's end counts.
    if not answer.begun or (framed and not answer.complete and method != "HEAD"):
        raise ConnectionResetError("the server closed the connection in the middle of its answer")
    headers = [(name, value) for name, value in answer.headers if name not in _ANSWER_DROPPED]
    return HttpResponse(parser.get_status_code(), headers, b"".join(answer.body))
