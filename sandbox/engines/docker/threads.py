"""Runs what blocks (the Docker SDK) in threads, none of which is forgotten when somebody cancels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Blocking calls that are under way.

    A thread cannot be cancelled: whoever stops the engine waits for `finished` before it cleans up, or a
    container could be made behind its back.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `function` in a thread and returns what it returns."""
        task = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def finished(self) -> None:
        """Waits until no call is under way, whatever came of them."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody else is told
