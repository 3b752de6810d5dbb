"""`sandbox down`."""

from __future__ import annotations

from pathlib import Path

import click
import psutil

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.output import emit_json
from sandbox.errors import SandboxError

#: Seconds a daemon has to end everything it started.
_PATIENCE = 30


@click.command("down", short_help="Stop the sandbox; its state stays.")
@json_option
@state_option
def command(as_json: bool, state: Path) -> None:
    """Stop the sandbox; its state stays.

    Example: sandbox down
    """
    with connect(state) as client:
        pid = int(client.call("stop"))
    try:
        psutil.Process(pid).wait(_PATIENCE)
    except psutil.NoSuchProcess:
        pass
    except psutil.TimeoutExpired as error:
        raise SandboxError(
            f"the sandbox did not stop within {_PATIENCE} s",
            f"process {pid} is still there",
            f"end it with `kill -9 {pid}`: nothing acknowledged is lost, and the next `sandbox up` cleans up",
        ) from error
    if as_json:
        emit_json({"stopped": True, "pid": pid})
    else:
        say("stopped; the state stays, `sandbox up` goes on with it")
