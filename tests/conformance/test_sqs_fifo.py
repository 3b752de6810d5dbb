"""FIFO queues, as AWS was recorded to answer: order, groups, deduplication, expired handles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.recorded import recorded
from tests.conformance.sqs_words import FRESH_FIFO, attributes, bodies, delete, made, receive, send
from tests.contract.sqs.harness import World, arn
from tests.support.speaking import Speaker

INVALID = "InvalidParameterValue"
NO_DEDUPLICATION = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
    "explicitly"
)
NO_GROUP = "The request must contain the parameter MessageGroupId."
HIGH = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


def fifo(sqs: Speaker, **given: str) -> str:
    return made(sqs, "vendas.fifo", **given)


def by_content(sqs: Speaker, **given: str) -> str:
    return fifo(sqs, ContentBasedDeduplication="true", **given)


# --- what a send needs -----------------------------------------------------------------------------------
@recorded("sqs", "test_posting_to_fifo_requires_deduplicationid_group_id")
def test_a_message_needs_its_group_and_its_deduplication_id(sqs: Speaker) -> None:
    message = {"QueueUrl": fifo(sqs), "MessageBody": "nota"}
    assert sqs.refused("SendMessage", **message, MessageGroupId="g") == (INVALID, NO_DEDUPLICATION)
    assert sqs.refused("SendMessage", **message, MessageDeduplicationId="d") == ("MissingParameter", NO_GROUP)


@recorded("sqs", "test_send_batch_missing_deduplication_id_for_fifo_queue")
def test_a_batch_without_one_deduplication_id_is_refused_whole(sqs: Speaker, world: World) -> None:
    url = fifo(sqs)
    batch = [
        {"Id": "a", "MessageBody": "1", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
        {"Id": "b", "MessageBody": "2", "MessageGroupId": "g"},
    ]
    assert sqs.refused("SendMessageBatch", QueueUrl=url, Entries=batch) == (INVALID, NO_DEDUPLICATION)
    assert world.depth(url) == (0, 0, 0)


@recorded("sqs", "test_send_batch_missing_message_group_id_for_fifo_queue")
def test_a_batch_without_one_group_too(sqs: Speaker, world: World) -> None:
    url = fifo(sqs)
    batch = [
        {"Id": "a", "MessageBody": "1", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
        {"Id": "b", "MessageBody": "2", "MessageDeduplicationId": "e"},
    ]
    assert sqs.refused("SendMessageBatch", QueueUrl=url, Entries=batch) == (INVALID, NO_GROUP)
    assert world.depth(url) == (0, 0, 0)


@recorded("sqs", "test_fifo_queue_send_message_with_delay_seconds_fails")
def test_messages_have_no_delay_of_their_own(sqs: Speaker) -> None:
    message = {"QueueUrl": by_content(sqs), "MessageBody": "nota", "MessageGroupId": "g"}
    assert sqs.refused("SendMessage", **message, DelaySeconds=4) == (
        INVALID,
        "Value 4 for parameter DelaySeconds is invalid. "
        "Reason: The request include parameter that is not valid for this queue type.",
    )


@recorded("sqs", "test_fifo_queue_send_message_with_zero_delay_defaults_to_queue_delay")
def test_a_delay_of_zero_is_that_of_the_queue(sqs: Speaker, world: World) -> None:
    url = by_content(sqs, DelaySeconds="8")
    assert "SequenceNumber" in send(sqs, url, "nota", "g", DelaySeconds=0)
    assert receive(sqs, url) == []
    world.advance(8)
    assert bodies(receive(sqs, url)) == ["nota"]


@recorded("sqs", "test_fifo_message_attributes")
def test_system_attributes_of_a_message(sqs: Speaker) -> None:
    url = by_content(sqs, VisibilityTimeout="0", **HIGH)
    sent = send(sqs, url, "nota", "cliente-1", MessageDeduplicationId="nota-1")
    for count in ("1", "2"):
        (message,) = receive(sqs, url, AttributeNames=["All"])
        found = message["Attributes"]
        assert found.pop("SenderId")
        assert found.pop("SentTimestamp") == found.pop("ApproximateFirstReceiveTimestamp")
        assert found == {
            "ApproximateReceiveCount": count,
            "MessageDeduplicationId": "nota-1",
            "MessageGroupId": "cliente-1",
            "SequenceNumber": sent["SequenceNumber"],
        }


# --- deduplication ---------------------------------------------------------------------------------------
@recorded("sqs", "test_fifo_set_content_based_deduplication_strategy")
def test_content_based_deduplication_is_set_and_unset(sqs: Speaker) -> None:
    url = by_content(sqs)
    assert attributes(sqs, url) == {**FRESH_FIFO, "ContentBasedDeduplication": "true"}
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"ContentBasedDeduplication": "false"})
    assert attributes(sqs, url) == FRESH_FIFO


def deduplicated(content_based: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Attributes of the queue, parameters of the sends."""
    if content_based:
        return {"ContentBasedDeduplication": "true"}, {}
    return {}, {"MessageDeduplicationId": "nota-1"}


