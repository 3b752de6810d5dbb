"""Queues feeding functions: batches, failures, throttling, windows, scaling, stopping."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind, Link, LinkKind
from sandbox.model.lambda_trace import without_lineage
from tests.contract.lambda_.fakes import Failure
from tests.contract.lambda_.harness import World, bodies

TRACE = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"


def fail(event: Any) -> None:
    raise Failure("sem estoque")


def names(count: int, first: int = 1) -> list[str]:
    return [f"n{number}" for number in range(first, first + count)]


def seen(world: World) -> Sequence[list[str]]:
    """Bodies of each batch, in the order in which functions got them."""
    return [bodies(event) for event in world.executor.events]


def test_messages_are_handed_over_and_deleted(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue)["UUID"]
    world.send(queue, "a", "b")
    (event,) = world.executor.events
    assert bodies(event) == ["a", "b"]
    assert event["Records"][0]["eventSource"] == "aws:sqs"
    assert world.queues.left(queue) == []
    assert world.call("GetEventSourceMapping", UUID=uuid)["LastProcessingResult"] == "OK"
    assert world.service.running == 0


def test_messages_that_were_there_before_are_taken(world: World) -> None:
    world.function()
    queue = world.queue()
    world.send(queue, *names(12))
    world.mapping(queue)
    assert seen(world) == [names(10), names(2, 11)]
    assert world.queues.left(queue) == []


def test_an_invocation_is_caused_by_every_message_of_its_batch(world: World) -> None:
    world.function()
    queue = world.queue()
    mapping = world.mapping(queue)
    world.send(queue, "a", "b", "c", trace=TRACE)
    sent = world.hops.of(HopKind.MESSAGE_SENT)
    (start,) = world.hops.of(HopKind.INVOKE_START)
    assert start.cause == sent[0].id
    assert start.links == tuple(Link(hop.id, LinkKind.BATCH) for hop in sent[1:])
    assert start.trace == TRACE
    assert without_lineage(world.executor.requests[0][1].trace) == TRACE
    assert mapping["UUID"]


@pytest.mark.parametrize("partial", [False, True])
def test_a_failed_batch_comes_again_after_the_visibility_timeout(world: World, partial: bool) -> None:
    world.function()
    queue = world.queue(visible=90)
    types = ["ReportBatchItemFailures"] if partial else []
    uuid = world.mapping(queue, FunctionResponseTypes=types)["UUID"]
    world.executor.handlers["estoque"] = fail
    world.send(queue, "a", "b")
    world.advance(89)
    assert len(world.executor.requests) == 1
    last = world.call("GetEventSourceMapping", UUID=uuid)["LastProcessingResult"]
    assert last == "PROBLEM: Function call failed"
    del world.executor.handlers["estoque"]
    world.advance(1)
    assert seen(world) == [["a", "b"], ["a", "b"]]
    assert world.queues.left(queue) == []
    assert world.queues.returned == []


def test_only_failed_items_come_again(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, FunctionResponseTypes=["ReportBatchItemFailures"])

    def second_fails(event: Any) -> Any:
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "b"]
        return {"batchItemFailures": [{"itemIdentifier": item} for item in failed]}

    world.executor.handlers["estoque"] = second_fails
    world.send(queue, "a", "b", "c")
    assert world.queues.left(queue) == ["b"]
    world.advance(30)
    assert seen(world) == [["a", "b", "c"], ["b"]]


def test_answers_mean_nothing_without_report_batch_item_failures(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue)
    world.executor.handlers["estoque"] = lambda event: {
        "batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]
    }
    world.send(queue, "a", "b")
    assert world.queues.left(queue) == []


@pytest.mark.parametrize("answer", ["feito", {"batchItemFailures": [{"itemIdentifier": "de outro"}]}])
def test_an_answer_that_makes_no_sense_fails_the_batch(world: World, answer: Any) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.executor.handlers["estoque"] = lambda event: answer
    world.send(queue, "a", "b")
    assert world.queues.left(queue) == ["a", "b"]


def test_batches_are_as_large_as_the_mapping_says(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=1)
    world.send(queue, *names(3))
    assert seen(world) == [["n1"], ["n2"], ["n3"]]


def test_a_batch_above_the_payload_limit_is_handed_over_in_parts(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=10)
    large = "x" * 1_000_000
    world.send(queue, *(large for _ in range(8)))
    assert [len(batch) for batch in seen(world)] == [6, 2]
    assert all(len(request.event) <= 6_291_456 for _, request in world.executor.requests)
    assert world.queues.leases == [8]
    assert world.queues.left(queue) == []


# --- concurrency -----------------------------------------------------------------------------------------
def test_it_begins_with_five_batches_and_grows_while_messages_wait(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=1)
    world.executor.hold("estoque")
    world.send(queue, *names(40))
    assert world.executor.running == 5
    world.executor.release("estoque")
    world.settle()
    assert world.queues.left(queue) == []


def test_it_grows_beyond_five_and_falls_back_when_the_function_fails(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=1)
    world.executor.hold("estoque")
    world.send(queue, *names(60))
    for running in (10, 20):
        world.executor.next_gate("estoque")
        world.settle()
        assert world.executor.running == running
    world.executor.handlers["estoque"] = fail
    world.executor.next_gate("estoque")
    world.settle()
    assert world.executor.running == 5


def test_maximum_concurrency_bounds_the_batches(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    world.executor.hold("estoque")
    world.send(queue, *names(9))
    assert world.executor.running == 2
    assert world.queues.leases == [1, 1]
    world.executor.release("estoque")
    world.settle()
    assert world.executor.most == 2
    assert world.queues.left(queue) == []


def test_throttling_costs_no_receive(world: World) -> None:
    world.function()
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=1)
    queue = world.queue()
    world.mapping(queue, BatchSize=1)
    world.executor.hold("estoque")
    blocking = world.begin_invoke()
    world.send(queue, "a", "b")
    world.advance(3600)
    assert world.queues.receives(queue) == {"a": 0, "b": 0}
    assert world.hops.of(HopKind.INVOKE_THROTTLED) == []
    world.executor.release("estoque")
    world.settle()
    assert blocking.done()
    assert world.queues.left(queue) == []
    assert world.queues.leases == [1, 1]
    assert world.executor.most == 1


def test_raising_the_reservation_wakes_the_mapping(world: World) -> None:
    world.function()
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=0)
    queue = world.queue()
    world.mapping(queue)
    world.send(queue, "a")
    assert world.executor.requests == []
    world.call("DeleteFunctionConcurrency", FunctionName="estoque")
    assert seen(world) == [["a"]]


def test_mappings_share_what_concurrency_there_is(tmp_path: Path) -> None:
    with World(tmp_path, concurrency=1) as world:
        first, second = world.queue(), world.queue("faturamento-confirmacao")
        for name, queue in (("estoque", first), ("faturamento", second)):
            world.function(name)
            world.mapping(queue, name, BatchSize=1)
            world.executor.hold(name)
        world.send(first, "a1", "a2", "a3")
        world.send(second, "b1", "b2", "b3")
        for _ in range(6):
            for name in ("estoque", "faturamento"):
                world.executor.next_gate(name)
            world.settle()
        assert world.executor.most == 1
        order = [batch[0] for batch in seen(world)]
        assert order == ["a1", "a2", "b1", "a3", "b2", "b3"]


# --- batching windows ------------------------------------------------------------------------------------
def test_a_window_gathers_messages(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=100, MaximumBatchingWindowInSeconds=5)
    world.send(queue, "a")
    world.advance(3)
    world.send(queue, "b")
    world.advance(1.9)
    assert world.executor.requests == []
    world.advance(0.1)
    assert seen(world) == [["a", "b"]]
    world.send(queue, "c")
    world.advance(4.9)
    assert len(world.executor.requests) == 1
    world.advance(0.1)
    assert seen(world) == [["a", "b"], ["c"]]
    assert world.queues.left(queue) == []


def test_a_full_batch_does_not_wait_for_its_window(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    world.send(queue, *names(7))
    assert seen(world) == [["n1", "n2", "n3"], ["n4", "n5", "n6"]]
    assert world.queues.left(queue) == ["n7"]


def test_messages_come_one_by_one_to_a_full_batch(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue, BatchSize=3, MaximumBatchingWindowInSeconds=20)
    for name in names(5):
        world.send(queue, name)
    assert seen(world) == [["n1", "n2", "n3"]]
    # The window of the second batch begins with its first message, not with that of the batch before.
    world.advance(19.9)
    assert len(seen(world)) == 1
    world.advance(0.1)
    assert seen(world)[1:] == [["n4", "n5"]]


def test_what_was_gathered_too_long_ago_is_left_to_the_queue(world: World) -> None:
    world.function()
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=1)
    queue = world.queue(visible=30)
    world.mapping(queue, BatchSize=10, MaximumBatchingWindowInSeconds=20)
    world.send(queue, "a")
    world.executor.hold("estoque")
    world.begin_invoke()
    world.advance(40)
    world.executor.release("estoque")
    world.settle()
    # Gathered at 0, back in the queue at 30, leased anew at 40: handed over once.
    assert len(world.executor.requests) == 2
    assert bodies(world.executor.events[-1]) == ["a"]
    assert world.queues.acknowledged[0].endswith("/2")
    assert world.queues.left(queue) == []


# --- what goes away, and comes back ----------------------------------------------------------------------
def test_a_disabled_mapping_leases_nothing(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue, Enabled=False)["UUID"]
    world.send(queue, "a")
    assert world.queues.leases == []
    world.call("UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    assert seen(world) == [["a"]]


def test_batches_that_run_end_well_when_their_mapping_is_deleted(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue, BatchSize=1)["UUID"]
    world.executor.hold("estoque")
    world.send(queue, "a")
    world.call("DeleteEventSourceMapping", UUID=uuid)
    world.send(queue, "b")
    world.executor.release("estoque")
    world.settle()
    assert world.queues.left(queue) == ["b"]
    assert seen(world) == [["a"]]


def test_messages_wait_for_a_function_that_is_gone(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue)["UUID"]
    world.call("DeleteFunction", FunctionName="estoque")
    world.send(queue, "a")
    shown = world.call("GetEventSourceMapping", UUID=uuid)
    assert (shown["State"], shown["LastProcessingResult"]) == ("Enabled", "PROBLEM: Function not found")
    assert world.queues.leases == []
    world.function()
    assert seen(world) == [["a"]]


def test_a_queue_that_is_gone_is_said(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue)["UUID"]
    world.queues.drop(queue)
    world.call("UpdateFunctionConfiguration", FunctionName="estoque", Timeout=4)
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=0)
    for wake in list(world.queues._listeners[queue]):
        world.run(_called(wake))
    world.call("DeleteFunctionConcurrency", FunctionName="estoque")
    last = world.call("GetEventSourceMapping", UUID=uuid)["LastProcessingResult"]
    assert last == "PROBLEM: The specified queue does not exist."


def test_what_cannot_run_waits_for_its_visibility_timeout(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue)["UUID"]
    world.executor.refusal = AwsError("InvalidRuntimeException", "no ruby here", status=502)
    world.send(queue, "a")
    assert world.queues.receives(queue) == {"a": 1}
    last = world.call("GetEventSourceMapping", UUID=uuid)["LastProcessingResult"]
    assert last == "PROBLEM: no ruby here"
    world.executor.refusal = None
    world.advance(30)
    assert world.queues.left(queue) == []


def test_code_that_is_gone_is_in_the_journal(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "handlers"
    folder.mkdir()
    world.function(Code={"S3Bucket": "hot-reload", "S3Key": str(folder)})
    queue = world.queue()
    world.mapping(queue)
    folder.rmdir()
    world.send(queue, "a")
    (hop,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert hop.cause == world.hops.of(HopKind.MESSAGE_SENT)[0].id
    assert "Bring it back" in hop.error
    folder.mkdir()
    world.advance(30)
    assert seen(world) == [["a"]]


def test_stopping_leaves_messages_in_flight_that_a_function_had(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue)
    world.executor.hold("estoque")
    world.send(queue, "a")
    world.run(world.service.stop)
    assert world.queues.returned == []
    assert world.queues.left(queue) == ["a"]
    assert world.queues.listeners(queue) == 0
    world.run(world.service.start)
    assert len(world.executor.requests) == 1
    world.executor.release("estoque")
    world.advance(30)
    assert seen(world) == [["a"], ["a"]]
    assert world.queues.left(queue) == []


def test_stopping_gives_back_what_no_function_has_seen(world: World) -> None:
    world.function()
    queue, gathered = world.queue(), world.queue("lenta")
    world.function("lenta")
    world.mapping(queue)
    world.mapping(gathered, "lenta", MaximumBatchingWindowInSeconds=60)
    world.send(gathered, "g1", "g2")

    async def send_and_stop() -> None:
        # Nothing is awaited in between: the batch is leased in the next turn, while stopping begins.
        world.queues.send(queue, "a")
        await world.service.stop()

    world.run(send_and_stop)
    assert world.executor.requests == []
    assert len(world.queues.returned) >= 2
    world.run(world.service.start)
    world.advance(60)
    assert sorted(body for batch in seen(world) for body in batch) == ["a", "g1", "g2"]


def test_a_killed_process_loses_no_message(tmp_path: Path) -> None:
    world = World(tmp_path, tmp_path / "state.db")
    world.function()
    queue = world.queue()
    world.mapping(queue)
    world.close()
    with World(tmp_path, tmp_path / "state.db") as again:
        again.queue()
        again.send(queue, "a")
        assert seen(again) == [["a"]]


def test_the_queue_that_refuses_an_acknowledgement_is_said(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue)["UUID"]

    def drop(event: Any) -> Any:
        world.queues.drop(queue)
        return event

    world.executor.handlers["estoque"] = drop
    world.send(queue, "a")
    last = world.call("GetEventSourceMapping", UUID=uuid)["LastProcessingResult"]
    assert last.startswith("PROBLEM: ")
    assert world.service.running == 0


def test_events_are_json_as_functions_expect_it(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue)
    world.send(queue, '{"produto": "Café ☕"}')
    raw = world.executor.requests[0][1].event
    assert json.loads(json.loads(raw)["Records"][0]["body"]) == {"produto": "Café ☕"}


def _called(wake: Any) -> Any:
    async def call() -> None:
        wake()

    return call
