"""`sandbox flow`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.model.durations import format_duration


@click.group("flow", short_help="Follow events from cause to effect.")
def command() -> None:
    """Follow events from cause to effect, through API, functions, buses and queues.

    Example: sandbox flow ls
    """


@command.command("ls")
@click.option("-n", "--limit", default=20, show_default=True, help="How many.")
@click.option("--schedules", is_flag=True, help="List the runs of schedules too.")
@json_option
@state_option
def ls(limit: int, schedules: bool, as_json: bool, state: Path) -> None:
    """List the newest flows, newest first.

    Example: sandbox flow ls -n 5
    """
    with connect(state) as client:
        flows: list[dict[str, Any]] = client.call("flow_ls", limit=limit, schedules=schedules)
    if as_json:
        emit_json(flows)
        return
    emit_table(
        ("FLOW", "BEGAN", "TOOK", "STATUS", "HOPS", "WHAT", "KEYS"),
        [
            (
                flow["id"],
                datetime.fromtimestamp(flow["began_at"], UTC).strftime("%H:%M:%S"),
                format_duration(flow["last_at"] - flow["began_at"]),
                flow["status"],
                flow["hops"],
                flow["what"],
                " ".join(f"{name}={value}" for name, value in flow["keys"].items()),
            )
            for flow in flows
        ],
    )


@command.command("show")
@click.argument("reference", metavar="ID")
@json_option
@state_option
def show(reference: str, as_json: bool, state: Path) -> None:
    """Show one flow as a tree. ID is a flow, event, message or request id, or a business key's value.

    Example: sandbox flow show 7f6c2a0e-3c1f-4f0e-9c57-0d1f0f6f8f10
    """
    with connect(state) as client:
        flow: dict[str, Any] = client.call("flow_show", reference=reference)
    if as_json:
        emit_json({"flow": flow["flow"], "tree": flow["tree"]})
        return
    for line in flow["lines"]:
        emit(line)


@command.command("tail")
@json_option
@state_option
def tail(as_json: bool, state: Path) -> None:
    """Show every hop as it happens, until Ctrl-C. JSON comes as JSON lines.

    Example: sandbox flow tail
    """
    with connect(state) as client:
        for item in client.stream("flow_tail"):
            if as_json:
                emit_json(item["hop"], pretty=False)
            else:
                emit(item["line"])
