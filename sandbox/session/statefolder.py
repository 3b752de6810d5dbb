"""The state folder on disk: who owns it, what lies where, how it is emptied."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from pathlib import Path
from typing import IO

import msgspec

from sandbox.backing.leftovers import end_leftover
from sandbox.errors import SandboxError, StoreError, UsageError

_MARK = "sandbox-state"
#: Whose state it is where nothing was noted: there was no other engine then.
_FIRST_ENGINE = "embedded"
_ENGINE_NOTE = "engine"
#: What emptying leaves: the lock is held, the log is being written, snapshots are meant to last.
_KEPT = frozenset({_MARK, ".gitignore", "lock", "daemon.log", "snapshots"})


class AlreadyRunningError(SandboxError):
    """A sandbox runs in the state folder already."""

    exit_code = 6


def engine_of(path: Path) -> str:
    """The engine that a state folder's note names; nothing where there is none."""
    try:
        return (path / _ENGINE_NOTE).read_text().strip()
    except OSError:
        return ""


class StateFolder:
    """One state folder: `state.db`, `journal.db`, the servers' data, `code/`, and `run/` while it runs.

    Args:
        path: the folder, absolute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    @property
    def state_db(self) -> Path:
        """State of every service."""
        return self.path / "state.db"

    @property
    def journal_db(self) -> Path:
        """The journal."""
        return self.path / "journal.db"

    @property
    def run(self) -> Path:
        """What lives only while the sandbox runs."""
        return self.path / "run"

    @property
    def log(self) -> Path:
        """What a detached daemon says."""
        return self.path / "daemon.log"

    @property
    def snapshots(self) -> Path:
        """What was saved under a name; emptying the folder leaves it."""
        return self.path / "snapshots"

    def prepare(self) -> None:
        """Makes the folder, and marks it as a sandbox's.

        Raises:
            StoreError: it is a folder of something else, or cannot be written.
        """
        try:
            if self.path.exists() and not self._is_ours():
                raise StoreError(
                    f"{self.path} is not a sandbox's state folder",
                    "it holds other files, and a state folder may be emptied by --fresh",
                    "name another folder with --state DIR",
                )
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / _MARK).write_text(
                "This folder belongs to sandbox; `sandbox up --fresh` empties it.\n"
            )
            (self.path / ".gitignore").write_text("*\n")
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be a state folder",
                f"{error.filename or self.path}: {error.strerror}",
                "name a folder that you may write to with --state DIR",
            ) from error

    def claim(self, *, fresh: bool) -> None:
        """Takes the folder for this process, creating it where missing.

        Args:
            fresh: throw away what it held.

        Raises:
            AlreadyRunningError: another daemon has it.
            StoreError: it is a folder of something else.
        """
        self.prepare()
        self._take_lock()
        if fresh:
            self._empty()
        shutil.rmtree(self.run, ignore_errors=True)
        self.run.mkdir(mode=0o700)
        self.describe({})

    def settle_engine(self, engine: str) -> None:
        """Notes which engine the state is of; another engine could not go on with it, and would spoil it.

        Raises:
            UsageError: it is another engine's.
        """
        known = engine_of(self.path) or (_FIRST_ENGINE if self.state_db.exists() else engine)
        if known != engine:
            raise UsageError(
                f"the state in {self.path} is of the {known} engine, and {engine} was asked for",
                "an engine cannot go on with what another one kept",
                f"say --engine {known}, name another folder with --state DIR, or begin empty with --fresh",
            )
        (self.path / _ENGINE_NOTE).write_text(f"{engine}\n")

    def describe(self, facts: dict[str, object]) -> None:
        """Leaves facts of the running daemon (its pid) for commands that cannot reach its socket."""
        (self.run / "daemon.json").write_bytes(msgspec.json.encode({"pid": os.getpid(), **facts}))

    def release(self) -> None:
        """Gives the folder up; nothing that lives only while running stays."""
        shutil.rmtree(self.run, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def daemon_pid(self) -> int | None:
        """The pid that a starting, running or crashed daemon left."""
        try:
            facts = msgspec.json.decode((self.run / "daemon.json").read_bytes(), type=dict[str, object])
        except (OSError, msgspec.DecodeError):
            return None
        pid = facts.get("pid")
        return pid if isinstance(pid, int) else None

    def is_held(self) -> bool:
        """Whether a daemon holds the folder now."""
        try:
            handle = (self.path / "lock").open("r+")
        except OSError:
            return False
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _is_ours(self) -> bool:
        return (self.path / _MARK).exists() or not any(self.path.iterdir())

    def _take_lock(self) -> None:
        lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise AlreadyRunningError(
                f"a sandbox is running in {self.path} already",
                f"process {self.daemon_pid() or 'unknown'} holds the folder",
                "use it as it is (`sandbox status`), stop it (`sandbox down`), or name another folder "
                "with --state DIR",
            ) from error
        self._lock = lock

    def _empty(self) -> None:
        # With the folder goes what tells a crashed sandbox's servers from others: they end first.
        for record in self.path.glob("*/server.pid"):
            end_leftover(record, signal.SIGINT)
        for entry in self.path.iterdir():
            if entry.name in _KEPT:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
