"""`sandbox logs`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from sandbox.cli.common import connect, following, json_option, state_option
from sandbox.cli.diagnostics import tell_gap
from sandbox.cli.output import emit_foreign, emit_json


@click.command("logs", short_help="Show log lines of functions, and follow them.")
@click.argument("names", nargs=-1, metavar="[FUNCTION|/LOG/GROUP]...")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="How many lines to begin with.",
)
@json_option
@state_option
def command(names: tuple[str, ...], follow: bool, lines: int, as_json: bool, state: Path) -> None:
    """Show log lines of functions or log groups; of all, when none is named. JSON comes as JSON lines.

    Example: sandbox logs -f faturamento
    """
    told = 0
    with connect(state) as client, following() if follow else nullcontext():
        for line in client.stream("logs", names=list(names), limit=lines, follow=follow):
            told = tell_gap(client.dropped, told)
            if as_json:
                emit_json(line, pretty=False)
            else:
                emit_foreign(f"{line['time']} {line['group'].rsplit('/', 1)[-1]}  {line['message']}")
