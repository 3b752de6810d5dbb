"""Streams as event sources: order, checkpoints, retries, splitting, and what is given up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.arn import Arn
from sandbox.model.hops import HopKind
from tests.contract.lambda_.fakes import Failure
from tests.contract.lambda_.harness import START, World, arn

STREAM = Arn("dynamodb", "us-east-1", "000000000000", "table/notas/stream/2023-11-14T00:00:00.000")
QUEUE = "arn:aws:sqs:us-east-1:000000000000:mortas"


def stream(world: World, **params: Any) -> dict[str, Any]:
    """A function, a stream, and a mapping from the one to the other."""
    if not world.streams.exists(STREAM):
        world.streams.make(STREAM)
    world.function()
    return world.mapping(STREAM, **{"StartingPosition": "TRIM_HORIZON", **params})


def put(world: World, *keys: str, shard: str = "shard-0") -> None:
    async def go() -> None:
        world.streams.put(STREAM, *keys, shard=shard)

    world.run(go)


def keys(event: Any) -> list[str]:
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]


def seen(world: World) -> list[list[str]]:
    return [keys(event) for event in world.executor.events]


def fail_on(*bad: str) -> Any:
    def handler(event: Any) -> None:
        if set(bad) & set(keys(event)):
            raise Failure("veneno")

    return handler


def test_a_mapping_of_a_stream_is_shown_as_aws_shows_it(world: World) -> None:
    made = stream(world, MaximumRetryAttempts=3)
    assert {key: made[key] for key in made if key not in ("UUID", "EventSourceMappingArn")} == {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": str(STREAM),
        "FunctionArn": str(arn()),
        "LastModified": START,
        "State": "Creating",
        "StateTransitionReason": "User action",
        "FunctionResponseTypes": [],
        "StartingPosition": "TRIM_HORIZON",
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": False,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": 3,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {}},
        "LastProcessingResult": "No records processed",
    }


def test_records_are_handed_over_in_order(world: World) -> None:
    stream(world, BatchSize=2)
    put(world, "a", "b", "c")
    assert seen(world) == [["a", "b"], ["c"]]
    start = world.hops.of(HopKind.INVOKE_START)[0]
    puts = world.hops.of(HopKind.EVENT_PUT)
    assert (start.cause, [link.cause for link in start.links]) == (puts[0].id, [puts[1].id])
    put(world, "d")
    assert seen(world)[-1] == ["d"]


def test_one_batch_of_a_shard_at_a_time(world: World) -> None:
    stream(world, BatchSize=1)
    world.executor.hold("estoque")
    put(world, "a", "b")
    assert seen(world) == [["a"]]
    world.executor.next_gate("estoque")
    world.settle()
    assert seen(world) == [["a"], ["b"]]
    world.executor.release("estoque")
    world.settle()
    assert world.executor.most == 1


def test_latest_begins_with_what_comes(world: World) -> None:
    world.streams.make(STREAM)
    put(world, "antes")
    stream(world, StartingPosition="LATEST")
    put(world, "depois")
    assert seen(world) == [["depois"]]


def test_a_window_gathers_records(world: World) -> None:
    stream(world, MaximumBatchingWindowInSeconds=10, BatchSize=3)
    put(world, "a")
    world.advance(9)
    put(world, "b")
    assert seen(world) == []
    world.advance(1)
    assert seen(world) == [["a", "b"]]
    put(world, "c", "d", "e")
    assert seen(world)[-1] == ["c", "d", "e"]  # full: no waiting


def test_a_failed_batch_is_tried_until_it_works_and_holds_up_its_shard(world: World) -> None:
    stream(world, BatchSize=1)
    world.executor.handlers["estoque"] = fail_on("a")
    put(world, "a", "b")
    for seconds in (1, 2, 4):
        world.advance(seconds)
    assert seen(world) == [["a"]] * 4
    world.executor.handlers["estoque"] = lambda event: None
    world.advance(8)
    assert seen(world)[-2:] == [["a"], ["b"]]


def test_what_fails_too_often_is_given_up_and_told(world: World) -> None:
    failure = {"OnFailure": {"Destination": QUEUE}}
    stream(world, MaximumRetryAttempts=1, DestinationConfig=failure, BatchSize=2)
    world.executor.handlers["estoque"] = fail_on("a")
    put(world, "a", "b", "c")
    assert seen(world) == [["a", "b"]]
    world.advance(1)
    assert seen(world) == [["a", "b"], ["a", "b"], ["c"]]
    (delivery,) = world.targets.deliveries
    document = json.loads(delivery.body)
    request_id = document["requestContext"].pop("requestId")
    assert len(request_id) == 36
    assert document == {
        "requestContext": {
            "functionArn": str(arn()),
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:21.000Z",
        "DDBStreamBatchInfo": {
            "shardId": "shard-0",
            "startSequenceNumber": "000001",
            "endSequenceNumber": "000002",
            "approximateArrivalOfFirstRecord": "2023-11-14T22:13:20.000Z",
            "approximateArrivalOfLastRecord": "2023-11-14T22:13:20.000Z",
            "batchSize": 2,
            "streamArn": str(STREAM),
        },
    }


def test_a_batch_is_split_until_the_bad_record_stands_alone(world: World) -> None:
    stream(world, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    world.executor.handlers["estoque"] = fail_on("c")
    put(world, "a", "b", "c", "d")
    assert seen(world) == [["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c"], ["d"]]


def test_only_what_was_not_processed_is_tried_again(world: World) -> None:
    def handler(event: Any) -> Any:
        if len(event["Records"]) == 3:
            bad = event["Records"][1]["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": bad}]}
        return None

    stream(world, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.executor.handlers["estoque"] = handler
    put(world, "a", "b", "c")
    world.advance(1)
    assert seen(world) == [["a", "b", "c"], ["b", "c"]]


def test_a_batch_is_split_where_its_function_says_and_that_is_no_retry(world: World) -> None:
    """The page on partial batch responses: bisected at the returned sequence number."""

    def handler(event: Any) -> Any:
        bad = [
            one["dynamodb"]["SequenceNumber"] for one in event["Records"] if keys({"Records": [one]}) == ["c"]
        ]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}

    stream(
        world,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    )
    world.executor.handlers["estoque"] = handler
    put(world, "a", "b", "c", "d", "e", "f")
    # Where the first one is the one that failed there is nothing to split off before it: halves, then.
    assert seen(world) == [[*"abcdef"], [*"cdef"], [*"cd"], ["c"], ["d"], [*"ef"]]
    (delivery,) = world.targets.deliveries
    told = json.loads(delivery.body)
    assert told["requestContext"]["approximateInvokeCount"] == 1
    assert told["DDBStreamBatchInfo"]["startSequenceNumber"] == "000003"


@pytest.mark.parametrize(
    "target",
    [str(arn("vendas")), "arn:aws:events:us-east-1:000000000000:event-bus/default"],
    ids=["function", "bus"],
)
def test_functions_and_buses_are_not_told_of_records(world: World, target: str) -> None:
    failure = {"OnFailure": {"Destination": target}}
    wrong = f"The destination ARN {target} is invalid."
    made = stream(world)
    given = {"FunctionName": "estoque", "EventSourceArn": str(STREAM), "StartingPosition": "LATEST"}
    error = world.refused("CreateEventSourceMapping", **given, DestinationConfig=failure)
    assert (error.code, error.message) == ("InvalidParameterValueException", wrong)
    error = world.refused("UpdateEventSourceMapping", UUID=made["UUID"], DestinationConfig=failure)
    assert (error.code, error.message) == ("InvalidParameterValueException", wrong)


def test_a_failure_without_destination_is_refused_and_an_empty_one_tells_nobody(world: World) -> None:
    made = stream(world, DestinationConfig={"OnFailure": {"Destination": QUEUE}})
    assert made["DestinationConfig"] == {"OnFailure": {"Destination": QUEUE}}
    empty: dict[str, dict[str, str]] = {"OnFailure": {}}
    error = world.refused("UpdateEventSourceMapping", UUID=made["UUID"], DestinationConfig=empty)
    assert error.message == "The Destination field is required for an OnFailure configuration."
    nobody = {"OnFailure": {"Destination": ""}}
    changed = world.call("UpdateEventSourceMapping", UUID=made["UUID"], DestinationConfig=nobody)
    assert changed["DestinationConfig"] == {"OnFailure": {}}


def test_old_records_are_given_up(world: World) -> None:
    stream(
        world,
        MaximumRecordAgeInSeconds=60,
        BatchSize=1,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    )
    world.executor.handlers["estoque"] = fail_on("a")
    put(world, "a")
    world.advance(120)
    put(world, "b")
    world.advance(60)
    (delivery,) = world.targets.deliveries
    assert json.loads(delivery.body)["requestContext"]["condition"] == "RecordAgeExceeded"
    assert seen(world)[-1] == ["b"]


def test_what_matches_no_filter_is_passed_over(world: World) -> None:
    pattern = {"dynamodb": {"Keys": {"id": {"S": ["b"]}}}}
    stream(world, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    put(world, "a", "b", "c")
    assert seen(world) == [["b"]]
    put(world, "d")
    assert seen(world) == [["b"]]


def test_a_child_shard_waits_for_its_parent(world: World) -> None:
    stream(world, BatchSize=10)
    world.executor.hold("estoque")
    put(world, "a")

    async def split() -> None:
        world.streams.split(STREAM, "shard-1", "shard-0")

    world.run(split)
    put(world, "b", shard="shard-1")
    assert seen(world) == [["a"]]
    world.executor.release("estoque")
    world.settle()
    assert seen(world) == [["a"], ["b"]]


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with World(tmp_path, state) as world:
        mapping = stream(world, BatchSize=1)
        put(world, "a", "b")
        assert seen(world) == [["a"], ["b"]]
    with World(tmp_path, state) as world:
        # The fake stream forgot, so it is made anew: what was done is not read again.
        async def again() -> None:
            world.streams.make(STREAM)
            world.streams.put(STREAM, "a", "b", "c")
            await world.service.stop()
            await world.service.start()

        world.run(again)
        assert seen(world) == [["c"]]
        world.call("DeleteEventSourceMapping", UUID=mapping["UUID"])
        assert world.database.rows("SELECT * FROM lambda_checkpoints") == []


def test_concurrency_bounds_streams_too(world: World) -> None:
    stream(world)
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=0)
    put(world, "a")
    assert seen(world) == []
    world.call("DeleteFunctionConcurrency", FunctionName="estoque")
    assert seen(world) == [["a"]]


def test_a_disabled_mapping_reads_nothing(world: World) -> None:
    made = stream(world)
    world.call("UpdateEventSourceMapping", UUID=made["UUID"], Enabled=False)
    assert world.streams.listeners(STREAM) == 0
    put(world, "a")
    assert seen(world) == []
    world.call("UpdateEventSourceMapping", UUID=made["UUID"], Enabled=True)
    assert seen(world) == [["a"]]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"StartingPosition": None}, "Value null at 'startingPosition'"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "Unsupported starting position for dynamodb"),
        ({"MaximumRecordAgeInSeconds": 59}, "at 'maximumRecordAgeInSeconds'"),
        ({"MaximumRetryAttempts": 10_001}, "at 'maximumRetryAttempts'"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "Unsupported ScalingConfig parameter"),
        ({"TumblingWindowInSeconds": 5}, "parameter TumblingWindowInSeconds"),
        ({"EventSourceArn": f"{STREAM}x"}, "Stream not found"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::perdidos"}}},
            "DestinationConfig.OnFailure of kind s3",
        ),
    ],
)
def test_wrong_mappings_of_streams_are_refused(world: World, params: dict[str, Any], message: str) -> None:
    world.streams.make(STREAM)
    world.function()
    given = {
        "FunctionName": "estoque",
        "EventSourceArn": str(STREAM),
        "StartingPosition": "LATEST",
        **params,
    }
    assert message in world.refused("CreateEventSourceMapping", **given).message