@recorded("sqs", "test_fifo_deduplication_arrives_once_after_delete")
@pytest.mark.parametrize("content_based", [True, False])
def test_a_message_that_was_deleted_is_not_sent_twice(sqs: Speaker, content_based: bool) -> None:
    queue, params = deduplicated(content_based)
    url = fifo(sqs, **queue)
    first = send(sqs, url, "nota", "g", **params)
    (message,) = receive(sqs, url)
    delete(sqs, url, message)
    again = send(sqs, url, "nota", "g", **params)
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert receive(sqs, url) == []


@recorded("sqs", "test_fifo_deduplication_not_on_message_group_id")
@pytest.mark.parametrize("content_based", [True, False])
def test_another_group_makes_no_other_message(sqs: Speaker, content_based: bool) -> None:
    queue, params = deduplicated(content_based)
    url = fifo(sqs, **queue)
    send(sqs, url, "nota", "g", **params)
    send(sqs, url, "nota", "h", **params)
    assert bodies(receive(sqs, url)) == ["nota"]
    assert receive(sqs, url) == []


@recorded("sqs", "test_sqs_fifo_same_dedup_id_different_message_groups")
def test_nor_does_it_after_the_first_was_deleted(sqs: Speaker) -> None:
    url = fifo(sqs, ContentBasedDeduplication="False")
    received = sent_in_two_groups(sqs, url, "nota", "nota", MessageDeduplicationId="nota-1")
    assert received == (["nota"], [])


def sent_in_two_groups(
    sqs: Speaker, url: str, first: str, second: str, **params: Any
) -> tuple[list[str], list[str]]:
    """What is received after each of two sends; what is received first is deleted."""
    send(sqs, url, first, "cliente-1", **params)
    before = receive(sqs, url)
    for message in before:
        delete(sqs, url, message)
    send(sqs, url, second, "cliente-2", **params)
    return bodies(before), bodies(receive(sqs, url))


@recorded("sqs", "test_fifo_high_throughput_ordering")
def test_it_does_where_ids_count_within_groups(sqs: Speaker) -> None:
    url = fifo(sqs, ContentBasedDeduplication="False", **HIGH)
    received = sent_in_two_groups(sqs, url, "uma", "outra", MessageDeduplicationId="nota-1")
    assert received == (["uma"], ["outra"])


@recorded("sqs", "test_sqs_fifo_message_group_scope_no_throughput_setting")
def test_the_scope_of_deduplication_needs_no_high_throughput(sqs: Speaker) -> None:
    url = by_content(sqs, DeduplicationScope="messageGroup")
    assert sent_in_two_groups(sqs, url, "nota", "nota") == (["nota"], ["nota"])


@recorded("sqs", "test_fifo_change_to_high_throughput_after_creation")
def test_another_scope_is_shown_at_once_and_acted_on_later(sqs: Speaker, world: World) -> None:
    url = fifo(sqs, DeduplicationScope="queue")
    assert sent_in_two_groups(sqs, url, "uma", "duas", MessageDeduplicationId="a") == (["uma"], [])
    sqs("SetQueueAttributes", QueueUrl=url, Attributes=HIGH)
    assert attributes(sqs, url) == {**FRESH_FIFO, **HIGH}
    send(sqs, url, "três", "cliente-3", MessageDeduplicationId="a")
    assert receive(sqs, url) == []
    assert sent_in_two_groups(sqs, url, "quatro", "cinco", MessageDeduplicationId="b") == (["quatro"], [])
    world.advance(60)
    assert sent_in_two_groups(sqs, url, "seis", "sete", MessageDeduplicationId="c") == (["seis"], ["sete"])


