"""A sandbox on the Docker engine as a stranger has it, and what Docker holds of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker

from tests.e2e.harness import Sandbox

_ENGINE = ("--engine", "docker")


class DockerSandbox(Sandbox):
    """One state folder and the sandbox in it.

    Args:
        folder: an empty folder of its own, with a short path.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.project = f"sandbox-{hashlib.sha256(str(self.state).encode()).hexdigest()[:10]}"

    def up(self, *words: str, port: int = 0) -> dict[str, Any]:
        """Starts it detached on the Docker engine."""
        return super().up(*words, *_ENGINE, port=port)

    def close(self) -> None:
        """Stops it whatever state it is in, and insists that Docker holds nothing of it."""
        try:
            super().close()
        finally:
            left = self.held()
            if left:
                self._remove()
        assert not left, f"Docker still holds {left}"

    def held(self) -> list[str]:
        """Names of everything in Docker that carries the sandbox's label."""
        return things_of(self.project)

    def invoke(self, function: str) -> Any:
        """Invokes a function by its command."""
        return self.cli("invoke", function, "--json").json

    def _remove(self) -> None:
        mine = {"label": f"dev.sandbox.project={self.project}"}
        with daemon() as client:
            for container in client.containers.list(all=True, filters=mine, ignore_removed=True):
                container.remove(force=True, v=True)
            for network in client.networks.list(filters=mine):
                network.remove()
            for volume in client.volumes.list(filters=mine):
                volume.remove(force=True)


def things_of(project: str) -> list[str]:
    """Names of everything in Docker that carries a project's label."""
    mine = {"label": f"dev.sandbox.project={project}"}
    with daemon() as client:
        found = [
            *client.containers.list(all=True, filters=mine, ignore_removed=True),
            *client.networks.list(filters=mine),
            *client.volumes.list(filters=mine),
        ]
        return sorted(str(thing.name) for thing in found)


@contextmanager
def daemon() -> Iterator[Any]:
    """A client of the Docker daemon."""
    client = docker.from_env()
    try:
        yield client
    finally:
        client.close()
