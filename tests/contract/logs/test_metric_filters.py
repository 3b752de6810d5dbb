"""Metric filters: what a group gets becomes data of CloudWatch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from sandbox.model.scope import Scope
from sandbox.services.logs.metric_points import MetricFilter
from sandbox.services.logs.service import LogsService
from tests.contract.logs.fakes import KeptMetrics
from tests.support.world import HERE, START, World

GROUP = "/aws/lambda/estoque"
#: The virtual second at which tests begin, and the beginning of its minute.
NOW = int(START)
MINUTE = NOW // 60 * 60
Logs = World[LogsService]


@pytest.fixture
def metrics() -> KeptMetrics:
    return KeptMetrics()


@pytest.fixture
def world(metrics: KeptMetrics) -> Iterator[Logs]:
    with World(lambda kit: LogsService(kit, aws=metrics)) as world:
        world.call("CreateLogGroup", logGroupName=GROUP)
        yield world


def transformed(**changes: Any) -> dict[str, Any]:
    whole = {"metricName": "Erros", "metricNamespace": "Loja", "metricValue": "1", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def put(world: Logs, name: str = "erros", pattern: str = "ERROR", **changes: Any) -> None:
    world.call(
        "PutMetricFilter",
        logGroupName=GROUP,
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[transformed(**changes)],
    )


def refused(world: Logs, pattern: str = "ERROR", name: str = "erros", **changes: Any) -> AwsError:
    return world.refused(
        "PutMetricFilter",
        logGroupName=GROUP,
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[transformed(**changes)],
    )


def write(world: Logs, *messages: str, cause: int | None = None, at: float | None = None) -> None:
    lines = [(world.clock.now() if at is None else at, message) for message in messages]
    world.do(lambda: world.service.write(HERE, GROUP, "a", lines, cause=cause))
    rest(world)


def rest(world: Logs) -> None:
    """Until the service does nothing more by itself."""
    while world.do(world.service.work):
        pass


# --- what is counted -------------------------------------------------------------------------------------
def test_what_matches_is_counted_by_the_second(world: Logs, metrics: KeptMetrics) -> None:
    write(world, "ERROR before")
    put(world, unit="Count")
    write(world, "ERROR one", "INFO two", "ERROR three", cause=7)
    assert metrics.puts == [
        (
            HERE,
            7,
            "Loja",
            [
                {
                    "MetricName": "Erros",
                    "Timestamp": NOW,
                    "Unit": "Count",
                    "Values": [1.0],
                    "Counts": [2.0],
                }
            ],
        )
    ]


def test_nobody_is_asked_where_nothing_matches(world: Logs, metrics: KeptMetrics) -> None:
    put(world)
    write(world, "INFO")
    assert metrics.puts == []


def test_points_have_the_time_of_their_events(world: Logs, metrics: KeptMetrics) -> None:
    put(world)
    write(world, "ERROR", at=START - 100.25)
    assert metrics.points() == [("Erros", NOW - 101, [1.0], [1.0])]


def test_the_account_and_region_are_those_of_the_group(world: Logs, metrics: KeptMetrics) -> None:
    there = Scope("111111111111", "sa-east-1")
    world.call("CreateLogGroup", scope=there, logGroupName="g")
    world.call(
        "PutMetricFilter",
        scope=there,
        logGroupName="g",
        filterName="f",
        filterPattern="",
        metricTransformations=[transformed()],
    )
    world.do(lambda: world.service.write(there, "g", "s", [(START, "x")]))
    rest(world)
    assert [scope for scope, *_ in metrics.puts] == [there]


def test_values_and_dimensions_come_out_of_json(world: Logs, metrics: KeptMetrics) -> None:
    put(
        world,
        pattern='{ $.level = "INFO" }',
        metricValue="$.request.ms",
        dimensions={"Rota": "$.route", "Ok": "$.ok", "Falta": "$.none"},
    )
    write(
        world,
        '{"level": "INFO", "request": {"ms": 12.5}, "route": "/notas", "ok": true}',
        '{"level": "INFO", "request": {"ms": "7"}, "route": "/notas", "ok": true}',
        '{"level": "INFO", "request": {"ms": "much"}, "route": "/notas", "ok": true}',
        '{"level": "INFO", "route": "/notas", "ok": true}',
        '{"level": "INFO", "request": {"ms": 1}, "route": "/outra", "ok": {}}',
    )
    assert [(one.get("Dimensions"), one["Values"]) for one in metrics.data] == [
        ([{"Name": "Rota", "Value": "/notas"}, {"Name": "Ok", "Value": "true"}], [12.5, 7.0]),
        ([{"Name": "Rota", "Value": "/outra"}], [1.0]),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)


@given(value=JSON | st.sampled_from([10**400, -(10**400), "1" * 400, "nan", "inf", "1_000"]), dimension=JSON)
def test_any_value_of_an_event_is_a_number_or_none(value: Any, dimension: Any) -> None:
    given = transformed(metricValue="$.n", dimensions={"D": "$.d"})
    matches, point = MetricFilter("{ $.n = * || $.n > 1 || $.d IS NULL }", given).look(
        json.dumps({"n": value, "d": dimension})
    )
    if point is not None:
        assert matches
        assert abs(point.value) <= 2.0**360
        assert all(text.strip() for _, text in point.dimensions)


def test_values_and_dimensions_come_out_of_columns(world: Logs, metrics: KeptMetrics) -> None:
    put(world, pattern="[ip, status = 4*, bytes]", metricValue="$bytes", dimensions={"Status": "$status"})
    write(world, "127.0.0.1 404 100", "127.0.0.1 200 7", "127.0.0.1 403 -")
    assert [(one["Dimensions"], one["Values"]) for one in metrics.data] == [
        ([{"Name": "Status", "Value": "404"}], [100.0])
    ]


def test_filters_of_a_namespace_go_together(world: Logs, metrics: KeptMetrics) -> None:
    put(world)
    put(world, "todos", "", metricName="Linhas", metricValue="2")
    put(world, "outros", "", metricNamespace="Outra")
    write(world, "ERROR", "INFO")
    assert sorted((space, [one["MetricName"] for one in data]) for *_, space, data in metrics.puts) == [
        ("Loja", ["Erros", "Linhas"]),
        ("Outra", ["Erros"]),
    ]


def test_many_writes_of_a_second_are_few_calls(world: Logs, metrics: KeptMetrics) -> None:
    put(world)
    for _ in range(20):
        world.do(lambda: world.service.write(HERE, GROUP, "a", [(START, "ERROR")]))
        world.do(world.service.settle)
    rest(world)
    assert sum(sum(one["Counts"]) for one in metrics.data) == 20
    assert len(metrics.puts) == 2


def test_one_call_has_no_more_than_cloudwatch_takes(world: Logs, metrics: KeptMetrics) -> None:
    put(world, pattern="{ $.n = * }", metricValue="$.n")
    write(world, *(f'{{"n": {number}}}' for number in range(400)))
    assert [len(values) for _, _, values, _ in metrics.points()] == [150, 150, 100]
    put(world, pattern="{ $.n = * }", metricValue="$.n", dimensions={"N": "$.n"})
    metrics.puts.clear()
    write(world, *(f'{{"n": {number}}}' for number in range(1500)))
    assert sum(len(data) for *_, data in metrics.puts) == 1500
    assert max(len(data) for *_, data in metrics.puts) <= 1000


# --- the default value -----------------------------------------------------------------------------------
def test_a_minute_of_events_without_a_match_gives_the_default_value(
    world: Logs, metrics: KeptMetrics
) -> None:
    put(world, defaultValue=0)
    write(world, "INFO one", "INFO two")
    assert metrics.points() == []
    world.advance(60)
    rest(world)
    assert metrics.points() == [("Erros", MINUTE, [0.0], [1.0])]
    world.advance(600)  # minutes without events give nothing
    rest(world)
    assert len(metrics.data) == 1


def test_a_minute_with_a_match_gives_no_default_value(world: Logs, metrics: KeptMetrics) -> None:
    put(world, defaultValue=0)
    write(world, "INFO")
    write(world, "ERROR")
    write(world, "INFO")
    world.advance(60)
    write(world, "INFO")
    world.advance(60)
    rest(world)
    assert [(at, values) for _, at, values, _ in metrics.points()] == [(NOW, [1.0]), (MINUTE + 60, [0.0])]


# --- what goes wrong -------------------------------------------------------------------------------------
def test_what_cloudwatch_does_not_take_is_tried_again_for_a_day(world: Logs, metrics: KeptMetrics) -> None:
    put(world)
    metrics.refusal = AwsError("InternalFailure", "no memory")
    write(world, "ERROR", cause=3)
    (failed,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert (failed.resource, failed.cause) == ("Loja", 3)
    assert "no memory" in failed.error
    metrics.refusal = None
    world.advance(60)
    rest(world)
    assert metrics.points() == [("Erros", NOW, [1.0], [1.0])]
    metrics.refusal = OSError("no descriptors")
    write(world, "ERROR lost")
    world.advance(90_000)
    rest(world)
    metrics.refusal = None
    write(world, "ERROR late")
    assert [at for _, at, _, _ in metrics.points()] == [NOW, NOW + 90_060]


def test_a_restart_counts_what_was_not(tmp_path: Path) -> None:
    metrics, later = KeptMetrics(refusal=OSError("gone")), KeptMetrics()
    with World(lambda kit: LogsService(kit, aws=metrics), tmp_path / "state.db") as world:
        world.call("CreateLogGroup", logGroupName=GROUP)
        put(world)
        write(world, "ERROR one")
    with World(lambda kit: LogsService(kit, aws=later), tmp_path / "state.db") as world:
        rest(world)
        assert later.points() == [("Erros", NOW, [1.0], [1.0])]
        write(world, "ERROR two")
        assert len(later.data) == 2


def test_what_is_being_put_at_a_stop_is_not_counted_again(tmp_path: Path) -> None:
    metrics = KeptMetrics()
    with World(lambda kit: LogsService(kit, aws=metrics), tmp_path / "state.db") as world:
        world.call("CreateLogGroup", logGroupName=GROUP)
        put(world)

        async def write_and_stop() -> None:
            world.service.write(HERE, GROUP, "a", [(START, "ERROR")])
            world.service.settle()
            await asyncio.sleep(0)  # the filter has begun
            await world.service.stop()

        world.run(write_and_stop)
    with World(lambda kit: LogsService(kit, aws=metrics), tmp_path / "state.db") as world:
        rest(world)
    assert metrics.points() == [("Erros", NOW, [1.0], [1.0])]


def test_events_after_newer_ones_were_deleted_are_counted(world: Logs, metrics: KeptMetrics) -> None:
    world.do(lambda: world.service.write(HERE, "another", "s", [(START, "ERROR")] * 3))
    put(world)
    world.call("DeleteLogGroup", logGroupName="another")
    write(world, "ERROR one")
    assert len(metrics.data) == 1


def test_events_that_come_while_others_are_deleted_and_counted_are_counted(
    world: Logs, metrics: KeptMetrics
) -> None:
    async def delete_and_write() -> None:
        stream = {"logGroupName": GROUP, "logStreamName": "a"}
        await world.service.call("DeleteLogStream", Call(scope=HERE), stream)
        world.service.write(HERE, GROUP, "a", [(world.clock.now(), "ERROR two")])
        world.service.settle()

    put(world)
    metrics.meanwhile = delete_and_write
    write(world, "INFO zero", "INFO zero", "ERROR one")
    assert len(metrics.data) == 2


# --- the operations --------------------------------------------------------------------------------------
def test_filters_are_shown_by_name_and_by_metric(world: Logs) -> None:
    put(world, "b", unit="Count", defaultValue=0.0)
    put(world, "a", "", metricName="Linhas", dimensions=None)
    world.call("CreateLogGroup", logGroupName="g")
    world.call(
        "PutMetricFilter",
        logGroupName="g",
        filterName="ab",
        filterPattern="WARN",
        metricTransformations=[transformed()],
    )

    def names(**params: Any) -> list[str]:
        answer = world.call("DescribeMetricFilters", **params)
        return [one["filterName"] for one in answer["metricFilters"]]

    assert world.call("DescribeMetricFilters", logGroupName=GROUP, filterNamePrefix="b") == {
        "metricFilters": [
            {
                "filterName": "b",
                "filterPattern": "ERROR",
                "metricTransformations": [transformed(unit="Count", defaultValue=0.0)],
                "creationTime": int(START * 1000),
                "logGroupName": GROUP,
            }
        ]
    }
    assert names() == ["a", "ab", "b"]
    assert names(metricName="Erros", metricNamespace="Loja") == ["ab", "b"]
    assert names(metricName="Erros", metricNamespace="Outra") == []
    first = world.call("DescribeMetricFilters", limit=2)
    assert names(nextToken=first["nextToken"]) == ["b"]
    assert world.refused("DescribeMetricFilters", metricName="Erros").code == "InvalidParameterException"
    assert world.refused("DescribeMetricFilters", nextToken="x").code == "InvalidParameterException"
    assert world.refused("DescribeMetricFilters", limit=51).code == "InvalidParameterException"
    assert world.refused("DescribeMetricFilters", logGroupName="no").code == "ResourceNotFoundException"
    (group,) = world.call("DescribeLogGroups", logGroupNamePrefix=GROUP)["logGroups"]
    assert group["metricFilterCount"] == 2


def test_a_filter_is_replaced_and_deleted(world: Logs, metrics: KeptMetrics) -> None:
    put(world)
    put(world, pattern="WARN", metricValue="3")
    write(world, "ERROR", "WARN")
    assert metrics.points() == [("Erros", NOW, [3.0], [1.0])]
    world.call("DeleteMetricFilter", logGroupName=GROUP, filterName="erros")
    write(world, "WARN")
    assert len(metrics.data) == 1
    gone = world.refused("DeleteMetricFilter", logGroupName=GROUP, filterName="erros")
    assert (gone.code, gone.message) == (
        "ResourceNotFoundException",
        "The specified metric filter does not exist.",
    )


def test_filters_go_with_their_group(world: Logs) -> None:
    put(world)
    world.call("DeleteLogGroup", logGroupName=GROUP)
    world.call("CreateLogGroup", logGroupName=GROUP)
    assert world.call("DescribeMetricFilters")["metricFilters"] == []


def test_a_group_has_a_hundred_filters_at_most(world: Logs) -> None:
    for number in range(100):
        put(world, f"f{number}")
    more = refused(world, name="one-more")
    assert (more.code, more.message) == ("LimitExceededException", "Resource limit exceeded.")
    put(world, "f7", "WARN")  # replaced


@pytest.mark.parametrize(
    ("pattern", "changes", "message"),
    [
        ("ERROR", {"dimensions": {"A": "$.a"}}, "The specified filter pattern does not support dimensions"),
        (
            "{ $.a = 1 }",
            {"dimensions": {"A": "$.a"}, "defaultValue": 0},
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties",
        ),
        ("{ $.a = 1 }", {"dimensions": {name: "$.a" for name in "ABCD"}}, "at most 3 dimensions"),
        ("{ $.a = 1 }", {"dimensions": {"A": "fixed"}}, "names no field"),
        ("{ $.a = 1 }", {"dimensions": {":A": "$.a"}}, "no name of a dimension"),
        ("[a, b]", {"metricValue": "$.a"}, "names no field"),
        ("ERROR", {"metricValue": "$a"}, "names no field"),
        ("{ $.a = 1 }", {"metricValue": "$.a b"}, "Invalid field"),
        ("ERROR", {"metricValue": "length"}, "neither a number nor a field"),
        ("ERROR", {"metricValue": "inf"}, "neither a number nor a field"),
        ("ERROR", {"metricValue": "1_000"}, "neither a number nor a field"),
        ("ERROR", {"metricValue": "1" * 101}, "length less than or equal to 100"),
        ("ERROR", {"defaultValue": float("nan")}, "no number"),
        ("ERROR", {"unit": "Apples"}, "no unit"),
        ("ERROR", {"metricName": "a:b"}, "metricName"),
        ("ERROR", {"metricNamespace": "a$b"}, "metricNamespace"),
        ("{ $.a = ", {}, "Invalid filter pattern"),
    ],
)
def test_what_is_not_valid_is_refused(
    world: Logs, pattern: str, changes: dict[str, Any], message: str
) -> None:
    error = refused(world, pattern, **changes)
    assert error.code == "InvalidParameterException"
    assert message in error.message
    assert world.call("DescribeMetricFilters")["metricFilters"] == []


def test_names_and_numbers_of_transformations_are_checked(world: Logs) -> None:
    assert refused(world, name="a:b").code == "InvalidParameterException"
    for several in ([], [transformed()] * 2):
        error = world.refused(
            "PutMetricFilter",
            logGroupName=GROUP,
            filterName="f",
            filterPattern="",
            metricTransformations=several,
        )
        assert error.code == "InvalidParameterException"


@pytest.mark.parametrize(
    "member", ["applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFieldDimensions"]
)
def test_what_is_not_there_is_refused_by_name(world: Logs, member: str) -> None:
    given: dict[str, Any] = {member: True}
    error = world.refused("PutMetricFilter", **given)
    assert isinstance(error, NotImplementedByName)
    assert member in error.message


def test_without_cloudwatch_no_filter_is_taken() -> None:
    with World(LogsService) as world:
        world.call("CreateLogGroup", logGroupName=GROUP)
        assert isinstance(refused(world), NotImplementedByName)


def test_a_pattern_is_tested_against_messages(world: Logs) -> None:
    answer = world.call(
        "TestMetricFilter", filterPattern="[a, status = 4*]", logEventMessages=["x 404", "x 200", "x y z"]
    )
    assert answer["matches"] == [
        {"eventNumber": 1, "eventMessage": "x 404", "extractedValues": {"$a": "x", "$status": "404"}}
    ]
