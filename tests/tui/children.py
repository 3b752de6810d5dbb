"""Waits for child processes, so that a loop is not closed while one of its children is still ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

_PATIENCE = 20.0


@asynccontextmanager
async def children_gone() -> AsyncIterator[None]:
    """Ends once every child that was started inside has ended and the loop knows it; others (the sandbox of
    this run) live on.
    """
    here = psutil.Process()
    before = set(here.children())
    try:
        yield
    finally:
        ours = [child for child in here.children() if child not in before]
        await asyncio.to_thread(psutil.wait_procs, ours, _PATIENCE)
        for thread in threading.enumerate():
            if thread.name.startswith("asyncio-waitpid-"):
                await asyncio.to_thread(thread.join, _PATIENCE)
        for _ in range(5):
            await asyncio.sleep(0)
