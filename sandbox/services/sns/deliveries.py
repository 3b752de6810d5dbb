"""Deliveries to subscriptions: at once where possible, tried again by the clock, dead-lettered in the end.

Queues and functions are delivered to within the publish, so in the same commit. HTTP servers take their time:
a delivery to one is stored and worked off beside. What must wait is stored before anything is acknowledged.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.clock import Timer, TimerKind
from sandbox.services.base import Kit
from sandbox.services.sns.handover import HandOver
from sandbox.services.sns.pending import Pending, PendingStore


class Dispatcher:
    """Delivers messages to subscriptions.

    Args:
        kit: clock and store.
        handover: tries once.
    """

    def __init__(self, kit: Kit, handover: HandOver) -> None:
        self._clock = kit.clock
        self._handover = handover
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
        if self.waiting.holds_up(pending.lane):
            self.enqueue(pending)
            return
        delay = await self._handover.attempt(pending)
        if delay is not None:
            self.waiting.add(pending, self._clock.now() + delay)
            self._arm()

    def enqueue(self, pending: Pending) -> None:
        """Stores a delivery that is due now; it is worked off in a task of its own."""
        self.waiting.add(pending, self._clock.now())
        self._wake()

    # --- what waits --------------------------------------------------------------------------------------
    def _arm(self) -> None:
        """One timer, for the delivery that is due next."""
        self._disarm()
        when = self.waiting.next_due()
        if self._running and when is not None:
            self._timer = self._clock.call_at(when, self._wake, label="sns: deliver", kind=TimerKind.WORK)

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
        self._task = asyncio.get_running_loop().create_task(self._work(), name="sns deliveries")

    async def _work(self) -> None:
        while True:
            self._again = False
            due = self.waiting.due(self._clock.now())
            # Servers are waited for side by side: a slow one holds up nobody else.
            await asyncio.gather(*(self._try(identity, pending) for identity, pending in due))
            if not due and not self._again:
                break
        self._arm()

    async def _try(self, identity: int, pending: Pending) -> None:
        delay = await self._handover.attempt(pending)
        if delay is None:
            self.waiting.remove(identity)
        else:
            self.waiting.put_off(identity, pending, self._clock.now() + delay)
