"""The long tail: passed on, kept apart by account, and the same again after a restart."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.backing.moto import DatabaseMotoLog, MotoServer
from sandbox.clock import Clock
from sandbox.gateway.foreign import ForeignCalls
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.http import HttpRequest
from sandbox.model.scope import Scope
from sandbox.store.database import Database
from tests.contract.backing.support import is_alive

_START = 1_800_000_000.0


class World:
    """A moto server on a clock that stands still, and calls to it by botocore's names."""

    def __init__(self, folder: Path, log: DatabaseMotoLog) -> None:
        self.clock = Clock(_START, 0.0)
        self.server = MotoServer(folder, log, self.clock)
        self.calls = ForeignCalls()

    async def call(
        self, service: str, operation: str, account: str = "000000000000", **params: Any
    ) -> dict[str, Any]:
        """The output of an operation."""
        request = self.calls.request(service, operation, params, Scope(account))
        response = await self.server.forward(service, operation, request)
        return self.calls.output(service, operation, response)

    async def kill(self) -> None:
        """Kills moto the hard way, and waits until that was noticed."""
        ((_, pid),) = self.server.processes()
        os.kill(pid, signal.SIGKILL)
        while self.server.processes():  # noqa: ASYNC110 - one turn of the loop after the other
            await asyncio.sleep(0)


def run(folder: Path, scenario: Callable[[World], Awaitable[None]]) -> None:
    """Runs a scenario, and ends the server."""

    async def whole() -> None:
        world = World(folder, DatabaseMotoLog(Database(None)))
        try:
            await scenario(world)
        finally:
            await world.server.stop()

    asyncio.run(whole())


async def _snapshot(world: World) -> list[dict[str, Any]]:
    return [
        await world.call("s3", "ListObjectsV2", Bucket="notas"),
        await world.call("s3", "GetObject", Bucket="notas", Key="a/ç"),
        await world.call("ssm", "GetParameter", Name="/nfe/limite"),
        await world.call("secretsmanager", "GetSecretValue", SecretId="senha"),
        await world.call("ec2", "DescribeVpcs"),
        await world.call("dynamodb", "Scan", TableName="t"),
        await world.call("kms", "ListKeys"),
    ]


