"""What goes wrong with containers is told with its remedy, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.docker.harness import DockerSandbox
from tests.e2e.harness import BIN, Result

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

Maker = Callable[[], DockerSandbox]


def _up(sandbox: DockerSandbox, code: int = 1, *words: str, **variables: str) -> Result:
    command = ("up", *words, "--engine", "docker", "--detach", "--port", "0", "--state", str(sandbox.state))
    extra: Mapping[str, str] = variables
    return sandbox.run(str(BIN / "sandbox"), *command, code=code, extra=extra)


def test_an_image_that_is_nowhere_is_told(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    said = _up(sandbox, POSTGRES_IMAGE="sandbox.invalid/nada:1").err
    assert "the image sandbox.invalid/nada:1 is not on this machine and could not be fetched" in said
    assert "docker pull" in said or "correct the name" in said
    assert sandbox.held() == []


def test_a_container_that_ends_shows_its_last_words(sandboxes: Maker) -> None:
    """PostgreSQL in LocalStack's place ends at once: nobody gave it a password."""
    sandbox = sandboxes()
    said = _up(sandbox, LOCALSTACK_IMAGE="postgres:17").err
    assert "ended with exit code 1" in said
    assert "POSTGRES_PASSWORD" in said
    assert sandbox.held() == []


def test_latest_is_refused_with_the_reason(sandboxes: Maker) -> None:
    said = _up(sandboxes(), 2, LOCALSTACK_IMAGE="localstack/localstack:latest").err
    assert "asks for an account" in said
    assert "4.14.0 is the last community image" in said


def test_a_daemon_that_is_not_there_is_told(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    said = _up(sandbox, DOCKER_HOST=f"unix://{sandbox.folder}/none.sock").err
    assert f"no Docker daemon answers at {sandbox.folder}/none.sock" in said
    assert "systemctl start docker" in said


def test_a_taken_port_of_the_front_door_is_told_and_nothing_is_started(
    nfe: DockerSandbox, sandboxes: Maker
) -> None:
    sandbox = sandboxes()
    port = nfe.endpoint.rpartition(":")[2]
    command = ("up", "--engine", "docker", "--detach", "--port", port, "--state", str(sandbox.state))
    said = sandbox.run(str(BIN / "sandbox"), *command, code=4).err
    assert f"port {port} is taken" in said
    assert sandbox.held() == []
