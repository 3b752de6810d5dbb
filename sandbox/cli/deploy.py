"""`sandbox deploy`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from sandbox.cli.common import connect, json_option, parameter_option, read_parameters, state_option
from sandbox.cli.diagnostics import show_progress
from sandbox.cli.output import emit_json
from sandbox.cli.summary import show_status
from sandbox.control.protocol import Progress, StatusView


@click.command("deploy", short_help="Deploy a system, or its changes, into the running sandbox.")
@click.argument("systems", nargs=-1, required=True, metavar="SYSTEM|TEMPLATE...")
@click.option("--no-seed", is_flag=True, help="Leave the systems' seeders out.")
@parameter_option
@json_option
@state_option
def command(
    systems: tuple[str, ...], no_seed: bool, parameters: tuple[str, ...], as_json: bool, state: Path
) -> None:
    """Deploy a system, or its changes, into the running sandbox.

    Only what changed is touched. Changed handler files need no deployment: the next invocation picks them up.

    Example: sandbox deploy nfe
    """
    values = read_parameters(parameters)
    with connect(state) as client:
        steps = client.stream(
            "deploy", systems=list(systems), cwd=str(Path.cwd()), seed=not no_seed, parameters=values
        )
        for item in steps:
            progress = msgspec.convert(item, Progress)
            if not as_json or progress.state == "note":
                show_progress(progress)
        status = client.call_as(StatusView, "status")
    if as_json:
        emit_json(status)
    else:
        show_status(status)
