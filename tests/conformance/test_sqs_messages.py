"""Messages of standard queues, as AWS was recorded to answer: limits, attributes, receives, batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.recorded import recorded
from tests.conformance.sqs_words import bodies, delete, made, receive, send, text
from tests.contract.sqs.harness import World, arn
from tests.support.speaking import Speaker

INVALID = "InvalidParameterValue"
LIMIT = 1_048_576
BAD_ID = (
    "AWS.SimpleQueueService.InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
    "It can be at most 80 letters long.",
)
TOO_MANY = (
    "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "Maximum number of entries per request are 10. You have sent 12.",
)
TRACE = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1"


def grouped(value: str, parameter: str) -> tuple[str, str]:
    reason = f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
    return INVALID, f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"


# --- what a send may hold --------------------------------------------------------------------------------
@recorded("sqs", "test_send_empty_message")
def test_a_message_without_a_body(sqs: Speaker) -> None:
    assert sqs.refused("SendMessage", QueueUrl=made(sqs), MessageBody="") == (
        "MissingParameter",
        "The request must contain the parameter MessageBody.",
    )


@recorded("sqs", "test_send_oversized_message")
def test_a_message_that_is_too_long_counts_its_attributes(sqs: Speaker) -> None:
    url, name = made(sqs), "chave"
    overhead = len(name) + len("String") + len("v")
    sqs(
        "SendMessage", QueueUrl=url, MessageBody="a" * (LIMIT - overhead), MessageAttributes={name: text("v")}
    )
    body = "a" * (LIMIT - overhead + 1)
    given = {"QueueUrl": url, "MessageBody": body, "MessageAttributes": {name: text("v")}}
    assert sqs.refused("SendMessage", **given) == (
        INVALID,
        f"One or more parameters are invalid. Reason: Message must be shorter than {LIMIT} bytes.",
    )


@recorded("sqs", "test_send_message_with_updated_maximum_message_size")
def test_a_queue_may_take_less(sqs: Speaker) -> None:
    url = made(sqs)
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"MaximumMessageSize": "2048"})
    send(sqs, url, "a" * 2048)
    assert sqs.refused("SendMessage", QueueUrl=url, MessageBody="a" * 2049) == (
        INVALID,
        "One or more parameters are invalid. Reason: Message must be shorter than 2048 bytes.",
    )


@recorded("sqs", "test_send_message_with_empty_string_attribute")
def test_an_attribute_without_a_value(sqs: Speaker) -> None:
    given = {"QueueUrl": made(sqs), "MessageBody": "a", "MessageAttributes": {"motivo": text("")}}
    assert sqs.refused("SendMessage", **given) == (
        INVALID,
        "Message (user) attribute 'motivo' must contain a non-empty value of type 'String'.",
    )


@recorded("sqs", "test_send_message_with_binary_attributes")
def test_bytes_come_back_as_they_were_sent(sqs: Speaker) -> None:
    url = made(sqs)
    attributes = {"carga": {"DataType": "Binary", "BinaryValue": b"\x00\x1e\xff nota"}}
    sent = send(sqs, url, MessageAttributes=attributes)
    (message,) = receive(sqs, url, MessageAttributeNames=["All"])
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


@recorded("sqs", "test_fair_queue_with_message_group_id")
def test_standard_queues_take_groups_and_answer_no_sequence(sqs: Speaker) -> None:
    url = made(sqs)
    assert set(send(sqs, url, group="cliente-1")) == {"MessageId", "MD5OfMessageBody"}
    (message,) = receive(sqs, url, AttributeNames=["All"])
    assert set(message["Attributes"]) == {
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "MessageGroupId",
    }
    assert message["Attributes"]["MessageGroupId"] == "cliente-1"


BAD_IDS = [
    pytest.param("", id="empty"),
    pytest.param("x" * 129, id="too_long"),
    pytest.param("um grupo", id="spaces"),
]


@recorded("sqs", "test_send_message_to_standard_queue_with_invalid_message_group_id")
@pytest.mark.parametrize("group", BAD_IDS)
def test_groups_that_cannot_be(json_sqs: Speaker, group: str) -> None:
    given = {"QueueUrl": made(json_sqs), "MessageBody": "a", "MessageGroupId": group}
    assert json_sqs.refused("SendMessage", **given) == grouped(group, "MessageGroupId")


@recorded("sqs", "test_message_deduplication_id_invalid")
@pytest.mark.parametrize("deduplication", BAD_IDS)
def test_deduplication_ids_that_cannot_be(json_sqs: Speaker, deduplication: str) -> None:
    given = {"QueueUrl": made(json_sqs, "vendas.fifo"), "MessageBody": "a", "MessageGroupId": "g"}
    refusal = json_sqs.refused("SendMessage", **given, MessageDeduplicationId=deduplication)
    assert refusal == grouped(deduplication, "MessageDeduplicationId")


@recorded("sqs", "test_message_deduplication_id_success")
def test_a_deduplication_id_may_have_128_characters(json_sqs: Speaker) -> None:
    answer = send(json_sqs, made(json_sqs, "vendas.fifo"), group="g", MessageDeduplicationId="x" * 128)
    assert answer["SequenceNumber"].isdigit()


# --- what a receive gives --------------------------------------------------------------------------------
@recorded("sqs", "test_send_receive_max_number_of_messages")
def test_at_most_ten_messages_at_a_time(sqs: Speaker) -> None:
    assert sqs.refused("ReceiveMessage", QueueUrl=made(sqs), MaxNumberOfMessages=11) == (
        INVALID,
        "Value 11 for parameter MaxNumberOfMessages is invalid. "
        "Reason: Must be between 1 and 10, if provided.",
    )


@recorded("sqs", "test_send_receive_wait_time_seconds")
def test_waiting_has_its_limits_and_what_is_there_is_not_waited_for(sqs: Speaker) -> None:
    url = made(sqs)
    for seconds in (21, -1):
        assert sqs.refused("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=seconds) == (
            INVALID,
            f"Value {seconds} for parameter WaitTimeSeconds is invalid. "
            "Reason: Must be >= 0 and <= 20, if provided.",
        )
    send(sqs, url, "uma")
    send(sqs, url, "outra")
    assert bodies(receive(sqs, url, 1)) == ["uma"]
    assert bodies(receive(sqs, url, 1, WaitTimeSeconds=0)) == ["outra"]


@recorded("sqs", "test_receive_empty_queue")
def test_an_empty_queue_answers_no_list(sqs: Speaker, world: World) -> None:
    url = made(sqs)
    assert sqs("ReceiveMessage", QueueUrl=url) == {}
    assert sqs("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=0) == {}


@recorded("sqs", "test_receive_message_message_attribute_names_filters")
def test_message_attributes_are_asked_for_by_name_and_prefix(sqs: Speaker) -> None:
    url = made(sqs, VisibilityTimeout="0")
    attributes = {"Loja.Cidade": text("Recife"), "Loja": text("7"), "Valor": text("10")}
    digest = send(sqs, url, MessageAttributes=attributes)["MD5OfMessageAttributes"]

    def asked(*names: str) -> tuple[set[str], str | None]:
        params: dict[str, Any] = {"MessageAttributeNames": list(names)}
        (message,) = receive(sqs, url, **params)
        return set(message.get("MessageAttributes", {})), message.get("MD5OfMessageAttributes")

    for everything in ("All", "*", ".*"):
        assert asked(everything) == (set(attributes), digest)
    for nothing in ((), ("Nada", "Lo"), ("AWS.",), ("..foo",)):
        assert asked(*nothing) == (set(), None)
    assert asked("Loja", "Valor")[0] == {"Loja", "Valor"}
    assert asked("Nada", "Loja")[0] == {"Loja"}
    assert asked("Lo.*")[0] == {"Loja", "Loja.Cidade"}
    assert len({asked("Loja")[1], asked("Lo.*")[1], digest}) == 3


SYSTEM = ["SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"]


def filtered(sqs: Speaker, member: str) -> None:
    url = made(sqs, VisibilityTimeout="0")
    send(sqs, url, MessageAttributes={"loja": text("7")})

    def asked(names: list[str], **params: Any) -> dict[str, Any]:
        (message,) = receive(sqs, url, **{member: names, **params})
        return message

    everything = asked(["All"])
    assert set(everything["Attributes"]) == set(SYSTEM)
    assert "MessageAttributes" not in everything
    both = asked(["All"], MessageAttributeNames=["All"])
    assert (both["Attributes"]["ApproximateReceiveCount"], set(both["MessageAttributes"])) == ("2", {"loja"})
    assert set(asked(["SenderId"])["Attributes"]) == {"SenderId"}
    assert set(asked(["SenderId", "SequenceNumber"])["Attributes"]) == {"SenderId"}


@recorded("sqs", "test_receive_message_attribute_names_filters")
def test_system_attributes_are_asked_for_by_name(sqs: Speaker) -> None:
    filtered(sqs, "AttributeNames")


@recorded("sqs", "test_receive_message_message_system_attribute_names_filters")
def test_and_by_their_newer_parameter(sqs: Speaker) -> None:
    filtered(sqs, "MessageSystemAttributeNames")


@recorded("sqs", "test_message_system_attribute_names_with_attribute_names")
def test_of_both_parameters_the_older_one_counts_in_the_older_protocol(
    sqs: Speaker, world: World, request: pytest.FixtureRequest
) -> None:
    url = made(sqs, VisibilityTimeout="0")
    send(sqs, url)

    def asked(older: str) -> set[str]:
        (message,) = receive(sqs, url, MessageSystemAttributeNames=["All"], AttributeNames=[older])
        return set(message["Attributes"])

    assert asked("All") == set(SYSTEM)
    older_protocol = "sqs_query" in request.node.callspec.id
    assert asked("SenderId") == ({"SenderId"} if older_protocol else set(SYSTEM))


@recorded("sqs", "test_aws_trace_header_propagation")
def test_the_trace_of_a_request_stays_with_its_message(sqs: Speaker) -> None:
    url = made(sqs)
    sqs.headers["X-Amzn-Trace-Id"] = TRACE
    sent = send(sqs, url, MessageAttributes={"loja": text("7")})
    assert "MD5OfMessageSystemAttributes" not in sent
    names = ["SentTimestamp", "AWSTraceHeader"]
    (message,) = receive(sqs, url, AttributeNames=names, MessageAttributeNames=["All"])
    assert set(message["Attributes"]) == set(names)
    assert message["Attributes"]["AWSTraceHeader"] == TRACE


@recorded("sqs", "test_dead_letter_queue_message_attributes")
def test_dead_letters_keep_their_ids_attributes_and_trace(json_sqs: Speaker, world: World) -> None:
    dead = made(json_sqs, "mortas")
    policy = json.dumps({"deadLetterTargetArn": str(arn("mortas")), "maxReceiveCount": 1})
    url = made(json_sqs, VisibilityTimeout="5", RedrivePolicy=policy)
    attributes = {"loja": text("7")}
    system = {"AWSTraceHeader": text(TRACE)}
    send(json_sqs, url, "primeira", MessageAttributes=attributes, MessageSystemAttributes=system)
    send(json_sqs, url, "segunda")
    names = [
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "SentTimestamp",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
    ]
    asked: dict[str, Any] = {"AttributeNames": names, "MessageAttributeNames": ["All"]}
    before = receive(json_sqs, url, **asked)
    world.advance(5)
    assert receive(json_sqs, url) == []
    after = receive(json_sqs, dead, **asked)
    first, second = after
    assert set(second["Attributes"]) == set(names) - {"AWSTraceHeader"}
    assert (first["Attributes"]["AWSTraceHeader"], first["MessageAttributes"]) == (TRACE, attributes)
    for old, new in zip(before, after, strict=True):
        assert (old["MessageId"], old["Body"]) == (new["MessageId"], new["Body"])
        assert old["Attributes"]["ApproximateReceiveCount"] == "1"
        assert new["Attributes"]["ApproximateReceiveCount"] == "2"
        assert old["Attributes"]["SentTimestamp"] == new["Attributes"]["SentTimestamp"]
        assert new["Attributes"]["DeadLetterQueueSourceArn"] == str(arn("vendas"))


# --- what a consumer does with them ----------------------------------------------------------------------
@recorded("sqs", "test_change_message_visibility_after_visibility_timeout_expiration")
def test_a_visibility_timeout_that_is_over_may_still_be_changed(sqs: Speaker, world: World) -> None:
    url = made(sqs, VisibilityTimeout="5")
    send(sqs, url)
    (message,) = receive(sqs, url)
    world.advance(6)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 9}
    assert sqs("ChangeMessageVisibility", **change) == {}


@recorded("sqs", "test_delete_after_visibility_timeout")
def test_a_message_may_still_be_deleted_then(sqs: Speaker, world: World) -> None:
    url = made(sqs, VisibilityTimeout="5")
    send(sqs, url)
    (message,) = receive(sqs, url)
    world.advance(5)
    delete(sqs, url, message)
    assert receive(sqs, url) == []


# --- batches ---------------------------------------------------------------------------------------------
def entries(count: int, body: str = "nota", **members: Any) -> list[dict[str, Any]]:
    return [{"Id": f"e{number}", "MessageBody": body, **members} for number in range(count)]


@recorded("sqs", "test_too_many_entries_in_batch_request")
def test_a_batch_has_ten_entries(sqs: Speaker) -> None:
    assert sqs.refused("SendMessageBatch", QueueUrl=made(sqs), Entries=entries(12)) == TOO_MANY


@recorded("sqs", "test_delete_message_batch_with_too_large_batch")
def test_so_has_one_of_deletes(sqs: Speaker) -> None:
    handles = [{"Id": f"e{number}", "ReceiptHandle": "x"} for number in range(12)]
    assert sqs.refused("DeleteMessageBatch", QueueUrl=made(sqs), Entries=handles) == TOO_MANY


@recorded("sqs", "test_change_message_visibility_batch_with_too_large_batch")
def test_and_one_of_visibility_timeouts(sqs: Speaker) -> None:
    changes = [{"Id": f"e{number}", "ReceiptHandle": "x", "VisibilityTimeout": 9} for number in range(12)]
    assert sqs.refused("ChangeMessageVisibilityBatch", QueueUrl=made(sqs), Entries=changes) == TOO_MANY


@recorded("sqs", "test_invalid_batch_id")
def test_ids_of_entries(sqs: Speaker) -> None:
    bad = [{"Id": "nota:1", "MessageBody": "a"}]
    assert sqs.refused("SendMessageBatch", QueueUrl=made(sqs), Entries=bad) == BAD_ID


@recorded("sqs", "test_delete_message_batch_invalid_msg_id")
@pytest.mark.parametrize(
    "identity",
    [
        pytest.param("", id=""),
        pytest.param("n" * 81, id="testLongId" * 10),
        pytest.param("nota:1", id="invalid:id"),
    ],
)
def test_ids_of_entries_to_delete(sqs: Speaker, identity: str) -> None:
    bad = [{"Id": identity, "ReceiptHandle": "x"}]
    assert sqs.refused("DeleteMessageBatch", QueueUrl=made(sqs), Entries=bad) == BAD_ID


@recorded("sqs", "test_send_message_batch_with_oversized_contents")
def test_a_batch_as_a_whole_is_no_longer_than_a_message(sqs: Speaker) -> None:
    batch = [*entries(1, "a" * (LIMIT // 2)), {"Id": "resto", "MessageBody": "a" * (LIMIT // 2 + 1)}]
    assert sqs.refused("SendMessageBatch", QueueUrl=made(sqs), Entries=batch) == (
        "AWS.SimpleQueueService.BatchRequestTooLong",
        f"Batch requests cannot be longer than {LIMIT} bytes. You have sent {LIMIT + 1} bytes.",
    )


@recorded("sqs", "test_send_message_batch_with_oversized_contents_with_updated_maximum_message_size")
def test_a_batch_may_be_longer_than_a_message_of_its_queue(sqs: Speaker) -> None:
    url = made(sqs, MaximumMessageSize="1024")
    attributes = {"loja": text("7")}
    room = 1024 - len("loja") - len("String") - len("7")
    batch = [
        {"Id": "um", "MessageBody": "b" * room, "MessageAttributes": attributes},
        {"Id": "dois", "MessageBody": "a"},
    ]
    answer = sqs("SendMessageBatch", QueueUrl=url, Entries=batch)
    assert set(answer) == {"Successful"}
    first, second = answer["Successful"]
    assert set(first) == {"Id", "MessageId", "MD5OfMessageBody", "MD5OfMessageAttributes"}
    assert (set(second), second["MD5OfMessageBody"]) == (
        {"Id", "MessageId", "MD5OfMessageBody"},
        "0cc175b9c0f1b6a831c399e269772661",
    )


@recorded("sqs", "test_send_batch_message_size")
def test_a_message_that_is_too_long_fails_alone(json_sqs: Speaker) -> None:
    url = made(json_sqs, MaximumMessageSize="1024")
    batch = [{"Id": "bom", "MessageBody": "a" * 1024}, {"Id": "longo", "MessageBody": "a" * 1025}]
    answer = json_sqs("SendMessageBatch", QueueUrl=url, Entries=batch)
    assert [entry["Id"] for entry in answer["Successful"]] == ["bom"]
    assert answer["Failed"] == [
        {
            "Id": "longo",
            "SenderFault": True,
            "Code": INVALID,
            "Message": "One or more parameters cannot be validated. "
            "Reason: Message must be shorter than 1024 bytes.",
        }
    ]


@recorded("sqs", "test_send_message_via_queue_url_with_json_protocol")
def test_a_deleted_message_is_not_received_again(json_sqs: Speaker) -> None:
    url = made(json_sqs)
    send(json_sqs, url)
    (message,) = receive(json_sqs, url)
    delete(json_sqs, url, message)
    assert json_sqs("ReceiveMessage", QueueUrl=url) == {}
