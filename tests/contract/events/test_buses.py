"""Event buses, their policies and their tags."""

from __future__ import annotations

import json
from typing import Any

from sandbox.model.scope import Scope
from tests.contract.events.harness import START, World

BUS = "arn:aws:events:us-east-1:000000000000:event-bus/nfe-events"
OTHER = Scope("111122223333", "eu-west-1")


def test_a_bus_is_created_described_listed_and_deleted(world: World) -> None:
    created = world.call("CreateEventBus", Name="nfe-events", Description="eventos da NF-e")
    assert created == {"EventBusArn": BUS, "Description": "eventos da NF-e"}
    described = {
        "Name": "nfe-events",
        "Arn": BUS,
        "Description": "eventos da NF-e",
        "CreationTime": START,
        "LastModifiedTime": START,
    }
    assert world.call("DescribeEventBus", Name="nfe-events") == described
    assert world.call("DescribeEventBus", Name=BUS) == described
    assert world.call("ListEventBuses", NamePrefix="nfe") == {"EventBuses": [described]}
    world.call("DeleteEventBus", Name="nfe-events")
    assert world.call("ListEventBuses", NamePrefix="nfe") == {"EventBuses": []}


def test_the_default_bus_is_there(world: World) -> None:
    assert world.call("DescribeEventBus")["Name"] == "default"
    assert [bus["Name"] for bus in world.call("ListEventBuses")["EventBuses"]] == ["default"]
    assert world.refused("DeleteEventBus", Name="default") == (
        "ValidationException",
        "Cannot delete event bus default.",
    )
    assert world.refused("CreateEventBus", Name="default") == (
        "ResourceAlreadyExistsException",
        "Event bus default already exists.",
    )


def test_a_bus_that_is_there_already(world: World) -> None:
    world.call("CreateEventBus", Name="b")
    assert world.refused("CreateEventBus", Name="b")[1] == "Event bus b already exists."


def test_a_bus_that_is_not_there(world: World) -> None:
    for operation in ("DescribeEventBus", "DeleteEventBus", "UpdateEventBus"):
        assert world.refused(operation, Name="b") == (
            "ResourceNotFoundException",
            "Event bus b does not exist.",
        )


def test_a_bus_with_rules_is_not_deleted(world: World) -> None:
    world.call("CreateEventBus", Name="b")
    world.rule(bus="b")
    assert world.refused("DeleteEventBus", Name="b")[0] == "ValidationException"


def test_a_description_changes(world: World) -> None:
    world.call("CreateEventBus", Name="b")
    world.advance(5)
    assert world.call("UpdateEventBus", Name="b", Description="nova")["Description"] == "nova"
    described = world.call("DescribeEventBus", Name="b")
    assert (described["CreationTime"], described["LastModifiedTime"]) == (START, START + 5)


def test_pages(world: World) -> None:
    for number in range(5):
        world.call("CreateEventBus", Name=f"b{number}")
    first = world.call("ListEventBuses", NamePrefix="b", Limit=3)
    assert [bus["Name"] for bus in first["EventBuses"]] == ["b0", "b1", "b2"]
    second = world.call("ListEventBuses", NamePrefix="b", Limit=3, NextToken=first["NextToken"])
    assert [bus["Name"] for bus in second["EventBuses"]] == ["b3", "b4"]
    assert "NextToken" not in second
    assert world.refused("ListEventBuses", NextToken="?")[0] == "ValidationException"


def test_accounts_and_regions_are_separate(world: World) -> None:
    world.call("CreateEventBus", Name="b")
    assert world.refused("DescribeEventBus", scope=OTHER, Name="b")[0] == "ResourceNotFoundException"
    assert world.call("CreateEventBus", scope=OTHER, Name="b") == {
        "EventBusArn": "arn:aws:events:eu-west-1:111122223333:event-bus/b"
    }


def test_what_is_not_implemented_is_refused_by_name(world: World) -> None:
    for member in ("EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"):
        params: dict[str, Any] = {"Name": "b", member: "x"}
        code, message = world.refused("CreateEventBus", **params)
        assert code == "NotImplemented"
        assert member in message
    for operation in (
        "PutPartnerEvents",
        "CreatePartnerEventSource",
        "CreateEndpoint",
    ):
        assert operation in world.refused(operation)[1]


class TestPolicies:
    def statements(self, world: World) -> list[dict[str, object]]:
        policy = world.call("DescribeEventBus", Name="b").get("Policy")
        return [] if policy is None else list(json.loads(policy)["Statement"])

    def test_permissions_are_kept(self, world: World) -> None:
        world.call("CreateEventBus", Name="b")
        world.call(
            "PutPermission",
            EventBusName="b",
            Action="events:PutEvents",
            Principal="111122223333",
            StatementId="um",
        )
        world.call(
            "PutPermission", EventBusName="b", Action="events:PutEvents", Principal="*", StatementId="dois"
        )
        resource = "arn:aws:events:us-east-1:000000000000:event-bus/b"
        one = {
            "Sid": "um",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "events:PutEvents",
            "Resource": resource,
        }
        two = {**one, "Sid": "dois", "Principal": "*"}
        assert self.statements(world) == [one, two]
        world.call("RemovePermission", EventBusName="b", StatementId="um")
        assert self.statements(world) == [two]
        world.call("RemovePermission", EventBusName="b", RemoveAllPermissions=True)
        assert self.statements(world) == []

    def test_a_whole_policy_takes_the_place_of_statements(self, world: World) -> None:
        world.call("CreateEventBus", Name="b")
        statement = {"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "events:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        world.call("PutPermission", EventBusName="b", Policy=policy)
        assert self.statements(world) == [statement]
        assert world.refused("PutPermission", EventBusName="b", Policy="{")[0] == "ValidationException"

    def test_what_is_not_there(self, world: World) -> None:
        assert world.refused("PutPermission", EventBusName="b", Policy="{}") == (
            "ResourceNotFoundException",
            "Event bus b does not exist.",
        )
        assert world.refused("RemovePermission", StatementId="x") == (
            "ResourceNotFoundException",
            "Statement with the provided id does not exist.",
        )


def test_tags_of_buses_and_rules(world: World) -> None:
    world.call("CreateEventBus", Name="nfe-events", Tags=[{"Key": "equipe", "Value": "fiscal"}])
    rule = world.rule(bus="nfe-events")
    world.call("TagResource", ResourceARN=rule, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    world.call("UntagResource", ResourceARN=rule, TagKeys=["a"])
    assert world.call("ListTagsForResource", ResourceARN=rule) == {"Tags": [{"Key": "b", "Value": "2"}]}
    assert world.call("ListTagsForResource", ResourceARN=BUS) == {
        "Tags": [{"Key": "equipe", "Value": "fiscal"}]
    }
    assert world.refused("ListTagsForResource", ResourceARN=BUS + "x")[0] == "ResourceNotFoundException"
    assert world.refused("ListTagsForResource", ResourceARN="x")[0] == "ValidationException"
