"""Helpers of the tests of supervised servers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from sandbox.backing.process import ProcessSpec, SupervisedProcess

#: Ways to run a server that refuses root: all of them where this is root, else the one there is.
IDENTITIES = ("namespace", "user") if os.getuid() == 0 else ("unprivileged",)


def python_spec(folder: Path, script: str, **changes: Any) -> ProcessSpec:
    """A server that is a Python script; what it prints goes to its log."""
    settings: dict[str, Any] = {
        "name": "test server",
        "command": (sys.executable, "-I", "-u", "-c", script),
        "folder": folder,
        "log": folder / "server.log",
        "pid_file": folder / "server.pid",
        "environment": {"PATH": os.defpath},
    }
    return ProcessSpec(**{**settings, **changes})


async def started(spec: ProcessSpec, line: str = "ready", within: float = 30.0) -> SupervisedProcess:
    """The process, once it has printed `line`."""
    process = SupervisedProcess(spec)
    await process.start(lambda run: run.log.wait_for(line), expected=f"the line {line!r}", within=within)
    return process


def is_alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
