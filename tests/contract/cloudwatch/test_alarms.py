"""Metric alarms, as records.

Page: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.services.cloudwatch.service import CloudWatchService
from tests.support.shapes import answered, inputs
from tests.support.world import World

ALARM: dict[str, Any] = {
    "AlarmName": "erros",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def world() -> Iterator[World[CloudWatchService]]:
    with World(CloudWatchService) as running:
        yield running


def alarms(world: World[CloudWatchService], **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.call("DescribeAlarms", **params)["MetricAlarms"]
    return found


def test_an_alarm_is_kept_and_changed_in_all_but_its_state(world: World[CloudWatchService]) -> None:
    world.call("PutMetricAlarm", **ALARM, Tags=[{"Key": "dono", "Value": "time"}])
    (made,) = alarms(world)
    assert (made["StateValue"], made["ActionsEnabled"]) == ("INSUFFICIENT_DATA", True)
    assert made["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:000000000000:alarm:erros"
    world.call("SetAlarmState", AlarmName="erros", StateValue="ALARM", StateReason="to see")
    world.call("PutMetricAlarm", **{**ALARM, "Threshold": 5.0})
    (changed,) = alarms(world, StateValue="ALARM")
    assert (changed["Threshold"], changed["StateReason"]) == (5.0, "to see")
    tags = world.call("ListTagsForResource", ResourceARN=made["AlarmArn"])["Tags"]
    assert tags == [{"Key": "dono", "Value": "time"}]


def test_alarms_are_listed_in_pages(world: World[CloudWatchService]) -> None:
    for name in ("c", "a", "b"):
        world.call("PutMetricAlarm", **{**ALARM, "AlarmName": name})
    first = world.call("DescribeAlarms", MaxRecords=2)
    rest = alarms(world, NextToken=first["NextToken"])
    assert [alarm["AlarmName"] for alarm in [*first["MetricAlarms"], *rest]] == ["a", "b", "c"]
    assert [alarm["AlarmName"] for alarm in alarms(world, AlarmNamePrefix="b")] == ["b"]


def test_deleting_is_all_or_nothing(world: World[CloudWatchService]) -> None:
    world.call("PutMetricAlarm", **ALARM)
    assert world.refused("DeleteAlarms", AlarmNames=["erros", "nenhum"]).code == "ResourceNotFound"
    assert len(alarms(world)) == 1
    world.call("DeleteAlarms", AlarmNames=["erros"])
    assert alarms(world) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ComparisonOperator": "Above"}, "InvalidParameterValue"),
        ({"TreatMissingData": "never"}, "InvalidParameterValue"),
        ({"DatapointsToAlarm": 2}, "InvalidParameterValue"),
        ({"Metrics": []}, "InvalidParameterCombination"),
        ({"ExtendedStatistic": "p99"}, "InvalidParameterCombination"),
        ({"EvaluationPeriods": None}, "MissingParameter"),
    ],
)
def test_what_is_no_alarm(world: World[CloudWatchService], change: dict[str, Any], code: str) -> None:
    given = {name: value for name, value in {**ALARM, **change}.items() if value is not None}
    assert world.refused("PutMetricAlarm", **given).code == code


@pytest.mark.parametrize("operation", sorted(CloudWatchService.operations))
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_no_input_breaks_it(operation: str, data: st.DataObject) -> None:
    with World(CloudWatchService) as world:
        world.call("PutMetricAlarm", **ALARM)
        known = {"AlarmName": st.just("erros"), "AlarmNames": st.just(["erros"])}
        answered("cloudwatch", operation, data.draw(inputs("cloudwatch", operation, known)), world.call)
