"""Deliveries to subscriptions: in order where the topic is, and web servers side by side.

Queues and functions are delivered to within the publish, so in the same commit. Web servers take their time:
a delivery to one is stored and worked off beside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sandbox.services.base import Kit
from sandbox.services.dispatching import Worker
from sandbox.services.sns.handover import SERVICE, HandOver
from sandbox.services.sns.pending import Pending, PendingStore


class Deliveries(Worker[Pending]):
    """Delivers messages to subscriptions.

    Args:
        kit: clock and store.
        handover: tries once.
    """

    def __init__(self, kit: Kit, handover: HandOver) -> None:
        self._stored = PendingStore(kit.database)
        super().__init__(kit, SERVICE, self._stored)
        self._handover = handover

    async def deliver(self, pending: Pending) -> None:
        """Tries now, unless something waits that must not be overtaken; see `Worker.deliver`."""
        if self._stored.holds_up(pending.lane):
            self.enqueue(pending)
        else:
            await super().deliver(pending)

    async def attempt(self, pending: Pending) -> float | None:
        """Tries once; see `Worker.attempt`."""
        delay = await self._handover.attempt(pending)
        return None if delay is None else self.clock.now() + delay

    async def work_off(self, due: Sequence[tuple[int, Pending]]) -> None:
        """Tries stored deliveries side by side: a slow web server holds up nobody else."""
        await asyncio.gather(*(self.try_stored(identity, pending) for identity, pending in due))
