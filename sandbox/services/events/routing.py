"""Deliveries by the way they go: at once in this turn, or called by HTTP in a task of their own.

Calls of an API destination keep to its rate on the clock: one that would come too early waits in the store.
Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.clock import Clock
from sandbox.model.arn import Arn, parse_arn
from sandbox.services.dispatching import Dispatcher
from sandbox.services.events.connections import ConnectionStore
from sandbox.services.events.pending import Pending


class Router:
    """Delivers, and has deliveries wait where they must.

    Args:
        direct: delivers to services of the sandbox.
        calls: delivers by HTTP.
        connections: tell the rates of API destinations.
        clock: that rates keep to.
    """

    def __init__(
        self,
        direct: Dispatcher[Pending],
        calls: Dispatcher[Pending],
        connections: ConnectionStore,
        clock: Clock,
    ) -> None:
        self.direct = direct
        self.calls = calls
        self._connections = connections
        self._clock = clock
        #: The second that calls of each API destination are counted in, and how many there were.
        self._seconds: dict[str, tuple[float, int]] = {}

    def start(self) -> None:
        """Goes on with what is stored."""
        self.direct.start()
        self.calls.start()

    def recall(self) -> None:
        """Looks again at what is stored; see `Service.recall`."""
        self.direct.recall()
        self.calls.recall()

    async def stop(self) -> None:
        """Ends the work under way; what was not delivered stays stored."""
        await self.direct.stop()
        await self.calls.stop()

    def work(self) -> set[asyncio.Task[Any]]:
        """The tasks that deliver."""
        return self.direct.work() | self.calls.work()

    async def deliver(self, pending: Pending) -> None:
        """Delivers now, or in a task of its own where that is an HTTP call."""
        target = parse_arn(pending.target)
        if is_called(target):
            self.calls.enqueue(pending, self._slot(target))
        else:
            await self.direct.deliver(pending)

    def enqueue(self, pending: Pending) -> None:
        """Stores a delivery that is worked off in a task."""
        target = parse_arn(pending.target)
        if is_called(target):
            self.calls.enqueue(pending, self._slot(target))
        else:
            self.direct.enqueue(pending)

    def refuse(self, pending: Pending, why: str) -> None:
        """Records why a delivery is not even tried."""
        self.direct.handover.refuse(pending, why)

    def _slot(self, target: Arn) -> float:
        """The virtual time at which an API destination may be called next."""
        now = self._clock.now()
        if target.service != "events":
            return now
        found = self._connections.find_destination(target.scope, target.resource.split("/")[1])
        if found is None:
            return now
        begun, calls = self._seconds.get(str(target), (now, 0))
        if now >= begun + 1:
            begun, calls = now, 0
        elif calls >= found.rate:
            begun, calls = begun + 1, 0
        self._seconds[str(target)] = (begun, calls + 1)
        return max(now, begun)


def is_called(target: Arn) -> bool:
    """Whether a target is called by HTTP."""
    if target.service == "events":
        return target.resource.startswith("api-destination/")
    return target.service == "execute-api"
