"""Subscription filters: what a group gets is handed on to functions."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from sandbox.services.base import Kit
from sandbox.services.logs.service import LogsService
from tests.contract.lambda_.fakes import KeptDeliveries
from tests.support.world import HERE, START, World

GROUP = "/aws/lambda/estoque"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:alarme"
Logs = World[LogsService]


@pytest.fixture
def targets() -> KeptDeliveries:
    return KeptDeliveries()


@pytest.fixture
def world(targets: KeptDeliveries) -> Iterator[Logs]:
    with World(lambda kit: LogsService(kit, targets)) as world:
        world.call("CreateLogGroup", logGroupName=GROUP)
        yield world


def subscribe(world: Logs, name: str = "s", pattern: str = "ERROR", **params: Any) -> None:
    given = {"destinationArn": FUNCTION, **params}
    world.call("PutSubscriptionFilter", logGroupName=GROUP, filterName=name, filterPattern=pattern, **given)


def write(world: Logs, *messages: str, stream: str = "a", cause: int | None = None) -> None:
    lines = [(world.clock.now(), message) for message in messages]
    world.do(lambda: world.service.write(HERE, GROUP, stream, lines, cause=cause))


def documents(targets: KeptDeliveries) -> list[dict[str, Any]]:
    found = []
    for delivery in targets.deliveries:
        data = json.loads(delivery.body)["awslogs"]["data"]
        found.append(json.loads(gzip.decompress(base64.b64decode(data))))
    return found


def messages(targets: KeptDeliveries) -> list[list[str]]:
    return [[event["message"] for event in one["logEvents"]] for one in documents(targets)]


def test_what_matches_is_handed_on_as_aws_hands_it_on(world: Logs, targets: KeptDeliveries) -> None:
    write(world, "ERROR before")
    subscribe(world)
    write(world, "ERROR one", "INFO two", "ERROR three", cause=7)
    (delivery,) = targets.deliveries
    assert (str(delivery.target), delivery.cause) == (FUNCTION, 7)
    (document,) = documents(targets)
    ids = [event.pop("id") for event in document["logEvents"]]
    assert [len(one) for one in ids] == [56, 56]
    assert document == {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": GROUP,
        "logStream": "a",
        "subscriptionFilters": ["s"],
        "logEvents": [
            {"timestamp": int(START * 1000), "message": "ERROR one"},
            {"timestamp": int(START * 1000), "message": "ERROR three"},
        ],
    }


def test_a_batch_is_of_one_stream(world: Logs, targets: KeptDeliveries) -> None:
    subscribe(world, pattern="")
    write(world, "1", stream="a")
    write(world, "2", stream="b")
    assert [(one["logStream"], len(one["logEvents"])) for one in documents(targets)] == [("a", 1), ("b", 1)]


def test_a_large_batch_is_cut(world: Logs, targets: KeptDeliveries) -> None:
    subscribe(world, pattern="")
    write(world, *["x" * 200_000] * 5)
    assert [len(batch) for batch in messages(targets)] == [2, 2, 1]


def test_a_group_has_two_filters_at_most(world: Logs, targets: KeptDeliveries) -> None:
    subscribe(world, "errors")
    subscribe(world, "all", "", distribution="Random")
    more = world.refused(
        "PutSubscriptionFilter",
        logGroupName=GROUP,
        filterName="third",
        filterPattern="",
        destinationArn=FUNCTION,
    )
    assert (more.code, more.message) == ("LimitExceededException", "Resource limit exceeded.")
    subscribe(world, "all", "WARN")  # replaced
    write(world, "ERROR", "WARN")
    assert sorted(messages(targets)) == [["ERROR"], ["WARN"]]
    shown = world.call("DescribeSubscriptionFilters", logGroupName=GROUP, limit=1)
    assert shown["subscriptionFilters"] == [
        {
            "filterName": "all",
            "logGroupName": GROUP,
            "filterPattern": "WARN",
            "destinationArn": FUNCTION,
            "distribution": "ByLogStream",
            "creationTime": int(START * 1000),
        }
    ]
    rest = world.call("DescribeSubscriptionFilters", logGroupName=GROUP, nextToken=shown["nextToken"])
    assert [one["filterName"] for one in rest["subscriptionFilters"]] == ["errors"]
    world.call("DeleteSubscriptionFilter", logGroupName=GROUP, filterName="all")
    write(world, "WARN")
    assert len(targets.deliveries) == 2
    gone = world.refused("DeleteSubscriptionFilter", logGroupName=GROUP, filterName="all")
    assert gone.code == "ResourceNotFoundException"


def test_what_cannot_be_delivered_is_tried_again_for_a_day(world: Logs, targets: KeptDeliveries) -> None:
    subscribe(world)
    targets.refusal = AwsError("ResourceNotFoundException", "Function not found")
    write(world, "ERROR one", cause=3)
    (failed,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert (failed.resource, failed.cause) == (FUNCTION, 3)
    targets.refusal = None
    world.advance(60)
    assert messages(targets) == [["ERROR one"]]
    targets.refusal = AwsError("ResourceNotFoundException", "Function not found")
    write(world, "ERROR two")
    world.advance(90_000)
    targets.refusal = None
    write(world, "ERROR three")
    assert messages(targets) == [["ERROR one"], ["ERROR three"]]


def test_a_failure_of_ours_is_tried_again_too(world: Logs, targets: KeptDeliveries) -> None:
    subscribe(world)
    targets.refusal = OSError("no descriptors")
    write(world, "ERROR one")
    (failed,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert failed.error == "OSError: no descriptors"
    targets.refusal = None
    world.advance(60)
    assert messages(targets) == [["ERROR one"]]


def test_a_restart_hands_on_what_was_not(tmp_path: Path) -> None:
    targets, later = KeptDeliveries(), KeptDeliveries()
    targets.refusal = AwsError("ResourceNotFoundException", "Function not found")

    def make(deliveries: KeptDeliveries) -> Any:
        def service(kit: Kit) -> LogsService:
            return LogsService(kit, deliveries)

        return service

    with World(make(targets), tmp_path / "state.db") as world:
        world.call("CreateLogGroup", logGroupName=GROUP)
        subscribe(world)
        write(world, "ERROR one")
    with World(make(later), tmp_path / "state.db") as world:
        world.do(lambda: None)
        assert messages(later) == [["ERROR one"]]
        write(world, "ERROR two")
        assert messages(later) == [["ERROR one"], ["ERROR two"]]


@pytest.mark.parametrize("operation", ["DeleteLogGroup", "DeleteLogStream"])
def test_what_comes_after_newer_events_were_deleted_is_handed_on(
    world: Logs, targets: KeptDeliveries, operation: str
) -> None:
    lines = [(world.clock.now(), "another")] * 3
    world.do(lambda: world.service.write(HERE, "another", "s", lines))
    subscribe(world)
    stream: dict[str, Any] = {"logStreamName": "s"} if operation == "DeleteLogStream" else {}
    world.call(operation, logGroupName="another", **stream)
    write(world, "ERROR one")
    assert messages(targets) == [["ERROR one"]]


@pytest.mark.parametrize("operation", ["DeleteLogGroup", "DeleteLogStream"])
def test_what_comes_while_events_are_deleted_and_others_handed_on_is_handed_on(
    world: Logs, targets: KeptDeliveries, operation: str
) -> None:
    async def delete_and_write() -> None:
        call = Call(scope=HERE)
        stream = {"logStreamName": "a"} if operation == "DeleteLogStream" else {}
        await world.service.call(operation, call, {"logGroupName": GROUP, **stream})
        if not stream:
            await world.service.call("CreateLogGroup", call, {"logGroupName": GROUP})
            given = {"filterName": "s", "filterPattern": "ERROR", "destinationArn": FUNCTION}
            await world.service.call("PutSubscriptionFilter", call, {"logGroupName": GROUP, **given})
        world.service.write(HERE, GROUP, "a", [(world.clock.now(), "ERROR two")])
        world.service.settle()

    subscribe(world)
    targets.meanwhile = delete_and_write
    write(world, "INFO zero", "INFO zero", "ERROR one")
    assert messages(targets) == [["ERROR one"], ["ERROR two"]]


def test_what_comes_after_newer_events_expired_is_handed_on(world: Logs, targets: KeptDeliveries) -> None:
    lines = [(world.clock.now(), "another")] * 3
    world.do(lambda: world.service.write(HERE, "another", "s", lines))
    subscribe(world)
    world.advance(2 * 86_400)
    world.call("PutRetentionPolicy", logGroupName="another", retentionInDays=1)
    write(world, "ERROR one")
    assert messages(targets) == [["ERROR one"]]


@pytest.mark.parametrize("kind", ["kinesis", "firehose"])
def test_other_destinations_are_refused_by_name(world: Logs, kind: str) -> None:
    error = world.refused(
        "PutSubscriptionFilter",
        logGroupName=GROUP,
        filterName="s",
        filterPattern="",
        destinationArn=f"arn:aws:{kind}:us-east-1:000000000000:stream/x",
    )
    assert isinstance(error, NotImplementedByName)
    assert kind in error.message


@pytest.mark.parametrize("operation", ["PutDestination", "StartQuery"])
def test_other_operations_are_refused_by_name(world: Logs, operation: str) -> None:
    assert operation in world.refused(operation).message


def test_what_is_refused_says_what_does_instead(world: Logs) -> None:
    assert "FilterLogEvents" in world.refused("StartQuery").message
