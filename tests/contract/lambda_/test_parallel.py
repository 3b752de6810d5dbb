"""Several batches of one shard at a time: order within an item, progress that is kept, changes meanwhile."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model.lambda_streams import lane_of
from sandbox.services.lambda_.stream_poller import _AHEAD
from tests.contract.lambda_.fakes import Failure
from tests.contract.lambda_.harness import World
from tests.contract.lambda_.test_streams import QUEUE, STREAM, fail_on, keys, put, seen, stream


def items(lane: int, lanes: int, count: int = 1) -> list[str]:
    """Keys of items that fall to one lane."""
    found = (f"{lane}-{number}" for number in range(1000))
    chosen = [
        key for key in found if lane_of(json.dumps({"id": {"S": key}}, separators=(",", ":")), lanes) == lane
    ]
    return chosen[:count]


def stored(world: World) -> list[tuple[str, list[str]]]:
    """Of each shard the place up to which it is done, and what is done behind it."""
    ahead = world.database.rows("SELECT shard, sequence FROM lambda_done_ahead ORDER BY sequence")
    return [
        (row["sequence"], [one["sequence"] for one in ahead if one["shard"] == row["shard"]])
        for row in world.database.rows("SELECT shard, sequence FROM lambda_checkpoints")
    ]


def test_as_many_batches_of_a_shard_run_as_the_mapping_says_and_items_keep_their_order(world: World) -> None:
    made = stream(world, BatchSize=1, ParallelizationFactor=2)
    assert made["ParallelizationFactor"] == 2
    (a,), (b,) = items(0, 2), items(1, 2)
    world.executor.hold("estoque")
    put(world, a, a, b, a, b)
    assert seen(world) == [[a], [b]]
    world.executor.next_gate("estoque")
    world.settle()
    assert seen(world) == [[a], [b], [a], [b]]
    world.executor.release("estoque")
    world.settle()
    assert seen(world) == [[a], [b], [a], [b], [a]]
    assert world.executor.most == 2
    assert stored(world) == [("000005", [])]


def test_each_batch_is_filled_for_itself(world: World) -> None:
    stream(world, BatchSize=2, ParallelizationFactor=2, MaximumBatchingWindowInSeconds=10)
    (a,), (b,) = items(0, 2), items(1, 2)
    put(world, a, b, a)
    assert seen(world) == [[a, a]]
    world.advance(10)
    assert seen(world) == [[a, a], [b]]


def test_a_batch_that_fails_holds_up_its_items_alone(world: World) -> None:
    stream(world, BatchSize=1, ParallelizationFactor=2)
    (a,), (b,) = items(0, 2), items(1, 2)
    world.executor.handlers["estoque"] = fail_on(a)
    put(world, a, a, b, b)
    world.advance(1)
    assert seen(world) == [[a], [b], [b], [a]]
    assert stored(world) == [("", ["000003", "000004"])]
    world.executor.handlers["estoque"] = lambda event: None
    world.advance(2)
    assert seen(world)[-2:] == [[a], [a]]
    assert stored(world) == [("000004", [])]


def test_the_others_wait_in_the_end_for_what_is_not_done(world: World) -> None:
    stream(world, BatchSize=100, ParallelizationFactor=2)
    (a,), (b,) = items(0, 2), items(1, 2)
    world.executor.handlers["estoque"] = fail_on(a)
    put(world, a, *[b] * (2 * _AHEAD))
    taken = [key for batch in seen(world) for key in batch if key == b]
    assert len(taken) == _AHEAD - 1
    world.executor.handlers["estoque"] = lambda event: None
    world.advance(1)
    taken = [key for batch in seen(world) for key in batch if key == b]
    assert len(taken) == 2 * _AHEAD
    assert stored(world) == [(f"{2 * _AHEAD + 1:06d}", [])]


def test_batches_are_split_retried_and_given_up_each_for_itself(world: World) -> None:
    stream(
        world,
        ParallelizationFactor=2,
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    )
    (a, bad), (b,) = items(0, 2, 2), items(1, 2)
    world.executor.handlers["estoque"] = fail_on(bad)
    world.executor.hold("estoque")
    put(world, a)  # so that what follows is one batch
    put(world, a, b, bad)
    world.executor.release("estoque")
    world.settle()
    assert seen(world) == [[a], [b], [a, bad], [a], [bad]]
    (delivery,) = world.targets.deliveries
    told = json.loads(delivery.body)["DDBStreamBatchInfo"]
    assert (told["startSequenceNumber"], told["batchSize"]) == ("000004", 1)
    assert stored(world) == [("000004", [])]


def test_only_what_was_not_processed_of_a_batch_is_tried_again(world: World) -> None:
    (a,), (b,) = items(0, 2), items(1, 2)

    def handler(event: Any) -> Any:
        sequences = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": sequences[1]}]} if len(sequences) == 3 else None

    world.streams.make(STREAM)
    put(world, a, b, a, b, a)
    world.executor.handlers["estoque"] = handler
    stream(world, ParallelizationFactor=2, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert seen(world) == [[a, a, a], [b, b]]
    assert stored(world) == [("000002", ["000004"])]
    world.advance(1)
    assert seen(world)[-1] == [a, a]
    assert stored(world) == [("000005", [])]


def test_old_records_are_given_up_lane_by_lane(world: World) -> None:
    failure = {"OnFailure": {"Destination": QUEUE}}
    stream(
        world, BatchSize=1, ParallelizationFactor=2, MaximumRecordAgeInSeconds=60, DestinationConfig=failure
    )
    (a,), (b,) = items(0, 2), items(1, 2)
    world.executor.handlers["estoque"] = fail_on(a)
    put(world, a, b)
    world.advance(120)
    (delivery,) = world.targets.deliveries
    assert json.loads(delivery.body)["requestContext"]["condition"] == "RecordAgeExceeded"
    assert seen(world).count([b]) == 1
    assert stored(world) == [("000002", [])]


def test_filtered_records_of_all_lanes_are_passed_over(world: World) -> None:
    (a,), (b,) = items(0, 2), items(1, 2)
    pattern = json.dumps({"dynamodb": {"Keys": {"id": {"S": [a]}}}})
    stream(world, BatchSize=1, ParallelizationFactor=2, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    world.executor.handlers["estoque"] = fail_on(a)
    put(world, a, *[b] * 50)
    assert stored(world) == [("", [])]
    world.executor.handlers["estoque"] = lambda event: None
    world.advance(1)
    assert stored(world) == [("000051", [])]


def test_a_parent_shard_ends_when_all_its_batches_are_done(world: World) -> None:
    stream(world, BatchSize=1, ParallelizationFactor=2)
    (a,), (b,) = items(0, 2), items(1, 2)
    world.executor.handlers["estoque"] = fail_on(a)
    put(world, a, b)

    async def split() -> None:
        world.streams.split(STREAM, "shard-1", "shard-0")

    world.run(split)
    put(world, "c", shard="shard-1")
    assert ["c"] not in seen(world)
    world.executor.handlers["estoque"] = lambda event: None
    world.advance(1)
    assert seen(world)[-1] == ["c"]


def test_a_killed_sandbox_neither_loses_nor_repeats_what_was_done(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    (a,), (b,) = items(0, 2), items(1, 2)
    world = World(tmp_path, state)
    stream(world, BatchSize=1, ParallelizationFactor=2)
    world.executor.handlers["estoque"] = fail_on(a)
    put(world, a, b, a, b)
    assert stored(world) == [("", ["000002", "000004"])]
    world.close()
    with World(tmp_path, state) as again:
        begin_with(again, [a, b, a, b, b])
        assert sorted(seen(again)) == sorted([[a], [a], [b]])
        assert stored(again) == [("000005", [])]


@pytest.mark.parametrize("factor", [1, 2])
def test_a_mapping_that_is_changed_goes_on_when_its_batches_have_ended(world: World, factor: int) -> None:
    made = stream(world, BatchSize=1, ParallelizationFactor=factor)
    (a,), (b,) = items(0, 2), items(1, 2)
    world.executor.hold("estoque")
    put(world, a, b, a)
    running = world.executor.running
    world.call("UpdateEventSourceMapping", UUID=made["UUID"], ParallelizationFactor=3 - factor)
    changed = world.call("UpdateEventSourceMapping", UUID=made["UUID"], BatchSize=2)
    assert changed["ParallelizationFactor"] == 3 - factor
    assert world.executor.running == running == factor
    world.executor.release("estoque")
    world.settle()
    order: dict[str, list[str]] = defaultdict(list)
    for event in world.executor.events:
        for record in event["Records"]:
            order[keys({"Records": [record]})[0]].append(record["dynamodb"]["SequenceNumber"])
    assert order == {a: ["000001", "000003"], b: ["000002"]}
    assert stored(world) == [("000003", [])]


def test_a_mapping_that_is_deleted_while_its_batch_runs_leaves_nothing(world: World) -> None:
    made = stream(world, BatchSize=1, ParallelizationFactor=2)
    (a,), (b,) = items(0, 2), items(1, 2)
    world.executor.hold("estoque")
    put(world, a, b)
    world.call("DeleteEventSourceMapping", UUID=made["UUID"])
    world.executor.release("estoque")
    world.settle()
    assert seen(world) == [[a], [b]]
    assert stored(world) == []
    assert world.database.rows("SELECT * FROM lambda_done_ahead") == []


def test_parallel_batches_take_slots_of_the_functions_concurrency(world: World) -> None:
    stream(world, BatchSize=1, ParallelizationFactor=10)
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=3)
    world.executor.hold("estoque")
    put(world, *(items(lane, 10)[0] for lane in range(10)))
    assert world.executor.running == 3
    world.executor.release("estoque")
    world.settle()
    assert world.executor.most == 3
    assert len(seen(world)) == 10


@pytest.mark.parametrize("factor", [0, 11])
def test_a_factor_out_of_range_is_refused_in_awss_words(world: World, factor: int) -> None:
    world.function()
    world.streams.make(STREAM)
    error = world.refused(
        "CreateEventSourceMapping",
        FunctionName="estoque",
        EventSourceArn=str(STREAM),
        StartingPosition="LATEST",
        ParallelizationFactor=factor,
    )
    assert error.code == "ValidationException"
    assert f"Value '{factor}' at 'parallelizationFactor' failed to satisfy constraint" in error.message


def test_queues_have_no_factor(world: World) -> None:
    world.function()
    error = world.refused(
        "CreateEventSourceMapping",
        FunctionName="estoque",
        EventSourceArn=str(world.queue()),
        ParallelizationFactor=2,
    )
    assert error.message == "Unsupported ParallelizationFactor parameter for given event source mapping type."


class Chance:
    """A function that fails now and then, wholly or from some record on; it keeps what it processed."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.processed: dict[str, list[str]] = defaultdict(list)

    def __call__(self, event: Any) -> Any:
        failures: list[dict[str, str]] = []
        for record in event["Records"]:
            chance = self._dice.random()
            if chance < 0.1:
                raise Failure("azar")
            if failures or chance < 0.2:
                failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
        for record in event["Records"][: len(event["Records"]) - len(failures)]:
            self.processed[record["dynamodb"]["Keys"]["id"]["S"]].append(record["dynamodb"]["SequenceNumber"])
        return {"batchItemFailures": failures}


