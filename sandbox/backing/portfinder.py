"""Free TCP ports on loopback, below the range that the kernel gives to outgoing connections."""

from __future__ import annotations

import random
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sandbox.errors import ServerStartError

HOST = "127.0.0.1"
_FIRST, _LAST = 15000, 32767
_ATTEMPTS = 200
_STARTS = 3

T = TypeVar("T")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """The preferred port where it is free, else another one below 32768.

    Raises:
        ServerStartError: hardly any port is free.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    # Random, so that two sandboxes that start at once rarely choose the same.
    for port in random.SystemRandom().sample(range(_FIRST, _LAST + 1), _ATTEMPTS):
        if is_free(port):
            return port
    raise ServerStartError(
        "no free port was found for a server of the sandbox",
        f"{_ATTEMPTS} ports between {_FIRST} and {_LAST} were tried on {HOST} and all are taken",
        "end programs that hold many ports; `ss -ltnp` lists them",
    )


async def on_free_port(start: Callable[[int], Awaitable[T]], preferred: int | None = None) -> tuple[int, T]:
    """Starts a server on a free port, on another one when somebody took the port in between.

    Args:
        start: starts the server on the port it is given; its `ServerStartError` says so when that was taken.

    Returns:
        The port, and what `start` returned.

    Raises:
        ServerStartError: the server did not start, for another reason or several times.
    """
    for _ in range(_STARTS - 1):
        port = free_port(preferred)
        try:
            return port, await start(port)
        except ServerStartError as error:
            if "Address already in use" not in error.why:
                raise
            preferred = None
    port = free_port()
    return port, await start(port)
