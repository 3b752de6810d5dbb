"""Sends the requests of a profile at their times, and keeps how each went."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable
from typing import cast

import httptools

from sandbox.model.openfiles import allow_open_files

#: Real seconds after which an answer is given up.
TIMEOUT = 30.0
#: Connections, at most; a request that finds all of them waiting for an answer is not sent, and told as such.
MAX_CONNECTIONS = 2_000
#: Open files that are kept for everything but connections.
_OTHER_FILES = 100
#: What `statuses` holds where there was no answer.
TIMED_OUT, BROKEN, REFUSED, CROWDED = -1, -2, -3, -4
#: Real seconds between two looks for requests that take too long.
_SWEEP = 0.5
#: Requests that leave at once before answers are read, when the sender is late.
_TURN = 16
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
        ok: how many were answered well.
        bodies: beginnings of the bodies of answers that were no success, for a few of each status.
    """

    def __init__(self) -> None:
        self.due = array("d")
        self.lag = array("d")
        self.took = array("d")
        self.statuses = array("h")
        self.ok = 0
        self.bodies: dict[tuple[int, bytes], int] = {}
        self.first: dict[tuple[int, bytes], float] = {}

    def add(self, due: float, lag: float, took: float, status: int, body: bytes = b"") -> None:
        """Keeps one."""
        self.due.append(due)
        self.lag.append(lag)
        self.took.append(took)
        self.statuses.append(status)
        if 200 <= status < 300:
            self.ok += 1
        else:
            key = (status, body[:_KEPT] if len(self.bodies) < 1_000 else b"")
            self.bodies[key] = self.bodies.get(key, 0) + 1
            self.first.setdefault(key, due)


class _Connection(asyncio.Protocol):
    """A connection that carries one request at a time.

    Args:
        ended: told of the end of each request: its status, and the beginning of its body.
    """

    def __init__(self, ended: Callable[[_Connection, int, bytes], None]) -> None:
        self._ended = ended
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._body = b""
        self._asked = False
        self.open = False
        #: Of the request that it carries: when it was due, by how much it left late, when it is given up.
        self.due = self.lag = self.limit = 0.0

    # --- asyncio -----------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
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
        if not self._parser.should_keep_alive():
            self.close()
        self._end(self._parser.get_status_code())

    # --- use ---------------------------------------------------------------------------------------------
    def ask(self, request: bytes, due: float, lag: float, limit: float) -> None:
        """Sends a request."""
        assert self._transport is not None
        self._body, self._asked = b"", True
        self.due, self.lag, self.limit = due, lag, limit
        self._transport.write(request)

    def give_up(self) -> None:
        """Waits no longer for the answer."""
        self.open = False
        self._end(TIMED_OUT)
        self.close()

    def close(self) -> None:
        """Ends it."""
        self.open = False
        if self._transport is not None:
            self._transport.close()

    def _end(self, status: int) -> None:
        if self._asked:
            self._asked = False
            self._ended(self, status, self._body)


class Sender:
    """Sends requests over as many connections as it takes.

    No task and no timer of its own belongs to a request: what sends the load must not be what bends.

    Args:
        host, port: where to.
        make: the bytes of the request of a number.
        connections: how many it may hold.
    """

    def __init__(self, host: str, port: int, make: Callable[[int], bytes], connections: int) -> None:
        self._host, self._port, self._make = host, port, make
        self._connections = connections
        self._free: list[_Connection] = []
        self._busy: set[_Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._rest: asyncio.Event = asyncio.Event()
        self._began = 0.0
        self.results = Results()

    async def send(self, times: Iterable[float], stopped: asyncio.Event) -> None:
        """Sends a request at each of the times; returns when all are answered or given up."""
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        sweeping = asyncio.create_task(self._sweep())
        try:
            for number, due in enumerate(times):
                delay = self._began + due - loop.time()
                if delay > 0:
                    await asyncio.sleep(delay)
                elif number % _TURN == 0:  # late: answers are to be read all the same
                    await asyncio.sleep(0)
                if stopped.is_set():
                    break
                self._leave(number, due)
            while self._busy or self._opening:
                self._rest.clear()
                await self._rest.wait()
        finally:
            sweeping.cancel()
            for connection in [*self._free, *self._busy]:
                connection.close()

    def _leave(self, number: int, due: float) -> None:
        while self._free:
            connection = self._free.pop()
            if connection.open:
                self._ask(connection, number, due)
                return
        if len(self._busy) + len(self._opening) >= self._connections:
            lag = self._now() - due
            self.results.add(due, lag, lag, CROWDED)
            return
        task = asyncio.create_task(self._open(number, due))
        self._opening.add(task)
        task.add_done_callback(self._opened)

    async def _open(self, number: int, due: float) -> None:
        try:
            _, made = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self._ended), self._host, self._port
            )
        except OSError:
            lag = self._now() - due
            self.results.add(due, lag, lag, REFUSED)
            return
        self._ask(made, number, due)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        self._rest.set()

    def _ask(self, connection: _Connection, number: int, due: float) -> None:
        now = self._now()
        self._busy.add(connection)
        connection.ask(self._make(number), due, now - due, now + TIMEOUT)

    def _ended(self, connection: _Connection, status: int, body: bytes) -> None:
        self._busy.discard(connection)
        self.results.add(connection.due, connection.lag, self._now() - connection.due, status, body)
        if connection.open:
            self._free.append(connection)
        if not self._busy:
            self._rest.set()

    async def _sweep(self) -> None:
        """Gives up what takes too long."""
        while True:
            await asyncio.sleep(_SWEEP)
            now = self._now()
            for connection in [one for one in self._busy if now > one.limit]:
                connection.give_up()

    def _now(self) -> float:
        return asyncio.get_running_loop().time() - self._began
