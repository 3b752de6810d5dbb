"""Long polls and subscribers: woken by what arrives, in turn, and nothing is lost when one goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.model.awserror import AwsError
from tests.contract.sqs.harness import World, arn, bodies

Task = asyncio.Task[dict[str, Any]]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def poll(world: World, url: str, wait: int | None = 20, limit: int = 1, **params: Any) -> Task:
    if wait is not None:
        params["WaitTimeSeconds"] = wait
    params |= {"QueueUrl": url, "MaxNumberOfMessages": limit}
    return asyncio.get_running_loop().create_task(world.sqs.call("ReceiveMessage", world.context(), params))


async def send(world: World, url: str, body: str, **params: Any) -> None:
    await world.sqs.call("SendMessage", world.context(), {"QueueUrl": url, "MessageBody": body, **params})


def during(world: World, work: Callable[[], Awaitable[None]]) -> None:
    world.run(work)
    assert world.clock.pending() == [] or all(timer.kind == "expiry" for timer in world.clock.pending())


def test_a_send_wakes_a_long_poll(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        waiting = poll(world, url)
        await turns()
        assert not waiting.done()
        await send(world, url, "oi")
        assert bodies((await waiting)["Messages"]) == ["oi"]

    during(world, work)


def test_a_long_poll_ends_empty_at_its_virtual_deadline(world: World) -> None:
    url = world.queue(ReceiveMessageWaitTimeSeconds="5")

    async def work() -> None:
        by_queue, own = poll(world, url, None), poll(world, url, 8)
        await turns()
        await world.clock.advance(5)
        assert await by_queue == {}
        assert not own.done()
        await world.clock.advance(3)
        assert await own == {}

    during(world, work)


def test_the_request_can_ask_not_to_wait_though_the_queue_would(world: World) -> None:
    url = world.queue(ReceiveMessageWaitTimeSeconds="5")
    assert world.receive(url, WaitTimeSeconds=0) == []


def test_one_message_wakes_one_poll_in_turn(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        first, second, third = (poll(world, url) for _ in range(3))
        await turns()
        await send(world, url, "1")
        await turns()
        assert (first.done(), second.done(), third.done()) == (True, False, False)
        await send(world, url, "2")
        await send(world, url, "3")
        assert bodies((await second)["Messages"]) == ["2"]
        assert bodies((await third)["Messages"]) == ["3"]

    during(world, work)


def test_those_who_found_nothing_keep_their_place(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        greedy = poll(world, url, limit=10)
        await turns()
        second, third = poll(world, url), poll(world, url)
        await turns()
        for body in "abc":
            await send(world, url, body)
        assert bodies((await greedy)["Messages"]) == ["a", "b", "c"]
        await turns()
        await send(world, url, "d")
        await turns()
        assert (second.done(), third.done()) == (True, False)
        third.cancel()
        await turns()

    during(world, work)


def test_a_poll_that_is_cancelled_when_called_passes_the_call_on(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        first, second = poll(world, url), poll(world, url)
        await turns()
        await send(world, url, "oi")
        first.cancel()
        assert bodies((await second)["Messages"]) == ["oi"]
        assert first.cancelled()

    during(world, work)


def test_one_batch_serves_the_whole_line(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        polls = [poll(world, url) for _ in range(3)]
        await turns()
        entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(3)]
        await world.sqs.call("SendMessageBatch", world.context(), {"QueueUrl": url, "Entries": entries})
        assert [bodies((await waiting)["Messages"]) for waiting in polls] == [["0"], ["1"], ["2"]]

    during(world, work)


def test_a_delay_and_a_visibility_timeout_wake_a_long_poll(world: World) -> None:
    url = world.queue(VisibilityTimeout="4")

    async def work() -> None:
        await send(world, url, "demorada", DelaySeconds=3)
        waiting = poll(world, url)
        await turns()
        await world.clock.advance(3)
        assert bodies((await waiting)["Messages"]) == ["demorada"]
        again = poll(world, url)
        await turns()
        await world.clock.advance(4)
        (message,) = (await again)["Messages"]
        params = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        at_once = poll(world, url)
        await turns()
        await world.sqs.call("ChangeMessageVisibility", world.context(), params)
        assert bodies((await at_once)["Messages"]) == ["demorada"]

    during(world, work)


def test_an_extended_timeout_moves_the_wake_up(world: World) -> None:
    url = world.queue(VisibilityTimeout="4")

    async def work() -> None:
        await send(world, url, "oi")
        (message,) = (await poll(world, url, 0))["Messages"]
        waiting = poll(world, url)
        await turns()
        params = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 10}
        await world.sqs.call("ChangeMessageVisibility", world.context(), params)
        assert [
            timer.when - world.clock.now() for timer in world.clock.pending() if timer.kind == "work"
        ] == [10]
        await world.clock.advance(9)
        assert not waiting.done()
        await world.clock.advance(1)
        assert bodies((await waiting)["Messages"]) == ["oi"]

    during(world, work)


def test_a_dead_letter_wakes_who_waits_at_its_queue(world: World) -> None:
    url, dead = world.with_dead_letters(1, VisibilityTimeout="10")
    world.send(url, "venenosa")
    world.receive(url)

    async def work() -> None:
        # The poll at the source makes the move when the timeout lapses, and finds nothing for itself.
        source, waiting = poll(world, url), poll(world, dead)
        await turns()
        await world.clock.advance(10)
        assert bodies((await waiting)["Messages"]) == ["venenosa"]
        assert not source.done()
        await world.clock.advance(10)
        assert await source == {}

    during(world, work)


def test_deleting_the_queue_ends_its_polls(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        waiting = poll(world, url)
        await turns()
        await world.sqs.call("DeleteQueue", world.context(), {"QueueUrl": url})
        outcome = (await asyncio.gather(waiting, return_exceptions=True))[0]
        assert isinstance(outcome, AwsError)
        assert outcome.code == "QueueDoesNotExist"

    during(world, work)


def test_stopping_sends_everybody_home(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        waiting = poll(world, url)
        await turns()
        await world.sqs.stop()
        assert await waiting == {}

    during(world, work)
    assert world.clock.pending() == []


def test_a_subscriber_hears_of_every_arrival_until_it_ends(world: World) -> None:
    url = world.queue(VisibilityTimeout="4")
    heard: list[float] = []

    async def work() -> None:
        end = world.sqs.on_available(arn(), lambda: heard.append(world.clock.now()))
        start = world.clock.now()
        await send(world, url, "agora")
        await send(world, url, "depois", DelaySeconds=2)
        assert len(world.sqs.lease(arn(), 10)) == 1
        await world.clock.advance(10)
        assert [when - start for when in heard] == [0, 2, 4]
        end()
        await send(world, url, "surda")
        assert len(heard) == 3

    during(world, work)


def test_no_timer_is_left_when_what_was_in_flight_is_deleted(world: World) -> None:
    url = world.queue()

    async def work() -> None:
        end = world.sqs.on_available(arn(), lambda: None)
        for body in "ab":
            await send(world, url, body)
        leased = world.sqs.lease(arn(), 10)
        assert [timer for timer in world.clock.pending() if timer.kind == "work"]
        world.sqs.acknowledge(arn(), [message.receipt_handle for message in leased], None)
        assert not [timer for timer in world.clock.pending() if timer.kind == "work"]
        end()

    during(world, work)


def test_an_idle_queue_has_no_timer(world: World) -> None:
    url = world.queue()
    world.send(url, DelaySeconds=5)
    world.send(url)
    world.receive(url)
    assert {timer.kind.value for timer in world.clock.pending()} == {"expiry"}
