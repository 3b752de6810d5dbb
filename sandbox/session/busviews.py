"""Buses as people see them: their rules, what matched, when schedules fire next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandbox.clock import TimerKind
from sandbox.model.arn import parse_arn
from sandbox.model.hops import HopKind
from sandbox.model.views.system import BusView, RuleView
from sandbox.session.topology import RuleFacts, Topology

if TYPE_CHECKING:
    from sandbox.flow.counters import Counters
    from sandbox.session.session import Session


def bus_views(session: Session, topology: Topology) -> list[BusView]:
    """Every bus of the default account and region, by name."""
    counters = session.counters
    due = {
        timer.label: timer.when
        for timer in reversed(session.clock.pending())
        if timer.kind is TimerKind.SCHEDULE
    }
    return [
        BusView(
            name=name,
            arn=arn,
            rules=[_rule(rule, counters, due) for rule in topology.rules if rule.bus == name],
            events=counters.count(HopKind.EVENT_PUT, arn),
            unmatched=counters.unmatched(arn),
        )
        for name, arn in topology.buses.items()
    ]


def _rule(rule: RuleFacts, counters: Counters, due: Mapping[str, float]) -> RuleView:
    schedule = str(rule.description.get("ScheduleExpression") or "")
    kind = HopKind.SCHEDULE_FIRED if schedule else HopKind.RULE_MATCHED
    return RuleView(
        name=rule.name,
        bus=rule.bus,
        arn=rule.arn,
        enabled=rule.enabled,
        pattern=str(rule.description.get("EventPattern") or ""),
        schedule=schedule,
        targets=[parse_arn(target).name for target in rule.targets],
        matches=counters.count(kind, rule.arn),
        next_at=due.get(f"rule {rule.name}") if schedule else None,
    )
