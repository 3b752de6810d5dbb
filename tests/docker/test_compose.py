"""`docker-compose.yml` by hand, without the sandbox: Docker Compose, `awslocal`, a client of PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox.backing.portfinder import free_port
from sandbox.engines.docker.daemon import connect
from tests.docker.harness import things_of
from tests.e2e.harness import ROOT

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

_PROJECT = "sandbox-by-hand"


@pytest.fixture(scope="module")
def by_hand() -> Iterator[dict[str, str]]:
    """The variables of a project that was started with Compose; it is taken down afterwards."""
    ports = {name: str(free_port()) for name in ("LOCALSTACK_PORT", "DYNAMODB_PORT", "POSTGRES_PORT")}
    daemon = connect()
    daemon.client.close()
    environment = {**os.environ, **ports, "SANDBOX_PROJECT": _PROJECT, "DOCKER_SOCKET": daemon.mounted}
    try:
        _run("docker", "compose", "up", "--wait", environment=environment)
        yield environment
    finally:
        _run("docker", "compose", "down", "--volumes", environment=environment)
    assert things_of(_PROJECT) == []


def _run(*words: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_awslocal_reaches_localstack(by_hand: dict[str, str]) -> None:
    awslocal = str(Path(sys.executable).with_name("awslocal"))
    environment = {**by_hand, "LOCALSTACK_HOST": f"127.0.0.1:{by_hand['LOCALSTACK_PORT']}"}
    _run(awslocal, "sqs", "create-queue", "--queue-name", "fila", environment=environment)
    listed = json.loads(_run(awslocal, "sqs", "list-queues", environment=environment))
    assert listed["QueueUrls"][0].endswith("/000000000000/fila")


def test_the_aws_cli_reaches_dynamodb_local(by_hand: dict[str, str]) -> None:
    aws = str(Path(sys.executable).with_name("aws"))
    given = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    endpoint = f"http://127.0.0.1:{by_hand['DYNAMODB_PORT']}"
    out = _run(aws, "--endpoint-url", endpoint, "dynamodb", "list-tables", environment={**by_hand, **given})
    assert json.loads(out) == {"TableNames": []}


def test_postgresql_is_there(by_hand: dict[str, str]) -> None:
    dsn = f"postgresql://postgres:sandbox@127.0.0.1:{by_hand['POSTGRES_PORT']}/postgres"
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row is not None
    assert row[0].startswith("17")