def change_meanwhile(world: World, uuid: str, dice: random.Random) -> None:
    """Another factor, perhaps while batches run; they may still run when the world ends."""
    held = dice.random() < 0.5
    if held:
        world.executor.hold("estoque")
    world.advance(1)
    if held and dice.random() < 0.5:
        world.executor.next_gate("estoque")
    world.call("UpdateEventSourceMapping", UUID=uuid, ParallelizationFactor=dice.randint(1, 10))
    if held and dice.random() < 0.8:
        world.executor.release("estoque")


def begin_with(world: World, written: list[str]) -> None:
    """Starts the service over a stream that has these records: the fake one forgets them."""

    async def go() -> None:
        world.streams.make(STREAM)
        world.streams.put(STREAM, *written)
        await world.service.stop()
        await world.service.start()

    world.run(go)


def rest(world: World) -> None:
    """Waits until nothing goes on but what is held, or waits for the clock."""
    before = -1
    while before != (before := len(world.executor.requests)):
        world.settle()


def kill(world: World) -> None:
    """Ends a world as a killed process ends: what is held did not happen, all else is over."""
    rest(world)
    world.close()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), factor=st.integers(1, 10), size=st.integers(1, 7))
def test_whatever_fails_and_whenever_it_is_killed_items_are_processed_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, seed: int, factor: int, size: int
) -> None:
    dice = random.Random(seed)
    folder = tmp_path_factory.mktemp("sorte")
    state = folder / "state.db"
    written = [f"item-{dice.randrange(6)}" for _ in range(40)]
    handler = Chance(dice)
    world = World(folder, state)
    world.executor.handlers["estoque"] = handler
    begin_with(world, written)
    world.function()
    uuid = world.mapping(
        STREAM,
        StartingPosition="TRIM_HORIZON",
        BatchSize=size,
        ParallelizationFactor=factor,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BisectBatchOnFunctionError=bool(dice.randrange(2)),
    )["UUID"]
    for _ in range(3):
        for _ in range(dice.randrange(3)):
            change_meanwhile(world, uuid, dice)
        kill(world)
        world = World(folder, state)
        world.executor.handlers["estoque"] = handler
        begin_with(world, written)
    for _ in range(60):
        rest(world)
        world.advance(60)
    assert stored(world) == [("000040", [])]
    kill(world)
    expected: dict[str, list[str]] = defaultdict(list)
    for at, item in enumerate(written, 1):
        expected[item].append(f"{at:06d}")
    assert handler.processed == expected
