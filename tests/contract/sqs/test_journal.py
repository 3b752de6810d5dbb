"""The hops of a message are one chain, from the send to its end."""

from __future__ import annotations

from sandbox.model.call import Caller
from sandbox.model.hops import HopKind
from tests.contract.sqs.harness import World, arn


def test_send_receive_delete_is_one_chain(world: World) -> None:
    url = world.queue()
    world.caller = Caller(hop=world.hops.reserve())
    sent = world.send(url, '{"notaFiscalId": 7}', trace="Root=1-2-3")
    world.advance(2)
    (message,) = world.receive(url)
    world.delete(url, message["ReceiptHandle"])
    first, second, third = world.hops.hops
    assert (first.kind, first.cause, first.payload) == (
        HopKind.MESSAGE_SENT,
        world.caller.hop,
        '{"notaFiscalId": 7}',
    )
    assert (first.resource, first.message_id, first.trace) == (str(arn()), sent["MessageId"], "Root=1-2-3")
    assert (second.kind, second.cause) == (HopKind.MESSAGE_RECEIVED, first.id)
    assert second.detail == {"receive_count": 1, "waited_ms": 2000}
    assert (third.kind, third.cause) == (HopKind.MESSAGE_DELETED, second.id)
    assert [link.cause for link in third.links] == [world.caller.hop]


def test_a_send_outside_of_any_flow_has_no_cause(world: World) -> None:
    url = world.queue()
    world.send(url)
    assert world.hops.hops[0].cause is None


def test_lapsed_and_given_back_are_returns(world: World) -> None:
    url = world.queue()
    world.send(url)
    world.receive(url)
    world.advance(30)
    (message,) = world.receive(url)
    world.hide(url, message["ReceiptHandle"], 0)
    world.receive(url)
    assert world.hops.kinds() == [
        HopKind.MESSAGE_SENT,
        HopKind.MESSAGE_RECEIVED,
        HopKind.MESSAGE_RETURNED,
        HopKind.MESSAGE_RECEIVED,
        HopKind.MESSAGE_RETURNED,
        HopKind.MESSAGE_RECEIVED,
    ]
    hops = world.hops.hops
    assert [hop.cause for hop in hops[1:]] == [hop.id for hop in hops[:-1]]
    assert [hop.detail["why"] for hop in world.hops.of(HopKind.MESSAGE_RETURNED)] == [
        "visibility timeout lapsed",
        "given back",
    ]


def test_a_dead_letter_goes_on_from_its_last_receive(world: World) -> None:
    url, dead = world.with_dead_letters(1)
    world.send(url)
    world.receive(url)
    world.advance(30)
    world.receive(url)
    world.receive(dead)
    _, received, moved, again = world.hops.hops
    assert (moved.kind, moved.cause, moved.resource) == (
        HopKind.DEAD_LETTERED,
        received.id,
        str(arn("reserva-dlq")),
    )
    assert moved.detail == {"source": str(arn()), "receive_count": 1}
    assert (again.kind, again.cause) == (HopKind.MESSAGE_RECEIVED, moved.id)


def test_what_fails_or_does_nothing_records_nothing(world: World) -> None:
    url = world.queue()
    world.refused("SendMessage", QueueUrl=url, MessageBody="")
    world.receive(url)
    world.send(url)
    (message,) = world.receive(url)
    world.delete(url, message["ReceiptHandle"])
    world.delete(url, message["ReceiptHandle"])
    assert len(world.hops.of(HopKind.MESSAGE_DELETED)) == 1
    assert len(world.hops.hops) == 3


def test_each_message_of_a_batch_has_its_own_hop(world: World) -> None:
    url = world.queue()
    entries = [{"Id": str(number), "MessageBody": "x"} for number in range(3)]
    world.call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert len({hop.id for hop in world.hops.of(HopKind.MESSAGE_SENT)}) == 3
