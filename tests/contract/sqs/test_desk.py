"""The message desk: redrive, edit and resend, drop; whole whatever happens in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.services.sqs.desk import MessageDesk, RefusedMoveError
from tests.contract.sqs.harness import World, arn, bodies

DEAD = arn("reserva-dlq")


def give_up(world: World, url: str, *texts: str) -> None:
    """Sends messages and lets each become a dead letter."""
    for text in texts:
        world.send(url, text, MessageAttributes={"cor": {"DataType": "String", "StringValue": "azul"}})
    while world.receive(url, VisibilityTimeout=0):
        pass


@pytest.fixture
def queues(world: World) -> tuple[str, str]:
    return world.with_dead_letters(1)


@pytest.fixture
def desk(world: World) -> MessageDesk:
    return MessageDesk(world.sqs)


def only(desk: MessageDesk, world: World) -> int:
    (number,) = world.do(lambda: desk.numbers(DEAD)).values()
    return number


def test_a_redriven_message_is_a_new_one_in_its_source(
    world: World, queues: tuple[str, str], desk: MessageDesk
) -> None:
    url, dead = queues
    give_up(world, url, "corpo")
    (was,) = world.do(lambda: desk.numbers(DEAD))
    world.advance(100)
    number = only(desk, world)
    sent = world.do(lambda: desk.redrive(DEAD, number))
    assert (sent.queue, sent.was, sent.changed) == (arn(), was, ())
    assert sent.message_id != was
    assert world.depth(dead) == (0, 0, 0)
    (message,) = world.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert (message["Body"], message["MessageId"]) == ("corpo", sent.message_id)
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["SentTimestamp"] == str(int(world.clock.now() * 1000))
    assert "DeadLetterQueueSourceArn" not in message["Attributes"]
    assert message["MessageAttributes"]["cor"]["StringValue"] == "azul"


def test_both_lives_are_one_chain_of_hops(world: World, queues: tuple[str, str], desk: MessageDesk) -> None:
    url, _ = queues
    give_up(world, url, "corpo")
    number = only(desk, world)
    sent = world.do(lambda: desk.redrive(DEAD, number))
    (dead,) = world.hops.of(HopKind.DEAD_LETTERED)
    (redriven,) = world.hops.of(HopKind.REDRIVEN)
    anew = world.hops.of(HopKind.MESSAGE_SENT)[-1]
    assert (redriven.cause, redriven.message_id, redriven.resource) == (dead.id, sent.was, str(arn()))
    assert redriven.detail == {"source": str(DEAD), "original_id": sent.was}
    assert (anew.cause, anew.message_id) == (redriven.id, sent.message_id)


def test_an_edit_is_told(world: World, queues: tuple[str, str], desk: MessageDesk) -> None:
    url, _ = queues
    give_up(world, url, "errado")
    number = only(desk, world)
    attributes = {"tom": {"DataType": "String", "StringValue": "claro"}}
    sent = world.do(lambda: desk.resend(DEAD, number, "certo", attributes))
    assert sent.changed == ("body", "attributes")
    (redriven,) = world.hops.of(HopKind.REDRIVEN)
    assert redriven.detail["changed"] == ["body", "attributes"]
    assert redriven.detail["original_id"] == sent.was
    (message,) = world.receive(url, MessageAttributeNames=["All"])
    assert (message["Body"], list(message["MessageAttributes"])) == ("certo", ["tom"])


def test_an_edit_that_changes_nothing_says_so(
    world: World, queues: tuple[str, str], desk: MessageDesk
) -> None:
    url, _ = queues
    give_up(world, url, "igual")
    number = only(desk, world)
    assert world.do(lambda: desk.resend(DEAD, number, "igual")).changed == ()


def test_a_resent_message_can_be_delayed(world: World, queues: tuple[str, str], desk: MessageDesk) -> None:
    url, _ = queues
    give_up(world, url, "corpo")
    number = only(desk, world)
    world.do(lambda: desk.resend(DEAD, number, delay=30))
    assert world.depth(url) == (0, 0, 1)


def test_a_redrive_wakes_who_waits(world: World, queues: tuple[str, str], desk: MessageDesk) -> None:
    url, _ = queues
    give_up(world, url, "corpo")
    woken: list[str] = []
    world.do(lambda: world.sqs.on_available(arn(), lambda: woken.append("woken")))
    number = only(desk, world)
    world.do(lambda: desk.redrive(DEAD, number))
    assert woken == ["woken"]


def test_a_refused_edit_leaves_the_message_where_it_is(
    world: World, queues: tuple[str, str], desk: MessageDesk
) -> None:
    url, dead = queues
    give_up(world, url, "corpo")
    number = only(desk, world)
    with pytest.raises(RefusedMoveError, match="reserva refuses it"):
        world.do(lambda: desk.resend(DEAD, number, "\x00"))
    assert world.depth(dead) == (1, 0, 0)
    assert world.depth(url) == (0, 0, 0)
    assert not world.hops.of(HopKind.REDRIVEN)


def test_a_message_that_somebody_holds_stays(
    world: World, queues: tuple[str, str], desk: MessageDesk
) -> None:
    url, dead = queues
    give_up(world, url, "corpo")
    number = only(desk, world)
    world.receive(dead, VisibilityTimeout=20)
    for act in (desk.redrive, desk.drop):
        with pytest.raises(RefusedMoveError, match="visible again in 20 s"):
            world.do(lambda act=act: act(DEAD, number))  # type: ignore[misc]
    world.advance(20)
    world.do(lambda: desk.redrive(DEAD, number))
    assert world.depth(url) == (1, 0, 0)


def test_a_message_that_is_gone_is_refused(world: World, queues: tuple[str, str], desk: MessageDesk) -> None:
    url, _ = queues
    give_up(world, url, "corpo")
    number = only(desk, world)
    world.do(lambda: desk.redrive(DEAD, number))
    with pytest.raises(RefusedMoveError, match="not in the queue"):
        world.do(lambda: desk.redrive(DEAD, number))
    assert world.depth(url) == (1, 0, 0)


def test_a_source_that_is_gone_is_refused(world: World, queues: tuple[str, str], desk: MessageDesk) -> None:
    url, dead = queues
    give_up(world, url, "corpo")
    number = only(desk, world)
    world.call("DeleteQueue", QueueUrl=url)
    with pytest.raises(RefusedMoveError, match="does not exist any more"):
        world.do(lambda: desk.redrive(DEAD, number))
    assert world.depth(dead) == (1, 0, 0)


def test_what_was_sent_to_a_dead_letter_queue_goes_to_its_only_source(
    world: World, queues: tuple[str, str], desk: MessageDesk
) -> None:
    url, dead = queues
    world.send(dead, "de fora")
    number = only(desk, world)
    world.do(lambda: desk.redrive(DEAD, number))
    assert bodies(world.receive(url)) == ["de fora"]


def test_what_was_sent_to_a_queue_of_no_other_has_nowhere_to_go(world: World, desk: MessageDesk) -> None:
    world.send(world.queue(), "corpo")
    (number,) = world.do(lambda: desk.numbers(arn())).values()
    with pytest.raises(RefusedMoveError, match="no queue sends dead letters here"):
        world.do(lambda: desk.redrive(arn(), number))


def test_a_dropped_message_is_gone(world: World, queues: tuple[str, str], desk: MessageDesk) -> None:
    url, dead = queues
    give_up(world, url, "corpo")
    number = only(desk, world)
    message_id = world.do(lambda: desk.drop(DEAD, number))
    assert world.depth(dead) == (0, 0, 0)
    (deleted,) = world.hops.of(HopKind.MESSAGE_DELETED)
    assert (deleted.message_id, deleted.resource) == (message_id, str(DEAD))


def test_messages_are_numbered_in_order_of_sending(
    world: World, queues: tuple[str, str], desk: MessageDesk
) -> None:
    url, _ = queues
    give_up(world, url, "a", "b", "c")
    everything = world.do(lambda: desk.numbers(DEAD))
    last = list(everything)[-1]
    assert len(everything) == 3
    assert world.do(lambda: desk.numbers(DEAD, [last, "nobody"])) == {last: everything[last]}
    with pytest.raises(AwsError, match="QueueDoesNotExist"):
        world.do(lambda: desk.numbers(arn("nobody")))


def test_a_redrive_that_breaks_half_way_loses_and_doubles_nothing(
    world: World, queues: tuple[str, str], desk: MessageDesk
) -> None:
    url, dead = queues
    give_up(world, url, "a", "b")
    first, second = world.do(lambda: desk.numbers(DEAD)).values()
    world.do(lambda: desk.redrive(DEAD, first))
    world.database.define(
        "CREATE TRIGGER full BEFORE INSERT ON sqs_messages BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
    )
    with pytest.raises(Exception, match="disk is full"):
        world.do(lambda: desk.redrive(DEAD, second))
    world.database.define("DROP TRIGGER full")
    assert (world.depth(url), world.depth(dead)) == ((1, 0, 0), (1, 0, 0))
    world.do(lambda: desk.redrive(DEAD, second))
    assert sorted(bodies(world.receive(url))) == ["a", "b"]


def test_what_was_redriven_before_a_restart_stays_redriven(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with World(path) as world:
        url, _ = world.with_dead_letters(1)
        give_up(world, url, "a", "b", "c")
        desk = MessageDesk(world.sqs)
        first, *_ = world.do(lambda: desk.numbers(DEAD)).values()
        world.do(lambda: desk.redrive(DEAD, first))
    with World(path) as world:
        desk = MessageDesk(world.sqs)
        for number in world.do(lambda: desk.numbers(DEAD)).values():
            world.do(lambda number=number: desk.redrive(DEAD, number))  # type: ignore[misc]
        url = f"http://127.0.0.1:4566/000000000000/{arn().resource}"
        assert sorted(bodies(world.receive(url))) == ["a", "b", "c"]
        assert not world.do(lambda: desk.numbers(DEAD))


def test_a_letter_that_no_queue_gave_up_goes_to_its_target_as_it_is_told(
    world: World, desk: MessageDesk
) -> None:
    url, dead = world.queue("alvo"), world.queue("cartas")
    world.send(dead, "carta", MessageAttributes={"ERRO": {"DataType": "String", "StringValue": "x"}})
    (was, number), *_ = world.do(lambda: desk.numbers(arn("cartas"))).items()
    sent = world.do(lambda: desk.hand_over(arn("cartas"), number, arn("alvo"), "evento", {}))
    assert (sent.queue, sent.was) == (arn("alvo"), was)
    (message,) = world.receive(url, MessageAttributeNames=["All"])
    assert (message["Body"], message.get("MessageAttributes")) == ("evento", None)
    assert world.depth(dead) == (0, 0, 0)
    (redriven,) = world.hops.of(HopKind.REDRIVEN)
    assert world.hops.of(HopKind.MESSAGE_SENT)[-1].cause == redriven.id


def test_a_letter_goes_to_a_message_group(world: World, desk: MessageDesk) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url, dead = world.queue("alvo.fifo", **attributes), world.queue("cartas")
    world.send(dead, "carta")
    (number,) = world.do(lambda: desk.numbers(arn("cartas"))).values()
    to = arn("alvo.fifo")
    with pytest.raises(RefusedMoveError, match="MessageGroupId"):
        world.do(lambda: desk.hand_over(arn("cartas"), number, to, "evento", {}))
    assert world.depth(dead) == (1, 0, 0)
    world.do(lambda: desk.hand_over(arn("cartas"), number, to, "evento", {}, group="g"))
    (message,) = world.receive(url, AttributeNames=["All"])
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_letter_that_is_handed_over_half_way_is_lost_and_doubled_nowhere(
    world: World, desk: MessageDesk
) -> None:
    url, dead = world.queue("alvo"), world.queue("cartas")
    world.send(dead, "carta")
    (number,) = world.do(lambda: desk.numbers(arn("cartas"))).values()
    world.database.define(
        "CREATE TRIGGER full BEFORE INSERT ON sqs_messages BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
    )
    with pytest.raises(Exception, match="disk is full"):
        world.do(lambda: desk.hand_over(arn("cartas"), number, arn("alvo"), "evento", {}))
    world.database.define("DROP TRIGGER full")
    assert (world.depth(url), world.depth(dead)) == ((0, 0, 0), (1, 0, 0))
    with pytest.raises(RefusedMoveError, match="there is no queue nenhuma"):
        world.do(lambda: desk.hand_over(arn("cartas"), number, arn("nenhuma"), "evento", {}))
    assert world.depth(dead) == (1, 0, 0)


def test_a_letter_leaves_with_what_takes_it_and_stays_with_what_refuses(
    world: World, desk: MessageDesk
) -> None:
    cards, taken = arn("cartas"), list[str]()
    dead = world.queue("cartas")
    world.send(dead, "carta")
    ((was, number),) = world.do(lambda: desk.numbers(cards)).items()

    def refuse() -> None:
        raise AwsError("ResourceNotFoundException", "Function not found")

    with pytest.raises(AwsError, match="Function not found"):
        world.do(lambda: desk.give(cards, number, refuse))
    assert world.depth(dead) == (1, 0, 0)
    assert not world.hops.of(HopKind.MESSAGE_DELETED)
    world.receive(dead, VisibilityTimeout=20)
    with pytest.raises(RefusedMoveError, match="somebody has received it"):
        world.do(lambda: desk.give(cards, number, lambda: taken.append("held")))
    world.advance(20)
    assert world.do(lambda: desk.give(cards, number, lambda: taken.append("free"))) == was
    assert (taken, world.depth(dead)) == (["free"], (0, 0, 0))
