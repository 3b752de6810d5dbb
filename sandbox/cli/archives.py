"""`sandbox bus archives`, `replay`, `replays` and `cancel`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.inputs import read_moment
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.model.safe_text import one_line
from sandbox.model.views.archives import ArchiveView, ReplayView


@click.command("archives")
@json_option
@state_option
def archives(as_json: bool, state: Path) -> None:
    """List the archives of event buses.

    Example: sandbox bus archives
    """
    with connect(state) as client:
        found = client.call_as(list[ArchiveView], "bus_archives")
    if as_json:
        emit_json(found)
        return
    if not found:
        say("no bus has an archive")
        return
    emit_table(
        ("ARCHIVE", "BUS", "EVENTS", "BYTES", "KEEPS", "FIRST", "LAST"),
        [
            (
                one_line(archive.name),
                one_line(archive.bus),
                archive.events,
                archive.bytes,
                f"{archive.retention_days} days" if archive.retention_days else "for ever",
                moment(archive.first_at),
                moment(archive.last_at),
            )
            for archive in found
        ],
    )


@click.command("replay")
@click.argument("archive")
@click.option("--from", "since", metavar="TIME", help="First time in the events; the archive's first event.")
@click.option("--to", "until", metavar="TIME", help="Time in the events to stop before; now.")
@click.option("--rule", "rules", metavar="NAME", multiple=True, help="Only to this rule; may be repeated.")
@click.option("--name", help="Name of the replay; made up when left out.")
@json_option
@state_option
def replay(
    archive: str,
    since: str | None,
    until: str | None,
    rules: tuple[str, ...],
    name: str | None,
    as_json: bool,
    state: Path,
) -> None:
    """Send the events of ARCHIVE to the rules of their bus again.

    TIME is a time like 2026-11-27T12:00:00Z, or how long ago: 2h. The replay runs on the sandbox's clock.

    Example: sandbox bus replay nfe-arquivo-dev --from 2h --rule nfe-reserva-confirmada-dev
    """
    with connect(state) as client:
        now = float(client.call("clock_show")["now"])
        started = client.call_as(
            ReplayView,
            "bus_replay",
            archive=archive,
            since=read_moment(since, now, "--from"),
            until=read_moment(until, now, "--to"),
            rules=list(rules) or None,
            name=name,
        )
    if as_json:
        emit_json(started)
        return
    emit(f"● {one_line(started.name)}: {started.state}, {one_line(started.archive)} to {started.bus}")
    say("`sandbox bus replays` tells how far it is")


@click.command("replays")
@json_option
@state_option
def replays(as_json: bool, state: Path) -> None:
    """List replays, the newest first.

    Example: sandbox bus replays
    """
    with connect(state) as client:
        found = client.call_as(list[ReplayView], "bus_replays")
    if as_json:
        emit_json(found)
        return
    if not found:
        say("nothing was replayed yet")
        return
    emit_table(
        ("REPLAY", "STATE", "EVENTS", "ARCHIVE", "FROM", "TO", "RULES"),
        [
            (
                one_line(each.name),
                each.state,
                each.replayed,
                one_line(each.archive),
                moment(each.since),
                moment(each.until),
                ", ".join(map(one_line, each.rules)) or "all",
            )
            for each in found
        ],
    )


@click.command("cancel")
@click.argument("replay")
@json_option
@state_option
def cancel(replay: str, as_json: bool, state: Path) -> None:
    """Cancel REPLAY; what it has sent so far stays sent.

    Example: sandbox bus cancel nfe-arquivo-dev-1f2e3d4c
    """
    with connect(state) as client:
        found = client.call_as(ReplayView, "bus_cancel", replay=replay)
    if as_json:
        emit_json(found)
        return
    emit(f"● {one_line(found.name)}: {found.state} after {found.replayed} events")


def moment(at: float | None) -> str:
    """A virtual time in UTC, as `--from` and `--to` take it."""
    if at is None:
        return "-"
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
