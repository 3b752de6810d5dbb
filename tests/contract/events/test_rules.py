"""Rules and their targets."""

from __future__ import annotations

import json
from typing import Any

from sandbox.model.scope import Scope
from tests.contract.events.harness import World, arn

PATTERN = '{"source": ["nfe"]}'


def test_a_rule_is_put_described_listed_and_deleted(world: World) -> None:
    world.call("CreateEventBus", Name="b")
    answer = world.call(
        "PutRule",
        Name="r",
        EventBusName="b",
        EventPattern=PATTERN,
        Description="d",
        RoleArn="arn:aws:iam::1:role/x",
    )
    rule_arn = "arn:aws:events:us-east-1:000000000000:rule/b/r"
    assert answer == {"RuleArn": rule_arn}
    listed = {
        "Name": "r",
        "Arn": rule_arn,
        "State": "ENABLED",
        "EventBusName": "b",
        "EventPattern": PATTERN,
        "Description": "d",
        "RoleArn": "arn:aws:iam::1:role/x",
    }
    assert world.call("ListRules", EventBusName="b", NamePrefix="r") == {"Rules": [listed]}
    assert world.call("DescribeRule", Name="r", EventBusName="b") == {**listed, "CreatedBy": "000000000000"}
    world.call("DeleteRule", Name="r", EventBusName="b")
    assert world.call("ListRules", EventBusName="b") == {"Rules": []}
    world.call("DeleteRule", Name="r", EventBusName="b")


def test_the_arn_of_a_rule_of_the_default_bus_does_not_name_it(world: World) -> None:
    answer = world.call("PutRule", Name="r", EventPattern=PATTERN)
    assert answer == {"RuleArn": "arn:aws:events:us-east-1:000000000000:rule/r"}


def test_putting_again_replaces_what_was_not_said_and_keeps_the_targets(world: World) -> None:
    world.rule("r")
    world.call("PutRule", Name="r", EventPattern='{"source": ["x"]}', State="DISABLED", Description="d")
    world.call("PutRule", Name="r", EventPattern='{"source": ["y"]}')
    described = world.call("DescribeRule", Name="r")
    assert described["EventPattern"] == '{"source": ["y"]}'
    assert described["State"] == "ENABLED"
    assert "Description" not in described
    assert len(world.call("ListTargetsByRule", Rule="r")["Targets"]) == 1


def test_what_is_not_there(world: World) -> None:
    for operation in ("DescribeRule", "EnableRule", "DisableRule"):
        assert world.refused(operation, Name="r") == (
            "ResourceNotFoundException",
            "Rule r does not exist on EventBus default.",
        )
    no_bus = ("ResourceNotFoundException", "Event bus b does not exist.")
    assert world.refused("PutRule", Name="r", EventPattern=PATTERN, EventBusName="b") == no_bus
    assert world.refused("DescribeRule", Name="r", EventBusName="b") == no_bus
    assert world.refused("DeleteRule", Name="r", EventBusName="b") == no_bus
    assert world.refused("ListRules", EventBusName="b") == no_bus
    assert world.refused("PutTargets", Rule="r", Targets=[world.target()])[0] == "ResourceNotFoundException"


def test_rules_that_are_refused(world: World) -> None:
    assert world.refused("PutRule", Name="r") == (
        "ValidationException",
        "Parameter(s) EventPattern or ScheduleExpression must be specified.",
    )
    assert world.refused("PutRule", Name="r", EventPattern='{"a": []}') == (
        "InvalidEventPatternException",
        "Event pattern is not valid. Reason: Empty arrays are not allowed",
    )
    assert world.refused("PutRule", Name="r", ScheduleExpression="rate(1 minutes)") == (
        "ValidationException",
        "Parameter ScheduleExpression is not valid.",
    )
    world.call("CreateEventBus", Name="b")
    assert world.refused("PutRule", Name="r", EventBusName="b", ScheduleExpression="rate(1 minute)") == (
        "ValidationException",
        "ScheduleExpression is supported only on the default event bus.",
    )
    cloudtrail = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert cloudtrail in world.refused("PutRule", Name="r", EventPattern=PATTERN, State=cloudtrail)[1]
    assert world.call("ListRules") == {"Rules": []}


def test_a_rule_with_targets_is_not_deleted(world: World) -> None:
    world.rule("r")
    assert world.refused("DeleteRule", Name="r") == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    answer = world.call("RemoveTargets", Rule="r", Ids=["fila", "outra"])
    assert answer["FailedEntryCount"] == 1
    assert answer["FailedEntries"][0]["TargetId"] == "outra"
    world.call("DeleteRule", Name="r")


