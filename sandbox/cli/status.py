"""`sandbox status`."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit_json
from sandbox.cli.summary import show_status
from sandbox.control.protocol import StatusView


@click.command("status", short_help="Show what is running.")
@json_option
@state_option
def command(as_json: bool, state: Path) -> None:
    """Show what is running: endpoint, stacks, database, processes, warm functions.

    Example: sandbox status --json
    """
    with connect(state) as client:
        status = client.call_as(StatusView, "status")
    if as_json:
        emit_json(status)
    else:
        show_status(status, processes=True)
