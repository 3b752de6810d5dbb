"""What stands in the way is told with its remedy."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from sandbox.engines import registry
from sandbox.engines.docker.daemon import connect
from sandbox.engines.docker.errors import DockerUnavailableError
from sandbox.engines.docker.refusals import NoReturn, NotOnDockerError
from sandbox.errors import UsageError
from sandbox.gateway.arrival import Arrival
from sandbox.gateway.peers import PeersOnly
from sandbox.model.http import HttpResponse
from sandbox.session.statefolder import StateFolder


def test_no_daemon_is_told_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(DockerUnavailableError) as found:
        connect({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})
    assert found.value.remedy


def test_a_dead_socket_is_told(tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(DockerUnavailableError, match="no Docker daemon answers"):
        connect({"DOCKER_HOST": f"unix://{path}"})


def test_a_remote_daemon_is_not_used() -> None:
    with pytest.raises(DockerUnavailableError, match=r"tcp://10\.0\.0\.1"):
        connect({"DOCKER_HOST": "tcp://10.0.0.1:2376"})


def test_returns_are_refused_by_name() -> None:
    engine = NoReturn()
    with pytest.raises(NotOnDockerError, match="taken back"):
        asyncio.run(engine.halt())
    with pytest.raises(NotOnDockerError, match="quiet"):
        asyncio.run(engine.quiet())
    with pytest.raises(NotOnDockerError, match="databases"):
        _ = engine.databases


def test_the_engines_are_embedded_and_docker() -> None:
    assert registry.known("docker") == "docker"
    with pytest.raises(UsageError, match="there is no engine called dcker") as found:
        registry.known("dcker")
    assert "--engine docker" in found.value.remedy


def test_a_state_folder_stays_with_its_engine(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "s")
    folder.prepare()
    folder.settle_engine("docker")
    folder.settle_engine("docker")
    with pytest.raises(UsageError, match="of the docker engine"):
        folder.settle_engine("embedded")


def test_a_folder_from_before_there_were_engines_is_the_embedded_ones(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "s")
    folder.prepare()
    folder.state_db.touch()
    with pytest.raises(UsageError, match="of the embedded engine"):
        folder.settle_engine("docker")


def test_only_peers_of_the_network_come_in() -> None:
    async def app(arrival: Arrival) -> HttpResponse:
        raise AssertionError("not asked")

    guard = PeersOnly(app, "172.18.0.1", "172.18.0.0/16")
    assert guard.admits("172.18.0.7")
    assert not guard.admits("172.18.0.1")
    assert not guard.admits("172.19.0.7")
    assert not guard.admits("")
