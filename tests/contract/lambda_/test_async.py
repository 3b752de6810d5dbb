"""Asynchronous invocation: retries by the clock, age, destinations, dead letters, restarts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.scope import Scope
from tests.contract.lambda_.fakes import Failure
from tests.contract.lambda_.harness import START, World, arn

QUEUE = "arn:aws:sqs:us-east-1:000000000000:mortas"
OTHER = "arn:aws:sqs:us-east-1:000000000000:feitas"


def fail(event: Any) -> None:
    raise Failure("sem estoque")


def queued(world: World) -> int:
    row = world.database.row("SELECT count(*) AS n FROM lambda_events")
    assert row is not None
    return int(row["n"])


def test_an_event_is_accepted_and_run(world: World) -> None:
    world.function()
    assert world.invoke(payload={"a": 1}, InvocationType="Event") == {"StatusCode": 202, "Payload": b""}
    assert world.executor.events == [{"a": 1}]
    accepted, start = world.hops.of(HopKind.DELIVERED)[0], world.hops.of(HopKind.INVOKE_START)[0]
    assert start.cause == accepted.id
    assert f"r{accepted.cause}" == accepted.request_id == start.request_id
    assert queued(world) == 0


def test_the_port_accepts_and_returns_its_hop(world: World) -> None:
    world.function()

    async def accept() -> int:
        return world.service.accept(arn(), b'{"a": 1}', cause=5)

    hop = world.run(accept)
    (accepted,) = world.hops.of(HopKind.DELIVERED)
    assert (accepted.id, accepted.cause, accepted.function) == (hop, 5, str(arn()))
    assert world.executor.events == [{"a": 1}]
    with pytest.raises(AwsError, match="Function not found"):
        world.service.accept(arn("nada"), b"{}", cause=None)


def test_a_failing_event_is_tried_again_after_one_and_two_minutes(world: World) -> None:
    world.function()
    world.executor.handlers["estoque"] = fail
    world.invoke(InvocationType="Event")
    times = []
    for seconds in (59, 1, 119, 1, 3600):
        world.advance(seconds)
        times.append(len(world.executor.requests))
    assert times == [1, 2, 2, 3, 3]
    assert queued(world) == 0
    assert len({request.request_id for _, request in world.executor.requests}) == 1
    ends = world.hops.of(HopKind.INVOKE_END)
    retries = world.hops.of(HopKind.INVOKE_RETRY)
    starts = world.hops.of(HopKind.INVOKE_START)
    assert [retry.cause for retry in retries] == [ends[0].id, ends[1].id]
    assert [start.cause for start in starts[1:]] == [retry.id for retry in retries]
    assert [end.detail["attempt"] for end in ends] == [1, 2, 3]


def test_it_stops_retrying_once_it_succeeds(world: World) -> None:
    world.function()
    world.executor.handlers["estoque"] = fail
    world.invoke(InvocationType="Event")
    del world.executor.handlers["estoque"]
    world.advance(600)
    assert [end.status for end in world.hops.of(HopKind.INVOKE_END)] == ["error", "ok"]
    assert queued(world) == 0


def test_how_often_and_how_long_is_configured(world: World) -> None:
    world.function()
    world.executor.handlers["estoque"] = fail
    answer = world.call("PutFunctionEventInvokeConfig", FunctionName="estoque", MaximumRetryAttempts=0)
    assert answer == {
        "LastModified": START,
        "FunctionArn": f"{arn()}:$LATEST",
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
        "MaximumRetryAttempts": 0,
    }
    world.invoke(InvocationType="Event")
    world.advance(600)
    assert len(world.executor.requests) == 1
    world.call("UpdateFunctionEventInvokeConfig", FunctionName="estoque", MaximumEventAgeInSeconds=60)
    got = world.call("GetFunctionEventInvokeConfig", FunctionName="estoque")
    assert (got["MaximumRetryAttempts"], got["MaximumEventAgeInSeconds"]) == (0, 60)
    world.call("DeleteFunctionEventInvokeConfig", FunctionName="estoque")
    error = world.refused("GetFunctionEventInvokeConfig", FunctionName="estoque")
    assert error.message == f"The function {arn()}:$LATEST doesn't have an EventInvokeConfig"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "You must specify at least one of error handling or destination setting."),
        ({"MaximumRetryAttempts": 3}, "at 'maximumRetryAttempts' failed"),
        ({"MaximumEventAgeInSeconds": 59}, "at 'maximumEventAgeInSeconds' failed"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "fila"}}},
            "'destinationConfig.onFailure.destination'",
        ),
        ({"DestinationConfig": {"OnFailure": {"Destination": str(arn())}}}, "destination for itself"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:000000000000:t"}}},
            "DestinationConfig.OnFailure of kind sns",
        ),
    ],
)
def test_wrong_configurations_are_refused(world: World, params: dict[str, Any], message: str) -> None:
    world.function()
    assert message in world.refused("PutFunctionEventInvokeConfig", FunctionName="estoque", **params).message


def destinations(world: World, **params: Any) -> None:
    world.call(
        "PutFunctionEventInvokeConfig",
        FunctionName="estoque",
        DestinationConfig={"OnSuccess": {"Destination": OTHER}, "OnFailure": {"Destination": QUEUE}},
        **params,
    )


def test_a_success_goes_to_its_destination(world: World) -> None:
    world.function()
    destinations(world)
    world.executor.handlers["estoque"] = lambda event: {"ok": True}
    world.invoke(payload={"a": 1}, InvocationType="Event")
    (delivery,) = world.targets.deliveries
    assert str(delivery.target) == OTHER
    assert delivery.cause == world.hops.of(HopKind.INVOKE_END)[0].id
    record = json.loads(delivery.body)
    request_id = record["requestContext"].pop("requestId")
    assert request_id == world.executor.requests[0][1].request_id
    assert record == {
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "requestContext": {
            "functionArn": f"{arn()}:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"ok": True},
    }


def test_a_failure_goes_to_its_destination_after_the_last_retry(world: World) -> None:
    world.function()
    destinations(world)
    world.executor.handlers["estoque"] = fail
    world.invoke(payload={"a": 1}, InvocationType="Event")
    world.advance(179)
    assert world.targets.deliveries == []
    world.advance(1)
    (delivery,) = world.targets.deliveries
    record = json.loads(delivery.body)
    assert str(delivery.target) == QUEUE
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "sem estoque"


def test_an_event_that_would_be_too_old_is_given_up_at_once(world: World) -> None:
    world.function()
    destinations(world, MaximumEventAgeInSeconds=100)
    world.executor.handlers["estoque"] = fail
    world.invoke(InvocationType="Event")
    world.advance(60)
    (delivery,) = world.targets.deliveries
    context = json.loads(delivery.body)["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 2)


def test_the_dead_letter_queue_gets_the_event(world: World) -> None:
    shown = world.function(DeadLetterConfig={"TargetArn": QUEUE})
    assert shown["DeadLetterConfig"] == {"TargetArn": QUEUE}
    world.call("PutFunctionEventInvokeConfig", FunctionName="estoque", MaximumRetryAttempts=0)
    world.executor.handlers["estoque"] = fail
    world.invoke(payload={"nota": 1}, InvocationType="Event")
    (delivery,) = world.targets.deliveries
    assert (str(delivery.target), json.loads(delivery.body)) == (QUEUE, {"nota": 1})
    assert delivery.attributes == {
        "RequestID": {"DataType": "String", "StringValue": world.executor.requests[0][1].request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "sem estoque"},
    }


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (AwsError("QueueDoesNotExist", "gone"), "QueueDoesNotExist: gone"),
        (OSError("disk full"), "OSError: disk full"),
    ],
)
def test_a_destination_that_refuses_is_in_the_journal(world: World, refusal: Exception, said: str) -> None:
    world.function(DeadLetterConfig={"TargetArn": QUEUE})
    world.call("PutFunctionEventInvokeConfig", FunctionName="estoque", MaximumRetryAttempts=0)
    world.executor.handlers["estoque"] = fail
    world.targets.refusal = refusal
    world.invoke(InvocationType="Event")
    (hop,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert (hop.resource, hop.error) == (QUEUE, said)
    assert queued(world) == 0


def test_a_throttled_event_waits_and_comes_again(world: World) -> None:
    world.function()
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=1)
    world.executor.hold("estoque")
    world.begin_invoke()
    world.invoke(payload={"n": 2}, InvocationType="Event")
    throttles = []
    for seconds in (0.5, 0.5, 1.9, 0.1):
        world.advance(seconds)
        throttles.append(len(world.hops.of(HopKind.INVOKE_THROTTLED)))
    assert throttles == [1, 2, 2, 3]
    world.executor.release("estoque")
    world.advance(4)
    assert world.executor.events[-1] == {"n": 2}
    assert queued(world) == 0


def test_a_throttled_event_is_dropped_when_it_is_too_old(world: World) -> None:
    world.function(DeadLetterConfig={"TargetArn": QUEUE})
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=1)
    world.executor.hold("estoque")
    world.begin_invoke()
    world.invoke(InvocationType="Event")
    world.advance(6 * 3600)
    assert world.targets.deliveries == []
    world.advance(300)
    (delivery,) = world.targets.deliveries
    assert delivery.attributes["ErrorCode"]["StringValue"] == "429"
    assert len(world.executor.requests) == 1


def test_no_concurrency_at_all_sends_events_away(world: World) -> None:
    world.function()
    destinations(world)
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=0)
    world.invoke(InvocationType="Event")
    record = json.loads(world.targets.deliveries[0].body)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert "responsePayload" not in record


def test_events_of_a_deleted_function_are_forgotten(world: World) -> None:
    world.function()
    world.executor.handlers["estoque"] = fail
    world.invoke(InvocationType="Event")
    world.call("DeleteFunction", FunctionName="estoque")
    assert queued(world) == 0
    world.function()
    world.advance(600)
    assert len(world.executor.requests) == 1


@pytest.mark.parametrize("graceful", [True, False])
def test_events_survive_a_restart(tmp_path: Path, graceful: bool) -> None:
    world = World(tmp_path, tmp_path / "state.db")
    world.function()
    world.function("faturamento")
    world.executor.handlers["estoque"] = fail
    world.executor.hold("faturamento")
    world.invoke(payload={"n": 1}, InvocationType="Event")
    world.invoke("faturamento", {"n": 2}, InvocationType="Event")
    if graceful:
        world.run(world.service.stop)
    world.close()
    with World(tmp_path, tmp_path / "state.db", start=START + 30) as again:
        assert again.executor.events == [{"n": 2}]
        again.advance(30)
        assert again.executor.events == [{"n": 2}, {"n": 1}]
        assert queued(again) == 0


def test_scopes_are_kept_apart(world: World) -> None:
    far = Scope("000000000000", "sa-east-1")
    world.function()
    world.call("Invoke", FunctionName="estoque", InvocationType="Event", Payload=b"{}")
    with pytest.raises(AwsError):
        world.call("Invoke", far, FunctionName="estoque", InvocationType="Event")
    assert len(world.executor.requests) == 1


def test_a_bus_gets_the_record_as_the_detail_of_an_event(world: World) -> None:
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/nfe"
    world.function()
    config = {"OnSuccess": {"Destination": bus}}
    world.call("PutFunctionEventInvokeConfig", FunctionName="estoque", DestinationConfig=config)
    world.invoke(payload={"a": 1}, InvocationType="Event")
    (delivery,) = world.targets.deliveries
    event = json.loads(delivery.body)
    assert event["id"] == delivery.event_id
    assert (event["source"], event["detail-type"]) == (
        "lambda",
        "Lambda Function Invocation Result - Success",
    )
    assert event["resources"] == [f"{arn()}:$LATEST"]
    assert event["detail"]["requestPayload"] == {"a": 1}
    assert event["time"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("kind", ["lambda", "events"])
def test_a_dead_letter_queue_is_a_queue_or_a_topic(world: World, kind: str) -> None:
    world.function()
    error = world.refused(
        "UpdateFunctionConfiguration",
        FunctionName="estoque",
        DeadLetterConfig={"TargetArn": f"arn:aws:{kind}:us-east-1:000000000000:x"},
    )
    assert error.code == "InvalidParameterValueException"
    assert "must be an SQS queue or an SNS topic" in error.message
