"""`sandbox rule`."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.bus import near_miss
from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.inputs import read_text
from sandbox.cli.output import emit, emit_json
from sandbox.model.views.flows import NearMiss


@click.group("rule", short_help="Test rules and patterns against an event.")
def command() -> None:
    """Test rules and event patterns against an event.

    Example: sandbox rule test nfe-events-dev @evento.json
    """


@command.command("test")
@click.argument("what", metavar="BUS|RULE|PATTERN")
@click.argument("event", metavar="EVENT|@FILE|-")
@json_option
@state_option
def test(what: str, event: str, as_json: bool, state: Path) -> int:
    """Say which rules match EVENT, and of each other one the first part of its pattern that failed.

    The rules are those of a bus, one rule, or an event pattern given as JSON (or @FILE). Nothing is put on a
    bus. Exits with 1 when nothing matches.

    Example: sandbox rule test '{"source": ["nfe.estoque"]}' @evento.json
    """
    pattern = read_text(what) if what.startswith("@") else what
    document = read_text(event)
    with connect(state) as client:
        verdicts = client.call_as(list[NearMiss], "rule_test", what=pattern, event=document)
    if as_json:
        emit_json(verdicts)
    else:
        for verdict in verdicts:
            emit(near_miss(verdict))
        if not verdicts:
            say("the bus has no rules")
    return 0 if any(verdict.matched for verdict in verdicts) else 1
