"""One PostgreSQL server per sandbox: on loopback TCP for handlers and people, on a socket for the sandbox."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from sandbox.backing.leftovers import end_processes, processes_in
from sandbox.backing.portfinder import HOST, on_free_port
from sandbox.backing.postgres.admin import Admin
from sandbox.backing.postgres.binaries import Binaries, find_binaries
from sandbox.backing.postgres.cluster import default_cache, ensure_cluster
from sandbox.backing.postgres.copies import DatabaseCopies
from sandbox.backing.postgres.settings import server_arguments
from sandbox.backing.process import ProcessSpec, SupervisedProcess
from sandbox.backing.restart import KeptRunning, Report
from sandbox.errors import ServerStartError

_READY_LINE = "database system is ready to accept connections"
_READY_SECONDS = 30.0
#: Bytes; the kernel allows 107 for the whole path of a socket, and PostgreSQL appends `.s.PGSQL.32767`.
_LONGEST_SOCKET_FOLDER = 90
_REMEDY = (
    "read the log above; begin with empty databases by `sandbox up --fresh`; as root where the kernel forbids"
    " user namespaces, run the sandbox as an ordinary user"
)


class PostgresServer:
    """A supervised PostgreSQL server.

    Args:
        folder: what the server owns: `cluster/` (the data), `port`, `server.log`, `server.pid`, `socket/`.
        cache: where empty clusters are kept; by default `$XDG_CACHE_HOME/sandbox/postgres`.
        identity: as in `sandbox.backing.launch`; tests name one way.
        report: is told, in one sentence, when the server dies and is restarted.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cache: Path | None = None,
        identity: str = "unprivileged",
        report: Report = lambda _: None,
    ) -> None:
        self.folder = folder.absolute()
        self.cluster = self.folder / "cluster"
        self.admin = Admin(self._socket)
        self.copies = DatabaseCopies(self.admin)
        #: User and password of the databases that were made, or looked at, since the server started.
        self._ensured: dict[str, tuple[str, str]] = {}
        self._cache = cache
        self._identity = identity
        self._port: int | None = None
        self._sockets = _socket_folder(self.folder)
        self._binaries: Binaries | None = None
        self._kept = KeptRunning("PostgreSQL", self._run, report=report)

    # --- addresses ---------------------------------------------------------------------------------------
    @property
    def host(self) -> str:
        """The address it listens on."""
        return HOST

    @property
    def port(self) -> int:
        """The TCP port; the same again after a restart, where it is still free.

        Raises:
            ServerStartError: the server was not started.
        """
        if self._port is None:
            raise ServerStartError(
                "PostgreSQL has no port", "it was not started", "start it with `sandbox up`, then ask again"
            )
        return self._port

    def dsn(self, database: str, user: str, password: str) -> str:
        """The URL that libpq and its drivers connect with."""
        credentials = f"{quote(user, '')}:{quote(password, '')}"
        return f"postgresql://{credentials}@{self.host}:{self.port}/{quote(database, '')}"

    @property
    def socket(self) -> Path:
        """The socket that only the sandbox itself connects through."""
        return self._socket()

    def program(self, name: str) -> str:
        """Path of a program of the installed build."""
        return self._found().program(name)

    def processes(self) -> list[tuple[str, int]]:
        """Name and id of the server process while it runs."""
        process = self._kept.process
        return [("postgres", process.pid)] if process is not None and process.pid is not None else []

    @property
    def version(self) -> str:
        """The version of the installed server (`18.4`)."""
        return self._found().version

    # --- life --------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Starts the server and waits until it accepts connections; makes the cluster on the first start.

        What a crashed sandbox left running on the same data is ended first; PostgreSQL then recovers every
        acknowledged transaction from its log.

        Raises:
            ServerStartError: it did not become ready.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        binaries = self._found()
        cache = self._cache or default_cache()
        await asyncio.to_thread(ensure_cluster, binaries, self.cluster, cache, self._identity)
        await on_free_port(self._start_on, _remembered(self.folder / "port"))
        (self.folder / "port").write_text(f"{self._port}\n")

    async def stop(self) -> None:
        """Ends the server: sessions are cut, everything committed is kept."""
        await self.copies.stop()
        self._ensured.clear()
        await self._kept.stop()
        _remove_sockets(self._sockets, self.folder)

    async def restarted(self, count: int) -> None:
        """Waits until the server, having died, was restarted `count` times since `start`."""
        await self._kept.restarted(count)

    # --- the database instances of RDS -------------------------------------------------------------------
    async def ensure(self, database: str, user: str, password: str) -> None:
        """Makes a database and its master user, or sets the owner and password of those that are there.

        Raises:
            PostgresError: a name that PostgreSQL refuses.
        """
        if self._ensured.get(database) == (user, password):
            return
        await self.admin.ensure_role(user, password)
        await self.admin.ensure_database(database, user)
        self._ensured[database] = (user, password)

    async def drop(self, database: str) -> None:
        """Drops a database with all that is in it, whoever is connected.

        Raises:
            PostgresError: a name that PostgreSQL refuses.
        """
        self._ensured.pop(database, None)
        await self.admin.drop_database(database)

    def forget(self, databases: Iterable[str]) -> None:
        """Databases were removed by other means than `drop`: `ensure` makes them again."""
        for database in databases:
            self._ensured.pop(database, None)

    # --- inside ------------------------------------------------------------------------------------------
    def _found(self) -> Binaries:
        if self._binaries is None:
            self._binaries = find_binaries()
        return self._binaries

    async def _start_on(self, port: int) -> None:
        self._port = port
        await self._kept.start()

    def _socket(self) -> Path:
        return self._sockets / f".s.PGSQL.{self.port}"

    async def _run(self) -> SupervisedProcess:
        binaries = self._found()
        lock = self.cluster / "postmaster.pid"
        if lock.exists():
            # Left by a crash. Whatever still works on this data must be gone before another server opens it.
            await asyncio.to_thread(_end_servers_on, self.cluster)
            lock.unlink(missing_ok=True)
        _make_private(self._sockets)
        arguments = server_arguments(binaries.major, self.cluster, self._sockets, self.host, self.port)
        process = SupervisedProcess(
            ProcessSpec(
                name="PostgreSQL",
                command=(binaries.program("postgres"), *arguments),
                folder=self.folder,
                log=self.folder / "server.log",
                pid_file=self.folder / "server.pid",
                environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                identity=self._identity,
                # Fast shutdown, then immediate shutdown: both keep everything that was committed.
                stop_signals=((signal.SIGINT, 5.0), (signal.SIGQUIT, 2.0)),
                death_signal=signal.SIGQUIT,
                remedy=_REMEDY,
            )
        )
        await process.start(
            lambda running: running.log.wait_for(_READY_LINE),
            expected=f"the log line {_READY_LINE!r}",
            within=_READY_SECONDS,
        )
        return process


