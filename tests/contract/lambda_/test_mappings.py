"""Event source mappings as an API: what they take, what they refuse, how they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.arn import queue_arn
from sandbox.model.scope import Scope
from tests.contract.lambda_.harness import START, World, arn

NOWHERE = str(queue_arn(Scope(), "nada"))


def test_a_mapping_is_shown_as_aws_shows_it(world: World) -> None:
    world.function()
    queue = world.queue()
    answer = world.mapping(queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    uuid = answer["UUID"]
    assert answer == {
        "UUID": uuid,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": str(queue),
        "FunctionArn": str(arn()),
        "LastModified": START,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}",
    }
    assert world.call("GetEventSourceMapping", UUID=uuid) == {**answer, "State": "Enabled"}


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"EventSourceArn": None}, "InvalidParameterValueException", "Unrecognized event source."),
        ({"EventSourceArn": "fila"}, "InvalidParameterValueException", "Unrecognized event source"),
        (
            {"EventSourceArn": NOWHERE},
            "InvalidParameterValueException",
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue.",
        ),
        ({"FunctionName": "nada"}, "InvalidParameterValueException", "Function does not exist"),
        ({"BatchSize": 0}, "ValidationException", "Value '0' at 'batchSize' failed"),
        ({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, "ValidationException", "at 'batchSize'"),
        (
            {"BatchSize": 11},
            "InvalidParameterValueException",
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            {"MaximumBatchingWindowInSeconds": 301},
            "ValidationException",
            "at 'maximumBatchingWindowInSeconds'",
        ),
        ({"ScalingConfig": {"MaximumConcurrency": 1}}, "ValidationException", "greater than or equal to 2"),
        (
            {"FunctionResponseTypes": ["Tudo"]},
            "ValidationException",
            "enum value set: [ReportBatchItemFailures]",
        ),
        (
            {"StartingPosition": "LATEST"},
            "InvalidParameterValueException",
            "StartingPosition is not valid for SQS event sources.",
        ),
        (
            {"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/x"},
            "NotImplemented",
            "kind kinesis",
        ),
        (
            {"BisectBatchOnFunctionError": True},
            "InvalidParameterValueException",
            "Unsupported BisectBatchOnFunctionError parameter for given event source mapping type.",
        ),
        ({"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"}, "NotImplemented", "KMSKeyArn"),
    ],
)
def test_wrong_mappings_are_refused(world: World, params: dict[str, Any], code: str, message: str) -> None:
    world.function()
    given = {"FunctionName": "estoque", "EventSourceArn": str(world.queue()), **params}
    error = world.refused("CreateEventSourceMapping", **given)
    assert error.code == code
    assert message in error.message
    assert world.call("ListEventSourceMappings")["EventSourceMappings"] == []


def test_the_function_must_fit_into_the_visibility_timeout(world: World) -> None:
    world.function(Timeout=60)
    error = world.refused(
        "CreateEventSourceMapping", FunctionName="estoque", EventSourceArn=str(world.queue(visible=30))
    )
    assert (error.code, error.message) == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
    )


def test_a_queue_feeds_a_function_once(world: World) -> None:
    world.function()
    queue = world.queue()
    uuid = world.mapping(queue)["UUID"]
    error = world.refused("CreateEventSourceMapping", FunctionName=str(arn()), EventSourceArn=str(queue))
    assert (error.code, error.status) == ("ResourceConflictException", 409)
    assert error.message == (
        f'The event source arn (" {queue} ") and function (" estoque ") provided mapping already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )


def test_fifo_queues_take_small_batches_without_window(world: World) -> None:
    world.function()
    queue = world.queue("ordem.fifo")
    for params in (
        {"MaximumBatchingWindowInSeconds": 5},
        {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 5},
    ):
        error = world.refused(
            "CreateEventSourceMapping", FunctionName="estoque", EventSourceArn=str(queue), **params
        )
        assert "FIFO" in error.message
    world.mapping(queue)


def test_mappings_are_changed_listed_and_deleted(world: World) -> None:
    world.function()
    world.function("faturamento")
    first, second = world.queue(), world.queue("faturamento-confirmacao")
    uuid = world.mapping(first)["UUID"]
    other = world.mapping(second, "faturamento")["UUID"]
    changed = world.call(
        "UpdateEventSourceMapping",
        UUID=uuid,
        BatchSize=5,
        ScalingConfig={"MaximumConcurrency": 3},
        Enabled=False,
    )
    assert (changed["State"], changed["BatchSize"]) == ("Updating", 5)
    shown = world.call("GetEventSourceMapping", UUID=uuid)
    assert (shown["State"], shown["ScalingConfig"]) == ("Disabled", {"MaximumConcurrency": 3})
    world.call("UpdateEventSourceMapping", UUID=uuid, ScalingConfig={})
    assert "ScalingConfig" not in world.call("GetEventSourceMapping", UUID=uuid)

    def listed(**params: Any) -> set[str]:
        return {
            item["UUID"] for item in world.call("ListEventSourceMappings", **params)["EventSourceMappings"]
        }

    assert listed() == {uuid, other}
    assert listed(FunctionName="faturamento") == listed(EventSourceArn=str(second)) == {other}
    assert world.call("DeleteEventSourceMapping", UUID=uuid)["State"] == "Deleting"
    gone = world.refused("GetEventSourceMapping", UUID=uuid)
    assert (gone.code, gone.message) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    assert (world.queues.listeners(first), world.queues.listeners(second)) == (0, 1)


def test_mappings_survive_a_restart(tmp_path: Path) -> None:
    with World(tmp_path, tmp_path / "state.db") as world:
        world.function()
        world.mapping(world.queue(), Tags={"a": "b"})
        (before,) = world.call("ListEventSourceMappings")["EventSourceMappings"]
    with World(tmp_path, tmp_path / "state.db") as again:
        # The fake queue is not there yet: said so, and put right by the first message.
        (shown,) = again.call("ListEventSourceMappings")["EventSourceMappings"]
        assert shown == {
            **before,
            "LastProcessingResult": "PROBLEM: The specified queue does not exist.",
        }
        queue = again.queue()
        again.send(queue, "depois")
        assert again.queues.left(queue) == []
        assert len(again.executor.requests) == 1
        (shown,) = again.call("ListEventSourceMappings")["EventSourceMappings"]
        assert shown == {**before, "LastProcessingResult": "OK"}


def test_tags_of_functions_and_mappings(world: World) -> None:
    world.function(Tags={"a": "1"})
    mapping = world.mapping(world.queue(), Tags={"x": "1"})["EventSourceMappingArn"]
    for resource in (str(arn()), mapping):
        world.call("TagResource", Resource=resource, Tags={"b": "2", "c": "3"})
        world.call("UntagResource", Resource=resource, TagKeys=["c", "nada"])
    assert world.call("ListTags", Resource=str(arn()))["Tags"] == {"a": "1", "b": "2"}
    assert world.call("ListTags", Resource=mapping)["Tags"] == {"x": "1", "b": "2"}
    assert "not supported" in world.refused("ListTags", Resource=f"{arn()}:PROD").message
    too_many = {f"k{n}": "v" for n in range(51)}
    assert "exceeds" in world.refused("TagResource", Resource=str(arn()), Tags=too_many).message
