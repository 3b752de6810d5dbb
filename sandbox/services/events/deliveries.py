"""Deliveries to targets: at once where possible, tried again by the clock, and dead-lettered in the end.

A delivery that succeeds at once leaves nothing behind but what the target stored in the same turn. One that
must wait is stored before anything is acknowledged, and goes on after a restart.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.clock import Timer, TimerKind
from sandbox.services.base import Kit
from sandbox.services.events.handover import HandOver
from sandbox.services.events.outlets import Outlets
from sandbox.services.events.pending import Pending, PendingStore
from sandbox.services.events.retrying import retry_delay


class Dispatcher:
    """Delivers events to targets.

    Args:
        kit: clock, store and journal.
        outlets: deliver to every kind of target.
    """

    def __init__(self, kit: Kit, outlets: Outlets) -> None:
        self._clock = kit.clock
        self._handover = HandOver(outlets, kit.recorder, kit.faults)
        self.waiting = PendingStore(kit.database)
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._running = False

    def start(self) -> None:
        """Goes on with what is stored."""
        self._running = True
        self._arm()

    async def stop(self) -> None:
        """Ends the work under way; what was not delivered stays stored."""
        self._running = False
        self._disarm()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def work(self) -> set[asyncio.Task[Any]]:
        """The task that works off what is due, while it does."""
        return {self._task} if self._task is not None and not self._task.done() else set()

    async def deliver(self, pending: Pending) -> None:
        """Tries now, and stores the delivery when it has to be tried again; never fails the publisher."""
        if not await self._handover.attempt(pending):
            self.waiting.add(pending, self._next_try(pending))
            self._arm()

    def refuse(self, pending: Pending, why: str) -> None:
        """Records why a delivery is not even tried."""
        self._handover.refuse(pending, why)

    def enqueue(self, pending: Pending) -> None:
        """Stores a delivery that is due now; it is worked off in a task of its own."""
        self.waiting.add(pending, self._clock.now())
        self._wake()

    # --- what waits --------------------------------------------------------------------------------------
    def _next_try(self, pending: Pending) -> float:
        return min(self._clock.now() + retry_delay(pending.attempts), pending.deadline)

    def _arm(self) -> None:
        """One timer, for the delivery that is due next."""
        self._disarm()
        when = self.waiting.next_due()
        if self._running and when is not None:
            self._timer = self._clock.call_at(
                when, self._wake, label="events: deliver again", kind=TimerKind.WORK
            )

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if not self._running:
            return
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._work(), name="events deliveries")

    async def _work(self) -> None:
        while True:
            self._again = False
            due = self.waiting.due(self._clock.now())
            for identity, pending in due:
                if await self._is_over(pending):
                    self.waiting.remove(identity)
                else:
                    self.waiting.put_off(identity, pending, self._next_try(pending))
            if not due and not self._again:
                break
        self._arm()

    async def _is_over(self, pending: Pending) -> bool:
        if pending.attempts and self._clock.now() >= pending.deadline:
            await self._handover.expire(pending)
            return True
        return await self._handover.attempt(pending)
