"""docker-compose.yml, as the engine reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.engines.docker.compose import check_image, compose_file, read_compose, with_dns
from sandbox.engines.docker.errors import ComposeFileError, ImageRefusedError


def test_the_file_of_the_repository_is_all_acted_on() -> None:
    plan = read_compose(compose_file(), {})
    assert plan.project == "sandbox"
    assert {name: one.image for name, one in plan.containers.items()} == {
        "localstack": "localstack/localstack:4.14.0",
        "dynamodb": "amazon/dynamodb-local:3.3.1",
        "postgres": "postgres:17",
    }
    assert plan.network == "sandbox-network"
    assert set(plan.volumes) == {"sandbox-localstack", "sandbox-postgres"}
    localstack = plan.containers["localstack"]
    assert localstack.environment["DISABLE_EVENTS"] == "1"
    assert localstack.environment["LAMBDA_DOCKER_NETWORK"] == plan.network
    assert "dev.sandbox.project=sandbox" in localstack.environment["LAMBDA_DOCKER_FLAGS"]
    assert localstack.volumes["/var/run/docker.sock"] == "/var/run/docker.sock"
    assert plan.containers["postgres"].volumes == {"sandbox-postgres": "/var/lib/postgresql/data"}
    for container in plan.containers.values():
        assert container.labels["dev.sandbox.project"] == "sandbox"
        assert container.name == f"sandbox-{container.service}"


def test_variables_tell_two_sandboxes_apart() -> None:
    given = {"SANDBOX_PROJECT": "sandbox-a", "POSTGRES_PORT": "20123", "LOCALSTACK_AUTH_TOKEN": "ls-x"}
    plan = read_compose(compose_file(), given)
    assert plan.containers["postgres"].port(5432) == 20123
    assert plan.containers["localstack"].port(4566) == 4566
    assert plan.containers["localstack"].environment["LOCALSTACK_AUTH_TOKEN"] == "ls-x"
    assert {plan.network, *plan.volumes} == {
        "sandbox-a-network",
        "sandbox-a-localstack",
        "sandbox-a-postgres",
    }
    with pytest.raises(ComposeFileError, match="does not publish port 1"):
        plan.containers["postgres"].port(1)


@pytest.mark.parametrize("image", ["localstack/localstack:latest", "localstack/localstack"])
def test_latest_of_localstack_is_refused_with_the_reason(image: str) -> None:
    with pytest.raises(ImageRefusedError, match="exit code 55") as refused:
        read_compose(compose_file(), {"LOCALSTACK_IMAGE": image})
    assert "LOCALSTACK_AUTH_TOKEN" in refused.value.remedy


def test_other_images_must_be_pinned_too() -> None:
    check_image("registry.test:5000/postgres:17.2")
    check_image(f"postgres@sha256:{'a' * 64}")
    with pytest.raises(ImageRefusedError, match="not pinned"):
        check_image("registry.test:5000/postgres")


_MINIMAL = """
name: p
services:
  a: {{image: "a:1", container_name: p-a, {extra}}}
networks: {{network: {{name: n}}}}
"""


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("privileged: true", "privileged"),
        ('ports: ["0.0.0.0:80:80"]', "loopback only"),
        ('ports: ["80:80"]', "loopback only"),
    ],
)
def test_what_is_not_acted_on_is_refused_by_name(tmp_path: Path, extra: str, said: str) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(_MINIMAL.format(extra=extra))
    with pytest.raises(ComposeFileError) as refused:
        read_compose(file, {})
    assert said in str(refused.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ComposeFileError, match="cannot be read"):
        read_compose(tmp_path / "none.yml", {})


def test_localstack_can_be_given_another_name_server() -> None:
    plan = read_compose(compose_file(), {})
    changed = with_dns(plan, "10.88.0.1")
    assert plan.containers["localstack"].environment["DNS_SERVER"] == "127.0.0.11"
    assert changed.containers["localstack"].environment["DNS_SERVER"] == "10.88.0.1"
    assert changed.containers["postgres"] is plan.containers["postgres"]
