"""Resource policies, and what EventBridge delivers to log groups because of them.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.arn import log_group_arn, rule_arn
from sandbox.model.awserror import AwsError
from sandbox.model.ports import Delivery
from sandbox.services.logs.service import LogsService
from tests.support.world import HERE, START, World

Logs = World[LogsService]
GROUP = "/aws/events/pedidos"
RULE = str(rule_arn(HERE, "default", "r"))


def policy(**members: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn(HERE, '/aws/events/*')}:*",
        **members,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def deliver(world: Logs, body: str, *, suffix: str = "") -> None:
    target = log_group_arn(HERE, GROUP + suffix)
    delivery = Delivery(target=target, body=body, cause=7, source=RULE)
    world.run(lambda: world.service.deliver(delivery))


def events(world: Logs) -> list[tuple[float, str]]:
    answer = world.call("FilterLogEvents", logGroupName=GROUP)
    return [(event["timestamp"], event["message"]) for event in answer["events"]]


def refused(world: Logs) -> str:
    with pytest.raises(AwsError) as caught:
        deliver(world, "{}")
    return caught.value.code


def test_a_policy_is_put_described_replaced_and_deleted(world: Logs) -> None:
    world.call("PutResourcePolicy", policyName="eventos", policyDocument=policy(Sid="um"))
    changed = world.call("PutResourcePolicy", policyName="eventos", policyDocument=policy())
    assert world.call("DescribeResourcePolicies") == {"resourcePolicies": [changed["resourcePolicy"]]}
    assert changed["resourcePolicy"] == {
        "policyName": "eventos",
        "policyDocument": policy(),
        "lastUpdatedTime": int(START * 1000),
    }
    assert world.call("DeleteResourcePolicy", policyName="eventos") == {}
    assert world.call("DescribeResourcePolicies") == {"resourcePolicies": []}
    assert world.refused("DeleteResourcePolicy", policyName="eventos").code == "ResourceNotFoundException"


def test_policies_come_in_pages_and_are_ten_at_most(world: Logs) -> None:
    for number in range(10):
        world.call("PutResourcePolicy", policyName=f"p{number}", policyDocument=policy())
    first = world.call("DescribeResourcePolicies", limit=9)
    rest = world.call("DescribeResourcePolicies", limit=9, nextToken=first["nextToken"])
    assert [each["policyName"] for each in rest["resourcePolicies"]] == ["p9"]
    too_many = world.refused("PutResourcePolicy", policyName="p10", policyDocument=policy())
    assert too_many.code == "LimitExceededException"


@pytest.mark.parametrize("document", ["", "{", "[]", "{}", json.dumps({"Statement": ["x" * 6_000]})])
def test_what_is_no_policy(world: Logs, document: str) -> None:
    answer = world.refused("PutResourcePolicy", policyName="p", policyDocument=document)
    assert answer.code == "InvalidParameterException"


def test_an_event_becomes_a_log_event_in_a_stream_of_its_own(world: Logs) -> None:
    world.call("CreateLogGroup", logGroupName=GROUP)
    world.call("PutResourcePolicy", policyName="p", policyDocument=policy())
    deliver(world, '{"id": "1"}')
    deliver(world, '{"id": "2"}', suffix=":*")
    assert events(world) == [(START * 1000, '{"id": "1"}'), (START * 1000, '{"id": "2"}')]
    streams = world.call("DescribeLogStreams", logGroupName=GROUP)["logStreams"]
    assert len({stream["logStreamName"] for stream in streams}) == 2


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (json.dumps("2023-11-14T22:13:20Z"), START * 1000),
        ("1700000000123", START * 1000 + 123),
        (json.dumps("1700000000123"), START * 1000 + 123),
        (json.dumps("ontem"), START * 1000),
    ],
)
def test_a_transformer_may_set_time_and_message(world: Logs, timestamp: str, expected: float) -> None:
    world.call("CreateLogGroup", logGroupName=GROUP)
    world.call("PutResourcePolicy", policyName="p", policyDocument=policy())
    deliver(world, f'{{"timestamp": {timestamp}, "message": "nota emitida"}}')
    assert events(world) == [(expected, "nota emitida")]


def test_a_group_that_is_not_there(world: Logs) -> None:
    world.call("PutResourcePolicy", policyName="p", policyDocument=policy())
    assert refused(world) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "members",
    [
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Principal": {"AWS": "*"}},
        {"Action": "logs:PutLogEvents"},
        {"Action": "logs:Get*"},
        {"Resource": f"{log_group_arn(HERE, '/aws/lambda/*')}:*"},
        {"Effect": "Deny"},
        {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/x"}}},
        {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}},
    ],
)
def test_without_permission_nothing_is_written(world: Logs, members: dict[str, Any]) -> None:
    world.call("CreateLogGroup", logGroupName=GROUP)
    assert refused(world) == "AccessDeniedException"
    world.call("PutResourcePolicy", policyName="p", policyDocument=policy(**members))
    assert refused(world) == "AccessDeniedException"


@pytest.mark.parametrize(
    "members",
    [
        {"Principal": "*"},
        {"Principal": {"Service": ["delivery.logs.amazonaws.com", "x"]}},
        {"Action": "LOGS:*"},
        {"Resource": "*"},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/r"}}},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": ["000000000000"]}}},
    ],
)
def test_with_permission_it_is_written(world: Logs, members: dict[str, Any]) -> None:
    world.call("CreateLogGroup", logGroupName=GROUP)
    world.call("PutResourcePolicy", policyName="p", policyDocument=policy(**members))
    deliver(world, "{}")
    assert len(events(world)) == 1


def test_a_denial_outweighs_a_permission(world: Logs) -> None:
    world.call("CreateLogGroup", logGroupName=GROUP)
    world.call("PutResourcePolicy", policyName="p", policyDocument=policy())
    world.call("PutResourcePolicy", policyName="q", policyDocument=policy(Effect="Deny", Resource="*"))
    assert refused(world) == "AccessDeniedException"


def test_what_is_delivered_is_stored(world: Logs) -> None:
    """Nobody delivers it again: a kill must not lose it."""
    world.call("CreateLogGroup", logGroupName=GROUP)
    world.call("PutResourcePolicy", policyName="eventos", policyDocument=policy())
    deliver(world, "{}")
    assert [row["message"] for row in world.database.rows("SELECT message FROM logs_events")] == ["{}"]
