"""A door before PostgreSQL for functions that a fault of the database may strike: one port for each function.

Nothing goes through it unless such a fault is planned, or the function's database has another name on the
server than the function knows: functions then get its address instead of the server's.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

from sandbox.backing.portfinder import HOST, free_port
from sandbox.backing.postgres.talk import (
    IDLE,
    asks_for_encryption,
    commits,
    read_message,
    read_start,
    refusal,
    statement_of,
    with_database,
)

_NO = b"N"
_TRIES = 5


class Judge(Protocol):
    """Decides what goes wrong (implemented by the engine, which knows faults and functions)."""

    def refuses(self, function: str, port: int) -> tuple[str, str] | None:
        """SQLSTATE and message for a client that is not let in, or None.

        Args:
            function: ARN of the function that connects. port: of the client.
        """
        ...

    def ends(self, function: str, port: int, moment: str) -> bool:
        """Whether the connection ends now; whoever holds it may be dead then.

        Args:
            moment: `statement`, `before-commit` or `after-commit`.
        """
        ...


class DatabaseDoor:
    """Listens for functions and passes on what they say.

    Args:
        server: host and port of PostgreSQL now.
        judge: decides what goes wrong.
        renamed: what a database is called on the server, by the function and the name it uses.
    """

    def __init__(
        self,
        server: Callable[[], tuple[str, int]],
        judge: Judge,
        renamed: Callable[[str, str], str] = lambda _, database: database,
    ) -> None:
        self._server = server
        self._judge = judge
        self._renamed = renamed
        self._listeners: dict[str, socket.socket] = {}
        self._servers: set[asyncio.Task[None]] = set()
        self._talks: set[asyncio.Task[None]] = set()

    def address(self, function: str) -> tuple[str, int]:
        """Host and port for a function; opened when it is first asked for."""
        listener = self._listeners.get(function)
        if listener is None:
            listener = self._listeners[function] = _listen()
            task = asyncio.get_running_loop().create_task(self._accept(function, listener))
            self._servers.add(task)
            task.add_done_callback(self._servers.discard)
        port: int = listener.getsockname()[1]
        return HOST, port

    async def close(self) -> None:
        """Closes every port, with the connections that go through."""
        tasks = [*self._servers, *self._talks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()

    async def _accept(self, function: str, listener: socket.socket) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._talks.add(task)
            try:
                await self._talk(function, reader, writer)
            except (OSError, EOFError, asyncio.CancelledError):
                pass  # one of them has gone, or the door is closed
            finally:
                self._talks.discard(task)
                writer.transport.abort()

        async with await asyncio.start_server(serve, sock=listener) as server:
            await server.serve_forever()

    async def _talk(self, function: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port: int = writer.get_extra_info("peername")[1]
        start = await read_start(reader)
        while asks_for_encryption(start):
            writer.write(_NO)
            start = await read_start(reader)
        if refused := self._judge.refuses(function, port):
            writer.write(refusal(*refused))
            writer.write_eof()
            await reader.read()
            return
        server_reader, server_writer = await asyncio.open_connection(*self._server())
        try:
            server_writer.write(with_database(start, lambda name: self._renamed(function, name)))
            talk = _Talk(lambda moment: self._judge.ends(function, port, moment), writer, server_writer)
            await _first_end(talk.from_client(reader), talk.from_server(server_reader))
        finally:
            server_writer.transport.abort()


class _Talk:
    """One connection, message by message.

    Args:
        ends: whether it ends now, at a moment.
    """

    def __init__(
        self, ends: Callable[[str], bool], client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self._ends = ends
        self._client = client
        self._server = server
        self._status = b""
        #: What the server said since a commit was passed on; None while none is under way.
        self._withheld: list[bytes] | None = None

    async def from_client(self, reader: asyncio.StreamReader) -> None:
        """Passes on what the client says, until it has said enough."""
        while True:
            message = await read_message(reader)
            statement = statement_of(message)
            if statement is not None and self._status:
                if self._ends("statement"):
                    return
                if commits(statement, self._status):
                    if self._ends("before-commit"):
                        return
                    self._withheld = []
            self._server.write(message)
            await self._server.drain()

    async def from_server(self, reader: asyncio.StreamReader) -> None:
        """Passes on what the server says; what follows a commit only when it may arrive."""
        while True:
            message = await read_message(reader)
            ready = message[:1] == b"Z"
            if ready:
                self._status = message[5:6]
            if self._withheld is None:
                self._client.write(message)
            else:
                self._withheld.append(message)
                if ready and not self._let_through(self._withheld):
                    return
            await self._client.drain()

    def _let_through(self, withheld: list[bytes]) -> bool:
        kept = self._status == IDLE and not any(message[:1] == b"E" for message in withheld)
        if kept and self._ends("after-commit"):
            return False
        self._withheld = None
        self._client.writelines(withheld)
        return True


async def _first_end(*works: Awaitable[None]) -> None:
    """Runs both until one ends, then ends the other."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def _listen() -> socket.socket:
    for _ in range(_TRIES - 1):
        try:
            return socket.create_server((HOST, free_port()))
        except OSError:
            continue  # somebody was quicker
    return socket.create_server((HOST, free_port()))
