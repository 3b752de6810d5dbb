"""How many invocations work at a time: few that end soon, rather than dozens.

On AWS every environment has a machine's share of its own. Here they share this machine's processors, and
dozens of processes that take turns there find nothing of their own left in its caches: a quick invocation
then costs half as much again. So an invocation begins only when few others have begun lately and not ended.
One that takes its time (it waits for something, or computes for long) counts no more after a moment, so
nobody is held up for long, and nobody by an invocation that waits for theirs. The moment is short while
processors have time to spare; while they are busy every invocation takes longer.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable

from sandbox.runtime.processors import Processors

#: Invocations at work at a time for each processor: fewer leave it idle while they wait for the sandbox.
EACH = 3
#: Real seconds after which an invocation makes room for the next one; the same while the processors are busy.
MOMENT = 0.005
BUSY_MOMENT = 0.1
#: Part of the time that busy processors may be idle.
IDLE = 0.25


class Crowd:
    """Lets few invocations begin at a time.

    Args:
        at_once: how many.
        moment, busy_moment: real seconds, see above.
        busy: whether the machine's processors are.
    """

    def __init__(
        self,
        at_once: int | None = None,
        *,
        moment: float = MOMENT,
        busy_moment: float = BUSY_MOMENT,
        busy: Callable[[], bool] | None = None,
    ) -> None:
        self._at_once = at_once if at_once is not None else EACH * max(2, os.cpu_count() or 2)
        self._moment = moment
        self._busy_moment = busy_moment
        self._busy = busy or Processors(IDLE).busy
        self._tickets = 0
        #: When those that work began, the oldest first.
        self._began: dict[int, float] = {}
        self._waiting: deque[asyncio.Future[int]] = deque()
        self._timed = False

    async def enter(self) -> int:
        """Waits until one more may begin; returns a ticket for `leave`."""
        if not self._waiting and self._has_room():
            return self._admit()
        waiter: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._look_again()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave(waiter.result())
            raise

    def leave(self, ticket: int) -> None:
        """An invocation has ended; the next one may begin."""
        self._began.pop(ticket, None)
        if self._waiting:
            self._let()

    def _admit(self) -> int:
        self._tickets += 1
        self._began[self._tickets] = time.monotonic()
        return self._tickets

    def _has_room(self) -> bool:
        if len(self._began) < self._at_once:
            return True
        past = time.monotonic() - (self._busy_moment if self._busy() else self._moment)
        while self._began and self._began[oldest := next(iter(self._began))] <= past:
            del self._began[oldest]
        return len(self._began) < self._at_once

    def _let(self) -> None:
        while self._waiting and self._has_room():
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(self._admit())

    def _look_again(self) -> None:
        if not self._timed:
            self._timed = True
            asyncio.get_running_loop().call_later(self._moment, self._when_due)

    def _when_due(self) -> None:
        self._timed = False
        self._let()
        if self._waiting:
            self._look_again()
