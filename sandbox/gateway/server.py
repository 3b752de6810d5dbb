"""Serves an application over HTTP on sockets that listen already."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from sandbox.gateway.arrival import Application
from sandbox.gateway.connection import Connection, Connections
from sandbox.wire.incoming import Incoming

#: Real seconds that requests in flight have to end when the server does.
_PATIENCE = 1.0


class HttpServer:
    """An HTTP/1.1 server: a task for each request, no framework between.

    Args:
        app: serves the requests.
        limit: bytes that the body of a request may have, by its head.
        listeners: sockets that listen; they are closed when the server stops.
    """

    def __init__(self, app: Application, limit: Callable[[Incoming], int], *listeners: socket.socket) -> None:
        self._app = app
        self._limit = limit
        self._listeners = listeners
        self._servers: list[asyncio.Server] = []
        self._open: Connections = set()

    async def start(self) -> None:
        """Begins to serve.

        Raises:
            OSError: the system does not let it.
        """
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            server = await loop.create_server(
                lambda: Connection(self._app, self._limit, self._open), sock=listener, backlog=2048
            )
            self._servers.append(server)

    async def stop(self) -> None:
        """Takes no more requests, ends those in flight after a second, and closes the sockets."""
        for server in self._servers:
            server.close()
        serving = [task for connection in tuple(self._open) if (task := connection.finish())]
        if serving:
            _, late = await asyncio.wait(serving, timeout=_PATIENCE)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for listener in self._listeners:
            listener.close()
