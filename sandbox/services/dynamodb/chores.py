"""Work that takes as long as a table is large: done in slices, so that everything else goes on meanwhile."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator
from contextvars import Context
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import StoreError
from sandbox.services.dynamodb.pace import Pace
from sandbox.store.checkpoint import checkpoint_aside
from sandbox.store.database import Database

#: Steps that are taken at once, before whoever asks for the work has its answer: a small table is done then.
_AT_ONCE = 2
#: Slices after which the log is copied into the file of the database.
_CHECKPOINT = 3


class Chores:
    """Works off iterators of small steps, in turn; what a slice of steps writes is one commit.

    What is to be done must follow from the store: nothing here outlives a stop, a crash or a lost turn.
    """

    def __init__(self, database: Database, clock: Clock, pace: Pace) -> None:
        self._seconds = pace.seconds
        self._database = database
        self._clock = clock
        self._waiting: deque[Iterator[None]] = deque()
        self._task: asyncio.Task[None] | None = None

    def begin(self, steps: Iterator[None]) -> None:
        """Takes the first steps now, and the others beside everything else."""
        for _ in range(_AT_ONCE):
            if next(steps, self) is self:
                return
        self._waiting.append(steps)
        if self._task is None or self._task.done():
            # In a context of its own: it is no part of the request that asks for it.
            self._task = asyncio.get_running_loop().create_task(
                self._run(), name="dynamodb: work on large tables", context=Context()
            )

    def work(self) -> set[asyncio.Task[Any]]:
        """The task that works now, while it does."""
        return {self._task} if self._task is not None and not self._task.done() else set()

    def drop(self) -> None:
        """Forgets all of it: the store says what is to be done."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def stop(self) -> None:
        """Ends the work between two slices; what was done stays done."""
        task = self._task
        self.drop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            for number in itertools.count(1):
                if not self._waiting:
                    return
                steps = self._waiting.popleft()
                if self._slice(steps):
                    self._waiting.append(steps)
                await self._database.committed()
                await asyncio.sleep(0)
                if number % _CHECKPOINT == 0:
                    await checkpoint_aside(self._database)
        except StoreError:  # the turn is lost; `DynamoDbCore.recall` has the work begun anew
            self._waiting.clear()

    def _slice(self, steps: Iterator[None]) -> bool:
        """Takes steps for a moment; says whether more are left."""
        end = self._clock.elapsed() + self._seconds
        while next(steps, self) is not self:
            if self._clock.elapsed() >= end:
                return True
        return False
