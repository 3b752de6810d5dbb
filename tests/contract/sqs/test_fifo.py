"""FIFO queues: groups in order, locked while in flight; exactly one message per deduplication id.

Pages: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
and https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from sandbox.model.ports import Delivery
from sandbox.services.sqs.desk import MessageDesk
from tests.contract.sqs.harness import World, arn, bodies

NAME = "vendas.fifo"
QUEUE = arn(NAME)


def fifo(world: World, name: str = NAME, **attributes: Any) -> str:
    return world.queue(name, FifoQueue="true", ContentBasedDeduplication="true", **attributes)


def send(world: World, url: str, *bodies_: str) -> list[str]:
    """Sends bodies like `a1`, each to the group of its letter; their message ids."""
    return [world.send(url, body, MessageGroupId=body[0])["MessageId"] for body in bodies_]


# --- groups ----------------------------------------------------------------------------------------------
def test_a_receive_takes_all_it_can_of_a_group_before_the_next(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1", "b1", "b2", "c1", "a2")
    assert bodies(world.receive(url, 3, VisibilityTimeout=0)) == ["a1", "a2", "b1"]
    # Groups that were received from stand at the end of the line.
    assert bodies(world.receive(url, VisibilityTimeout=0)) == ["c1", "a1", "a2", "b1", "b2"]


def test_a_group_is_locked_while_a_message_of_it_is_in_flight(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1", "a2", "b1")
    (first,) = world.receive(url, 1)
    assert bodies(world.receive(url, 1)) == ["b1"]
    assert world.receive(url) == []
    world.delete(url, first["ReceiptHandle"])
    assert bodies(world.receive(url)) == ["a2"]


def test_a_message_given_back_comes_before_those_in_flight_behind_it(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1", "a2", "b1", "a3")
    first, _ = world.receive(url, 2)
    world.hide(url, first["ReceiptHandle"], 0)
    assert bodies(world.receive(url)) == ["b1", "a1"]


def test_deleting_one_of_two_in_flight_keeps_the_group_locked(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1", "a2", "a3")
    first, second = world.receive(url, 2)
    world.delete(url, first["ReceiptHandle"])
    assert world.receive(url) == []
    world.delete(url, second["ReceiptHandle"])
    assert bodies(world.receive(url)) == ["a3"]


def test_a_group_of_many_messages_does_not_hold_up_others(world: World) -> None:
    url = fifo(world)
    send(world, url, *(f"a{number}" for number in range(30)), "b0")
    world.receive(url, 1)
    assert bodies(world.receive(url)) == ["b0"]


def test_a_dead_letter_makes_way_for_the_next_of_its_group(world: World) -> None:
    dead = fifo(world, "mortas.fifo")
    policy = {"deadLetterTargetArn": str(arn("mortas.fifo")), "maxReceiveCount": 1}
    url = fifo(world, RedrivePolicy=policy)
    send(world, url, "a1", "a2")
    world.receive(url, 1, VisibilityTimeout=0)
    assert bodies(world.receive(url)) == ["a2"]
    assert bodies(world.receive(dead)) == ["a1"]


def test_messages_that_are_too_old_make_way(world: World) -> None:
    url = fifo(world, MessageRetentionPeriod="60")
    send(world, url, "a1")
    world.receive(url, VisibilityTimeout=3600)
    world.advance(30)
    send(world, url, "a2")
    assert world.receive(url) == []
    world.advance(30)
    assert bodies(world.receive(url)) == ["a2"]


def test_who_waits_is_woken_when_a_group_is_unlocked(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1", "a2")
    (first,) = world.receive(url, 1)
    woken: list[str] = []
    world.do(lambda: world.sqs.on_available(QUEUE, lambda: woken.append("desperto")))
    send(world, url, "a3")
    assert world.do(lambda: world.sqs.lease(QUEUE, 10)) == []
    woken.clear()
    world.delete(url, first["ReceiptHandle"])
    assert woken == ["desperto"]


def test_who_waits_is_woken_when_a_visibility_timeout_is_over(world: World) -> None:
    url = fifo(world, VisibilityTimeout="10")
    send(world, url, "a1", "a2")
    world.receive(url, 1)
    woken: list[str] = []
    world.do(lambda: world.sqs.on_available(QUEUE, lambda: woken.append("desperto")))
    world.advance(9)
    assert woken == []
    world.advance(1)
    assert woken == ["desperto"]


def test_another_delay_counts_for_messages_that_wait_already(world: World) -> None:
    url = fifo(world, DelaySeconds="60")
    send(world, url, "a1")
    world.call("SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "5"})
    world.advance(5)
    assert bodies(world.receive(url)) == ["a1"]


def test_a_restart_keeps_locks_order_and_numbers(tmp_path: Path) -> None:
    with World(tmp_path / "state.db") as world:
        url = fifo(world)
        send(world, url, "a1", "a2", "b1")
        world.receive(url, 1)
        last = world.send(url, "b2", MessageGroupId="b")["SequenceNumber"]
        now = world.clock.now()
    with World(tmp_path / "state.db", start=now) as world:
        assert bodies(world.receive(url)) == ["b1", "b2"]
        assert int(world.send(url, "c1", MessageGroupId="c")["SequenceNumber"]) > int(last)
        world.advance(30)
        assert sorted(bodies(world.receive(url))) == ["a1", "a2", "b1", "b2", "c1"]


# --- deduplication ---------------------------------------------------------------------------------------
def test_an_id_counts_for_five_minutes(world: World) -> None:
    url = fifo(world)
    first = send(world, url, "a1")
    world.advance(299)
    assert send(world, url, "a1") == first
    world.advance(1)
    assert send(world, url, "a1") != first
    assert bodies(world.receive(url)) == ["a1", "a1"]


def test_an_id_of_its_own_goes_before_the_digest(world: World) -> None:
    url = fifo(world)
    world.send(url, "igual", MessageGroupId="g", MessageDeduplicationId="1")
    world.send(url, "igual", MessageGroupId="g", MessageDeduplicationId="2")
    assert bodies(world.receive(url)) == ["igual", "igual"]


def test_a_purge_forgets_what_was_sent(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1")
    world.call("PurgeQueue", QueueUrl=url)
    send(world, url, "a1", "b1")
    assert bodies(world.receive(url)) == ["a1", "b1"]


def test_a_duplicate_is_a_hop_of_its_own_and_no_message(world: World) -> None:
    url = fifo(world)
    (message_id,) = send(world, url, "a1")
    send(world, url, "a1")
    assert len(world.hops.of(HopKind.MESSAGE_SENT)) == 1
    (duplicate,) = world.hops.of(HopKind.API_CALL)
    assert (duplicate.operation, duplicate.detail["duplicate_of"]) == ("SendMessage", message_id)


def test_sequence_numbers_grow(world: World) -> None:
    url = fifo(world)
    numbers = [
        int(world.send(url, body, MessageGroupId="g")["SequenceNumber"]) for body in ("um", "dois", "três")
    ]
    assert numbers == sorted(set(numbers))
    assert {len(str(number)) for number in numbers} == {20}


def test_high_throughput_needs_its_scope(world: World) -> None:
    url = fifo(world)
    change = {"QueueUrl": url, "Attributes": {"FifoThroughputLimit": "perMessageGroupId"}}
    error = world.refused("SetQueueAttributes", **change)
    assert error.code == "InvalidAttributeValue"
    assert "DeduplicationScope is messageGroup" in error.message


# --- attempts --------------------------------------------------------------------------------------------
def attempt(world: World, url: str, identity: str = "tentativa-1", **params: Any) -> list[dict[str, Any]]:
    return world.receive(url, ReceiveRequestAttemptId=identity, AttributeNames=["All"], **params)


def test_an_attempt_that_is_repeated_gets_the_same_messages_and_hides_them_anew(world: World) -> None:
    url = fifo(world, VisibilityTimeout="10")
    send(world, url, "a1", "a2", "b1")
    first = attempt(world, url)
    world.advance(9)
    assert attempt(world, url) == first
    assert attempt(world, url, "outra") == []
    world.advance(9)
    assert world.receive(url) == []
    world.delete(url, first[0]["ReceiptHandle"])


@pytest.mark.parametrize("change", ["delete", "hide"])
def test_not_when_a_message_was_touched_meanwhile(world: World, change: str) -> None:
    url = fifo(world)
    send(world, url, "a1", "a2")
    first, _ = attempt(world, url)
    if change == "delete":
        world.delete(url, first["ReceiptHandle"])
    else:
        world.hide(url, first["ReceiptHandle"], 90)
    assert attempt(world, url) == []


def test_not_when_the_visibility_timeout_is_over(world: World) -> None:
    url = fifo(world, VisibilityTimeout="10")
    send(world, url, "a1")
    (first,) = attempt(world, url)
    world.advance(10)
    (second,) = attempt(world, url)
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"


def test_not_after_five_minutes(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1")
    attempt(world, url, VisibilityTimeout=1000)
    world.advance(300)
    assert attempt(world, url) == []


# --- the rest of the engine ------------------------------------------------------------------------------
def test_a_batch_of_an_event_source_is_of_one_group(world: World) -> None:
    url = fifo(world)
    send(world, url, "a1", "b1", "a2", "b2")
    leases = [world.do(lambda: world.sqs.lease(QUEUE, 10)) for _ in range(3)]
    assert [[message.record["body"] for message in lease] for lease in leases] == [
        ["a1", "a2"],
        ["b1", "b2"],
        [],
    ]
    assert set(leases[0][0].record["attributes"]) >= {
        "MessageGroupId",
        "MessageDeduplicationId",
        "SequenceNumber",
    }
    handles = [message.receipt_handle for message in leases[0]]
    world.do(lambda: world.sqs.give_back(QUEUE, handles[:1], None))
    assert [m.record["body"] for m in world.do(lambda: world.sqs.lease(QUEUE, 10))] == ["a1"]


def test_acknowledging_too_late_deletes_nothing(world: World) -> None:
    url = fifo(world, VisibilityTimeout="5")
    send(world, url, "a1")
    (lease,) = world.do(lambda: world.sqs.lease(QUEUE, 10))
    world.advance(5)
    world.do(lambda: world.sqs.acknowledge(QUEUE, [lease.receipt_handle], None))
    assert bodies(world.receive(url)) == ["a1"]


def test_a_delivery_brings_its_group_and_its_deduplication_id(world: World) -> None:
    url = fifo(world)
    delivery = Delivery(QUEUE, "corpo", None, group_id="g", deduplication_id="d")
    for _ in range(2):
        world.run(lambda: world.sqs.deliver(delivery))
    (message,) = world.receive(url, AttributeNames=["All"])
    assert message["Attributes"]["MessageGroupId"] == "g"
    assert message["Attributes"]["MessageDeduplicationId"] == "d"


def test_the_desk_sends_dead_letters_back_in_their_groups(world: World) -> None:
    fifo(world, "mortas.fifo")
    policy = {"deadLetterTargetArn": str(arn("mortas.fifo")), "maxReceiveCount": 1}
    url = fifo(world, RedrivePolicy=policy)
    send(world, url, "a1", "a2", "b1")
    world.receive(url, VisibilityTimeout=0)
    assert world.receive(url) == []
    desk, dead = MessageDesk(world.sqs), arn("mortas.fifo")
    first, second, third = desk.numbers(dead).values()
    world.do(lambda: desk.redrive(dead, first))
    world.do(lambda: desk.resend(dead, second, body="a2 corrigida"))
    world.do(lambda: desk.drop(dead, third))
    got = world.receive(url, AttributeNames=["All"])
    assert bodies(got) == ["a1", "a2 corrigida"]
    assert {message["Attributes"]["MessageGroupId"] for message in got} == {"a"}
    assert world.sqs.peek(dead) == []
    assert world.receive("mortas.fifo") == []
