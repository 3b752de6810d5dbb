"""Reaches a Docker daemon of this machine, or says why none can be reached and what helps.

Where DOCKER_HOST names none, the socket of the `docker` command's current context is used, else the first
that answers of those where Docker, rootless Docker, Docker Desktop and Podman listen.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.context import ContextAPI
from docker.errors import DockerException

from sandbox.engines.docker.errors import DockerUnavailableError

_DEFAULT = Path("/var/run/docker.sock")
_TIMEOUT = 60
_INSTALL = (
    "install Docker (https://docs.docker.com/engine/install/), or use the embedded engine: leave --engine out"
)
_START = (
    "start it (`sudo systemctl start docker`, `systemctl --user start docker`, or Docker Desktop); for one"
    " that listens elsewhere, set DOCKER_HOST to unix://… of its socket"
)


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that answers.

    Attributes:
        client: the Docker SDK's.
        socket: its socket on this machine.
        mounted: its socket as containers mount it: Docker Desktop's daemon sees another file system.
        podman: it is Podman, which speaks Docker's API.
        desktop: it runs in a virtual machine of Docker Desktop.
        version: its own.
    """

    client: Any
    socket: str
    mounted: str
    podman: bool = False
    desktop: bool = False
    version: str = ""

    @property
    def words(self) -> str:
        """What it is and where, for people."""
        kind = "Podman" if self.podman else "Docker Desktop" if self.desktop else "Docker"
        return f"{kind} {self.version} at {self.socket}"


def current_context() -> str:
    """The address that the current context of the `docker` command names; nothing where it has none."""
    try:
        context = ContextAPI.get_current_context()
    except Exception:  # a broken configuration of the command is no reason to fail
        return ""
    return str(context.Host or "") if context is not None else ""


def connect(
    environ: Mapping[str, str] = os.environ,
    context: Callable[[], str] = current_context,
    default: Path = _DEFAULT,
) -> Daemon:
    """The daemon to use.

    Args:
        context: the address of the `docker` command's current context.
        default: where Docker listens unless it is told otherwise.

    Raises:
        DockerUnavailableError: it is remote, not installed, not running, or closed to this user.
    """
    named = environ.get("DOCKER_HOST", "")
    if named:
        return _connected(_local(named, "DOCKER_HOST names"))
    host = context()
    if host and host != f"unix://{default}":
        return _connected(_local(host, "the current context of the docker command names"))
    refused: DockerUnavailableError | None = None
    for path in (default, *_places(environ)):
        try:
            return _connected(path)
        except DockerUnavailableError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    """The other sockets that there are; what is said of the usual one is read when none answers."""
    home = Path(environ.get("HOME") or "/")
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    for path in (
        runtime / "docker.sock",
        home / ".docker" / "run" / "docker.sock",
        home / ".docker" / "desktop" / "docker.sock",
        runtime / "podman" / "podman.sock",
        Path("/run/podman/podman.sock"),
    ):
        if path.exists():
            yield path


def _local(host: str, who: str) -> Path:
    if host.startswith("unix://"):
        return Path(host.removeprefix("unix://"))
    raise DockerUnavailableError(
        f"the Docker daemon at {host} is not used",
        f"{who} a daemon on another machine, or one that is reached over the network: containers must be"
        " reached on this machine's loopback, and LocalStack starts functions through a local socket",
        "set DOCKER_HOST to unix:///var/run/docker.sock (or unset it) to use a daemon of this machine, or run"
        " sandbox on the machine that has the daemon",
    )


def _connected(path: Path) -> Daemon:
    try:
        _probe(path)
        client = docker.DockerClient(base_url=f"unix://{path}", timeout=_TIMEOUT)
        try:
            version, info = client.version(), client.info()
        except BaseException:
            client.close()
            raise
    except (DockerException, OSError) as error:
        raise _unavailable(path, error) from error
    parts = {str(part.get("Name", "")) for part in version.get("Components") or ()}
    desktop = "Docker Desktop" in str(info.get("OperatingSystem", ""))
    return Daemon(
        client=client,
        socket=str(path),
        mounted=str(_DEFAULT if desktop else path),
        podman=any("Podman" in name for name in parts),
        desktop=desktop,
        version=str(version.get("Version", "")),
    )


def _probe(path: Path) -> None:
    """Connects once: the SDK leaves its own socket open when it cannot.

    Raises:
        OSError: nobody listens, or this user may not.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))


def _unavailable(path: Path, error: Exception) -> DockerUnavailableError:
    text = str(error)
    if path.exists() and ("Permission denied" in text or not os.access(path, os.R_OK | os.W_OK)):
        return DockerUnavailableError(
            f"this user may not use the Docker daemon at {path}",
            "the socket is closed to it (permission denied)",
            "join the group: `sudo usermod -aG docker $USER`, then log in again; with rootless Docker, set"
            " DOCKER_HOST",
        )
    if shutil.which("docker") is None and not path.exists():
        return DockerUnavailableError(
            "Docker is not installed", f"there is no docker command and no {path}", _INSTALL
        )
    return DockerUnavailableError(
        f"no Docker daemon answers at {path}",
        "nothing listens there" if not path.exists() else text.splitlines()[0],
        _START,
    )
