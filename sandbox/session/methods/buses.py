"""Buses and rules: what there is, recent events, and testing a rule or pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from sandbox.control.server import Method
from sandbox.errors import UsageError
from sandbox.flow.queries import events_of
from sandbox.model.arn import parse_arn
from sandbox.model.hops import Hop
from sandbox.model.scope import Scope
from sandbox.model.views.flows import NearMiss
from sandbox.model.views.system import BusView
from sandbox.session.busviews import bus_views
from sandbox.session.choosing import near_ids
from sandbox.session.rules import as_near_misses, events_service, read_event, test_pattern
from sandbox.session.topology import RuleFacts, Topology

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Buses:
    """Methods about buses and rules."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {"bus_ls": self.bus_ls, "bus_events": self.bus_events, "rule_test": self.rule_test}

    async def bus_ls(self) -> list[BusView]:
        """Every bus with its rules."""
        return bus_views(self._session, await self._session.topology.now())

    async def bus_events(self, bus: str, limit: int = 20, match: str = "") -> list[Hop]:
        """The newest events of a bus, newest first.

        Args:
            match: only events that have this text, as far as they are kept.

        Returns:
            The hops of their PutEvents; `detail["matched"]` names the rules that matched each.

        Raises:
            UsageError: no such bus.
        """
        arn = self._bus((await self._session.topology.now()), bus)
        found = events_of(self._session.journal.database, arn, limit, match)
        return [msgspec.structs.replace(put, detail={**put.detail, "matched": rules}) for put, rules in found]

    async def rule_test(self, what: str, event: str) -> list[NearMiss]:
        """What a bus's rules, one rule, or a pattern say of an event.

        Args:
            what: name, part of a name, or ARN of a bus or of a rule, or an event pattern (JSON).
            event: the event document, JSON.

        Raises:
            UsageError: no such bus or rule, the pattern is not valid, or the event is not a JSON object.
        """
        read_event(event)
        if what.lstrip().startswith("{"):
            return [test_pattern(what, event)]
        topology = await self._session.topology.now()
        service = events_service(self._session)
        rule = _rule(topology, what)
        if rule is not None:
            verdicts = service.explain_event(self._scope(rule.arn), rule.bus, event)
            return as_near_misses(rule.bus, [one for one in verdicts if one.rule == rule.arn])
        arn = self._bus(topology, what, [one.name for one in topology.rules])
        bus = arn.rsplit("/", 1)[-1]
        return as_near_misses(bus, service.explain_event(self._scope(arn), bus, event))

    # --- inside ------------------------------------------------------------------------------------------
    def _bus(self, topology: Topology, name: str, rules: Sequence[str] = ()) -> str:
        """The ARN of the bus that is meant.

        Args:
            rules: names that may be meant as well.

        Raises:
            UsageError: no such bus, or several.
        """
        for known, arn in topology.buses.items():
            if name in (known, arn):
                return arn
        matching = [known for known in topology.buses if name in known]
        if len(matching) == 1:
            return topology.buses[matching[0]]
        near = matching or near_ids(name, [*topology.buses, *rules])
        kinds, known_rules = ("bus or rule", f", and {len(rules)} rules") if rules else ("bus", "")
        raise UsageError(
            f"there is no {kinds} {name}" if not matching else f"{name} is part of several buses' names",
            f"the sandbox has the buses {', '.join(topology.buses)}{known_rules}",
            f"say {' or '.join(near)}" if near else "`sandbox bus ls` lists buses and rules",
        )

    @staticmethod
    def _scope(arn: str) -> Scope:
        return parse_arn(arn).scope


def _rule(topology: Topology, name: str) -> RuleFacts | None:
    """The rule that a name, a part of one, or an ARN means; a bus of the name comes first."""
    if name in topology.buses:
        return None
    for rule in topology.rules:
        if name in (rule.name, rule.arn):
            return rule
    parts = [rule for rule in topology.rules if name in rule.name]
    return parts[0] if len(parts) == 1 and not any(name in bus for bus in topology.buses) else None
