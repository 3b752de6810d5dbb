"""The native EventBridge: its operations, and what the rest of the engine asks of it."""

from __future__ import annotations

from typing import ClassVar

from sandbox.model.event_patterns import MalformedJsonError, decode, flatten
from sandbox.model.scope import Scope
from sandbox.services.events.archive_operations import ArchiveOperations
from sandbox.services.events.bus_operations import BusOperations
from sandbox.services.events.connection_operations import ConnectionOperations
from sandbox.services.events.errors import invalid
from sandbox.services.events.event_operations import EventOperations
from sandbox.services.events.names import bus_reference
from sandbox.services.events.rule_operations import RuleOperations
from sandbox.services.events.rulebook import Verdict
from sandbox.services.events.tag_operations import TagOperations
from sandbox.services.events.target_operations import TargetOperations


class EventsService(
    BusOperations,
    RuleOperations,
    TargetOperations,
    EventOperations,
    ArchiveOperations,
    ConnectionOperations,
    TagOperations,
):
    """EventBridge, natively: buses, rules with patterns and schedules, targets with retries, archives."""

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "policies of event buses (PutPermission): stored, not enforced",
        "roles of rules and targets (RoleArn): stored, not assumed",
        "permissions of targets to be called by EventBridge",
        "secrets of connections: kept by EventBridge, and not in Secrets Manager as well",
        "quotas on the number of buses and rules",
    )

    def explain_event(self, scope: Scope, bus: str | None, event: str) -> list[Verdict]:
        """What every rule of a bus says of an event: matched, or the first part of its pattern that failed.

        Args:
            bus: name or ARN; None is the default bus.
            event: the event document, JSON.

        Raises:
            AwsError: no such bus, or the event is not a JSON object.
        """
        bus_scope, name = bus_reference(scope, bus)
        self.store.bus(bus_scope, name)
        try:
            document = decode(event)
            if not isinstance(document, dict):
                raise MalformedJsonError("an event is a JSON object")
            flat = flatten(document)
        except MalformedJsonError:
            raise invalid("Parameter Event is not valid.") from None
        return self.rulebook.explain(bus_scope, name, flat)
