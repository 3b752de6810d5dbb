"""Messages of standard queues: send, receive, delete, visibility, limits."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.services.sqs.flight import Flight
from tests.contract.sqs.harness import START, World, arn, bodies

TRACE = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"


def text(value: str, kind: str = "String") -> dict[str, Any]:
    return {"DataType": kind, "StringValue": value}


def test_a_message_goes_through(world: World) -> None:
    url = world.queue()
    sent = world.send(url, "nota 1")
    assert (
        sent["MD5OfMessageBody"] == "24ea9bf0ab2c68a9ab7b3c4b5b0b4c2a" or len(sent["MD5OfMessageBody"]) == 32
    )
    (message,) = world.receive(url, 1)
    assert set(message) == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}
    assert message["MessageId"] == sent["MessageId"]
    assert (message["Body"], message["MD5OfBody"]) == ("nota 1", sent["MD5OfMessageBody"])
    assert world.receive(url) == []
    world.delete(url, message["ReceiptHandle"])
    world.advance(31)
    assert world.call("ReceiveMessage", QueueUrl=url) == {}


def test_messages_come_in_the_order_in_which_they_became_visible(world: World) -> None:
    url = world.queue()
    world.send(url, "3", DelaySeconds=2)
    world.send(url, "1")
    world.send(url, "2")
    world.advance(2)
    assert bodies(world.receive(url)) == ["1", "2", "3"]


def test_a_message_comes_back_after_its_visibility_timeout(world: World) -> None:
    url = world.queue(VisibilityTimeout="90")
    world.send(url)
    (first,) = world.receive(url)
    assert world.depth(url) == (0, 1, 0)
    world.advance(89)
    assert world.receive(url) == []
    world.advance(1)
    assert world.depth(url) == (1, 0, 0)
    (second,) = world.receive(url, AttributeNames=["All"])
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"] == {
        "SenderId": "000000000000",
        "SentTimestamp": str(int(START * 1000)),
        "ApproximateReceiveCount": "2",
        "ApproximateFirstReceiveTimestamp": str(int(START * 1000)),
    }


def test_a_stale_handle_deletes_nothing_and_says_nothing(world: World) -> None:
    url = world.queue()
    world.send(url)
    (first,) = world.receive(url)
    world.advance(30)
    (second,) = world.receive(url)
    world.delete(url, first["ReceiptHandle"])
    assert world.depth(url) == (0, 1, 0)
    world.delete(url, second["ReceiptHandle"])
    assert world.depth(url) == (0, 0, 0)
    world.delete(url, second["ReceiptHandle"])


def test_the_latest_handle_deletes_even_after_the_timeout(world: World) -> None:
    url = world.queue()
    world.send(url)
    (message,) = world.receive(url)
    world.advance(31)
    world.delete(url, message["ReceiptHandle"])
    assert world.depth(url) == (0, 0, 0)


@pytest.mark.parametrize("handle", ["lixo", "AQEB" + "A" * 31 + "!", "á" * 36])
def test_handles_that_were_never_given(world: World, handle: str) -> None:
    url = world.queue()
    error = world.refused("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
    assert error.code == "ReceiptHandleIsInvalid"
    assert error.message == f'The input receipt handle "{handle}" is not a valid receipt handle.'


def test_a_handle_of_another_queue_is_not_valid(world: World) -> None:
    url, other = world.queue(), world.queue("outra")
    world.send(url)
    (message,) = world.receive(url)
    error = world.refused("DeleteMessage", QueueUrl=other, ReceiptHandle=message["ReceiptHandle"])
    assert error.code == "ReceiptHandleIsInvalid"


def test_visibility_can_be_changed_while_in_flight(world: World) -> None:
    url = world.queue()
    world.send(url)
    (message,) = world.receive(url)
    world.advance(20)
    world.hide(url, message["ReceiptHandle"], 60)
    world.advance(59)
    assert world.receive(url) == []
    world.advance(1)
    assert len(world.receive(url)) == 1


def test_visibility_zero_gives_a_message_back_at_once(world: World) -> None:
    url = world.queue()
    world.send(url)
    (message,) = world.receive(url)
    world.hide(url, message["ReceiptHandle"], 0)
    assert world.depth(url) == (1, 0, 0)
    params = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 5}
    assert world.refused("ChangeMessageVisibility", **params).code == "MessageNotInflight"
    assert len(world.receive(url)) == 1


def test_changing_a_timeout_that_has_lapsed_succeeds_and_hides_nothing(world: World) -> None:
    url = world.queue(VisibilityTimeout="2")
    world.send(url)
    (message,) = world.receive(url)
    world.advance(3)
    world.hide(url, message["ReceiptHandle"], 30)
    assert world.depth(url) == (1, 0, 0)


def test_visibility_of_a_message_that_is_gone(world: World) -> None:
    url = world.queue()
    world.send(url)
    (message,) = world.receive(url)
    handle = message["ReceiptHandle"]
    world.delete(url, handle)
    error = world.refused("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=5)
    assert (error.code, error.message) == (
        "InvalidParameterValue",
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: Message does not exist or is not available for visibility timeout change.",
    )


def test_visibility_ends_twelve_hours_after_the_receive(world: World) -> None:
    url = world.queue(VisibilityTimeout="43200")
    world.send(url)
    (message,) = world.receive(url)
    params = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    over = world.refused("ChangeMessageVisibility", VisibilityTimeout=43201, **params)
    assert "must be an integer between 0 and 43200" in over.message
    world.advance(3600)
    total = world.refused("ChangeMessageVisibility", VisibilityTimeout=39601, **params)
    assert "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]" in total.message
    world.call("ChangeMessageVisibility", VisibilityTimeout=39600, **params)


def test_delays_of_queue_and_message(world: World) -> None:
    url = world.queue(DelaySeconds="10")
    world.send(url, "da fila")
    world.send(url, "sem demora", DelaySeconds=0)
    world.send(url, "própria", DelaySeconds=20)
    assert world.depth(url) == (1, 0, 2)
    assert bodies(world.receive(url)) == ["sem demora"]
    world.advance(10)
    assert bodies(world.receive(url)) == ["da fila"]
    world.advance(10)
    assert bodies(world.receive(url)) == ["própria"]
    error = world.refused("SendMessage", QueueUrl=url, MessageBody="x", DelaySeconds=901)
    assert error.message == (
        "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
    )


def test_retention_ends_messages_in_every_state(world: World) -> None:
    url = world.queue(MessageRetentionPeriod="60", VisibilityTimeout="600")
    world.send(url, "em voo")
    world.receive(url)
    world.send(url, "parada")
    world.send(url, "demorada", DelaySeconds=900)
    world.advance(59)
    assert world.depth(url) == (1, 1, 1)
    world.advance(1)
    assert world.depth(url) == (0, 0, 0)
    assert world.receive(url) == []
    assert world.database.rows("SELECT * FROM sqs_messages") == []
    assert world.clock.pending() == []


def test_message_attributes_come_back_as_asked(world: World) -> None:
    url = world.queue()
    attributes = {
        "Saga.Id": text("7"),
        "Saga.Passo": text("2", "Number"),
        "assinatura": {"DataType": "Binary.gzip", "BinaryValue": b"\x00\xff"},
    }
    sent = world.send(url, "x", MessageAttributes=attributes)
    assert len(sent["MD5OfMessageAttributes"]) == 32

    def asked(*names: str) -> dict[str, Any]:
        (message,) = world.receive(url, VisibilityTimeout=0, MessageAttributeNames=list(names))
        return message

    assert asked("All")["MessageAttributes"] == attributes
    assert asked(".*")["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert set(asked("Saga.*")["MessageAttributes"]) == {"Saga.Id", "Saga.Passo"}
    assert set(asked("assinatura", "outra")["MessageAttributes"]) == {"assinatura"}
    assert "MessageAttributes" not in asked("outra")
    assert "MD5OfMessageAttributes" not in asked()


def test_the_trace_header_comes_from_the_message_or_from_the_request(world: World) -> None:
    url = world.queue()
    own = {"AWSTraceHeader": text(TRACE)}
    answer = world.send(url, "própria", MessageSystemAttributes=own, trace="Root=1-0-0")
    assert len(answer["MD5OfMessageSystemAttributes"]) == 32
    assert "MD5OfMessageSystemAttributes" not in world.send(url, "herdada", trace="Root=1-0-0")
    world.send(url, "nenhuma")
    names = ["AWSTraceHeader"]
    first, second, third = world.receive(url, MessageSystemAttributeNames=names)
    assert first["Attributes"] == {"AWSTraceHeader": TRACE}
    assert second["Attributes"] == {"AWSTraceHeader": "Root=1-0-0"}
    assert "Attributes" not in third
    other = world.refused(
        "SendMessage", QueueUrl=url, MessageBody="x", MessageSystemAttributes={"Outra": text("1")}
    )
    assert other.code == "InvalidParameterValue"


def test_a_message_group_is_kept_and_deduplication_refused(world: World) -> None:
    url = world.queue()
    world.send(url, MessageGroupId="inquilino-1")
    (message,) = world.receive(url, AttributeNames=["MessageGroupId"])
    assert message["Attributes"] == {"MessageGroupId": "inquilino-1"}
    bad = world.refused("SendMessage", QueueUrl=url, MessageBody="x", MessageGroupId="com espaço")
    assert bad.message == (
        "Value com espaço for parameter MessageGroupId is invalid. Reason: "
        "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."
    )
    fifo = world.refused("SendMessage", QueueUrl=url, MessageBody="x", MessageDeduplicationId="d")
    assert "not valid for this queue type" in fifo.message


def test_bodies_must_be_there_be_text_and_fit(world: World) -> None:
    url = world.queue(MaximumMessageSize="1024")
    empty = world.refused("SendMessage", QueueUrl=url, MessageBody="")
    assert (empty.code, empty.message) == (
        "MissingParameter",
        "The request must contain the parameter MessageBody.",
    )
    assert world.refused("SendMessage", QueueUrl=url, MessageBody="\x00").code == "InvalidMessageContents"
    world.send(url, "x" * 1024)
    large = world.refused("SendMessage", QueueUrl=url, MessageBody="é" * 513)
    assert (large.code, large.message) == (
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
    )
    counted = {"a": text("x" * 100)}
    assert world.refused("SendMessage", QueueUrl=url, MessageBody="x" * 1000, MessageAttributes=counted)


def test_a_message_may_have_one_mebibyte(world: World) -> None:
    url = world.queue()
    world.send(url, "x" * 1_048_576)
    assert len(world.receive(url)[0]["Body"]) == 1_048_576
    assert (
        "shorter than 1048576 bytes"
        in world.refused("SendMessage", QueueUrl=url, MessageBody="x" * 1_048_577).message
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"MaxNumberOfMessages": 11},
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: "
            "Must be between 1 and 10, if provided.",
        ),
        (
            {"WaitTimeSeconds": 21},
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
        ),
        (
            {"VisibilityTimeout": -1},
            "Value -1 for parameter VisibilityTimeout is invalid. Reason: "
            "Must be >= 0 and <= 43200, if provided.",
        ),
        (
            {"ReceiveRequestAttemptId": "t"},
            "Value t for parameter ReceiveRequestAttemptId is invalid. Reason: "
            "The request include parameter that is not valid for this queue type.",
        ),
    ],
)
def test_receives_out_of_range(world: World, params: dict[str, Any], message: str) -> None:
    error = world.refused("ReceiveMessage", QueueUrl=world.queue(), **params)
    assert (error.code, error.message) == ("InvalidParameterValue", message)


def test_an_unknown_system_attribute_is_refused(world: World) -> None:
    error = world.refused("ReceiveMessage", QueueUrl=world.queue(), AttributeNames=["Cor"])
    assert (error.code, error.message) == ("InvalidAttributeName", "Unknown Attribute Cor.")


def test_a_batch_succeeds_and_fails_entry_by_entry(world: World) -> None:
    url = world.queue(MaximumMessageSize="1024")
    answer = world.call(
        "SendMessageBatch",
        QueueUrl=url,
        Entries=[
            {"Id": "boa", "MessageBody": "1", "MessageAttributes": {"a": text("b")}},
            {"Id": "grande", "MessageBody": "x" * 1025},
            {"Id": "demora", "MessageBody": "2", "DelaySeconds": 1000},
            {"Id": "traco", "MessageBody": "3", "MessageSystemAttributes": {"AWSTraceHeader": text(TRACE)}},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["boa", "traco"]
    assert "MD5OfMessageAttributes" in answer["Successful"][0]
    assert "MD5OfMessageSystemAttributes" in answer["Successful"][1]
    assert answer["Failed"][0] == {
        "Id": "grande",
        "SenderFault": True,
        "Code": "InvalidParameterValue",
        "Message": "One or more parameters cannot be validated. "
        "Reason: Message must be shorter than 1024 bytes.",
    }
    assert answer["Failed"][1]["Id"] == "demora"
    assert bodies(world.receive(url)) == ["1", "3"]


def test_batches_of_deletes_and_changes(world: World) -> None:
    url = world.queue()
    for body in "abc":
        world.send(url, body)
    a, b, c = (message["ReceiptHandle"] for message in world.receive(url))
    changed = world.call(
        "ChangeMessageVisibilityBatch",
        QueueUrl=url,
        Entries=[
            {"Id": "c", "ReceiptHandle": c, "VisibilityTimeout": 0},
            {"Id": "ruim", "ReceiptHandle": a, "VisibilityTimeout": 50_000},
            {"Id": "sem", "ReceiptHandle": a},
        ],
    )
    assert changed["Successful"] == [{"Id": "c"}]
    assert [entry["Code"] for entry in changed["Failed"]] == ["InvalidParameterValue", "MissingParameter"]
    deleted = world.call(
        "DeleteMessageBatch",
        QueueUrl=url,
        Entries=[
            {"Id": "a", "ReceiptHandle": a},
            {"Id": "b", "ReceiptHandle": b},
            {"Id": "x", "ReceiptHandle": "x"},
        ],
    )
    assert deleted["Successful"] == [{"Id": "a"}, {"Id": "b"}]
    assert deleted["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    assert bodies(world.receive(url)) == ["c"]


@pytest.mark.parametrize(
    ("entries", "code", "message"),
    [
        (
            [],
            "EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        ),
        (
            [{"Id": str(number), "MessageBody": "x"} for number in range(20)],
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 20.",
        ),
        ([{"Id": "1", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct", "Id 1 repeated."),
        (
            [{"Id": "a:b", "MessageBody": "x"}],
            "InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long.",
        ),
        (
            [{"Id": "1", "MessageBody": "x" * 1_048_576}, {"Id": "2", "MessageBody": "x"}],
            "BatchRequestTooLong",
            "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
        ),
    ],
)
def test_batches_that_are_refused_whole(
    world: World, entries: list[dict[str, str]], code: str, message: str
) -> None:
    url = world.queue()
    error = world.refused("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert (error.code, error.message) == (code, message)
    assert world.depth(url) == (0, 0, 0)


def test_a_queue_has_so_many_messages_in_flight_and_no_more(world: World) -> None:
    url, fifo = world.queue(), world.queue("vendas.fifo", FifoQueue="true")
    world.sqs.receiver.flight = Flight(world.sqs.messages, most=3)
    for number in range(5):
        world.send(url, str(number))
        world.send(fifo, "x", MessageGroupId=str(number), MessageDeduplicationId=str(number))
    first, *_ = world.receive(url)
    assert world.refused("ReceiveMessage", QueueUrl=url).code == "OverLimit"
    assert len(world.receive(fifo)) == 3
    assert world.receive(fifo) == []
    world.delete(url, first["ReceiptHandle"])
    assert bodies(world.receive(url)) == ["3"]
    world.advance(30)
    assert len(world.receive(url)) == 3
    # A restore replaces the store under the service and starts it again.
    world.do(lambda: world.sqs.messages.purge(world.sqs.queue_by_arn(arn()).id))
    world.run(world.sqs.start)
    world.send(url)
    assert len(world.receive(url)) == 1
