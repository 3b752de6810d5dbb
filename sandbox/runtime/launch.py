"""What it takes to start a worker, whichever way it is started."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

OPT = "/opt"

#: The script that runs first in every child; plain, so that any interpreter from 3.9 on can run it.
CHILD = str(Path(__file__).with_name("child.py"))

#: Keeps the host's configuration out of a child's interpreter: no PYTHON* variables, no site-packages.
ISOLATED = ("-I", "-S", "-X", "utf8", "-B")

#: The descriptor of a worker that takes framed log records.
LOG_FD = 3

#: All that a child sees of the host's environment.
BARE_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "HOME": "/nonexistent",
}


@dataclass(frozen=True, slots=True)
class WorkerOrder:
    """How a worker is to be set up.

    Attributes:
        id: id of the execution environment.
        environ: its whole environment.
        cwd: the task root.
        handler: as in `_HANDLER`.
        sys_path: what comes before the standard library.
        argv: a program to execute instead of the Python runtime; empty for Python.
        tmp_mb: size of a private `/tmp` in MB, 0 to leave `/tmp` as it is.
        keep: folders below `/tmp` that stay visible there.
        data_bytes: RLIMIT_DATA, 0 for none.
        tmp_fallback: the folder for temporary files where `/tmp` cannot be private.
        opt: the folder that is `/opt` in the worker; where mounts cannot be private, `/opt` stays as it is
            and paths below it are replaced by paths below this folder.
        keep_opt: folders below the machine's `/opt` that stay visible there.
    """

    id: str
    environ: dict[str, str]
    cwd: str
    handler: str
    sys_path: tuple[str, ...]
    tmp_mb: int
    keep: tuple[str, ...]
    data_bytes: int
    tmp_fallback: str
    argv: tuple[str, ...] = ()
    opt: str = ""
    keep_opt: tuple[str, ...] = ()

    def message(self, private_tmp: bool) -> dict[str, Any]:
        """The order as the child reads it."""
        private_tmp = private_tmp and self.tmp_mb > 0
        environ, sys_path, argv, opt = self.environ, self.sys_path, self.argv, self.opt
        if not private_tmp:
            prepare_folder(self.tmp_fallback)
            environ = {**environ, "TMPDIR": self.tmp_fallback}
        if opt and not (private_tmp and Path(OPT).is_dir()):
            sys_path = tuple(_moved(path, opt) for path in sys_path)
            environ = {name: _moved_all(value, opt) for name, value in environ.items()}
            argv = tuple(_moved(part, opt) for part in argv)
            opt = ""
        return {
            "id": self.id,
            "environ": environ,
            "cwd": self.cwd,
            "handler": self.handler,
            "sys_path": list(sys_path),
            "argv": list(argv),
            "private_tmp": private_tmp,
            "tmp_mb": self.tmp_mb,
            "keep": list(self.keep),
            "opt": opt,
            "keep_opt": list(self.keep_opt),
            "data_bytes": self.data_bytes,
        }


def _moved(path: str, opt: str) -> str:
    return opt + path[len(OPT) :] if path == OPT or path.startswith(f"{OPT}/") else path


def _moved_all(paths: str, opt: str) -> str:
    return ":".join(_moved(path, opt) for path in paths.split(":"))


@dataclass(slots=True)
class Worker:
    """A started worker.

    Attributes:
        pid: its process, which leads a process group of its own.
        ended: its exit status when it has ended (negative: the signal that killed it).
    """

    pid: int
    ended: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class LaunchError(Exception):
    """A worker could not be started; the text says why."""


class Launcher(Protocol):
    """Starts workers of one kind."""

    async def launch(self, order: WorkerOrder, log: int) -> Worker:
        """Starts a worker that writes its output to the descriptor `log`.

        Raises:
            LaunchError: it could not be started.
        """
        ...

    async def warm_up(self) -> None:
        """Makes the next launch quick, where that is possible.

        Raises:
            LaunchError: what launches need could not be started.
        """
        ...

    def kill(self, worker_id: str, worker: Worker) -> None:
        """Kills the worker and everything it started."""
        ...

    async def close(self) -> None:
        """Kills all workers and frees what the launcher holds."""
        ...

    def processes(self) -> list[tuple[str, int]]:
        """Name and pid of the launcher's own processes."""
        ...


def prepare_folder(path: str) -> None:
    """Makes a folder where it is missing."""
    Path(path).mkdir(parents=True, exist_ok=True)


def remove_folder(path: str) -> None:
    """Removes a folder and what is in it, where it is there."""
    shutil.rmtree(path, ignore_errors=True)


def close_quietly(descriptor: int) -> None:
    """Closes a descriptor that may be closed already."""
    try:
        os.close(descriptor)
    except OSError:
        return
