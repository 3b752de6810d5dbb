"""The tasks a part of the service owns: started here, and ended here when the service stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """Starts tasks and keeps them until they are done."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def all(self) -> set[asyncio.Task[Any]]:
        """The tasks that run now."""
        return set(self._running)

    def start(
        self, work: Coroutine[Any, Any, T], name: str, over: Callable[[], None] | None = None
    ) -> asyncio.Task[T]:
        """Runs `work` as a task of this group.

        Args:
            over: called when it has ended, also where it was cancelled before its first step.
        """
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)

        def ended(task: asyncio.Task[T]) -> None:
            self._running.discard(task)
            if over is not None:
                over()

        task.add_done_callback(ended)
        return task

    async def stop(self) -> None:
        """Cancels every task and waits until they have ended."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
