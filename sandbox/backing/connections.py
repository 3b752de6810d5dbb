"""Requests to one server over connections that are kept.

Byte for byte as they came: what a client library would tidy up (paths, headers) must stay. To open a
connection to a container goes through Docker's proxy, which costs more than the request.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httptools

from sandbox.model.http import HttpRequest, HttpResponse

#: Headers that belong to one connection, or that this hop sets itself.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"}
    | {"transfer-encoding", "content-length", "expect"}
)
_ANSWER_DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "server"})
_KEPT = 32
_READ = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Connections:
    """The connections to one port.

    Args:
        host, port: where the server is reached.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: list[_Connection] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Sends a request and returns the answer.

        A kept connection that the server has closed meanwhile gives no byte of an answer: the request goes
        out once more, on a new one.

        Raises:
            OSError: the server is not there, or closed the connection early.
        """
        while self._idle:
            kept = self._idle.pop()
            if kept.reader.at_eof():
                kept.writer.close()
                continue
            answer = _Answer(request.method)
            try:
                return await self._exchange(kept, request, answer)
            except OSError:
                if answer.fed:
                    raise
        reader, writer = await asyncio.open_connection(self._host, self._port)
        return await self._exchange(_Connection(reader, writer), request, _Answer(request.method))

    def close(self) -> None:
        """Closes what is kept."""
        while self._idle:
            self._idle.pop().writer.close()

    async def _exchange(self, connection: _Connection, request: HttpRequest, answer: _Answer) -> HttpResponse:
        keep = False
        try:
            connection.writer.write(_head(request) + request.body)
            await connection.writer.drain()
            while not answer.complete:
                answer.feed(await connection.reader.read(_READ))
            keep = answer.reusable and len(self._idle) < _KEPT
            return answer.response()
        finally:
            if keep:
                self._idle.append(connection)
            else:
                connection.writer.close()


class _Answer:
    """Collects what the parser finds."""

    def __init__(self, method: str) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._is_head = method == "HEAD"
        self._begun = False
        self._framed = False
        self.complete = False
        self.fed = False
        self.reusable = False

    def feed(self, data: bytes) -> None:
        """Takes what was read; nothing means that the server closed the connection.

        Raises:
            ConnectionResetError: that was too early, or it is not HTTP.
        """
        if not data:
            # Without a length, the end of the connection is the end of the body.
            if not self._begun or self._framed:
                raise ConnectionResetError("the server closed the connection before its answer was complete")
            self.complete = True
            return
        self.fed = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise ConnectionResetError(f"the server's answer is not HTTP: {error}") from error

    def response(self) -> HttpResponse:
        """The whole answer."""
        headers = [(name, value) for name, value in self._headers if name not in _ANSWER_DROPPED]
        return HttpResponse(self._parser.get_status_code(), headers, b"".join(self._body))

    # --- called by the parser ----------------------------------------------------------------------------
    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The head is over; an answer to HEAD is, too, whatever length it names."""
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            return
        self._begun = True
        self._framed = any(name in ("content-length", "transfer-encoding") for name, _ in self._headers)
        self.complete = self._is_head

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """The answer is over."""
        if self._begun:
            self.complete = True
            self.reusable = self._parser.should_keep_alive() and not self._is_head


def _head(request: HttpRequest) -> bytes:
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers if name not in _HOP_BY_HOP]
    lines += ["connection: keep-alive", f"content-length: {len(request.body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
