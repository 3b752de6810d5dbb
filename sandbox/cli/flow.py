"""`sandbox flow`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from sandbox.cli.bus import near_miss
from sandbox.cli.common import connect, following, json_option, match_option, state_option
from sandbox.cli.diagnostics import say, tell_gap
from sandbox.cli.flowfile import read_flows
from sandbox.cli.inputs import read_moment
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.control.client import ControlClient, RemoteError
from sandbox.errors import UsageError
from sandbox.model.durations import format_duration
from sandbox.model.hops import HopKind
from sandbox.model.safe_text import one_line
from sandbox.model.views.flows import BranchView, FlowSummary, FlowView, NearMiss

F = TypeVar("F", bound=Callable[..., Any])

#: Characters of a payload, and of a log line, that are shown.
_PAYLOAD = 2_000
_LOG_LINE = 500


@click.group("flow", short_help="Follow events from cause to effect.")
def command() -> None:
    """Follow events from cause to effect, through API, functions, buses and queues.

    Example: sandbox flow ls
    """


def _filters(function: F) -> F:
    """The options that restrict a list or the tail."""
    for option in reversed(
        (
            click.option("--function", metavar="NAME", help="Only those that this function took part in."),
            click.option("--queue", metavar="NAME", help="Only those that went through this queue."),
            click.option(
                "--status",
                type=click.Choice(("ok", "error", "dead-lettered")),
                help="Only those that went this way.",
            ),
            click.option("--key", metavar="VALUE", help="Only those of a business key (notaFiscalId)."),
        )
    ):
        function = option(function)
    return function


@command.command("ls")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.option("--schedules", is_flag=True, help="List the runs of schedules too.")
@_filters
@match_option
@click.option("--since", metavar="TIME", help="Only those that began then or later.")
@click.option("--until", metavar="TIME", help="Only those that began then or earlier.")
@click.option("--before", type=int, metavar="FLOW", help="Only older ones than this flow: the next page.")
@json_option
@state_option
def ls(
    limit: int,
    schedules: bool,
    function: str | None,
    queue: str | None,
    status: str | None,
    key: str | None,
    match: str,
    since: str | None,
    until: str | None,
    before: int | None,
    as_json: bool,
    state: Path,
) -> None:
    """List the newest flows, newest first. Names may be parts of names.

    TIME is a time like 2026-11-27T12:00:00Z, or how long ago: 2h. TEXT is looked for in business keys, in how
    a flow began, and among the ids of its events, messages and requests (whole).

    Example: sandbox flow ls --queue estoque-reserva --status error --since 10m
    """
    with connect(state) as client:
        now = float(client.call("clock_show")["now"])
        flows = client.call_as(
            list[FlowSummary],
            "flow_ls",
            limit=limit,
            schedules=schedules,
            function=function,
            queue=queue,
            status=status,
            key=key,
            match=match,
            since=read_moment(since, now, "--since"),
            until=read_moment(until, now, "--until"),
            before=before,
        )
    if as_json:
        emit_json(flows)
        return
    emit_table(
        ("FLOW", "BEGAN", "TOOK", "STATUS", "HTTP", "HOPS", "WHAT", "KEYS"),
        [
            (
                flow.id,
                datetime.fromtimestamp(flow.began_at, UTC).strftime("%H:%M:%S"),
                format_duration(flow.last_at - flow.began_at),
                flow.status,
                flow.http_status or "-",
                flow.hops,
                one_line(flow.what),
                " ".join(f"{one_line(name)}={one_line(value)}" for name, value in flow.keys.items()),
            )
            for flow in flows
        ],
    )
    if not flows:
        say(_none(function, queue))
    if len(flows) == limit:
        say(f"older ones: --before {flows[-1].id}")


def _none(function: str | None, queue: str | None) -> str:
    """What is said of an empty list."""
    if queue is not None:
        return f"no such flow; is {queue} part of a queue's name? `sandbox queue ls` lists the queues"
    if function is not None:
        return f"no such flow; is {function} part of a function's name? `sandbox flow ls` lists all flows"
    return "no such flow"


@command.command("show")
@click.argument("reference", metavar="[ID]", required=False)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read what a failed test left behind, instead of a running sandbox; without ID, all of it.",
)
@click.option("--log/--no-log", default=True, show_default=True, help="Show the log lines of invocations.")
@click.option("--payloads", is_flag=True, help="Show what was carried, as far as it is kept.")
@click.option("--near-misses", is_flag=True, help="Show why the other rules did not match an event.")
@json_option
@state_option
def show(
    reference: str | None,
    file: Path | None,
    log: bool,
    payloads: bool,
    near_misses: bool,
    as_json: bool,
    state: Path,
) -> None:
    """Show one flow as a tree. ID is a flow, event, message, request or trace id, or a business key's value.

    Example: sandbox flow show 7f6c2a0e-3c1f-4f0e-9c57-0d1f0f6f8f10
    """
    if file is not None:
        if near_misses:
            raise UsageError(
                "near misses are not in a file",
                "they are the rules' of a running sandbox",
                "leave --file out",
            )
        for place, flow in enumerate(read_flows(file, reference)):
            if place and not as_json:
                emit("")
            _show(flow, {}, log=log, payloads=payloads, near_misses=False, as_json=as_json)
        return
    if reference is None:
        raise UsageError("no flow is named", "ID is missing", "`sandbox flow ls` lists the newest")
    with connect(state) as client:
        flow = client.call_as(FlowView, "flow_show", reference=reference)
        misses = _misses(client, flow.tree) if near_misses else {}
    _show(flow, misses, log=log, payloads=payloads, near_misses=near_misses, as_json=as_json)


def _show(
    flow: FlowView,
    misses: Mapping[int, list[NearMiss]],
    *,
    log: bool,
    payloads: bool,
    near_misses: bool,
    as_json: bool,
) -> None:
    if as_json:
        answer = {
            "flow": flow.summary.id,
            "summary": flow.summary,
            "tree": flow.tree,
            "truncated": flow.truncated,
        }
        emit_json({**answer, "near_misses": misses} if near_misses else answer)
        return
    drawing = _Drawing(log=log, payloads=payloads, misses=misses)
    for branch in flow.tree:
        for line in drawing.lines([branch], "", top=True):
            emit(line)
    if flow.truncated:
        say("the flow has more hops than are shown")


def _misses(client: ControlClient, branches: Sequence[BranchView]) -> dict[int, list[NearMiss]]:
    """What rules say of the events of a tree, by hop; events that the journal cut or masked are left out."""
    found: dict[int, list[NearMiss]] = {}
    for branch in branches:
        if branch.hop.kind is HopKind.EVENT_PUT:
            try:
                found[branch.hop.id] = client.call_as(list[NearMiss], "flow_near_misses", hop=branch.hop.id)
            except RemoteError as error:
                say(f"hop {branch.hop.id}: {error.what}: {error.why}")
        found |= _misses(client, branch.children)
    return found


class _Drawing:
    """A flow as a tree of lines.

    Args:
        log: with the log lines of invocations. payloads: with what was carried.
        misses: what rules say of events, by hop.
    """

    def __init__(self, *, log: bool, payloads: bool, misses: Mapping[int, list[NearMiss]]) -> None:
        self._log = log
        self._payloads = payloads
        self._misses = misses

    def lines(self, branches: Sequence[BranchView], indent: str, *, top: bool) -> Iterator[str]:
        """Branches that stand beside each other, with what is below them."""
        for index, branch in enumerate(branches):
            last = index == len(branches) - 1
            elbow = "" if top else "└─ " if last else "├─ "
            below = indent + ("" if top else "   " if last else "│  ")
            yield f"{indent}{elbow}{one_line(branch.line)}"
            for line in self._beside(branch):
                yield f"{below}{'│' if branch.children else ' '}  {line}"
            yield from self.lines(branch.children, below, top=False)

    def _beside(self, branch: BranchView) -> Iterator[str]:
        if self._payloads and branch.hop.payload:
            yield one_line(branch.hop.payload, _PAYLOAD)
        for miss in self._misses.get(branch.hop.id, ()):
            if not miss.matched:
                yield near_miss(miss)
        for line in branch.log if self._log else ():
            yield f"› {one_line(line, _LOG_LINE)}"


@command.command("tail")
@_filters
@json_option
@state_option
def tail(
    function: str | None,
    queue: str | None,
    status: str | None,
    key: str | None,
    as_json: bool,
    state: Path,
) -> None:
    """Show every hop as it happens, until Ctrl-C. JSON comes as JSON lines.

    Example: sandbox flow tail --queue estoque-reserva
    """
    with connect(state) as client, following():
        told = 0
        for item in client.stream("flow_tail", function=function, queue=queue, status=status, key=key):
            told = tell_gap(client.dropped, told)
            if as_json:
                emit_json(item["hop"], pretty=False)
            else:
                emit(one_line(item["line"]))
