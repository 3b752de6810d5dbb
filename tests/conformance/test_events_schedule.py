"""Scheduled rules, as AWS was recorded to answer them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.bus_world import BusWorld
from tests.conformance.recorded import recorded

VALID = [
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0/30 20-23 ? * MON-FRI *)",
    "cron(0/30 0-2 ? * MON-FRI *)",
    "cron(0 2 ? * SAT *)",
    "cron(0 12 * * ? *)",
    "cron(5,35 14 * * ? *)",
    "cron(15 10 ? * 6L 2002-2005)",
    "cron(0 2 ? * SAT#3 *)",
    "cron(* * ? * SAT#3 *)",
    "cron(0/5 5 ? JAN 1-5 2022)",
]
INVALID = [
    "cron(INVALID)",
    "cron(0 dummy ? * MON-FRI *)",
    "cron(7 20 * * NOT *)",
    "cron(71 8 1 * ? *)",
    "cron(0 1 * * * *)",
]


def scheduled(buses: BusWorld, expression: str) -> None:
    made = buses.events("PutRule", Name="agenda", ScheduleExpression=expression)
    assert made["RuleArn"].endswith(":rule/agenda")
    (listed,) = buses.events("ListRules", NamePrefix="agenda")["Rules"]
    assert listed == {
        "Arn": made["RuleArn"],
        "EventBusName": "default",
        "Name": "agenda",
        "ScheduleExpression": expression,
        "State": "ENABLED",
    }


@recorded("events_schedule", "TestScheduleCron::tests_put_rule_with_schedule_cron")
@pytest.mark.parametrize("expression", VALID, ids=str)
def test_calendars(buses: BusWorld, expression: str) -> None:
    scheduled(buses, expression)


@recorded("events_schedule", "TestScheduleCron::tests_put_rule_with_schedule_cron")
def test_a_calendar(buses: BusWorld) -> None:
    scheduled(buses, "cron(0 20 * * ? *)")


@recorded("events_schedule", "TestScheduleRate::test_put_rule_with_schedule_rate")
def test_a_rate(buses: BusWorld) -> None:
    scheduled(buses, "rate(1 minute)")


@recorded("events_schedule", "TestScheduleCron::tests_put_rule_with_invalid_schedule_cron")
@pytest.mark.parametrize("expression", INVALID, ids=str)
def test_what_is_no_calendar(buses: BusWorld, expression: str) -> None:
    assert buses.events.refused("PutRule", Name="agenda", ScheduleExpression=expression) == (
        "ValidationException",
        "Parameter ScheduleExpression is not valid.",
    )


@recorded("events_schedule", "TestScheduleRate::tests_put_rule_with_schedule_custom_event_bus")
def test_only_the_default_bus_has_schedules(buses: BusWorld) -> None:
    bus = buses.bus("custom")
    params = {"Name": "agenda", "ScheduleExpression": "rate(1 minute)", "EventBusName": bus}
    assert buses.events.refused("PutRule", **params) == (
        "ValidationException",
        "ScheduleExpression is supported only on the default event bus.",
    )


def fires(buses: BusWorld, expression: str, seconds: float, **target: Any) -> list[Any]:
    """What a queue gets of a schedule within some time."""
    rule = buses.events("PutRule", Name="agenda", ScheduleExpression=expression)["RuleArn"]
    given = {"Id": "fila", "Arn": buses.queue(), **target}
    answer = buses.events("PutTargets", Rule="agenda", Targets=[given])
    assert answer == {"FailedEntryCount": 0, "FailedEntries": []}
    assert buses.events("ListTargetsByRule", Rule="agenda") == {"Targets": [given]}
    buses.advance(seconds)
    found = buses.bodies("fila")
    assert all(body.get("resources", [rule]) == [rule] for body in found)
    return found


@recorded(
    "events_schedule",
    "TestScheduleRate::tests_schedule_rate_target_sqs",
    "TestScheduleRate::tests_schedule_sqs_target",
)
def test_a_rate_sends_its_events_to_a_queue(buses: BusWorld) -> None:
    first, second = fires(buses, "rate(1 minute)", 120)
    assert first.pop("id") != second.pop("id")
    assert second.pop("time") > first.pop("time")
    assert first.pop("resources") == second.pop("resources")
    assert first == second
    assert first == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "region": "us-east-1",
        "detail": {},
    }


@recorded("events_schedule", "TestScheduleCron::test_schedule_cron_target_sqs")
def test_a_calendar_sends_its_events_to_a_queue(buses: BusWorld) -> None:
    (event,) = fires(buses, "cron(15 22 14 11 ? *)", 3_600)
    assert (event["detail-type"], event["time"]) == ("Scheduled Event", "2023-11-14T22:15:00Z")


@recorded("events_schedule", "TestScheduleRate::tests_schedule_rate_custom_input_target_sqs")
def test_a_schedule_sends_what_it_is_told_to(buses: BusWorld) -> None:
    given = {"loja": "matriz"}
    assert fires(buses, "rate(1 minute)", 60, Input=json.dumps(given)) == [given]