def test_pages_of_rules(world: World) -> None:
    for number in range(4):
        world.rule(f"r{number}")
    first = world.call("ListRules", Limit=3)
    assert [rule["Name"] for rule in first["Rules"]] == ["r0", "r1", "r2"]
    second = world.call("ListRules", Limit=3, NextToken=first["NextToken"])
    assert [rule["Name"] for rule in second["Rules"]] == ["r3"]


def test_targets_are_listed_as_they_were_put(world: World) -> None:
    world.rule("r")
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>}'}
    other = {
        "Id": "f",
        "Arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
        "InputTransformer": transformer,
    }
    assert world.call("PutTargets", Rule="r", Targets=[other]) == {"FailedEntryCount": 0, "FailedEntries": []}
    replaced = world.target("fila", InputPath="$.detail")
    world.call("PutTargets", Rule="r", Targets=[replaced])
    assert world.call("ListTargetsByRule", Rule="r") == {"Targets": [replaced, other]}
    first = world.call("ListTargetsByRule", Rule="r", Limit=1)
    assert first["Targets"] == [replaced]
    assert world.call("ListTargetsByRule", Rule="r", Limit=1, NextToken=first["NextToken"])["Targets"] == [
        other
    ]


def test_a_rule_has_at_most_five_targets(world: World) -> None:
    world.rule("r")
    six = [world.target(f"q{number}") for number in range(5)]
    assert world.refused("PutTargets", Rule="r", Targets=six) == (
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )
    world.call("PutTargets", Rule="r", Targets=six[:4])
    world.call("PutTargets", Rule="r", Targets=six[:4])


def test_targets_that_are_refused_leave_the_others_out_too(world: World) -> None:
    world.call("PutRule", Name="r", EventPattern=PATTERN)
    states = {"Id": "s", "Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"}
    code, message = world.refused("PutTargets", Rule="r", Targets=[world.target(), states])
    assert code == "NotImplemented"
    assert "states" in message
    fifo = world.target("fila.fifo")
    assert world.refused("PutTargets", Rule="r", Targets=[fifo]) == (
        "ValidationException",
        "Parameter(s) SqsParameters must be specified for target: fila.fifo.",
    )
    assert world.call("ListTargetsByRule", Rule="r") == {"Targets": []}


def test_rules_by_target(world: World) -> None:
    world.call("CreateEventBus", Name="b")
    for number in range(3):
        world.rule(f"r{number}", bus="b")
    world.rule("other")
    assert world.call("ListRuleNamesByTarget", TargetArn=arn("fila"), EventBusName="b", Limit=2)[
        "RuleNames"
    ] == [
        "r0",
        "r1",
    ]
    assert world.call("ListRuleNamesByTarget", TargetArn=arn("fila"))["RuleNames"] == ["other"]
    assert world.call("ListRuleNamesByTarget", TargetArn=arn("nenhuma")) == {"RuleNames": []}


def test_scopes_have_rules_of_their_own(world: World) -> None:
    world.rule("r")
    assert world.call("ListRules", scope=Scope("111122223333")) == {"Rules": []}


def test_a_pattern_is_tried_on_an_event(world: World) -> None:
    event = {
        "id": "1",
        "source": "nfe",
        "detail-type": "Nota",
        "account": "000000000000",
        "region": "us-east-1",
        "time": "2026-01-01T00:00:00Z",
    }
    assert world.call("TestEventPattern", EventPattern=PATTERN, Event=json.dumps(event)) == {"Result": True}
    assert world.call("TestEventPattern", EventPattern='{"source": ["x"]}', Event=json.dumps(event)) == {
        "Result": False
    }
    assert world.refused("TestEventPattern", EventPattern='{"source": "x"}', Event=json.dumps(event)) == (
        "InvalidEventPatternException",
        'Event pattern is not valid. Reason: "source" must be an object or an array',
    )
    del event["time"]
    for bad in ("texto", "[]", "{", json.dumps(event), '{"a":' * 900 + "1" + "}" * 900):
        assert world.refused("TestEventPattern", EventPattern=PATTERN, Event=bad) == (
            "ValidationException",
            "Parameter Event is not valid.",
        )


def test_rules_that_are_deleted_page_by_page_are_all_found(world: World) -> None:
    names = {f"r{number}" for number in range(7)}
    for name in names:
        world.rule(name)
    seen: set[str] = set()
    token: dict[str, Any] = {}
    while True:
        answer = world.call("ListRules", Limit=3, **token)
        for rule in answer["Rules"]:
            seen.add(rule["Name"])
            world.call("RemoveTargets", Rule=rule["Name"], Ids=["fila"])
            world.call("DeleteRule", Name=rule["Name"])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert seen == names
