"""Notices that a mounted folder was edited, and tells LocalStack before an invocation of its function passes.

LocalStack then starts the function anew for what begins from now on (`inside/environments.py`). Invocations
that LocalStack makes by itself (mappings, rules) do not pass here: for them every folder is looked at twice a
second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.clock import Clock
from sandbox.model.awserror import AwsError
from sandbox.services.lambda_.live import fingerprint

#: Seconds between two looks at all folders, and how much longer than looking it is at the least.
_BETWEEN, _SHARE = 0.5, 50
#: As in the embedded engine, a look that takes longer than this (seconds) is good for 20 times as long, but
#: for the first one: the disk may have been cold, or the machine busy.
_CHEAP, _GOOD_FOR = 0.002, 20

#: Tells LocalStack that a folder was edited.
Tell = Callable[[Path], Awaitable[None]]


@dataclass(slots=True)
class _Folder:
    """What is known of one folder.

    Attributes:
        content: stands for what LocalStack knows of; None while nobody has looked.
        cost: the least seconds that looking took: a busy machine makes it slower, not the folder.
        good_until: it need not be looked at before (`Clock.elapsed`).
    """

    content: str | None = None
    cost: float = float("inf")
    good_until: float = 0.0
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Edits:
    """Compares folders with what they were.

    Args:
        tell: tells LocalStack.
        clock: measures what looking costs.
    """

    def __init__(self, tell: Tell, clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._folders: dict[Path, _Folder] = {}
        self._task: asyncio.Task[None] | None = None

    async def check(self, folder: Path) -> None:
        """Looks at a folder, and returns once LocalStack knows of its edit, if there was one.

        The first look takes the folder as it is.

        Raises:
            AwsError: LocalStack does not answer.
        """
        known = self._folders.setdefault(folder, _Folder())
        async with known.looking:
            if self._clock.elapsed() < known.good_until:
                return
            content, cost = await asyncio.to_thread(self._look, folder)
            looked = self._clock.elapsed()
            if content is None:  # it is being made anew: there is nothing to run before it is there
                return
            if known.content not in (None, content):
                await self._tell(folder)
            first, known.content = known.content is None, content
            known.cost = min(known.cost, cost)
            dear = known.cost > _CHEAP and not first
            known.good_until = looked + known.cost * _GOOD_FOR if dear else 0.0

    def start(self, folders: Callable[[], Collection[Path]]) -> None:
        """Looks at folders from now on, whoever invokes.

        Args:
            folders: those of the functions that there are.
        """
        self._task = asyncio.create_task(self._watch(folders))

    async def stop(self) -> None:
        """Looks no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _look(self, folder: Path) -> tuple[str | None, float]:
        """Stands for the content (None: the folder is gone); the seconds that looking took. In a thread."""
        began = self._clock.elapsed()
        content, _ = fingerprint(folder)
        return content if folder.is_dir() else None, self._clock.elapsed() - began

    async def _watch(self, folders: Callable[[], Collection[Path]]) -> None:
        while True:
            began = self._clock.elapsed()
            for folder in folders():
                with suppress(AwsError):  # it is told at the next look
                    await self.check(folder)
            await asyncio.sleep(max(_BETWEEN, (self._clock.elapsed() - began) * _SHARE))
