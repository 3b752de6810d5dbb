"""`sandbox bus`."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.archives import archives, cancel, replay, replays
from sandbox.cli.common import connect, json_option, match_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.messagewords import clock_time
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.control.client import ControlClient, RemoteError
from sandbox.model.durations import format_duration
from sandbox.model.hops import Hop
from sandbox.model.safe_text import one_line
from sandbox.model.views.flows import NearMiss
from sandbox.model.views.system import BusView, RuleView


@click.group("bus", short_help="Event buses: rules, recent events, what matched, archives.")
def command() -> None:
    """Event buses: their rules, and recent events with the rules that matched each.

    Example: sandbox bus ls
    """


for _subcommand in (archives, replay, replays, cancel):
    command.add_command(_subcommand)


@command.command("ls")
@json_option
@state_option
def ls(as_json: bool, state: Path) -> None:
    """List every bus with its rules.

    Example: sandbox bus ls
    """
    with connect(state) as client:
        buses = client.call_as(list[BusView], "bus_ls")
        now = float(client.call("clock_show")["now"])
    if as_json:
        emit_json(buses)
        return
    for bus in buses:
        lost = f", {bus.unmatched} matched no rule" if bus.unmatched else ""
        emit(f"● {one_line(bus.name)}: {bus.events} events{lost}")
        if bus.rules:
            emit_table(
                ("  RULE", "MATCHES", "WHEN", "TARGETS"),
                [
                    (
                        f"  {one_line(rule.name)}",
                        rule.matches,
                        _when(rule, now),
                        ", ".join(rule.targets) or "-",
                    )
                    for rule in bus.rules
                ],
            )


def _when(rule: RuleView, now: float) -> str:
    if not rule.enabled:
        return "disabled"
    if rule.schedule:
        due = "" if rule.next_at is None else f", next in {format_duration(max(0.0, rule.next_at - now))}"
        return f"{rule.schedule}{due}"
    return one_line(rule.pattern, 80)


@command.command("events")
@click.argument("bus")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many.")
@click.option("--misses", is_flag=True, help="Show why the other rules did not match.")
@match_option
@json_option
@state_option
def events(bus: str, limit: int, misses: bool, match: str, as_json: bool, state: Path) -> None:
    """Show the newest events of BUS, newest first, each with the rules that matched it.

    Example: sandbox bus events nfe-events-dev --misses
    """
    with connect(state) as client:
        found = client.call_as(list[Hop], "bus_events", bus=bus, limit=limit, match=match)
        missed = {hop.id: _misses(client, hop) for hop in found} if misses else {}
    if as_json:
        emit_json([{"event": hop, "near_misses": missed[hop.id]} for hop in found] if misses else found)
        return
    for hop in found:
        emit(_event(hop))
        for miss in missed.get(hop.id, ()):
            if not miss.matched:
                emit(f"    {near_miss(miss)}")
    if not found:
        say("the journal has no event of this bus")


def _event(hop: Hop) -> str:
    rules = [one_line(str(rule)) for rule in hop.detail.get("matched", ())]
    mark = "●" if rules and hop.status == "ok" else "✗"
    matched = ", ".join(rules) or one_line(hop.error) or "no rule"
    what = one_line(f"{hop.detail.get('source', '')} {hop.detail.get('detailType', '')}")
    return f"{mark} {clock_time(hop.at)} {hop.event_id} {what} → {matched} (flow {hop.flow})"


def _misses(client: ControlClient, hop: Hop) -> list[NearMiss]:
    """What the rules say of an event; nothing for one that the journal cut or masked."""
    try:
        return client.call_as(list[NearMiss], "flow_near_misses", hop=hop.id)
    except RemoteError as error:
        say(f"hop {hop.id}: {error.what}: {error.why}")
        return []


def near_miss(miss: NearMiss) -> str:
    """What a rule said of an event, in one line."""
    name = one_line(miss.rule) or "the pattern"
    if miss.matched:
        return f"● {name} matches"
    return f"✗ {name}: {one_line(miss.reason, 500)}"
