"""The parts that the operations of EventBridge Scheduler are made of, wired once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from sandbox.model.awserror import AwsError
from sandbox.model.delivering import Failure, classify
from sandbox.model.ports import AwsClient, Deliverer
from sandbox.services.base import Kit, Service
from sandbox.services.dispatching import Dispatcher, Waiting
from sandbox.services.handover import HandOver, Manners
from sandbox.services.scheduler.firing import Runner
from sandbox.services.scheduler.invocations import Invocation, letter_attributes
from sandbox.services.scheduler.schema import SCHEMA
from sandbox.services.scheduler.store import SchedulerStore
from sandbox.services.scheduler.targets import Targets


class SchedulerCore(Service):
    """State and parts of the service; the operations are in its subclasses.

    Args:
        kit: what every service needs.
        deliverer: delivers to queues, functions, topics and dead-letter queues.
        client: calls API operations.
        implements: whether a native service has an operation, by botocore's names.
    """

    name: ClassVar[str] = "scheduler"
    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(
        self, kit: Kit, deliverer: Deliverer, client: AwsClient, implements: Callable[[str, str], bool]
    ) -> None:
        super().__init__(kit)
        self.store = SchedulerStore(kit.database, kit.clock)
        self.targets = Targets(deliverer, client, implements)
        manners = Manners(
            service=self.name,
            deliver=self.targets.invoke,
            classify=_failure,
            attributes=letter_attributes,
        )
        self.dispatcher = Dispatcher(
            kit,
            self.name,
            Waiting(kit.database, "scheduler_deliveries", Invocation),
            HandOver(manners, deliverer, kit.recorder),
        )
        self.runner = Runner(kit, self.store, self.dispatcher)

    async def start(self) -> None:
        """Sets the timers of schedules and of invocations that wait."""
        self.dispatcher.start()
        self.runner.start()

    async def stop(self) -> None:
        """Ends timers and invocations under way."""
        self.runner.stop()
        await self.dispatcher.stop()

    def recall(self) -> None:
        """Sets all timers anew; see `Service.recall`."""
        self.dispatcher.recall()
        self.runner.recall()

    def work(self) -> set[asyncio.Task[Any]]:
        """The task of invocations; see `Service.work`."""
        return self.dispatcher.work()


def _failure(error: AwsError) -> Failure:
    """The target's own code, which dead letters name; what is tried again is as for rules."""
    general = classify(error)
    return Failure(error.code, error.message, general.retryable, general.wait)
