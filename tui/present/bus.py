"""Buses and rules: the table, one rule, and why events did not match it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.model.hops import Hop
from sandbox.model.views.flows import NearMiss
from sandbox.model.views.system import BusView, RuleView
from tui.present import marks
from tui.present.bodies import body_lines
from tui.present.cells import Builder, Cell, Line, Tone, join, text, wrap
from tui.present.details import fact, heading, section
from tui.present.flows import near_miss
from tui.present.hops import where
from tui.present.numbers import clock_time, count, quantity, span_of, sparkline
from tui.present.refs import short
from tui.present.table import Column, Scene, Table


def in_order(buses: Iterable[BusView]) -> list[BusView]:
    """The buses that a system made for itself, then the one that every account has."""
    return sorted(buses, key=lambda bus: bus.name == "default")


def rules_of(buses: Iterable[BusView]) -> list[RuleView]:
    """Every rule of every bus."""
    return [rule for bus in buses for rule in sorted(bus.rules, key=lambda rule: rule.name)]


def summary(buses: Sequence[BusView]) -> Line:
    """How many events each bus took, and how many nobody wanted."""
    parts = []
    for bus in buses:
        words = join(text(f"◇ {bus.name}", Tone.STRONG), text(quantity(bus.events, "event"), Tone.PLAIN))
        if bus.unmatched:
            words = join(words, text(f"▲ {count(bus.unmatched)} matched no rule", Tone.WARN), gap=" · ")
        parts.append(words)
    return join(*parts, gap="    ") or text("no bus", Tone.DIM)


def _state(rule: RuleView) -> Line:
    if not rule.enabled:
        return marks.mark("skipped", "off")
    return marks.mark("ok" if rule.matches else "idle", "on")


def _cells(rule: RuleView, scene: Scene) -> Sequence[Cell]:
    left = f"next in {span_of(rule.next_at - scene.now)}" if rule.next_at is not None else ""
    return (
        text(f"{marks.kind_glyph('schedule' if rule.schedule else 'rule')} {rule.name}"),
        _state(rule),
        text(count(rule.matches), Tone.STRONG if rule.matches else Tone.IDLE),
        lambda width: sparkline(scene.rates.series(f"matches:{rule.arn}", scene.wall, width), width),
        text(", ".join(short(target) for target in rule.targets), Tone.PLAIN),
        text(f"{rule.schedule}  {left}".strip() if rule.schedule else rule.pattern, Tone.DIM),
        text(rule.bus, Tone.DIM),
    )


RULES: Table[RuleView] = Table(
    columns=(
        Column("RULE", 24, flex=2),
        Column("ON", 5),
        Column("MATCHED", 7, right=True),
        Column("RATE", 8, flex=1, rank=2),
        Column("TARGETS", 20, flex=2),
        Column("PATTERN / SCHEDULE", 20, flex=3, rank=1),
        Column("BUS", 14, rank=3),
    ),
    cells=_cells,
    key=lambda rule: rule.arn,
    find=lambda rule: f"{rule.name} {rule.bus} {rule.pattern} {rule.schedule} {' '.join(rule.targets)}",
)


def _event_cells(hop: Hop, scene: Scene) -> Sequence[Cell]:
    return (
        text(clock_time(hop.at, millis=True), Tone.DIM),
        text(str(hop.detail.get("detailType", "")) or where(hop), Tone.STRONG),
        text(str(hop.detail.get("source", "")), Tone.DIM),
        text(" ".join(hop.keys.values()), Tone.ACCENT),
    )


EVENTS: Table[Hop] = Table(
    columns=(
        Column("AT", 12),
        Column("EVENT", 18, flex=1),
        Column("SOURCE", 16, rank=2),
        Column("KEYS", 12, flex=1, rank=1),
    ),
    cells=_event_cells,
    key=lambda hop: str(hop.id),
    find=lambda hop: f"{hop.detail} {' '.join(hop.keys.values())} {hop.event_id}",
    timeless=True,
)


def rule_detail(rule: RuleView, now: float) -> Builder:
    """One rule: pattern, targets, matches."""

    def build(width: int) -> list[Line]:
        lines = [heading(rule.name, rule.bus)]
        lines += fact("state", _state(rule), width)
        lines += fact("matched", quantity(rule.matches, "event"), width)
        lines += fact("schedule", rule.schedule, width)
        if rule.next_at is not None:
            lines += fact("next", f"{clock_time(rule.next_at)}, in {span_of(rule.next_at - now)}", width)
        for target in rule.targets:
            lines += fact("target", target, width)
        body = [piece for line in body_lines(rule.pattern) for piece in wrap(line, width, indent=2)]
        return lines + section("Pattern", body if rule.pattern else [])

    return build


def event_detail(hop: Hop, misses: Sequence[NearMiss] | None) -> Builder:
    """One event: which rules matched it, which did not and why, and the event itself."""

    def build(width: int) -> list[Line]:
        lines = [heading(str(hop.detail.get("detailType", "event")), f"{hop.event_id or f'hop {hop.id}'}")]
        lines += fact("at", clock_time(hop.at, millis=True), width)
        if misses is None:
            lines += [(), text("asking why rules matched or did not …", Tone.DIM)]
        else:
            shown = sorted(misses, key=lambda miss: not miss.matched)
            lines += section(
                "Rules", [piece for miss in shown for piece in wrap(near_miss(miss), width, indent=2)]
            )
        body = [piece for line in body_lines(hop.payload) for piece in wrap(line, width, indent=2)]
        return lines + section("Event", body if hop.payload else [])

    return build
