"""Knows when nothing happens any more: no request is served, nothing runs, nothing is about to begin."""

from __future__ import annotations

import asyncio
import contextlib

from sandbox.engines.base import Engine
from sandbox.session.gate import Gate

#: Turns of the loop in which nothing runs before that counts as quiet: a send wakes a poller in the next
#: turn, which leases and starts an invocation in the one after.
_TURNS = 6


class Quiet:
    """Waits for the end of all work, woken by it.

    Args:
        engine, gate: where work is.
    """

    def __init__(self, engine: Engine, gate: Gate) -> None:
        self._engine = engine
        self._gate = gate

    async def wait(self, seconds: float) -> bool:
        """Waits until nothing runs, at most so many real seconds; says whether that came.

        Requests that only wait for something to come (long polls) are no work.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._until_quiet()
        except TimeoutError:
            return False
        return True

    def work(self) -> list[str]:
        """What runs now, in words."""
        work = list(self._engine.work())
        requests = self._gate.serving - self._engine.waiting
        if requests > 0:
            work.append(f"{requests} request{'s' if requests > 1 else ''} at the front door")
        return work

    async def _until_quiet(self) -> None:
        turns = 0
        while turns < _TURNS:
            await asyncio.sleep(0)
            if not self.work():
                turns += 1
                continue
            turns = 0
            await self._change()

    async def _change(self) -> None:
        """Waits until some of the work has ended."""
        waits = {asyncio.create_task(self._gate.change())}
        if self._engine.work():
            waits.add(asyncio.create_task(self._engine.quiet()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*waits, return_exceptions=True)
