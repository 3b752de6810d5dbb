"""A control server in a thread of its own, with methods that tests make up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.control.client import control_socket
from sandbox.control.server import ControlServer, Method


@contextmanager
def serving(state: Path, methods: Mapping[str, Method]) -> Iterator[asyncio.AbstractEventLoop]:
    """Answers `methods` on the control socket of a state folder while inside.

    Yields:
        The event loop that answers, for those who want to look into it.
    """
    ready = threading.Event()
    box: list[Any] = []

    async def serve() -> None:
        server = ControlServer(control_socket(state), methods)
        await server.start()
        end = asyncio.Event()
        box.extend((asyncio.get_running_loop(), end))
        ready.set()
        await end.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    loop, end = box
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(20)
        assert not thread.is_alive()
