"""Waits for child processes, so that a loop is not closed while one of its children is still ending."""

from __future__ import annotations

import asyncio
import threading

import psutil

_PATIENCE = 20.0


async def children_gone() -> None:
    """Returns once every child of this process has ended and the loop knows it."""
    await asyncio.to_thread(psutil.wait_procs, psutil.Process().children(), _PATIENCE)
    for thread in threading.enumerate():
        if thread.name.startswith("asyncio-waitpid-"):
            await asyncio.to_thread(thread.join, _PATIENCE)
    for _ in range(5):
        await asyncio.sleep(0)
