"""Schedules and groups as the API has them.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.scheduler.harness import World, function, target
from tests.support.world import HERE, START

ARN = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/agenda"
DEFAULTS = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def test_a_schedule_is_created_read_changed_and_deleted(world: World) -> None:
    assert world.create(Description="a cada minuto") == ARN
    assert world.get() == {
        "Arn": ARN,
        "Name": "agenda",
        "GroupName": "default",
        "State": "ENABLED",
        "Description": "a cada minuto",
        "ScheduleExpression": "rate(1 minute)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "NONE",
        "Target": {**target(), "RetryPolicy": DEFAULTS},
        "CreationDate": START,
        "LastModificationDate": START,
    }
    world.advance(10)
    changed = world.request(
        "cron(0 8 * * ? *)",
        ScheduleExpressionTimezone="America/Sao_Paulo",
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        StartDate=START + 60,
        EndDate=START + 86_400,
        State="DISABLED",
        ActionAfterCompletion="DELETE",
        Target=target(RetryPolicy={"MaximumRetryAttempts": 3}),
    )
    assert world.call("UpdateSchedule", **changed) == {"ScheduleArn": ARN}
    found = world.get()
    assert found["Target"]["RetryPolicy"] == {**DEFAULTS, "MaximumRetryAttempts": 3}
    assert {name: found.get(name) for name in changed if name != "Target"} == {
        name: value for name, value in changed.items() if name != "Target"
    }
    assert "Description" not in found
    assert (found["CreationDate"], found["LastModificationDate"]) == (START, START + 10)
    assert world.call("DeleteSchedule", Name="agenda") == {}
    answer = world.refused("GetSchedule", Name="agenda")
    assert (answer.code, answer.message) == ("ResourceNotFoundException", "Schedule agenda does not exist.")


@pytest.mark.parametrize("operation", ["GetSchedule", "DeleteSchedule", "UpdateSchedule"])
def test_a_schedule_that_is_not_there(world: World, operation: str) -> None:
    params = world.request() if operation == "UpdateSchedule" else {"Name": "agenda"}
    answer = world.refused(operation, **params)
    assert (answer.code, answer.status) == ("ResourceNotFoundException", 404)


def test_a_name_is_taken_once_in_a_group(world: World) -> None:
    world.call("CreateScheduleGroup", Name="outro")
    world.create()
    world.create(GroupName="outro")
    answer = world.refused("CreateSchedule", **world.request())
    assert (answer.code, answer.message) == ("ConflictException", "Schedule agenda already exists.")


def test_a_client_token_makes_a_repetition_harmless(world: World) -> None:
    arn = world.create(ClientToken="t1")
    assert world.create(ClientToken="t1") == arn
    assert world.refused("CreateSchedule", **world.request(ClientToken="t2")).code == "ConflictException"
    made = world.call("CreateScheduleGroup", Name="g", ClientToken="t1")
    assert world.call("CreateScheduleGroup", Name="g", ClientToken="t1") == made


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "rate(5 seconds)",
        "rate(5)",
        "cron(0 8 * *)",
        "cron(71 8 * * ? *)",
        "at(2023-11-14)",
        "at(2023-11-14T25:00:00)",
        "at(2023-02-30T10:00:00)",
        "amanhã",
    ],
)
def test_expressions_that_are_none(world: World, expression: str) -> None:
    answer = world.refused("CreateSchedule", **world.request(expression))
    assert (answer.code, answer.message) == (
        "ValidationException",
        f"Invalid Schedule Expression {expression}.",
    )


@pytest.mark.parametrize("zone", ["Marte/Olympus", "../etc/passwd", "utc+3"])
def test_zones_that_are_none(world: World, zone: str) -> None:
    answer = world.refused("CreateSchedule", **world.request(ScheduleExpressionTimezone=zone))
    assert answer.code == "ValidationException"


@pytest.mark.parametrize(
    "members",
    [
        {"StartDate": START - 301},
        {"EndDate": START},
        {"StartDate": START + 60, "EndDate": START + 60},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
        {"Target": target("fila")},
        {"Target": target("arn:aws:sqs:us-east-1:000000000000:fila.fifo")},
        {"Target": function(SqsParameters={"MessageGroupId": "g"})},
        {"Target": function(Input="não é JSON")},
        {"Target": function(EventBridgeParameters={"Source": "a", "DetailType": "b"})},
        {"Target": target("arn:aws:events:us-east-1:000000000000:event-bus/default", Input="{}")},
        {"Target": target("arn:aws:scheduler:::aws-sdk:sqs")},
        {"Target": target("arn:aws:scheduler:::aws-sdk:sqs:receiveMessage", Input="{}")},
        {"Target": target("arn:aws:scheduler:::aws-sdk:dynamodb:getItem", Input="{}")},
        {"Target": target("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", Input="[]")},
    ],
)
def test_what_is_not_valid(world: World, members: dict[str, Any]) -> None:
    assert world.refused("CreateSchedule", **world.request(**members)).code == "ValidationException"


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"}, "KmsKeyArn"),
        ({"Target": target(KinesisParameters={"PartitionKey": "p"})}, "KinesisParameters"),
        ({"Target": target("arn:aws:kinesis:us-east-1:000000000000:stream/s")}, "kinesis"),
        ({"Target": target("arn:aws:states:us-east-1:000000000000:stateMachine:m", Input="{}")}, "states"),
        ({"Target": target("arn:aws:ecs:us-east-1:000000000000:cluster/c")}, "ecs"),
        ({"Target": target("arn:aws:logs:us-east-1:000000000000:log-group:g")}, "logs"),
        ({"Target": target("arn:aws:events:us-east-1:000000000000:rule/r")}, "events"),
        ({"Target": target("arn:aws:scheduler:::aws-sdk:ec2:startInstances", Input="{}")}, "ec2:startInst"),
        ({"Target": target("arn:aws:scheduler:::aws-sdk:sqs:tagQueue", Input="{}")}, "sqs:tagQueue"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(
    world: World, members: dict[str, Any], named: str
) -> None:
    answer = world.refused("CreateSchedule", **world.request(**members))
    assert answer.code == "NotImplemented"
    assert named in answer.message


def test_schedules_are_listed_by_group_prefix_and_state_in_pages(world: World) -> None:
    world.call("CreateScheduleGroup", Name="g")
    for name in ("a1", "a2", "b1"):
        world.create(name=name)
    world.create(name="a3", GroupName="g", State="DISABLED")

    def names(**params: Any) -> list[str]:
        return [each["Name"] for each in world.call("ListSchedules", **params)["Schedules"]]

    assert names() == ["a1", "a2", "b1", "a3"]
    assert names(GroupName="g") == ["a3"]
    assert names(NamePrefix="a") == ["a1", "a2", "a3"]
    assert names(State="DISABLED") == ["a3"]
    first = world.call("ListSchedules", MaxResults=3)
    assert names(MaxResults=3, NextToken=first["NextToken"]) == ["a3"]
    assert "NextToken" not in world.call("ListSchedules", MaxResults=4)
    assert world.refused("ListSchedules", NextToken="!").code == "ValidationException"
    assert world.refused("ListSchedules", GroupName="nenhum").code == "ResourceNotFoundException"
    (only,) = world.call("ListSchedules", GroupName="g")["Schedules"]
    assert only == {
        "Arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/g/a3",
        "Name": "a3",
        "GroupName": "g",
        "State": "DISABLED",
        "CreationDate": START,
        "LastModificationDate": START,
        "Target": {"Arn": "arn:aws:sqs:us-east-1:000000000000:fila"},
    }


def test_groups_are_created_listed_tagged_and_deleted_with_their_schedules(world: World) -> None:
    arn = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g"
    tags = [{"Key": "time", "Value": "fiscal"}]
    assert world.call("CreateScheduleGroup", Name="g", Tags=tags) == {"ScheduleGroupArn": arn}
    described = {
        "Arn": arn,
        "Name": "g",
        "State": "ACTIVE",
        "CreationDate": START,
        "LastModificationDate": START,
    }
    assert world.call("GetScheduleGroup", Name="g") == described
    listed = world.call("ListScheduleGroups")["ScheduleGroups"]
    assert [group["Name"] for group in listed] == ["default", "g"]
    assert world.call("ListScheduleGroups", NamePrefix="g") == {"ScheduleGroups": [described]}
    assert world.call("ListTagsForResource", ResourceArn=arn) == {"Tags": tags}
    world.call("TagResource", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    world.call("UntagResource", ResourceArn=arn, TagKeys=["time"])
    assert world.call("ListTagsForResource", ResourceArn=arn) == {"Tags": [{"Key": "a", "Value": "1"}]}
    world.create(GroupName="g")
    world.call("DeleteScheduleGroup", Name="g")
    answer = world.refused("GetScheduleGroup", Name="g")
    assert (answer.code, answer.message) == (
        "ResourceNotFoundException",
        "Schedule group g does not exist.",
    )
    assert world.call("ListSchedules")["Schedules"] == []
    world.advance(120)
    assert world.targets.taken == []


def test_what_groups_refuse(world: World) -> None:
    world.call("CreateScheduleGroup", Name="g")
    answer = world.refused("CreateScheduleGroup", Name="g")
    assert (answer.code, answer.message) == ("ConflictException", "Schedule group g already exists.")
    assert world.refused("CreateScheduleGroup", Name="default").code == "ConflictException"
    assert world.refused("DeleteScheduleGroup", Name="default").code == "ValidationException"
    assert world.refused("DeleteScheduleGroup", Name="x").code == "ResourceNotFoundException"
    missing = world.refused("CreateSchedule", **world.request(GroupName="x"))
    assert missing.code == "ResourceNotFoundException"


def test_five_hundred_groups(world: World) -> None:
    def fill() -> None:
        for number in range(498):
            world.service.store.add_group(HERE, f"g{number}", None, {})

    world.do(fill)
    world.call("CreateScheduleGroup", Name="default-2")
    answer = world.refused("CreateScheduleGroup", Name="demais")
    assert (answer.code, answer.status) == ("ServiceQuotaExceededException", 402)


def test_schedules_outlive_a_restart(tmp_path: Path) -> None:
    with World(tmp_path / "s.db") as world:
        world.create("at(2023-11-14T22:20:00)", "uma")
        world.create("rate(1 hour)", "outra", StartDate=START + 30)
    with World(tmp_path / "s.db", start=START) as again:
        again.advance(30)
        assert len(again.bodies()) == 1
        again.advance(600)
        assert len(again.bodies()) == 2


def test_pages_follow_the_order_of_groups_and_names(world: World) -> None:
    for group in ("a", "a-b"):
        world.call("CreateScheduleGroup", Name=group)
        for name in ("x", "y"):
            world.create(name=name, GroupName=group)
    seen: list[tuple[str, str]] = []
    token: dict[str, Any] = {}
    while True:
        answer = world.call("ListSchedules", MaxResults=1, **token)
        seen += [(one["GroupName"], one["Name"]) for one in answer["Schedules"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert seen == [("a", "x"), ("a", "y"), ("a-b", "x"), ("a-b", "y")]
