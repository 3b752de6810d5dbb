"""The NF-e system's own template, from its file to the calls it makes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.deploy.deployer import Deployer
from sandbox.deploy.system import find_system
from sandbox.model.ids import Ids
from sandbox.store.database import Database
from tests.contract.deploy.fake_aws import FakeAws, FakeBindings

HERE = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_nfe_is_deployed_unchanged_and_deleted(cache: Path) -> None:
    system = find_system("nfe", HERE)
    assert system is not None
    aws = FakeAws()
    database = Database(None)

    async def run() -> None:
        clock = Clock(start=0, speed=0)
        door = aws.open_door(clock)
        deployer = Deployer(aws, database, FakeBindings(), clock, Ids(1), answers=door, cache=cache)
        stack = await deployer.deploy(system)
        assert stack.status == "deployed"
        outputs = deployer.outputs("nfe", "http://127.0.0.1:4566")
        (api,) = aws.names("api")
        assert outputs["ApiUrl"] == f"http://127.0.0.1:4566/_aws/execute-api/{api}/dev"
        assert outputs["EstoqueReservaQueueUrl"] == "http://127.0.0.1:4566/000000000000/estoque-reserva"
        before = len(aws.calls)
        again = await deployer.deploy(system)
        assert len(aws.calls) == before
        assert again.stack_id == stack.stack_id

        assert aws.names("queue") == {
            f"{name}{suffix}"
            for name in ("estoque-reserva", "faturamento-confirmacao", "faturamento-compensacao")
            for suffix in ("", "-dlq")
        } | {"nfe-events-dlq"}
        archive = aws.things[("archive", "nfe-events-dev")]
        assert archive["RetentionDays"] == 90
        assert archive["EventSourceArn"].endswith(":event-bus/nfe-events-dev")
        redrive = json.loads(aws.things[("queue", "estoque-reserva")]["RedrivePolicy"])
        assert redrive == {
            "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:estoque-reserva-dlq",
            "maxReceiveCount": 3,
        }
        function = aws.things[("function", "nfe-faturamento-dev")]
        assert function["Code"] == {
            "S3Bucket": "hot-reload",
            "S3Key": str(system.folder / "functions" / "faturamento"),
        }
        assert function["Environment"]["Variables"]["DB_HOST"] == "{{sandbox:rds:nfe-dev:address}}"
        assert function["Environment"]["Variables"]["DB_PASSWORD"] == "nfe-local-only"
        stage = aws.made("UpdateStage")[0]["patchOperations"]
        assert {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "200"} in stage

        recorded = "".join(str(tuple(row)) for row in database.rows("SELECT * FROM deploy_resources"))
        assert "nfe-local-only" not in recorded
        await deployer.delete("nfe")
        # The account's role stays: other APIs may log by it.
        assert [kind for kind, _ in aws.things] == ["role"]
        assert deployer.stacks() == []

    asyncio.run(run())
    database.close()
