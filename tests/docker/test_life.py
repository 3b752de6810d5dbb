"""Beginnings and ends on the Docker engine: nothing is left, and nobody else is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.docker.harness import DockerSandbox
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

Maker = Callable[[], DockerSandbox]


def test_a_killed_sandbox_is_swept_by_the_next_start_and_others_are_left_alone(
    nfe: DockerSandbox, sandboxes: Maker
) -> None:
    others = nfe.held()
    sandbox = sandboxes()
    sandbox.up()
    before = sandbox.held()
    assert len(before) == 6, before
    sandbox.kill_daemon()
    assert sandbox.held() == before
    sandbox.up()
    assert sandbox.held() == before
    sandbox.down()
    assert sandbox.held() == []
    assert set(others) <= set(nfe.held())
    assert nfe.api("GET", "/health").status_code == 200


def test_control_c_in_the_middle_of_a_start_leaves_nothing(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    with sandbox.stream("up", "--engine", "docker", "--port", "0") as start:
        eventually(sandbox.held, lambda held: len(held) > 3, what="the first containers")
        code, _ = start.interrupt()
    assert code == 130
    assert sandbox.held() == []


def test_the_state_of_another_engine_is_not_touched(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.state.mkdir()
    (sandbox.state / "sandbox-state").touch()
    (sandbox.state / "engine").write_text("embedded\n")
    said = sandbox.cli("up", "--engine", "docker", "--detach", "--port", "0", code=2).err
    assert "is of the embedded engine" in said
