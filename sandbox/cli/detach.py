"""Starts a sandbox that goes on when its command has ended.

The child has a session of its own and no terminal. It tells its progress over a pipe that it closes when it
is ready or has failed, so it keeps nothing of its parent's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO

import msgspec

from sandbox.cli.common import connect
from sandbox.cli.diagnostics import INTERRUPTED
from sandbox.control.protocol import ErrorInfo, Progress, StatusView
from sandbox.errors import ServerStartError
from sandbox.session.options import Options
from sandbox.session.statefolder import StateFolder
from sandbox.session.tasks import Report

_LAST_LINES = 15


class RemoteStartError(ServerStartError):
    """The detached sandbox did not start; it says why itself."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.what, info.why, info.remedy)
        self.exit_code = info.exit_code


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the child tells: a step, an error, or that it is ready."""

    progress: Progress | None = None
    error: ErrorInfo | None = None
    ready: bool = False


def start_detached(options: Options, report: Report) -> StatusView:
    """Starts the child and waits until it is ready.

    Raises:
        ServerStartError: it could not start, or ended while it started.
    """
    folder = StateFolder(options.folder)
    folder.prepare()
    log = folder.log
    ours, theirs = os.pipe()
    with log.open("ab") as output, open(ours, "rb") as told:  # noqa: PTH123 - a file descriptor
        child = subprocess.Popen(
            [sys.executable, "-m", "sandbox.cli.daemon", msgspec.json.encode(options).decode(), str(theirs)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(theirs,),
            start_new_session=True,
        )
        os.close(theirs)
        try:
            ready = _listen(told, report)
        except RemoteStartError:
            child.wait()
            raise
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            raise
    if not ready:
        status = child.wait()
        if status == INTERRUPTED:
            raise ServerStartError(
                "the sandbox was stopped before it was ready",
                "`sandbox down`, or a signal, asked it to end",
                "start it again with `sandbox up`",
            )
        tail = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        raise ServerStartError(
            f"the sandbox ended while it started (exit status {status})",
            "its last words: " + "\n".join(tail) if tail else "it said nothing",
            f"read {log}, then try `sandbox up` without --detach",
        )
    child.returncode = 0  # it lives on; it is not ours to wait for
    with connect(options.folder) as client:
        return client.call_as(StatusView, "status")


def _listen(told: IO[bytes], report: Report) -> bool:
    for line in told:
        note = msgspec.json.decode(line, type=Note)
        if note.progress is not None:
            report(note.progress)
        if note.error is not None:
            raise RemoteStartError(note.error)
        if note.ready:
            return True
    return False