def _end_servers_on(cluster: Path) -> None:
    # It may be stopped or busy, and is about to be replaced: recovery loses nothing that was committed.
    end_processes(processes_in(cluster.resolve(), "postgres"), signal.SIGKILL)


def _remembered(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if re.fullmatch(r"\d{4,5}", text) else None


def _socket_folder(folder: Path) -> Path:
    """`socket/` beside the data, or a short path where that would be too long for a socket."""
    beside = folder / "socket"
    if len(str(beside).encode()) <= _LONGEST_SOCKET_FOLDER:
        return beside
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"sandbox-{os.getuid()}-{name}"


def _make_private(sockets: Path) -> None:
    """The sockets' folder, closed to others; in a shared folder it must not be somebody else's."""
    sockets.mkdir(mode=0o700, exist_ok=True)
    status = sockets.lstat()
    if sockets.is_symlink() or (os.getuid() != 0 and status.st_uid != os.getuid()):
        raise ServerStartError(
            f"PostgreSQL cannot use {sockets} for its socket",
            "the folder belongs to another user",
            "remove it, or set TMPDIR to a folder of your own",
        )
    sockets.chmod(0o700)


def _remove_sockets(sockets: Path, folder: Path) -> None:
    """Removes the sockets of a server that ended; the folder goes too unless it is the state folder's own."""
    if not sockets.is_dir():
        return
    for file in sockets.glob(".s.PGSQL.*"):
        file.unlink(missing_ok=True)
    if not sockets.is_relative_to(folder):
        sockets.rmdir()
