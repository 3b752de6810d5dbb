"""The detached child: `python -m sandbox.cli.daemon OPTIONS FD`, started by `sandbox up --detach`."""

from __future__ import annotations

import os
import sys

import msgspec

from sandbox.cli.detach import Note
from sandbox.cli.diagnostics import crash, fail
from sandbox.cli.foreground import run_foreground
from sandbox.control.protocol import ErrorInfo, Progress
from sandbox.errors import SandboxError
from sandbox.session.options import Options


class _Teller:
    """Tells the parent how the start goes, until it is over."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        os.set_inheritable(descriptor, False)

    def progress(self, progress: Progress) -> None:
        self._tell(Note(progress=progress))

    def end(self, note: Note) -> None:
        self._tell(note)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _tell(self, note: Note) -> None:
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, msgspec.json.encode(note) + b"\n")
        except BrokenPipeError:  # the parent was killed; the sandbox starts all the same
            os.close(self._descriptor)
            self._descriptor = None


def main(words: list[str]) -> int:
    """Runs a sandbox as a daemon; returns its exit code."""
    options = msgspec.json.decode(words[0], type=Options)
    teller = _Teller(int(words[1]))
    try:
        return run_foreground(options, report=teller.progress, ready=lambda _: teller.end(Note(ready=True)))
    except SandboxError as error:
        teller.end(Note(error=ErrorInfo(error.what, error.why, error.remedy, error.exit_code)))
        return fail(error, debug=True)
    except Exception as error:
        teller.end(
            Note(
                error=ErrorInfo(
                    "the sandbox failed while it started",
                    f"{type(error).__name__}: {error}",
                    f"this is a defect of sandbox: please report it with {options.folder / 'daemon.log'}",
                )
            )
        )
        return crash(error, debug=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
