"""Buses and rules: what is there, what matched, and why the others did not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError, UsageError
from sandbox.flow.payloads import is_whole
from sandbox.model.arn import parse_arn
from sandbox.model.event_patterns import (
    EventPattern,
    InvalidEventPatternError,
    MalformedJsonError,
    decode,
    flatten,
)
from sandbox.model.hops import Hop
from sandbox.model.scope import Scope
from sandbox.model.views.flows import NearMiss
from sandbox.services.events.rulebook import Verdict
from sandbox.services.events.service import EventsService

if TYPE_CHECKING:
    from sandbox.session.session import Session


def events_service(session: Session) -> EventsService:
    """EventBridge as it runs here.

    Raises:
        SandboxError: this engine has none of its own.
    """
    service = session.engine.services.get("events")
    if not isinstance(service, EventsService):
        raise SandboxError(
            "buses and rules cannot be looked into",
            f"the engine {session.engine.name} has no EventBridge of its own",
            "use --engine embedded",
        )
    return service


def near_misses(session: Session, put: Hop) -> list[NearMiss]:
    """What the rules of its bus say of an event that was put, as they are now.

    Raises:
        SandboxError: the journal does not have the whole event.
    """
    bus = parse_arn(put.resource)
    if not is_whole(put.payload):
        raise SandboxError(
            "the event cannot be tested",
            "the journal masks secrets and cuts long payloads, and this event has one",
            "test it by hand: `sandbox rule test BUS event.json`",
        )
    verdicts = events_service(session).explain_event(bus.scope, bus.name, put.payload)
    return as_near_misses(bus.name, verdicts)


def as_near_misses(bus: str, verdicts: Iterable[Verdict]) -> list[NearMiss]:
    """Verdicts of rules as people see them, those that matched first."""
    found = [
        NearMiss(
            bus=bus,
            rule=parse_arn(verdict.rule).name,
            matched=verdict.matched,
            path=verdict.path,
            reason=verdict.why,
        )
        for verdict in verdicts
    ]
    return sorted(found, key=lambda miss: not miss.matched)


def test_pattern(pattern: str, event: str) -> NearMiss:
    """What a pattern says of an event.

    Raises:
        UsageError: the pattern is not one, or the event is not a JSON object.
    """
    try:
        compiled = EventPattern(pattern)
    except InvalidEventPatternError as error:
        raise UsageError(
            "the event pattern cannot be used",
            str(error),
            'write one like {"source": ["shop"], "detail-type": [{"prefix": "Order"}]}',
        ) from error
    mismatch = compiled.explain(flatten(read_event(event)))
    if mismatch is None:
        return NearMiss(bus="", rule="", matched=True)
    return NearMiss(bus="", rule="", matched=False, path=mismatch.path, reason=mismatch.why)


def read_event(text: str) -> dict[str, object]:
    """An event document.

    Raises:
        UsageError: it is not a JSON object.
    """
    try:
        document = decode(text)
    except MalformedJsonError as error:
        raise UsageError("the event cannot be read", str(error), "give one event as a JSON object") from error
    if not isinstance(document, dict):
        raise UsageError(
            "the event cannot be read", "it is JSON, but not an object", "give one event as a JSON object"
        )
    return document


def scope_of_bus(name: str) -> tuple[Scope, str]:
    """Scope and name of the bus that a name or ARN means."""
    if name.startswith("arn:"):
        arn = parse_arn(name)
        return arn.scope, arn.name
    return Scope(), name
