"""Reaches the Docker daemon, or says why it cannot be reached and what helps."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from sandbox.engines.docker.errors import DockerUnavailableError

_DEFAULT_SOCKET = "/var/run/docker.sock"
_INSTALL = (
    "install Docker (https://docs.docker.com/engine/install/), or use the embedded engine: leave --engine out"
)


def connect(environ: Mapping[str, str] = os.environ) -> tuple[Any, str]:
    """A client of the daemon, and the path of its socket on this machine.

    Raises:
        DockerUnavailableError: it is remote, not installed, not running, or closed to this user.
    """
    host = environ.get("DOCKER_HOST", "")
    if host and not host.startswith("unix://"):
        raise DockerUnavailableError(
            f"the Docker daemon at {host} is not used",
            "containers must be reached on this machine's loopback, and functions through a local socket",
            "unset DOCKER_HOST to use the daemon of this machine",
        )
    path = Path(host.removeprefix("unix://") or _DEFAULT_SOCKET)
    try:
        _probe(path)
        client = docker.DockerClient(base_url=f"unix://{path}", timeout=60)
        client.ping()
    except (DockerException, OSError) as error:
        raise _unavailable(path, error) from error
    return client, str(path)


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
        "start it (`sudo systemctl start docker`, or Docker Desktop); for Podman or rootless Docker, set"
        " DOCKER_HOST to unix://… of its socket",
    )
