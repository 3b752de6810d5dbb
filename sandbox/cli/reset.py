"""`sandbox reset`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import show_progress
from sandbox.cli.output import emit, emit_json
from sandbox.cli.snapshot import load_snapshot
from sandbox.cli.sure import sure, yes_option
from sandbox.control.protocol import Progress


@click.command("reset", short_help="Go back to freshly deployed systems, or to a snapshot.")
@click.option("--to", metavar="NAME|FILE", help="A snapshot to go back to.")
@click.option("--no-seed", is_flag=True, help="Leave the systems' seeders out.")
@yes_option
@json_option
@state_option
def command(to: str | None, no_seed: bool, yes: bool, as_json: bool, state: Path) -> None:
    """Throw away what happened: empty everything and deploy the same systems again, or go back to a snapshot.

    It asks first. Example: sandbox reset --to before-upgrade --yes
    """
    if to is not None:
        load_snapshot(to, yes=yes, as_json=as_json, state=state)
        return
    with connect(state) as client:
        sure("Throw away everything that happened, and deploy the systems again?", yes=yes)
        for item in client.stream("reset", seed=not no_seed):
            if not as_json:
                show_progress(msgspec.convert(item, Progress))
        status = client.call("status")
    if as_json:
        emit_json(status)
    else:
        emit(f"as new: {', '.join(stack['name'] for stack in status['stacks']) or 'no stack'}")
