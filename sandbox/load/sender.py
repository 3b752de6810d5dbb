"""Sends the requests of a profile at their times, and keeps how each went."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import Callable, Iterable

import httptools

from sandbox.model.openfiles import allow_open_files

#: Real seconds after which an answer is given up.
TIMEOUT = 30.0
#: Connections, at most; a request that finds none free is told as such.
MAX_CONNECTIONS = 2_000
#: Open files that are kept for everything but connections.
_OTHER_FILES = 100
#: What `statuses` holds where there was no answer.
TIMED_OUT, BROKEN, NO_CONNECTION = -1, -2, -3
#: Bytes of the body of an answer that are kept to tell its cause.
_KEPT = 200


def connections_allowed() -> int:
    """Connections that this process may hold, after its limit of open files was raised as far as it goes."""
    return max(1, min(MAX_CONNECTIONS, allow_open_files() - _OTHER_FILES))


class Results:
    """How every request went, by its number.

    Attributes:
        due: seconds from the beginning at which it should have left; lag: by how much it left late.
        took: seconds from when it was due to the end of its answer: what waited here counts, too.
        statuses: HTTP status, or one of the negative numbers above.
        bodies: beginnings of the bodies of answers that were no success, for a few of each status.
    """

    def __init__(self) -> None:
        self.due = array("d")
        self.lag = array("d")
        self.took = array("d")
        self.statuses = array("h")
        self.bodies: dict[tuple[int, bytes], int] = {}
        self.first: dict[tuple[int, bytes], float] = {}

    def add(self, due: float, lag: float, took: float, status: int, body: bytes = b"") -> None:
        """Keeps one."""
        self.due.append(due)
        self.lag.append(lag)
        self.took.append(took)
        self.statuses.append(status)
        if not 200 <= status < 300:
            key = (status, body[:_KEPT] if len(self.bodies) < 1_000 else b"")
            self.bodies[key] = self.bodies.get(key, 0) + 1
            self.first.setdefault(key, due)


class _Connection(asyncio.Protocol):
    """A connection that carries one request at a time."""

    def __init__(self, free: Callable[[_Connection], None]) -> None:
        self._free = free
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = b""
        self.open = False

    # --- asyncio -----------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.open = True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        self._end(BROKEN)

    # --- httptools ---------------------------------------------------------------------------------------
    def on_body(self, body: bytes) -> None:
        if len(self._body) < _KEPT:
            self._body += body

    def on_message_complete(self) -> None:
        keep = self._parser.should_keep_alive()
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if not keep:
            self.close()
        self._end(status)

    # --- use ---------------------------------------------------------------------------------------------
    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Sends a request and waits for its answer: its status and the beginning of its body."""
        assert self._transport is not None
        self._body = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._answer
        except TimeoutError:
            self.close()
            return TIMED_OUT, b""

    def close(self) -> None:
        """Ends it."""
        self.open = False
        if self._transport is not None:
            self._transport.close()

    def _end(self, status: int) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result((status, self._body))
        if self.open:
            self._free(self)


class Sender:
    """Sends requests over as many connections as it takes.

    Args:
        host, port: where to.
        make: the bytes of the request of a number.
        connections: how many it may hold.
    """

    def __init__(self, host: str, port: int, make: Callable[[int], bytes], connections: int) -> None:
        self._host, self._port, self._make = host, port, make
        self._connections = connections
        self._free: deque[_Connection] = deque()
        self._count = 0
        self.results = Results()

    async def send(self, times: Iterable[float], stopped: asyncio.Event) -> None:
        """Sends a request at each of the times; returns when all are answered or given up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        running: set[asyncio.Task[None]] = set()
        for number, due in enumerate(times):
            delay = began + due - loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
            if stopped.is_set():
                break
            task = asyncio.create_task(self._one(number, due, began))
            running.add(task)
            task.add_done_callback(running.discard)
        if running:
            await asyncio.wait(running)
        for connection in self._free:
            connection.close()

    async def _one(self, number: int, due: float, began: float) -> None:
        loop = asyncio.get_running_loop()
        connection = await self._connection()
        lag = loop.time() - began - due
        if connection is None:
            self.results.add(due, lag, lag, NO_CONNECTION)
            return
        status, body = await connection.ask(self._make(number))
        self.results.add(due, lag, loop.time() - began - due, status, body)

    async def _connection(self) -> _Connection | None:
        while self._free:
            connection = self._free.pop()
            if connection.open:
                return connection
            self._count -= 1
        if self._count >= self._connections:
            return None
        self._count += 1
        try:
            _, made = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self._free.append), self._host, self._port
            )
        except OSError:
            self._count -= 1
            return None
        return made