@recorded("sqs", "test_fifo_change_to_regular_throughput_after_creation")
def test_so_is_the_way_back(sqs: Speaker) -> None:
    url = fifo(sqs, **HIGH)
    send(sqs, url, "uma", "cliente-1", MessageDeduplicationId="a")
    send(sqs, url, "duas", "cliente-2", MessageDeduplicationId="a")
    assert bodies(receive(sqs, url)) == ["uma", "duas"]
    regular = {"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
    sqs("SetQueueAttributes", QueueUrl=url, Attributes=regular)
    assert attributes(sqs, url) == {**FRESH_FIFO, "ApproximateNumberOfMessagesNotVisible": "2"}
    send(sqs, url, "três", "cliente-3", MessageDeduplicationId="a")
    assert bodies(receive(sqs, url)) == ["três"]


@recorded("sqs", "test_dead_letter_queue_with_fifo_and_content_based_deduplication")
def test_dead_letters_of_a_fifo_queue(sqs: Speaker, world: World) -> None:
    dead = made(sqs, "mortas.fifo", ContentBasedDeduplication="true")
    policy = json.dumps({"deadLetterTargetArn": str(arn("mortas.fifo")), "maxReceiveCount": 2})
    url = by_content(sqs, VisibilityTimeout="3", RedrivePolicy=policy)
    sent = send(sqs, url, "nota", "g")
    for _ in range(2):
        assert bodies(receive(sqs, url)) == ["nota"]
        world.advance(3)
    assert receive(sqs, url) == []
    (letter,) = receive(sqs, dead, AttributeNames=["All"])
    assert letter["MessageId"] == sent["MessageId"]
    assert letter["Attributes"]["MessageGroupId"] == "g"


# --- groups and handles ----------------------------------------------------------------------------------
@recorded("sqs", "test_fifo_empty_message_groups_added_back_to_queue")
def test_a_group_that_was_empty_fills_again(sqs: Speaker) -> None:
    url = fifo(sqs)
    send(sqs, url, "uma", "g", MessageDeduplicationId="1")
    (message,) = receive(sqs, url)
    delete(sqs, url, message)
    assert sqs("ReceiveMessage", QueueUrl=url) == {}
    send(sqs, url, "outra", "g", MessageDeduplicationId="2")
    assert bodies(receive(sqs, url)) == ["outra"]


def lapsed(sqs: Speaker, world: World) -> tuple[str, dict[str, Any]]:
    """A queue, and a message of it whose visibility timeout is over."""
    url = by_content(sqs, VisibilityTimeout="4")
    send(sqs, url, "nota", "g")
    (message,) = receive(sqs, url)
    world.advance(4)
    return url, message


@recorded("sqs", "test_fifo_delete_after_visibility_timeout")
def test_a_handle_expires_with_its_visibility_timeout(sqs: Speaker, world: World) -> None:
    url, message = lapsed(sqs, world)
    handle = message["ReceiptHandle"]
    assert sqs.refused("DeleteMessage", QueueUrl=url, ReceiptHandle=handle) == (
        INVALID,
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
    )


@recorded("sqs", "test_fifo_delete_message_with_expired_receipt_handle")
def test_so_it_does_when_the_message_was_received_again(sqs: Speaker, world: World) -> None:
    url, message = lapsed(sqs, world)
    (again,) = receive(sqs, url)
    code, _ = sqs.refused("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert code == INVALID
    delete(sqs, url, again)
    world.advance(60)
    assert receive(sqs, url) == []


@recorded("sqs", "test_fifo_delete_after_visibility_timeout_extended")
def test_a_visibility_timeout_that_was_extended(sqs: Speaker, world: World) -> None:
    url = by_content(sqs, VisibilityTimeout="4")
    send(sqs, url, "nota", "g")
    (message,) = receive(sqs, url)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 20}
    sqs("ChangeMessageVisibility", **change)
    world.advance(10)
    delete(sqs, url, message)
    assert sqs("ReceiveMessage", QueueUrl=url) == {}


@recorded("sqs", "test_fifo_group_visibility_extends_with_change_message_visibility")
@pytest.mark.parametrize(
    ("extended", "visible"),
    [
        pytest.param(0, [], id="all-invisible"),
        pytest.param(1, ["1"], id="1-invisible"),
        pytest.param(2, ["1", "2"], id="no-invisible"),
        pytest.param(0, [], id="0-visible"),
        pytest.param(1, ["1"], id="1-visible"),
        pytest.param(2, ["1", "2"], id="2-visible"),
    ],
)
def test_what_stays_hidden_hides_what_comes_after_it(
    sqs: Speaker, world: World, extended: int, visible: list[str]
) -> None:
    url = by_content(sqs, VisibilityTimeout="3")
    for body in "123":
        send(sqs, url, body, "g")
    messages = receive(sqs, url)
    assert bodies(messages) == ["1", "2", "3"]
    change = {"QueueUrl": url, "ReceiptHandle": messages[extended]["ReceiptHandle"], "VisibilityTimeout": 30}
    sqs("ChangeMessageVisibility", **change)
    world.advance(3)
    assert bodies(receive(sqs, url)) == visible
