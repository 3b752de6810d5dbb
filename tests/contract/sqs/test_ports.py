"""What the rest of the engine uses SQS through: delivery, event source, looking without touching."""

from __future__ import annotations

import pytest

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.ports import Delivery, EventSource
from tests.contract.sqs.harness import START, World, arn, bodies

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"


def test_a_delivery_becomes_a_message_that_carries_its_cause_and_trace(world: World) -> None:
    url = world.queue()
    attributes = {"tipo": {"DataType": "String", "StringValue": "NotaFiscalCriada"}}
    cause = world.hops.reserve()
    delivery = Delivery(arn(), '{"a":1}', cause, TRACE, attributes, "grupo", "evento-1")
    hop = world.run(lambda: world.sqs.deliver(delivery))
    (sent,) = world.hops.of(HopKind.MESSAGE_SENT)
    assert (sent.id, sent.cause, sent.event_id, sent.trace) == (hop, cause, "evento-1", TRACE)
    (message,) = world.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["AWSTraceHeader"] == TRACE
    assert message["Attributes"]["MessageGroupId"] == "grupo"


@pytest.mark.parametrize(
    ("target", "code"), [("nenhuma", "QueueDoesNotExist"), ("pedidos.fifo", "MissingParameter")]
)
def test_a_delivery_that_cannot_be_made(world: World, target: str, code: str) -> None:
    world.queue("pedidos.fifo", FifoQueue="true")
    with pytest.raises(AwsError) as caught:
        world.run(lambda: world.sqs.deliver(Delivery(arn(target), "x", None)))
    assert caught.value.code == code
    assert world.hops.hops == []


def test_only_queues_are_supported_as_targets(world: World) -> None:
    assert world.sqs.supports(arn())
    assert not world.sqs.supports(parse_arn("arn:aws:sns:us-east-1:000000000000:t"))


def test_a_leased_message_is_a_record_of_a_lambda_event(world: World) -> None:
    url = world.queue(VisibilityTimeout="90")
    attributes = {
        "texto": {"DataType": "String", "StringValue": "v"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00"},
    }
    sent = world.send(url, "corpo", MessageAttributes=attributes, trace=TRACE)
    source: EventSource = world.sqs
    (leased,) = world.do(lambda: source.lease(arn(), 10))
    assert world.do(lambda: source.lease(arn(), 10)) == []
    assert (leased.message_id, leased.trace) == (sent["MessageId"], TRACE)
    assert leased.hop == world.hops.of(HopKind.MESSAGE_RECEIVED)[0].id
    assert leased.record == {
        "messageId": sent["MessageId"],
        "receiptHandle": leased.receipt_handle,
        "body": "corpo",
        "attributes": {
            "SenderId": "000000000000",
            "SentTimestamp": str(int(START * 1000)),
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": str(int(START * 1000)),
            "AWSTraceHeader": TRACE,
        },
        "messageAttributes": {
            "texto": {
                "stringValue": "v",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "bytes": {
                "binaryValue": "AA==",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": sent["MD5OfMessageBody"],
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": str(arn()),
        "awsRegion": "us-east-1",
    }
    assert source.visibility_timeout(arn()) == 90
    assert source.exists(arn())
    assert not source.exists(arn("outra"))


def test_acknowledge_and_give_back(world: World) -> None:
    url = world.queue()
    for number in range(12):
        world.send(url, str(number))
    leased = world.do(lambda: world.sqs.lease(arn(), 100))
    assert len(leased) == 12
    cause = world.hops.reserve()

    def settle() -> None:
        world.sqs.acknowledge(arn(), [message.receipt_handle for message in leased[:10]], cause)
        world.sqs.give_back(arn(), [message.receipt_handle for message in leased[9:]], cause)

    world.do(settle)
    assert world.depth(url) == (2, 0, 0)
    assert bodies(world.receive(url)) == ["10", "11"]
    deleted = world.hops.of(HopKind.MESSAGE_DELETED)
    assert [hop.cause for hop in deleted] == [message.hop for message in leased[:10]]
    assert {link.cause for hop in deleted for link in hop.links} == {cause}


def test_peeking_changes_nothing(world: World) -> None:
    url = world.queue()
    world.send(url, "em voo")
    world.receive(url)
    world.send(url, "à vista", MessageGroupId="g", trace=TRACE)
    world.send(url, "demorada", DelaySeconds=9)
    seen = world.sqs.peek(arn())
    assert [(message.body, message.state, message.receive_count) for message in seen] == [
        ("em voo", "in-flight", 1),
        ("à vista", "visible", 0),
        ("demorada", "delayed", 0),
    ]
    assert (seen[1].group_id, seen[1].trace, seen[1].sent) == ("g", TRACE, START)
    assert seen[2].visible_at == START + 9
    assert [message.body for message in world.sqs.peek(arn(), "delayed")] == ["demorada"]
    assert [message.body for message in world.sqs.peek(arn(), limit=1, offset=1)] == ["à vista"]
    assert [message.body for message in world.sqs.peek(arn(), match="VISTA")] == ["à vista"]
    assert world.sqs.peek(arn(), match="à vist_") == []
    assert world.depth(url) == (1, 1, 1)
    with pytest.raises(ValueError, match="no such state"):
        world.sqs.peek(arn(), "perdida")


def test_depths_of_all_queues(world: World) -> None:
    url, _ = world.with_dead_letters(3)
    world.send(url)
    dead, source = sorted(world.sqs.depths(), key=lambda depth: depth.counts.visible)
    assert (dead.queue, dead.counts.oldest, dead.dead_letter_target) == (arn("reserva-dlq"), None, None)
    assert (source.counts.visible, source.counts.oldest) == (1, START)
    assert source.dead_letter_target == arn("reserva-dlq")
