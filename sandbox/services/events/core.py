"""The parts that the operations of EventBridge are made of, wired once."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from sandbox.model.call import Call
from sandbox.model.ports import Deliverer
from sandbox.model.scope import Scope
from sandbox.services.base import Kit, Params, Service
from sandbox.services.dispatching import Dispatcher, Waiting
from sandbox.services.events.archive_store import ArchiveStore
from sandbox.services.events.archiving import Archivist
from sandbox.services.events.calling import Caller, Web
from sandbox.services.events.connections import ConnectionStore
from sandbox.services.events.manners import event_manners
from sandbox.services.events.names import bus_reference
from sandbox.services.events.outlets import API, BUS, DESTINATION, Outlets
from sandbox.services.events.pending import Pending
from sandbox.services.events.publishing import Publisher
from sandbox.services.events.replaying import ReplayRunner
from sandbox.services.events.routing import Router
from sandbox.services.events.rulebook import RuleBook
from sandbox.services.events.schedules import ScheduleRunner
from sandbox.services.events.schema import SCHEMA
from sandbox.services.events.store import Bus, EventsStore, Rule
from sandbox.services.handover import HandOver

#: HTTP calls of targets under way together.
CALLS_AT_ONCE = 20


class EventsCore(Service):
    """State and parts of the service; the operations are in its subclasses.

    Args:
        kit: what every service needs.
        deliverer: delivers to the ARNs of targets and dead-letter queues.
        web: what is reached by HTTP.
    """

    name: ClassVar[str] = "events"
    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(self, kit: Kit, deliverer: Deliverer, web: Web) -> None:
        super().__init__(kit)
        self.store = EventsStore(kit.database, kit.clock)
        self.rulebook = RuleBook(self.store)
        self.outlets = Outlets(deliverer)
        self.connections = ConnectionStore(kit.database)
        self.caller = Caller(web, self.connections, kit.clock)
        handover = HandOver(event_manners(self.outlets, kit.faults), deliverer, kit.recorder)
        waiting = Waiting(kit.database, "events_deliveries", Pending)
        calls = Waiting(kit.database, "events_calls", Pending)
        self.router = Router(
            Dispatcher(kit, self.name, waiting, handover),
            Dispatcher(kit, f"{self.name} calls", calls, handover, at_once=CALLS_AT_ONCE),
            self.connections,
            kit.clock,
        )
        self.schedules = ScheduleRunner(kit, self.store, self.rulebook, self.router)
        self.archives = ArchiveStore(kit.database)
        self.archivist = Archivist(kit, self.archives)
        self.publisher = Publisher(kit, self.store, self.rulebook, self.router, self.archivist)
        self.outlets.plug(BUS, self.publisher.forward)
        self.outlets.plug(DESTINATION, self.caller.destination)
        self.outlets.plug(API, self.caller.api)
        self.replays = ReplayRunner(kit, self.archives, self.publisher)

    async def start(self) -> None:
        """Sets the timers of schedules and of deliveries that wait; rules are compiled when first needed."""
        self.rulebook.clear()
        self.schedules.start()
        self.router.start()
        self.archivist.start()
        self.replays.start()

    async def stop(self) -> None:
        """Ends timers and deliveries under way."""
        self.schedules.stop()
        self.replays.stop()
        self.archivist.stop()
        await self.router.stop()

    def recall(self) -> None:
        """Compiles rules and sets timers anew; see `Service.recall`."""
        self.rulebook.clear()
        self.schedules.recall()
        self.router.recall()
        self.archivist.recall()
        self.replays.recall()

    def work(self) -> set[asyncio.Task[Any]]:
        """The task of deliveries; see `Service.work`."""
        return self.router.work()

    def bus_of(self, call: Call, params: Params) -> tuple[Scope, str]:
        """The scope and name of the bus that `EventBusName` names."""
        return bus_reference(call.scope, params.get("EventBusName"))

    def rule_of(self, call: Call, params: Params, member: str = "Name") -> Rule:
        """The rule that the parameters name.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        scope, bus = self.bus_of(call, params)
        return self.store.rule(scope, bus, params[member])

    def existing_bus(self, call: Call, params: Params, member: str = "EventBusName") -> Bus:
        """The bus that the parameters name.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        scope, name = bus_reference(call.scope, params.get(member))
        return self.store.bus(scope, name)
