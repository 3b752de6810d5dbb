"""Steps of a start or deployment, told as they happen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.control.protocol import Note, Progress, Result

Report = Callable[[Progress], None]


@contextmanager
def step(report: Report, name: str) -> Iterator[Callable[[str], None]]:
    """Tells that a step begins, and that it is done or failed with the real seconds it took.

    Yields:
        A function that adds a word for people to the end of the step.
    """
    said: list[str] = []
    began = time.monotonic()
    report(Progress(name, "begin"))
    try:
        yield said.append
    except BaseException:
        report(Progress(name, "failed", time.monotonic() - began, " ".join(said)))
        raise
    report(Progress(name, "done", time.monotonic() - began, " ".join(said)))


async def with_notes(
    work: Callable[[Callable[[str], None]], Awaitable[Any]],
) -> AsyncIterator[Note | Result]:
    """Does work that may have something to say on the way, for a control method; it ends with its listener.

    Args:
        work: does it; is given what tells the user.
    """
    notes: asyncio.Queue[str | None] = asyncio.Queue()

    async def whole() -> Any:
        try:
            return await work(notes.put_nowait)
        finally:
            notes.put_nowait(None)

    task = asyncio.create_task(whole())
    try:
        while (text := await notes.get()) is not None:
            yield Note(text)
        yield Result(await task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
