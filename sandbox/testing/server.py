"""Starts the daemon of one test process, and ends it; speaks to it over its control socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from sandbox.control.protocol import ErrorInfo, StatusView
from sandbox.errors import ServerStartError
from sandbox.session.options import Options
from sandbox.session.statefolder import StateFolder
from sandbox.testing.control import Line

_PREFIX = "sandbox-test-"
_MEMORY = Path("/dev/shm")
_ROOM = 1024**3
#: Real seconds after which a folder without a daemon is surely nobody's.
_STALE = 600.0
#: Real seconds that the daemon gets to stop what it runs.
_PATIENCE = 20.0
_LAST_LINES = 20


class RemoteStartError(ServerStartError):
    """The sandbox of the tests did not start."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.what, info.why, info.remedy)


class _Told(msgspec.Struct, frozen=True):
    status: StatusView | None = None
    error: ErrorInfo | None = None


class Server:
    """A daemon that belongs to this process and ends with it.

    Args:
        engine: name of the engine.
        speed: of its clock: 0 stands still, 1 is real time.

    Raises:
        ServerStartError: it did not start.
    """

    def __init__(self, engine: str = "embedded", speed: float = 0.0) -> None:
        base = _base()
        _sweep(base)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._process = self._start(engine, speed)
        try:
            self.status = self._listen()
            self._line = Line(self.folder)
        except BaseException:  # a test that runs out of its time, Ctrl-C
            self._end()
            raise

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        return self._process.pid

    def call(self, method: str, **params: Any) -> Any:
        """Calls a control method.

        Raises:
            SandboxError: what the daemon answered instead.
        """
        return self._line.call(method, **params)

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        """Calls a control method that answers with a stream, to its end."""
        return self._line.stream(method, **params)

    def close(self) -> None:
        """Ends the daemon with all that it started, and removes its folder."""
        self._line.close()
        self._end()

    # --- inside ------------------------------------------------------------------------------------------
    def _start(self, engine: str, speed: float) -> subprocess.Popen[bytes]:
        options = Options(state=str(self.folder), cwd=str(Path.cwd()), port=0, engine=engine, seed=True)
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sandbox.session.child",
                msgspec.json.encode(options).decode(),
                str(speed),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def _listen(self) -> StatusView:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        told = msgspec.json.decode(line, type=_Told) if line else _Told()
        if told.status is not None:
            return told.status
        code = self._process.wait()
        if told.error is not None:
            raise RemoteStartError(told.error)
        words = self._last_words()
        raise ServerStartError(
            f"the sandbox of the tests ended while it started (exit status {code})",
            f"its last words:\n{words}" if words else "it said nothing",
            "`sandbox doctor` checks what it needs on this machine",
        )

    def _end(self) -> None:
        """Lets the daemon end, by the end of its standard input; then removes what connected us to it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _last_words(self) -> str:
        self._log.seek(0)
        return "\n".join(self._log.read().decode(errors="replace").splitlines()[-_LAST_LINES:])


def _base() -> Path:
    """Where state folders are made: in memory where there is room, as databases are copied for each test."""
    try:
        if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
            return _MEMORY
    except OSError:
        pass
    return Path(tempfile.gettempdir())


def _sweep(base: Path) -> None:
    """Removes what killed daemons left."""
    for folder in base.glob(f"{_PREFIX}*"):
        try:
            mine = folder.stat().st_uid == os.getuid()
            old = folder.stat().st_mtime < time.time() - _STALE
        except OSError:
            continue
        if mine and old and not StateFolder(folder).is_held():
            shutil.rmtree(folder, ignore_errors=True)
