"""Who may start an execution environment now: a warm one that is freed in a moment is better than a new one.

On AWS a new environment has a machine's share of its own; here they all share this machine's processors. A
start costs as much processor time as a dozen quick invocations, so a burst that starts one for each request
slows down those that run. So a request waits a moment for one of its function's environments to be free,
and few start at a time. A function is never held up by that for long: a start that takes its time (it waits
for something, most likely) makes room for the next one. While all processors are busy a further environment
would only take from those that work, so then they start the more slowly the more there are.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable

from sandbox.runtime.environment import Environment
from sandbox.runtime.pool import Pool
from sandbox.runtime.processors import Processors

#: Real seconds that a request waits for an environment that is at work, before it asks for a new one.
MOMENT = 0.05
#: Real seconds after which a start makes room for the next one.
PATIENCE = 0.25
#: Real seconds between two starts while the machine is full, for each environment that the function has.
SPARING = 0.5
#: Part of the time that full processors may be idle.
IDLE = 0.05
#: Real seconds that the loop's timers may be early by.
_EARLY = 0.002


class Start:
    """The right to start an environment; give it back with `over` when it is ready or has failed."""

    def __init__(self, give_back: Callable[[], None], patience: float) -> None:
        self._give_back: Callable[[], None] | None = give_back
        self._timer = asyncio.get_running_loop().call_later(patience, self.over)

    def over(self) -> None:
        """Gives it back; once is enough."""
        self._timer.cancel()
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


class Starts:
    """Lets few environments start at a time.

    Args:
        at_once: how many. moment, patience, sparing: real seconds, see above.
        full: whether the machine's processors are all busy.
    """

    def __init__(
        self,
        at_once: int | None = None,
        *,
        moment: float = MOMENT,
        patience: float = PATIENCE,
        sparing: float = SPARING,
        full: Callable[[], bool] | None = None,
    ) -> None:
        self._free = at_once if at_once is not None else max(2, os.cpu_count() or 2)
        self._moment = moment
        self._patience = patience
        self._sparing = sparing
        self._full = full or Processors(IDLE).busy
        self._last = float("-inf")
        self._queue: deque[asyncio.Future[Environment | Start]] = deque()
        #: Who waits a moment, until when; most are served before, so they share one timer.
        self._later: deque[tuple[float, Pool, asyncio.Future[Environment | Start]]] = deque()
        self._timed = False

    async def turn(self, pool: Pool, rest: Callable[[Environment], None]) -> Environment | Start:
        """An environment of the pool as soon as one is free, or the right to start a new one.

        Args:
            rest: takes an environment that was given to somebody who waits no longer.
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Environment | Start] = loop.create_future()
        pool.waiting.append(waiter)
        if pool.working:
            self._ask_later(pool, waiter)
        else:
            self._ask(pool, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                given = waiter.result()
                given.over() if isinstance(given, Start) else rest(given)
            raise
        finally:
            if waiter in pool.waiting:  # it has a start, or waits no longer
                pool.waiting.remove(waiter)

    def _ask_later(self, pool: Pool, waiter: asyncio.Future[Environment | Start]) -> None:
        loop = asyncio.get_running_loop()
        self._later.append((loop.time() + self._moment, pool, waiter))
        if not self._timed:
            self._timed = True
            loop.call_later(self._moment, self._ask_due)

    def _ask_due(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for _ in range(len(self._later)):
            due, pool, waiter = self._later[0]
            if not waiter.done() and due > now + _EARLY:
                break
            self._later.popleft()
            try:
                self._ask(pool, waiter)
            except Exception as error:  # of the one who asks: the others wait on
                waiter.set_exception(error)
        self._timed = bool(self._later)
        if self._timed:
            loop.call_later(max(0.0, self._later[0][0] - now), self._ask_due)

    def _ask(self, pool: Pool, waiter: asyncio.Future[Environment | Start]) -> None:
        if waiter.done():
            return
        loop = asyncio.get_running_loop()
        spared = self._sparing * len(pool.all)
        if pool.working and loop.time() - self._last < spared and self._full():
            self._ask_later(pool, waiter)
            return
        self._queue.append(waiter)
        self._let()

    def _let(self) -> None:
        while self._free and self._queue:
            waiter = self._queue.popleft()
            if not waiter.done():
                self._free -= 1
                self._last = asyncio.get_running_loop().time()
                waiter.set_result(Start(self._give_back, self._patience))

    def _give_back(self) -> None:
        self._free += 1
        self._let()
