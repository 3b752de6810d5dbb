"""Messages that come late, damaged, twice or in another order, because a fault says so."""

from __future__ import annotations

import hashlib

from sandbox.model.hops import HopKind
from sandbox.model.ports import LeasedMessage
from tests.contract.sqs.harness import World, arn, bodies


def plan(world: World, kind: str, settings: dict[str, object] | None = None, **when: int) -> None:
    world.do(lambda: world.faults.add(kind, {"queue": "reserva"}, settings or {}, **when))


def test_a_duplicate_has_the_same_id_and_outlives_the_deletion_of_the_first(world: World) -> None:
    url = world.queue()
    plan(world, "duplicate", {"after": 5})
    sent = world.send(url, "corpo")
    (first,) = world.receive(url, AttributeNames=["All"])
    world.delete(url, first["ReceiptHandle"])
    assert world.receive(url) == []
    world.advance(5)
    (second,) = world.receive(url, AttributeNames=["All"])
    assert second["MessageId"] == first["MessageId"] == sent["MessageId"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "1"
    world.delete(url, second["ReceiptHandle"])
    assert world.depth(url) == (0, 0, 0)


def test_a_duplicate_is_duplicated_as_long_as_the_fault_strikes(world: World) -> None:
    url = world.queue()
    plan(world, "duplicate", {"after": 0}, times=3)
    world.send(url, "corpo")
    came = 0
    while messages := world.receive(url):
        came += len(messages)
    assert came == 4


def test_a_duplicate_wakes_who_waits(world: World) -> None:
    url = world.queue()
    leased: list[LeasedMessage] = []
    world.do(lambda: world.sqs.on_available(arn(), lambda: leased.extend(world.sqs.lease(arn(), 10))))
    plan(world, "duplicate", {"after": 1})
    world.send(url, "corpo")
    assert len(leased) == 1
    world.advance(1)
    assert len(leased) == 2


def test_the_way_of_a_duplicate_leads_over_the_fault(world: World) -> None:
    url = world.queue()
    plan(world, "duplicate", {"after": 0})
    world.send(url, "corpo")
    world.receive(url)
    world.receive(url)
    (fault,) = world.hops.of(HopKind.FAULT_INJECTED)
    first, second = world.hops.of(HopKind.MESSAGE_RECEIVED)
    assert fault.cause == first.id
    assert second.cause == fault.id


def test_a_delayed_message_is_overtaken(world: World) -> None:
    url = world.queue()
    plan(world, "delay", {"seconds": 30})
    world.send(url, "primeiro")
    world.send(url, "segundo")
    (second,) = world.receive(url)
    assert second["Body"] == "segundo"
    world.delete(url, second["ReceiptHandle"])
    world.advance(30)
    assert bodies(world.receive(url)) == ["primeiro"]


def test_messages_that_are_visible_together_come_in_another_order(world: World) -> None:
    def received(seed: int) -> list[str]:
        plan(world, "reorder", seed=seed)
        found = bodies(world.receive(url, VisibilityTimeout=0))
        assert sorted(found) == sent
        return found

    url = world.queue()
    sent = [f"{number}" for number in range(6)]
    for body in sent:
        world.send(url, body)
    assert received(1) == received(1) != sent
    assert received(2) != sent


def test_a_message_that_is_alone_has_no_order(world: World) -> None:
    url = world.queue()
    plan(world, "reorder")
    world.send(url, "corpo")
    assert bodies(world.receive(url)) == ["corpo"]
    assert world.hops.of(HopKind.FAULT_INJECTED) == []


def test_reordering_reaches_beyond_one_receive(world: World) -> None:
    url = world.queue()
    for number in range(20):
        world.send(url, f"{number:02}")
    plan(world, "reorder")
    assert bodies(world.receive(url, limit=3)) != ["00", "01", "02"]


def test_poison_keeps_the_promise_to_its_sender_and_breaks_that_to_its_receiver(world: World) -> None:
    url = world.queue()
    plan(world, "poison", times=1)
    sent = world.send(url, '{"nota": 1}')
    assert sent["MD5OfMessageBody"] == hashlib.md5(b'{"nota": 1}').hexdigest()
    (message,) = world.receive(url)
    assert message["Body"] == '{"not'
    assert message["MD5OfBody"] == hashlib.md5(b'{"not').hexdigest()
    plan(world, "poison", {"body": "veneno"})
    world.send(url, "corpo")
    assert bodies(world.receive(url)) == ["veneno"]


def test_other_queues_are_left_alone(world: World) -> None:
    other = world.queue("outra")
    plan(world, "poison")
    plan(world, "duplicate", {"after": 0})
    world.send(other, "corpo")
    assert bodies(world.receive(other)) == ["corpo"]
    assert world.receive(other) == []
