"""`sandbox saga`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from sandbox.cli.common import connect, json_option, match_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.cli.sagawords import mark, show_check, show_saga
from sandbox.model.durations import format_duration
from sandbox.model.safe_text import one_line
from sandbox.model.views.sagas import SagaCheck, SagaDetail, SagaView

#: Characters of an error in the list; `show` has it whole.
_ERROR = 60


@click.group("saga", short_help="Follow sagas: state, step, timeline, invariants.")
def command() -> None:
    """Follow sagas: how far each has come, what it waits for, and whether the data is right.

    Example: sandbox saga ls
    """


@command.command("ls")
@click.option("-n", "--limit", default=20, show_default=True, help="How many.")
@click.option("--in", "status", metavar="STATE", help="Only those of a state or outcome (PENDING, stuck).")
@match_option
@json_option
@state_option
def ls(limit: int, status: str | None, match: str, as_json: bool, state: Path) -> None:
    """List the newest sagas, newest first.

    Example: sandbox saga ls --in stuck
    """
    with connect(state) as client:
        sagas = client.call_as(list[SagaView], "saga_ls", limit=limit, state=status, match=match)
        now = float(client.call("clock_show")["now"])
    if as_json:
        emit_json(sagas)
        return
    emit_table(
        ("SAGA", "ID", "STATE", "STEP", "BEGAN", "AGE", "ATTEMPTS", "FLOW", "ERROR"),
        [
            (
                saga.saga,
                one_line(saga.id),
                mark(saga.outcome, one_line(saga.state) or "not in the database"),
                saga.step or "-",
                datetime.fromtimestamp(saga.began_at, UTC).strftime("%H:%M:%S"),
                format_duration((saga.ended_at if saga.ended_at is not None else now) - saga.began_at),
                saga.attempts,
                saga.flow if saga.flow is not None else "-",
                one_line(saga.error)[:_ERROR],
            )
            for saga in sagas
        ],
    )
    if not sagas:
        say("no saga yet: sagas appear with their first event")


@command.command("show")
@click.argument("saga_id", metavar="ID")
@json_option
@state_option
def show(saga_id: str, as_json: bool, state: Path) -> None:
    """Show one saga: state, steps, what it waits for, and where its time went. ID is its business key.

    Example: sandbox saga show 7f6c2a0e-3c1f-4f0e-9c57-0d1f0f6f8f10
    """
    with connect(state) as client:
        saga = client.call_as(SagaDetail, "saga_show", saga_id=saga_id)
        if as_json:
            emit_json(saga)
            return
        now = float(client.call("clock_show")["now"])
        check = client.call_as(SagaCheck, "saga_check")
    for line in show_saga(saga, check, now):
        emit(line)


@command.command("check")
@json_option
@state_option
def check(as_json: bool, state: Path) -> int:
    """Check the invariants of every saga; exits with 1 when one is violated.

    Example: sandbox saga check
    """
    with connect(state) as client:
        result: SagaCheck = client.call_as(SagaCheck, "saga_check")
    if as_json:
        emit_json(result)
    else:
        for line in show_check(result):
            emit(line)
    return 1 if result.violations else 0
