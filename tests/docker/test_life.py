"""Beginnings and ends on the Docker engine: nothing is left, and nobody else is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.docker.harness import DockerSandbox, daemon
from tests.e2e.harness import NFE, Sandbox
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

Maker = Callable[[], DockerSandbox]


def test_a_killed_sandbox_is_swept_by_the_next_start_and_by_down_and_others_are_left_alone(
    nfe: DockerSandbox, sandboxes: Maker
) -> None:
    others = nfe.held()
    sandbox = sandboxes()
    sandbox.up()
    before = sandbox.held()
    assert len(before) == 6, before
    sandbox.kill_daemon()
    assert sandbox.held() == before
    sandbox.up(str(NFE))
    assert sandbox.held() == before
    sandbox.invoke("nfe-outbox-dev")
    sandbox.kill_daemon()
    assert any("-lambda-" in name for name in sandbox.held())
    sandbox.cli("down")
    sandbox.view = {}
    assert sandbox.held() == []
    assert set(others) <= set(nfe.held())
    assert nfe.api("GET", "/health").status_code == 200


@pytest.mark.parametrize(
    ("things", "what"), [(1, "the network"), (4, "the first container"), (6, "all containers")]
)
def test_control_c_at_any_moment_of_a_start_leaves_nothing(sandboxes: Maker, things: int, what: str) -> None:
    sandbox = sandboxes()
    with sandbox.stream("up", str(NFE), "--engine", "docker", "--port", "0") as start:
        eventually(sandbox.held, lambda held: len(held) >= things, what=what)
        code, _ = start.interrupt()
    assert code == 130
    assert sandbox.held() == []


def test_containers_are_kept_until_they_are_not_wanted(sandboxes: Maker) -> None:
    """The engine is the one that the folder's sandbox.toml names."""
    sandbox = sandboxes()
    (sandbox.folder / "sandbox.toml").write_text('systems = []\nengine = "docker"\n')
    view = Sandbox.up(sandbox)
    assert view["engine"] == "docker"
    before = sandbox.held()
    sandbox.view = {}
    assert "the containers stay" in sandbox.cli("down", "--keep").err
    assert sandbox.held() == before
    said = sandbox.cli("down").err
    assert f"{sandbox.project}-localstack" in said
    assert sandbox.held() == []
    sandbox.cli("down", code=3)


def test_services_of_both_engines_are_mixed(nfe: DockerSandbox, sandboxes: Maker) -> None:
    """An embedded sandbox whose DynamoDB is the container of another one."""
    table = "misturada"
    with daemon() as client:
        ports = client.containers.get(f"{nfe.project}-dynamodb").ports["8000/tcp"]
    elsewhere = f"http://127.0.0.1:{ports[0]['HostPort']}"
    sandbox = sandboxes()
    Sandbox.up(sandbox, "--engine", "embedded", "--service", f"dynamodb={elsewhere}")
    sandbox.aws("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert table in nfe.aws("dynamodb").list_tables()["TableNames"]
    nfe.aws("dynamodb").delete_table(TableName=table)
    assert f"dynamodb is answered by {elsewhere}" in sandbox.cli("services").out


def test_the_state_of_another_engine_is_not_touched(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.state.mkdir()
    (sandbox.state / "sandbox-state").touch()
    (sandbox.state / "engine").write_text("embedded\n")
    said = sandbox.cli("up", "--engine", "docker", "--detach", "--port", "0", code=2).err
    assert "is of the embedded engine" in said
