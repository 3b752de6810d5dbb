"""Serves the front door over HTTP, on loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.errors import PortTakenError, ServerStartError, UsageError

HOST = "127.0.0.1"
#: Ports from here on are given out by the system to outgoing connections, so servers do not choose them.
_FIRST_EPHEMERAL = 32768
_FIRST_CHOICE = 20_000
#: Seconds an idle connection is kept; SDKs keep theirs for long.
_KEEP_ALIVE = 75


def listen(port: int, host: str = HOST) -> socket.socket:
    """A listening socket, on loopback unless an engine has a network of its own.

    Args:
        port: the port, or 0 for a free one below 32768.
        host: the address.

    Raises:
        PortTakenError: somebody else listens there.
        UsageError: the number is no port that may be used.
    """
    if port == 0:
        return _listen_anywhere(host)
    if not 0 < port < 65536:
        raise UsageError(
            f"{port} is not a port", "ports go from 1 to 65535", "say --port 4566, or 0 for a free one"
        )
    try:
        return _bind(port, host)
    except PermissionError as error:
        raise UsageError(
            f"port {port} may not be used",
            "ports below 1024 belong to the administrator",
            "say --port 4566, or 0 for a free one",
        ) from error
    except OSError as error:
        raise PortTakenError(
            f"port {port} is taken",
            f"{who_listens(port)} listens on it",
            "stop that, or say --port 0 to take a free port",
        ) from error


def who_listens(port: int) -> str:
    """Who holds a port, in words."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            address = connection.laddr
            if connection.status == psutil.CONN_LISTEN and address and address.port == port:
                if connection.pid is None:
                    break
                name = psutil.Process(connection.pid).name()
                return f"process {connection.pid} ({name})"
    return "another user's process"


class FrontDoor:
    """An HTTP server for an ASGI application, on sockets that listen already.

    Args:
        app: the ASGI callable.
        listeners: from `listen`.
    """

    def __init__(self, app: Callable[..., Any], *listeners: socket.socket) -> None:
        self._listeners = listeners
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                loop="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=1,
                backlog=2048,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to serve.

        Raises:
            ServerStartError: the server ended at once.
        """
        self._task = asyncio.create_task(self._server.serve(sockets=list(self._listeners)), name="front door")
        up = asyncio.create_task(self._server.up.wait())
        await asyncio.wait({self._task, up}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if self._task.done():
            raise ServerStartError(
                "the front door did not open", str(self._task.exception()), "run `sandbox doctor`"
            )

    async def stop(self) -> None:
        """Ends requests in flight after a second, and closes the socket."""
        if self._task is not None:
            self._server.end.set()
            await self._task
        for listener in self._listeners:
            listener.close()


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP, which also tells how the client wrote the names of headers.

    ASGI has them in lower case; functions behind API Gateway see them as they came. They are in the state of
    the request, as `header_names`.
    """

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._names: list[str] = []
        self.scope["state"]["header_names"] = self._names

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header came."""
        super().on_header(name, value)
        self._names.append(name.decode("latin-1"))


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers and its ticking; it tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.end = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the session."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the server, then says so."""
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        """Waits to be ended, where uvicorn would look ten times a second."""
        await self.end.wait()
        self.should_exit = True


def _bind(port: int, host: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _listen_anywhere(host: str) -> socket.socket:
    for port in range(_FIRST_CHOICE, _FIRST_EPHEMERAL):
        with contextlib.suppress(OSError):
            return _bind(port, host)
    raise PortTakenError(
        "no port is free",
        f"every port from {_FIRST_CHOICE} to {_FIRST_EPHEMERAL - 1} is taken",
        "stop other servers, or name a port with --port",
    )
