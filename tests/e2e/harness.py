"""A sandbox as a stranger has it: started by its command, reached by its addresses, gone without a trace."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import psycopg
import pytest
from botocore.config import Config
from psycopg.rows import DictRow, dict_row

from tests.e2e.waiting import PATIENCE, Stream, eventually

ROOT = Path(__file__).resolve().parents[2]
NFE = ROOT / "handlers" / "nfe"
BIN = Path(sys.executable).parent
_FOREIGN = ("AWS_", "PG", "SANDBOX_", "PYTEST_", "LOCALSTACK_")


@dataclass(frozen=True)
class Result:
    """What a command did."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


class Sandbox:
    """One state folder and the sandbox in it.

    Args:
        folder: an empty folder of its own, with a short path.
        cwd: folder in which its commands run; `folder` where none is given.
    """

    def __init__(self, folder: Path, *, cwd: Path | None = None) -> None:
        self.folder = folder
        self.state = folder / "s"
        self.cwd = cwd or folder
        self.view: dict[str, Any] = {}
        self._temporary = folder / "t"
        self._runtime = folder / "r"
        self._seen: dict[int, psutil.Process] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._http: httpx.Client | None = None
        for place in (self._temporary, self._runtime):
            place.mkdir(mode=0o700)

    # --- commands ----------------------------------------------------------------------------------------
    @property
    def environment(self) -> dict[str, str]:
        """What a user's shell has: nothing of AWS, a place for temporary files."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}",
            "TMPDIR": str(self._temporary),
            "XDG_RUNTIME_DIR": str(self._runtime),
        }

    def cli(self, *words: str, code: int = 0, cwd: Path | None = None, stdin: str | None = None) -> Result:
        """Runs `sandbox WORDS --state DIR` and insists on its exit code."""
        return self.run(
            str(BIN / "sandbox"), *words, "--state", str(self.state), code=code, cwd=cwd, stdin=stdin
        )

    def run(
        self,
        *words: str,
        code: int = 0,
        cwd: Path | None = None,
        stdin: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Result:
        """Runs any command in the user's environment and insists on its exit code."""
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            input=stdin or "",
            timeout=90,
            env={**self.environment, **(extra or {})},
            cwd=cwd or self.cwd,
            check=False,
        )
        result = Result(words, done.returncode, done.stdout, done.stderr)
        assert result.code == code, (
            f"{' '.join(words)} exited with {result.code}:\n{result.err}\n{result.out}"
        )
        assert "Traceback" not in result.err, result.err
        return result

    def stream(self, *words: str) -> Stream:
        """Begins a command that goes on, like `logs -f --json`."""
        return Stream((str(BIN / "sandbox"), *words, "--state", str(self.state)), self.environment, self.cwd)

    # --- life --------------------------------------------------------------------------------------------
    def up(self, *words: str, port: int = 0) -> dict[str, Any]:
        """Starts it detached, and returns the JSON object that the command printed."""
        self._forget()
        result = self.cli("up", *words, "--detach", "--json", "--port", str(port))
        self.view = result.json
        self.processes()
        return self.view

    def status(self) -> dict[str, Any]:
        """`status --json`."""
        status: dict[str, Any] = self.cli("status", "--json").json
        return status

    def processes(self) -> list[psutil.Process]:
        """Every process that `status` names, and all their descendants."""
        status = self.status()
        pids = {status["pid"], *(process["pid"] for process in status["processes"])}
        pids |= {function["pid"] for function in status["functions"]}
        found: dict[int, psutil.Process] = {}
        for pid in pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                found |= {one.pid: one for one in (process, *process.children(recursive=True))}
        self._seen |= found
        return list(found.values())

    def pid(self, name: str) -> int:
        """The pid of a process by its name in `status`."""
        pids = [process["pid"] for process in self.status()["processes"] if process["name"] == name]
        assert len(pids) == 1, f"{name}: {pids}"
        return int(pids[0])

    def kill_daemon(self) -> list[psutil.Process]:
        """`kill -9` of the daemon, at once; returns it and all that was running below it."""
        daemon = psutil.Process(self.view["pid"])
        processes = [daemon, *daemon.children(recursive=True)]
        daemon.kill()
        self._seen |= {process.pid: process for process in processes}
        self._forget()
        return processes

    def down(self) -> None:
        """Stops it with its command, and insists that nothing of it is left."""
        processes = self.processes()
        ports = {port for _, port in listeners(processes)}
        began = time.time()
        self._forget()
        self.cli("down")
        self.view = {}
        gone(processes, "`sandbox down`")
        held = {port: owner for port, owner in _holders().items() if port in ports}
        held = {port: owner for port, owner in held.items() if self._may_be_ours(owner, began)}
        assert not held, f"`sandbox down` left listeners: {held}"
        left = [*self._temporary.rglob("*"), *self._runtime.rglob("*"), *self.state.glob("run")]
        left += self.state.glob("*.sock")
        assert not left, f"`sandbox down` left {[str(path) for path in left]}"

    def close(self) -> None:
        """Stops it whatever state it is in, and insists that nothing that was ever seen of it is left."""
        try:
            if self.view:
                self.down()
        finally:
            self._forget()
            with contextlib.suppress(Exception):
                self.processes()
            left = [process for process in self._seen.values() if alive(process)]
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
        assert not left, f"processes were left behind: {left}"

    # --- clients -----------------------------------------------------------------------------------------
    @property
    def endpoint(self) -> str:
        """The front door."""
        return str(self.view["endpoint"])

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the first stack."""
        outputs: dict[str, str] = self.view["stacks"][0]["outputs"]
        return outputs

    @property
    def http(self) -> httpx.Client:
        """A client of the first stack's API."""
        if self._http is None:
            self._http = httpx.Client(base_url=self.outputs["ApiUrl"], timeout=PATIENCE, trust_env=False)
        return self._http

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request to the first stack's API; `path` is what comes after its URL."""
        return self.http.request(method, path, **options)

    def aws(self, service: str, *, account: str = "test", region: str = "us-east-1") -> Any:
        """A boto3 client, without retries.

        Args:
            account: the access key; an account id of 12 digits names that account.
        """
        key = (service, account, region)
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key="test",
                config=Config(
                    retries={"total_max_attempts": 1},
                    read_timeout=60,
                    inject_host_prefix=False,
                    s3={"addressing_style": "path"},
                ),
            )
        return self._clients[key]

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A connection to the database, each statement on its own."""
        dsn = self.view["postgres"]["dsn"]
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
            yield connection

    def rows(self, query: str, *values: Any) -> list[DictRow]:
        """The rows of one query."""
        with self.database() as connection:
            return connection.execute(query, values).fetchall()

    # --- time and flow -----------------------------------------------------------------------------------
    def advance(self, duration: str) -> None:
        """Moves the sandbox's clock."""
        self.cli("clock", "advance", duration)

    def flow(self, reference: str) -> list[dict[str, Any]]:
        """The branches of a flow's tree: each a hop, whether it is inferred, and what led to it."""
        tree = self.cli("flow", "show", reference, "--json").json["tree"]
        return branches(tree)

    def hops(self, reference: str, kind: str) -> list[dict[str, Any]]:
        """The hops of one kind in a flow; none where the flow is not known yet."""
        try:
            return [branch["hop"] for branch in self.flow(reference) if branch["hop"]["kind"] == kind]
        except AssertionError as error:
            if "no flow is known" in str(error):
                return []
            raise

    def _may_be_ours(self, owner: psutil.Process, began: float) -> bool:
        """Whether a process on a port of ours is ours, and not another sandbox that took it since.

        Servers have no environment of ours; one that outlived its sandbox has no parent but the system's.
        """
        try:
            born, folder = owner.create_time(), owner.environ().get("TMPDIR")
            orphan = all(parent.pid == 1 for parent in owner.parents())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
        return born < began and (folder == str(self._temporary) or (folder is None and orphan))

    def _forget(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self._http is not None:
            self._http.close()
            self._http = None


def branches(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The branches of a flow's tree: each a hop, whether it is inferred, and what led to it."""
    return [branch for root in tree for branch in _flat(root, ())]


def _flat(branch: dict[str, Any], above: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    yield {"hop": branch["hop"], "inferred": branch["inferred"], "above": above}
    for child in branch["children"]:
        yield from _flat(child, (*above, branch))


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs; one that nobody has reaped yet does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def gone(processes: list[psutil.Process], after: str) -> None:
    """Waits until none of the processes runs."""
    eventually(
        lambda: [process for process in processes if alive(process)],
        lambda left: not left,
        what=f"the end of every process after {after}",
        seconds=10,
    )


def listeners(processes: list[psutil.Process]) -> set[tuple[str, int]]:
    """The addresses on which processes listen for TCP."""
    found = set()
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            for connection in process.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN or connection.type == socket.SOCK_DGRAM:
                    assert connection.laddr
                    found.add((str(connection.laddr.ip), int(connection.laddr.port)))
    return found


def _holders() -> dict[int, psutil.Process]:
    found = {}
    for connection in psutil.net_connections("tcp4"):
        if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr:
            with contextlib.suppress(psutil.NoSuchProcess):
                found[int(connection.laddr.port)] = psutil.Process(connection.pid)
    return found


def free_port() -> int:
    """A port of loopback that nothing listens on, below those that the system gives out."""
    for port in range(15_000 + os.getpid() % 2_000, 20_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")
