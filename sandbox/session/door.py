"""The sockets of the front door, on loopback only."""

from __future__ import annotations

import contextlib
import socket

import psutil

from sandbox.errors import PortTakenError, UsageError

HOST = "127.0.0.1"
#: Ports from here on are given out by the system to outgoing connections, so servers do not choose them.
_FIRST_EPHEMERAL = 32768
_FIRST_CHOICE = 20_000


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
