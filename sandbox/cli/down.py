"""`sandbox down`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
from pathlib import Path

import click
import psutil

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.output import emit_json
from sandbox.cli.summary import last_words
from sandbox.control.client import NoAnswerError
from sandbox.errors import NotRunningError, SandboxError
from sandbox.session.statefolder import StateFolder, engine_of

#: Real seconds that a daemon has to answer, and to end everything it started.
_ANSWER = 5
_PATIENCE = 30.0


@click.command("down", short_help="Stop the sandbox; its state stays.")
@click.option("--keep", is_flag=True, help="Docker engine: leave the containers, to look into them.")
@json_option
@state_option
def command(keep: bool, as_json: bool, state: Path) -> None:
    """Stop the sandbox; its state stays.

    Containers that a killed or kept sandbox of the Docker engine left are removed.

    Example: sandbox down
    """
    try:
        pid = _ask(state, keep=keep)
    except NotRunningError:
        left = [] if keep else _sweep(state)
        if not left:
            raise
        if as_json:
            emit_json({"stopped": False, "removed": left})
        else:
            say(f"no sandbox ran; what one had left is removed: {', '.join(left)}")
        return
    if not ended(pid, _PATIENCE):
        raise SandboxError(
            f"the sandbox did not stop within {_PATIENCE:.0f} s",
            f"process {pid} is still there",
            f"end it with `kill -9 {pid}`: nothing acknowledged is lost, and the next `sandbox up` cleans up",
        )
    if as_json:
        emit_json({"stopped": True, "pid": pid})
    else:
        say(last_words(engine_of(state), keep=keep))


def _sweep(state: Path) -> list[str]:
    """Removes what an engine's sandbox left outside its state folder."""
    from sandbox.engines import registry

    return list(asyncio.run(registry.sweep(engine_of(state), state.absolute())))


def _ask(state: Path, *, keep: bool) -> int:
    """Asks the daemon to stop and returns its pid; one that starts or hangs gets a signal instead.

    Raises:
        NotRunningError: there is none.
    """
    try:
        with connect(state, timeout=_ANSWER) as client:
            return int(client.call("stop", keep=True) if keep else client.call("stop"))
    except (NotRunningError, NoAnswerError):
        folder = StateFolder(state.absolute())
        pid = folder.daemon_pid() if folder.is_held() else None
        if pid is None:
            raise
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        return pid


def ended(pid: int, patience: float) -> bool:
    """Waits until a process runs no more.

    One that its parent has not reaped yet counts as ended: in a container it may stay so for good.

    Args:
        pid: the process, which need not be a child.
        patience: real seconds to wait at most.
    """
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        except OSError:
            pass  # a kernel or a container that has no such call
        else:
            with open(descriptor, "rb", buffering=0):  # noqa: PTH123 - closes the descriptor
                return bool(select.select([descriptor], [], [], patience)[0])
    try:
        psutil.Process(pid).wait(patience)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True
