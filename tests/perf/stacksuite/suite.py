"""Tests that every emulator can run: an event reaches a queue by a rule."""

import json
import os
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

COUNT = int(os.environ["SUITE_TESTS"])
TARGET = os.environ["SUITE_TARGET"]


def made_by_hand(session: Any, endpoint: str | None) -> Iterator[Any]:
    """What the template declares, made call by call, as tests on other emulators do it."""
    options: dict[str, Any] = {"endpoint_url": endpoint} if endpoint else {}
    sqs, events = session.client("sqs", **options), session.client("events", **options)
    name = f"t{uuid.uuid4().hex[:12]}"
    dead = sqs.create_queue(QueueName=f"{name}-mortas")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    queue = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=name)
    pattern = json.dumps({"source": ["bench"]})
    events.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "fila", "Arn": arn}])
    yield SimpleNamespace(sqs=sqs, events=events, bus=name, queue=queue)
    events.remove_targets(Rule=name, EventBusName=name, Ids=["fila"])
    events.delete_rule(Name=name, EventBusName=name)
    events.delete_event_bus(Name=name)
    sqs.delete_queue(QueueUrl=queue)
    sqs.delete_queue(QueueUrl=dead)


if TARGET == "sandbox":

    @pytest.fixture
    def world(stack: Any, aws: Any) -> Any:
        queue = stack.queue("fila").url
        return SimpleNamespace(
            sqs=aws.client("sqs"), events=aws.client("events"), bus="barramento", queue=queue
        )

elif TARGET == "moto":

    @pytest.fixture
    def world() -> Iterator[Any]:
        import boto3
        from moto import mock_aws

        with mock_aws():
            yield from made_by_hand(boto3.Session("test", "test", region_name="us-east-1"), None)

else:

    @pytest.fixture(scope="session")
    def session() -> Any:
        import boto3

        return boto3.Session("test", "test", region_name="us-east-1")

    @pytest.fixture
    def world(session: Any) -> Iterator[Any]:
        yield from made_by_hand(session, os.environ["SUITE_ENDPOINT"])


@pytest.mark.parametrize("number", range(COUNT))
def test_an_event_reaches_its_queue(number: int, world: Any) -> None:
    detail = json.dumps({"number": number})
    entries = [
        {"Source": source, "DetailType": "Feita", "EventBusName": world.bus, "Detail": detail}
        for source in ("bench", "outra")
    ]
    assert world.events.put_events(Entries=entries)["FailedEntryCount"] == 0
    answer = world.sqs.receive_message(QueueUrl=world.queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
    (message,) = answer["Messages"]
    assert json.loads(message["Body"])["detail"] == {"number": number}
    world.sqs.delete_message(QueueUrl=world.queue, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in world.sqs.receive_message(QueueUrl=world.queue)
