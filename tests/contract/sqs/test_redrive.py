"""Dead letters: when they move, what they keep, and which queues may send them where."""

from __future__ import annotations

import json

import pytest

from sandbox.model.scope import Scope
from tests.contract.sqs.harness import START, World, arn, bodies

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def fail(world: World, url: str, times: int) -> None:
    """Receives everything and lets the visibility timeout lapse, several times."""
    for _ in range(times):
        assert world.receive(url)
        world.advance(30)


def test_a_message_moves_at_the_receive_after_its_last(world: World) -> None:
    url, dead = world.with_dead_letters(3)
    sent = world.send(
        url, "venenosa", trace=TRACE, MessageAttributes={"a": {"DataType": "Number", "StringValue": "1"}}
    )
    fail(world, url, 3)
    assert world.depth(url) == (1, 0, 0)
    assert world.receive(url) == []
    assert (world.depth(url), world.depth(dead)) == ((0, 0, 0), (1, 0, 0))
    (message,) = world.receive(dead, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"] == {
        "SenderId": "000000000000",
        "SentTimestamp": str(int(START * 1000)),
        "ApproximateReceiveCount": "4",
        "ApproximateFirstReceiveTimestamp": str(int(START * 1000)),
        "AWSTraceHeader": TRACE,
        "DeadLetterQueueSourceArn": str(arn("reserva")),
    }


def test_healthy_messages_come_in_the_same_receive(world: World) -> None:
    url, dead = world.with_dead_letters(1)
    world.send(url, "venenosa")
    fail(world, url, 1)
    for number in range(3):
        world.send(url, str(number))
    assert bodies(world.receive(url, 2)) == ["0", "1"]
    assert bodies(world.receive(dead)) == ["venenosa"]


def test_an_old_handle_does_not_reach_a_dead_letter(world: World) -> None:
    url, dead = world.with_dead_letters(1)
    world.send(url)
    (message,) = world.receive(url)
    world.advance(30)
    assert world.receive(url) == []
    world.delete(url, message["ReceiptHandle"])
    assert world.depth(dead) == (1, 0, 0)
    handle = message["ReceiptHandle"]
    assert (
        world.refused("DeleteMessage", QueueUrl=dead, ReceiptHandle=handle).code == "ReceiptHandleIsInvalid"
    )


def test_a_dead_letter_ends_by_the_time_it_was_first_sent(world: World) -> None:
    url, dead = world.with_dead_letters(1)
    world.call("SetQueueAttributes", QueueUrl=dead, Attributes={"MessageRetentionPeriod": "60"})
    world.send(url)
    fail(world, url, 1)
    world.receive(url)
    world.advance(29)
    assert world.depth(dead) == (1, 0, 0)
    world.advance(1)
    assert world.depth(dead) == (0, 0, 0)


def test_without_its_dead_letter_queue_a_message_stays(world: World) -> None:
    url, dead = world.with_dead_letters(1)
    world.send(url)
    fail(world, url, 1)
    world.call("DeleteQueue", QueueUrl=dead)
    fail(world, url, 2)
    world.queue("reserva-dlq", RedriveAllowPolicy={"redrivePermission": "denyAll"})
    fail(world, url, 1)
    world.call("SetQueueAttributes", QueueUrl=dead, Attributes={"RedriveAllowPolicy": ""})
    assert world.receive(url) == []
    assert world.depth(dead) == (1, 0, 0)


def test_a_redrive_policy_is_answered_in_one_form_and_can_be_removed(world: World) -> None:
    url, _ = world.with_dead_letters(3)
    policy = {
        "RedrivePolicy": json.dumps({"maxReceiveCount": "3", "deadLetterTargetArn": str(arn("reserva-dlq"))})
    }
    expected = json.dumps(
        {"deadLetterTargetArn": str(arn("reserva-dlq")), "maxReceiveCount": 3}, separators=(",", ":")
    )
    world.call("SetQueueAttributes", QueueUrl=url, Attributes=policy)
    assert world.attributes(url, "RedrivePolicy") == {"RedrivePolicy": expected}
    assert world.call("CreateQueue", QueueName="reserva", Attributes=policy)["QueueUrl"] == url
    world.call("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert world.attributes(url, "RedrivePolicy") == {}
    world.send(url)
    fail(world, url, 5)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (str(arn("nenhuma")), "Dead letter target does not exist."),
        ("arn:aws:sqs:eu-west-1:000000000000:reserva-dlq", "must be in the same account and region"),
        (str(arn("reserva")), "cannot be its own dead-letter queue"),
        (str(arn("reserva-dlq.fifo")), "must be same type of queue"),
        ("arn:aws:sns:us-east-1:000000000000:reserva-dlq", "Invalid value for deadLetterTargetArn."),
        ("reserva-dlq", "Invalid value for deadLetterTargetArn."),
    ],
)
def test_targets_that_are_refused(world: World, target: str, reason: str) -> None:
    world.queue("reserva-dlq")
    url = world.queue()
    policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 3})
    error = world.refused("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": policy})
    assert error.code == "InvalidParameterValue"
    assert error.message.startswith("Value {")
    assert "for parameter RedrivePolicy is invalid. Reason:" in error.message
    assert reason in error.message


def test_a_dead_letter_queue_chooses_its_sources(world: World) -> None:
    allow = {"redrivePermission": "byQueue", "sourceQueueArns": [str(arn("permitida"))]}
    dead = world.queue("dlq", RedriveAllowPolicy=allow)
    policy = {"deadLetterTargetArn": str(arn("dlq")), "maxReceiveCount": 3}
    permitted = world.queue("permitida", RedrivePolicy=policy)
    error = world.refused("CreateQueue", QueueName="outra", Attributes={"RedrivePolicy": json.dumps(policy)})
    assert "does not allow" in error.message
    assert world.call("ListDeadLetterSourceQueues", QueueUrl=dead) == {"queueUrls": [permitted]}
    assert world.call("ListDeadLetterSourceQueues", QueueUrl=permitted) == {"queueUrls": []}


def test_sources_of_other_accounts_are_not_listed(world: World) -> None:
    _, dead = world.with_dead_letters(3)
    world.call("CreateQueue", scope=Scope("111122223333"), QueueName="reserva")
    assert len(world.call("ListDeadLetterSourceQueues", QueueUrl=dead)["queueUrls"]) == 1