def test_what_was_written_is_there_again_after_moto_died(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        assert world.server.processes() == []
        await world.call("s3", "CreateBucket", Bucket="notas")
        await world.call("s3", "PutObject", Bucket="notas", Key="a/ç", Body=b"\x00\xff" * 100_000)
        # A read before its first write: what an account begins with must not depend on that.
        await world.call("ec2", "DescribeVpcs")
        await world.clock.advance(60)
        await world.call("ssm", "PutParameter", Name="/nfe/limite", Value="10", Type="String")
        await world.call("secretsmanager", "CreateSecret", Name="senha", SecretString="segredo")
        key = await world.call("kms", "CreateKey", Description="chave")
        sealed = await world.call("kms", "Encrypt", KeyId=key["KeyMetadata"]["KeyId"], Plaintext=b"texto")
        await world.call(
            "dynamodb",
            "CreateTable",
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        await world.call("dynamodb", "PutItem", TableName="t", Item={"id": {"S": "1"}})
        before = await _snapshot(world)
        assert before[3]["CreatedDate"] == _START + 60

        await world.kill()
        assert await _snapshot(world) == before
        opened = await world.call("kms", "Decrypt", CiphertextBlob=sealed["CiphertextBlob"])
        assert opened["Plaintext"] == b"texto"

    run(tmp_path / "moto", scenario)


def test_metrics_are_put_by_a_protocol_that_moto_knows(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        # botocore's model of CloudWatch begins with CBOR, which neither boto3 nor moto speak.
        datum = {"MetricName": "Erros", "Values": [1.0, 3.0], "Counts": [2.0, 1.0], "Timestamp": _START}
        await world.call("cloudwatch", "PutMetricData", Namespace="Loja", MetricData=[datum])
        found = await world.call(
            "cloudwatch",
            "GetMetricStatistics",
            Namespace="Loja",
            MetricName="Erros",
            StartTime=_START - 60,
            EndTime=_START + 60,
            Period=60,
            Statistics=["Sum", "SampleCount"],
        )
        assert [(one["Sum"], one["SampleCount"]) for one in found["Datapoints"]] == [(5.0, 3.0)]

    run(tmp_path / "moto", scenario)


def test_accounts_are_separate_worlds(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        other = "111122223333"
        await world.call("ssm", "PutParameter", Name="/a", Value="ours", Type="String")
        await world.call("ssm", "PutParameter", account=other, Name="/a", Value="theirs", Type="String")
        for account, value in (("000000000000", "ours"), (other, "theirs")):
            found = await world.call("ssm", "GetParameter", account=account, Name="/a")
            assert found["Parameter"]["Value"] == value
            assert f":{account}:" in found["Parameter"]["ARN"]

    run(tmp_path / "moto", scenario)


def test_what_is_not_done_is_refused_by_name_and_changes_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        for service, operation, params in (
            ("sns", "CreateTopic", {"Name": "t"}),
            ("s3", "PutBucketNotificationConfiguration", {"Bucket": "b", "NotificationConfiguration": {}}),
        ):
            with pytest.raises(NotImplementedByName, match=operation):
                await world.call(service, operation, **params)
        # Neither of them was worth starting moto for.
        assert world.server.processes() == []
        # Operations that moto itself does not have: by action, and by path.
        with pytest.raises(NotImplementedByName, match="ListPullRequests"):
            await world.call("codecommit", "ListPullRequests", repositoryName="r")
        with pytest.raises(NotImplementedByName, match="ListCopyJobs"):
            await world.call("backup", "ListCopyJobs")
        with pytest.raises(AwsError) as caught:
            await world.call("s3", "GetObject", Bucket="no-such-bucket", Key="k")
        assert caught.value.code == "NoSuchBucket"

    run(tmp_path / "moto", scenario)


def test_a_failed_write_is_not_repeated(tmp_path: Path) -> None:
    async def scenario() -> None:
        log = DatabaseMotoLog(Database(None))
        world = World(tmp_path / "moto", log)
        with pytest.raises(AwsError):
            await world.call("s3", "PutObject", Bucket="no-such-bucket", Key="k", Body=b"x")
        assert list(log.all()) == []
        await asyncio.gather(
            *(
                world.call("ssm", "PutParameter", Name=f"/p{number}", Value="v", Type="String")
                for number in range(8)
            )
        )
        assert [write.sequence for write in log.all()] == list(range(1, 9))
        await world.server.stop()
        assert (await world.call("ssm", "GetParameter", Name="/p7"))["Parameter"]["Value"] == "v"
        await world.server.stop()

    asyncio.run(scenario())


def test_clients_cannot_speak_for_the_sandbox(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.call("ssm", "PutParameter", Name="/a", Value="1", Type="String")
        request = world.calls.request("ssm", "GetParameter", {"Name": "/a"}, Scope())
        forged = HttpRequest(
            request.method,
            request.path,
            request.query,
            [*request.headers, ("x-moto-account-id", "999999999999")],
            request.body,
        )
        assert (await world.server.forward("ssm", "GetParameter", forged)).status == 200

    run(tmp_path / "moto", scenario)


def test_a_start_ends_what_a_crash_left_but_starts_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.call("s3", "CreateBucket", Bucket="notas")
        ((_, pid),) = world.server.processes()
        next_one = World(tmp_path / "moto", DatabaseMotoLog(Database(None)))
        await next_one.server.start()
        assert not is_alive(pid)
        assert next_one.server.processes() == []

    run(tmp_path / "moto", scenario)


def test_moto_leaves_nothing_behind(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.call("s3", "CreateBucket", Bucket="notas")

    run(tmp_path / "moto", scenario)
    assert sorted(path.name for path in (tmp_path / "moto").iterdir()) == ["server.log"]


def test_an_object_that_is_called_a_form_is_stored_as_it_came(tmp_path: Path) -> None:
    """`curl -X PUT --data-binary` names this type by itself."""

    async def scenario(world: World) -> None:
        await world.call("s3", "CreateBucket", Bucket="notas")
        request = world.calls.request("s3", "PutObject", {"Bucket": "notas", "Key": "a"}, Scope())
        headers = [*request.headers, ("content-type", "application/x-www-form-urlencoded")]
        form = HttpRequest("PUT", request.path, "", headers, b"hello=1&x")
        assert (await world.server.forward("s3", "PutObject", form)).status == 200
        assert (await world.call("s3", "GetObject", Bucket="notas", Key="a"))["Body"] == b"hello=1&x"

    run(tmp_path, scenario)
