"""HTTP/1.1 on one connection: requests in, each served by a task, answers out in the same order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import lru_cache
from typing import cast

import httptools

from sandbox.gateway.arrival import Application, Arrival, written
from sandbox.model.http import HttpResponse, HttpStream
from sandbox.wire.incoming import Incoming

#: Real seconds that a connection is kept on which nothing happens; SDKs keep theirs for long.
_KEEP_ALIVE = 75.0
#: Real seconds that a request is served on after its client has left: what is short is done all the same.
_GRACE = 0.05
#: Real seconds that a connection is read on after its last answer.
_LINGER = 1.0
#: Bytes of a body that are taken without asking for its limit.
_SMALL = 1024 * 1024
#: How much of a body that is too large is read and dropped, so that the client gets to read the refusal.
_DRAIN = 64 * 1024 * 1024
#: Bytes of a request's head, and requests that wait on one connection until reading rests.
_MAX_HEAD = 256 * 1024
#: Bytes of targets and names of headers that are remembered, each at most.
_SHORT = 1024
_MAX_WAITING = 64
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TEXT = [("content-type", "text/plain; charset=utf-8")]
_log = logging.getLogger("sandbox.gateway")

#: The connections of a server that are open.
Connections = set["Connection"]


class Connection(asyncio.Protocol):
    """One connection of a client.

    Args:
        app: serves its requests.
        limit: bytes that the body of a request may have, by its head.
        open_connections: where it keeps itself while it is open.
    """

    def __init__(
        self, app: Application, limit: Callable[[Incoming], int], open_connections: Connections
    ) -> None:
        self._app = app
        self._limit_of = limit
        self._open = open_connections
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._client = self._server = ""
        self._task: asyncio.Task[None] | None = None
        #: What a streamed answer waits for while its client does not read.
        self._drained: asyncio.Future[None] | None = None
        #: Requests behind the one that is served, and whether the connection is kept after each; an answer in
        #: the place of a request that could not be read.
        self._waiting: deque[tuple[Arrival | HttpResponse, bool]] = deque()
        self._closing = self._full = self._resting = self._reading_head = False
        self._head_bytes = 0
        self._active = self._loop.time()

    # --- life --------------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._client = _address(transport.get_extra_info("peername"))
        self._server = _address(transport.get_extra_info("sockname"))
        self._open.add(self)
        self._timer = self._loop.call_later(_KEEP_ALIVE, self._rest)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left, or was sent away: what is still served ends, if it takes long."""
        self._closing = True
        self._open.discard(self)
        self._timer.cancel()
        self._waiting.clear()
        if self._task is not None:
            self._loop.call_later(_GRACE, self._task.cancel)

    def pause_writing(self) -> None:
        """The client does not read its answers: the next request waits."""
        self._full = True

    def resume_writing(self) -> None:
        """The client reads again."""
        self._full = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._next()

    def finish(self) -> asyncio.Task[None] | None:
        """Closes the connection, after the answer to what is served now.

        Returns:
            What is served now, if anything is.
        """
        self._closing = True
        self._waiting.clear()
        if self._task is None:
            self._transport.close()
        return self._task

    def _rest(self) -> None:
        """Closes the connection if nothing has happened for long; looks again later otherwise."""
        left = _KEEP_ALIVE if self._task else self._active + _KEEP_ALIVE - self._loop.time()
        if left <= 0:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(left, self._rest)

    # --- requests in -------------------------------------------------------------------------------------
    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        self._active = self._loop.time()
        if self._closing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # No other protocol is spoken here: the request counts as a plain one (RFC 9110, 7.8). The parser
            # takes its body for the other protocol, so it is told anew, without the wish.
            plain = self._without_upgrade() + data[upgrade.args[0] :]
            self._parser = httptools.HttpRequestParser(self)
            self.data_received(plain)
            return
        except httptools.HttpParserError as error:
            self._refuse(400, f"Invalid HTTP request: {error}\n")
            return
        if self._reading_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD:
                self._refuse(431, "The head of the request is too large.\n")

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url = b""
        self._raw: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._size = self._limit = 0
        self._reading_head = True

    def on_url(self, url: bytes) -> None:
        """A part of its target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; those behind a chunked body say nothing that anybody here reads."""
        if self._reading_head:
            self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._reading_head = False
        self._head_bytes = 0
        url = self._url
        path, query = _target(url) if len(url) <= _SHORT else _target.__wrapped__(url)
        headers = {
            _lower(name) if len(name) <= _SHORT else _lower.__wrapped__(name): value.decode("latin-1")
            for name, value in self._raw
        }
        self._incoming = Incoming(_method(self._parser.get_method()), path, query, headers, b"")
        if "expect" in headers and headers["expect"].lower() == "100-continue" and self._task is None:
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._size += len(body)
        self._parts.append(body)
        if self._size <= _SMALL or self._closing:
            return
        if not self._limit:
            self._limit = self._limit_of(self._incoming)
        if self._size > self._limit:
            self._parts.clear()
            if self._size > self._limit + _DRAIN:
                self._arrived(keep=False)

    def on_message_complete(self) -> None:
        """It is whole."""
        if not self._closing and not self._parser.should_upgrade():
            self._arrived(keep=self._parser.should_keep_alive())

    def _without_upgrade(self) -> bytes:
        """The head that was read last, as if its client had not asked for another protocol."""
        line = b"%s %s HTTP/1.1\r\n" % (self._parser.get_method(), self._url)
        fields = [b"%s: %s\r\n" % field for field in self._raw if field[0].lower() != b"upgrade"]
        return b"".join([line, *fields, b"\r\n"])

    def _arrived(self, *, keep: bool) -> None:
        """Has the request served, now or in its turn."""
        broken = self._limit if self._limit and self._size > self._limit else 0
        parts = self._parts
        self._incoming.body = parts[0] if len(parts) == 1 else b"".join(parts)
        self._add(Arrival(self._incoming, self._raw, self._client, self._server, broken), keep=keep)

    def _refuse(self, status: int, text: str) -> None:
        """Answers, in its turn, what is no request, and closes the connection."""
        self._add(HttpResponse(status, _TEXT, text.encode()), keep=False)

    def _add(self, what: Arrival | HttpResponse, *, keep: bool) -> None:
        if not keep:
            self._closing = True  # whatever comes after this is not read
        self._waiting.append((what, keep))
        if len(self._waiting) > _MAX_WAITING and not self._resting:
            self._resting = True
            self._transport.pause_reading()
        self._next()

    # --- answers out -------------------------------------------------------------------------------------
    def _next(self) -> None:
        """Begins with the next request, unless one is served or the client does not read."""
        if self._task is not None or self._full or not self._waiting:
            return
        what, keep = self._waiting.popleft()
        if self._resting and len(self._waiting) < _MAX_WAITING:
            self._resting = False
            self._transport.resume_reading()
        if isinstance(what, HttpResponse):
            self._write(what, "GET", "close")
        else:
            # In a context of its own: it may be the answer before that lets it begin.
            self._task = self._loop.create_task(self._serve(what, keep=keep), context=Context())

    async def _serve(self, arrival: Arrival, *, keep: bool) -> None:
        incoming = arrival.incoming
        try:
            response = await self._app(arrival)
        except asyncio.CancelledError:
            self._transport.close()
            raise
        except Exception:
            _log.exception("%s %s failed", incoming.method, incoming.path[:200])
            response = HttpResponse(500, _TEXT, b"The sandbox failed. Its log has the details.\n")
        if isinstance(response, HttpStream):
            await self._stream(response, incoming.method)
            return
        self._task = None
        if not keep or (self._closing and not self._waiting):
            self._write(response, incoming.method, "close")
        else:
            # A client of HTTP/1.0 asks for it, and wants to read it.
            self._write(response, incoming.method, "keep-alive" if "connection" in incoming.headers else "")
            self._next()

    async def _stream(self, response: HttpStream, method: str) -> None:
        """Answers in parts until there are no more, and closes the connection; waits for a client that does
        not read.
        """
        self._transport.write(written(response, method, "close"))
        try:
            async for part in response.parts:
                if self._transport.is_closing():
                    break
                self._transport.write(b"%x\r\n%b\r\n" % (len(part), part))
                if self._full:
                    self._drained = self._loop.create_future()
                    await self._drained
        finally:
            if (close := getattr(response.parts, "aclose", None)) is not None:
                await close()
            self._task = None
        if not self._transport.is_closing():
            self._transport.write(b"0\r\n\r\n")
            self._linger()

    def _write(self, response: HttpResponse, method: str, connection: str) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(written(response, method, connection))
        if connection == "close":
            self._linger()

    def _linger(self) -> None:
        """Ends the connection on this side, and reads on for a moment: a client that is still sending would
        lose its answer to a reset otherwise (RFC 9112, 9.6).
        """
        self._closing = True
        self._transport.write_eof()
        self._timer.cancel()
        self._timer = self._loop.call_later(_LINGER, self._transport.close)


@lru_cache(maxsize=1024)
def _lower(name: bytes) -> str:
    """The name of a header in lower case; clients send the same few again and again."""
    return name.decode("latin-1").lower()


@lru_cache(maxsize=64)
def _method(name: bytes) -> str:
    return name.decode("latin-1").upper()


@lru_cache(maxsize=1024)
def _target(url: bytes) -> tuple[str, str]:
    """Path and query of a request's target, percent-encoding kept.

    Raises:
        HttpParserInvalidURLError: it is none.
    """
    if not url.startswith((b"/", b"*")):
        parsed = httptools.parse_url(url)  # a proxy's form: http://host/path
        return (parsed.path or b"/").decode("latin-1"), (parsed.query or b"").decode("latin-1")
    path, _, query = url.decode("latin-1").partition("#")[0].partition("?")
    return path, query


def _address(name: object) -> str:
    """The host of a socket's name; empty where there is none."""
    return str(name[0]) if isinstance(name, tuple) and name else ""
