"""Other emulators, from PyPI, each in an environment of its own, to run the same work on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sandbox.session.door import listen
from sandbox.store.folders import cache_folder
from tests.perf.errors import BenchError
from tests.perf.furniture import Furniture, PlainTables
from tests.perf.http import PASSED, ask_once, dynamodb_request
from tests.support import dynamodb_local, netns_bridge

#: Real seconds: to install one, and to wait for its first answer.
_INSTALLING = 600
_STARTING = 60.0
#: In a network of its own, where nothing else is.
_JAVA_PORT = 8000
_FOREIGN = ("AWS_", "PG", "SANDBOX_", "LOCALSTACK_", "PYTHON", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Peer:
    """One emulator.

    Attributes:
        packages: what is installed, versions pinned.
        command: what starts it; `{port}` stands for its port.
        variables: of its environment, the same way.
        health: a path that answers when it is up.
        keeps_connections: whether it serves more than one request on a connection.
        cannot: what it cannot do of what cases need, with the reason.
        service: the one service that it is, where it is not all of them: cases of others leave it out.
        warming: rounds that it is given before the first that is measured.
    """

    name: str
    packages: Sequence[str]
    command: Sequence[str]
    health: str
    variables: Mapping[str, str] = field(default_factory=dict)
    keeps_connections: bool = True
    cannot: Mapping[str, str] = field(default_factory=dict)
    service: str = ""
    warming: int = 1


class Running(Protocol):
    """A peer that runs."""

    peer: Peer
    version: str
    #: Its main process, and where it is reached.
    pid: int
    endpoint: str

    @property
    def furniture(self) -> Furniture:
        """Makes what is measured on."""
        ...

    def close(self) -> None:
        """Ends it and removes what it left."""
        ...


PEERS: Mapping[str, Peer] = {
    "ministack": Peer(
        "ministack",
        # Its functions run in its own environment: what the cold one imports is installed there.
        ("ministack==1.5.33", "boto3", "psycopg[binary]==3.3.9"),
        ("ministack",),
        "/_ministack/health",
        {"GATEWAY_PORT": "{port}", "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"},
    ),
    "moto": Peer(
        "moto",
        ("moto[server]==5.2.5",),
        ("moto_server", "-H", "127.0.0.1", "-p", "{port}"),
        "/moto-api/",
        keeps_connections=False,
        cannot={
            "functions": "it runs functions in Docker only",
            "long polls": "its receives do not wait for messages",
        },
    ),
    "dynamodb-local": Peer(
        "dynamodb-local",
        (dynamodb_local.PACKAGE,),
        (),
        "",
        service="dynamodb",
        # A Java machine compiles what is called often, while it is called.
        warming=5,
    ),
}


def start(name: str) -> Running:
    """Starts a peer, and installs it where it never ran before.

    Raises:
        BenchError: it cannot be had on this machine.
    """
    peer = PEERS[name]
    return LocalTables(peer) if peer.service else PeerProcess(peer)


class PeerProcess:
    """A peer that runs, in a temporary folder of its own."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.version = peer.packages[0].partition("==")[2]
        programs = install(peer) / "bin"
        self.folder = Path(tempfile.mkdtemp(prefix="bench-peer-"))
        with listen(0) as free:
            port = str(free.getsockname()[1])
        self.endpoint = f"http://127.0.0.1:{port}"
        ours = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        its = {name: value.format(port=port) for name, value in peer.variables.items()}
        self.furniture = Furniture(self.endpoint)
        self.process = subprocess.Popen(
            [programs / peer.command[0], *(word.format(port=port) for word in peer.command[1:])],
            env={**ours, **its, "HOME": str(self.folder), "TMPDIR": str(self.folder)},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self.process.pid
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends it and removes its folder."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        until = time.monotonic() + _STARTING
        while time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise BenchError(f"{self.peer.name} ended at once, with exit code {self.process.wait(0.1)}")
            with contextlib.suppress(urllib.error.URLError, OSError, socket.timeout):
                urllib.request.urlopen(self.endpoint + self.peer.health, timeout=2).close()
                return
        raise BenchError(f"{self.peer.name} does not answer after {_STARTING:.0f} s")


class LocalTables:
    """AWS's DynamoDB Local. It would listen on every interface, so it runs in a network of its own, out of
    which connections to it are sent as open sockets: nothing stands between, and it is measured as it is.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.version = peer.packages[0].rpartition("@")[2]
        try:
            home = dynamodb_local.installed()
        except dynamodb_local.OracleMissingError as error:
            raise BenchError(str(error)) from error
        self.folder = Path(tempfile.mkdtemp(prefix="bench-peer-"))
        sockets = self.folder / "s"
        self.endpoint = f"{PASSED}:{sockets}"
        self.furniture = PlainTables(self.endpoint)
        java = dynamodb_local.java_command(home, _JAVA_PORT, "2g")
        self.process = subprocess.Popen(
            [sys.executable, netns_bridge.__file__, "--sockets", str(sockets), str(_JAVA_PORT), *java],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert self.process.stdout is not None
            said = self.process.stdout.readline()
            if not said:
                raise BenchError(f"{peer.name} needs a network namespace, which this machine does not give")
            self.pid = int(said)
            self._wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends it and removes its folder."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        until = time.monotonic() + _STARTING
        while time.monotonic() < until:
            with contextlib.suppress(BenchError):
                asyncio.run(ask_once(self.endpoint, dynamodb_request(self.endpoint, "ListTables", {})))
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise BenchError(f"{self.peer.name} ended at once, with exit code {self.process.wait(0.2)}")
        raise BenchError(f"{self.peer.name} does not answer after {_STARTING:.0f} s")


def install(peer: Peer) -> Path:
    """The environment of a peer, made once and kept in the cache.

    Raises:
        BenchError: pip could not install it.
    """
    version = "-".join([peer.packages[0].partition("==")[2], *map(str, sys.version_info[:2])])
    folder = cache_folder() / "bench" / f"{peer.name}-{version}"
    if (folder / "complete").exists():
        return folder
    sys.stderr.write(f"installing {' '.join(peer.packages)} into {folder} (once) ...\n")
    shutil.rmtree(folder, ignore_errors=True)
    for words in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *peer.packages],
    ):
        done = subprocess.run(words, capture_output=True, text=True, timeout=_INSTALLING, check=False)
        if done.returncode:
            raise BenchError(f"{peer.name} could not be installed: {done.stderr.strip()[-500:]}")
    (folder / "complete").touch()
    return folder
