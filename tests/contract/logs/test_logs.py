"""Groups, streams and events as CloudWatch Logs has them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.model.scope import Scope
from sandbox.services.logs.service import LogLine, LogsService
from tests.support.world import HERE, START, World

Logs = World[LogsService]
NOW = int(START * 1000)
GROUP = "/aws/lambda/estoque"
DAY = 86_400


def write(
    world: Logs, *messages: str, group: str = GROUP, stream: str = "s", cause: int | None = None
) -> None:
    lines = [(world.clock.now(), message) for message in messages]
    world.do(lambda: world.service.write(HERE, group, stream, lines, cause=cause))


def put(world: Logs, *events: tuple[int, str]) -> dict[str, Any]:
    members = [{"timestamp": at, "message": message} for at, message in events]
    return world.call("PutLogEvents", logGroupName=GROUP, logStreamName="s", logEvents=members)


def got(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def get(world: Logs, **params: Any) -> dict[str, Any]:
    return world.call("GetLogEvents", logGroupName=GROUP, logStreamName="s", **params)


def find(world: Logs, **params: Any) -> dict[str, Any]:
    return world.call("FilterLogEvents", logGroupName=GROUP, **params)


def made(world: Logs) -> None:
    world.call("CreateLogGroup", logGroupName=GROUP)
    world.call("CreateLogStream", logGroupName=GROUP, logStreamName="s")


# --- groups ----------------------------------------------------------------------------------------------
def test_a_group(world: Logs) -> None:
    world.call("CreateLogGroup", logGroupName=GROUP, tags={"time": "nfe"})
    (group,) = world.call("DescribeLogGroups")["logGroups"]
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
    assert group == {
        "logGroupName": GROUP,
        "creationTime": NOW,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }
    assert world.call("ListTagsForResource", resourceArn=arn) == {"tags": {"time": "nfe"}}
    world.call("TagResource", resourceArn=f"{arn}:*", tags={"x": "y"})
    world.call("UntagResource", resourceArn=arn, tagKeys=["time"])
    assert world.call("ListTagsForResource", resourceArn=arn) == {"tags": {"x": "y"}}
    assert world.refused("CreateLogGroup", logGroupName=GROUP).code == "ResourceAlreadyExistsException"
    world.call("DeleteLogGroup", logGroupName=GROUP)
    assert world.refused("DeleteLogGroup", logGroupName=GROUP).code == "ResourceNotFoundException"


@pytest.mark.parametrize("name", ["com espaço", "a:b", "ção", "x" * 513, ""])
def test_names_that_no_group_may_have(world: Logs, name: str) -> None:
    error = world.refused("CreateLogGroup", logGroupName=name)
    assert error.code == "InvalidParameterException"
    assert "at 'logGroupName' failed to satisfy constraint" in error.message


def test_groups_in_pages_and_by_name(world: Logs) -> None:
    for name in ("/b/2", "/a/1", "/a/2"):
        world.call("CreateLogGroup", logGroupName=name)
    first = world.call("DescribeLogGroups", limit=2)
    rest = world.call("DescribeLogGroups", limit=2, nextToken=first["nextToken"])
    names = [group["logGroupName"] for group in (*first["logGroups"], *rest["logGroups"])]
    assert names == ["/a/1", "/a/2", "/b/2"]
    assert "nextToken" not in rest

    def described(**params: Any) -> list[str]:
        return [group["logGroupName"] for group in world.call("DescribeLogGroups", **params)["logGroups"]]

    assert described(logGroupNamePrefix="/a") == ["/a/1", "/a/2"]
    assert described(logGroupNamePattern="B/") == ["/b/2"]
    both = world.refused("DescribeLogGroups", logGroupNamePrefix="/a", logGroupNamePattern="b")
    assert both.code == "InvalidParameterException"


def test_groups_of_another_account_or_region_are_not_there(world: Logs) -> None:
    made(world)
    away = Scope("111111111111")
    assert world.call("DescribeLogGroups", scope=away)["logGroups"] == []
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
    assert (
        world.refused("ListTagsForResource", scope=away, resourceArn=arn).code == "ResourceNotFoundException"
    )
    assert world.refused("ListTagsForResource", resourceArn="x").code == "InvalidParameterException"


def test_parameters_that_are_not_acted_on_are_refused_by_name(world: Logs) -> None:
    error = world.refused("CreateLogGroup", logGroupName="g", kmsKeyId="k")
    assert "parameter kmsKeyId of CreateLogGroup" in error.message


# --- retention -------------------------------------------------------------------------------------------
def test_retention_hides_what_has_expired_and_drops_it(world: Logs) -> None:
    write(world, "antiga")
    world.call("PutRetentionPolicy", logGroupName=GROUP, retentionInDays=7)
    world.advance(6 * DAY)
    write(world, "recente")
    assert got(find(world)) == ["antiga", "recente"]
    world.advance(DAY + 1)
    assert got(find(world)) == ["recente"]
    assert got(get(world)) == ["recente"]
    write(world, "nova")
    world.do(world.service.settle)
    assert [row["message"] for row in world.database.rows("SELECT message FROM logs_events")] == [
        "recente",
        "nova",
    ]
    (group,) = world.call("DescribeLogGroups")["logGroups"]
    assert (group["retentionInDays"], group["storedBytes"]) == (7, len("recente") + len("nova") + 2 * 26)


def stored(world: Logs) -> list[str]:
    return [row["message"] for row in world.database.rows("SELECT message FROM logs_events ORDER BY id")]


def test_lines_are_stored_a_moment_later_and_at_the_end(world: Logs) -> None:
    write(world, "first")
    assert stored(world) == []
    world.run(lambda: asyncio.sleep(0.15))
    assert stored(world) == ["first"]
    write(world, "second")
    world.run(world.service.stop)
    assert stored(world) == ["first", "second"]


def test_many_lines_do_not_wait_to_be_stored(world: Logs) -> None:
    def burst() -> None:
        for number in range(500):
            world.service.write(HERE, GROUP, f"s{number % 3}", [(world.clock.now(), str(number))])

    world.do(burst)
    assert sorted(stored(world), key=int) == [str(number) for number in range(500)]


def test_the_newest_lines_come_in_the_order_in_which_they_were_written(world: Logs) -> None:
    write(world, "first", stream="a")
    write(world, "second", group="/aws/lambda/outra")
    write(world, "third", stream="a")
    assert [line.message for line in world.service.newest(HERE, [], 10)] == ["first", "second", "third"]
    assert [line.message for line in world.service.newest(HERE, [], 2)] == ["second", "third"]


def test_lines_that_come_after_the_end_are_not_of_the_state_that_comes_next(world: Logs) -> None:
    """A restore ends the services, then the requests that are served, whose functions say a last word."""
    write(world, "before")
    world.run(world.service.stop)
    write(world, "last word")
    world.run(world.service.start)
    world.run(lambda: asyncio.sleep(0.15))
    assert stored(world) == ["before"]


def test_lines_after_a_deletion_make_group_and_stream_anew(world: Logs) -> None:
    write(world, "first")
    world.call("DeleteLogStream", logGroupName=GROUP, logStreamName="s")
    write(world, "second")
    assert got(get(world)) == ["second"]
    world.call("DeleteLogGroup", logGroupName=GROUP)
    write(world, "third")
    assert got(get(world)) == ["third"]


def test_lines_after_a_stream_was_taken_back_make_it_anew(world: Logs) -> None:
    def fails() -> None:
        with world.database.atomic():
            world.service.write(HERE, GROUP, "s", [(world.clock.now(), "lost")])
            world.service.settle()
            raise KeyError

    with pytest.raises(KeyError):
        world.do(fails)
    write(world, "kept")
    assert got(get(world)) == ["kept"]


def test_setting_a_retention_drops_at_once_and_deleting_it_keeps(world: Logs) -> None:
    write(world, "antiga")
    world.advance(2 * DAY)
    world.call("PutRetentionPolicy", logGroupName=GROUP, retentionInDays=1)
    assert world.database.rows("SELECT 1 FROM logs_events") == []
    write(world, "fica")
    world.call("DeleteRetentionPolicy", logGroupName=GROUP)
    world.advance(10 * DAY)
    write(world, "nova")
    assert got(find(world)) == ["fica", "nova"]


def test_only_the_days_that_aws_has_can_be_set(world: Logs) -> None:
    made(world)
    error = world.refused("PutRetentionPolicy", logGroupName=GROUP, retentionInDays=2)
    assert error.code == "InvalidParameterException"


# --- streams ---------------------------------------------------------------------------------------------
def test_streams(world: Logs) -> None:
    made(world)
    world.call("CreateLogStream", logGroupName=GROUP, logStreamName="2023/11/14/[$LATEST]a")
    again = world.refused("CreateLogStream", logGroupName=GROUP, logStreamName="s")
    assert again.code == "ResourceAlreadyExistsException"
    put(world, (NOW, "olá"), (NOW + 5, "mundo"))
    (stream,) = world.call("DescribeLogStreams", logGroupName=GROUP, logStreamNamePrefix="s")["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (NOW, NOW + 5)
    assert stream["arn"].endswith(f"log-group:{GROUP}:log-stream:s")
    newest = world.call("DescribeLogStreams", logGroupName=GROUP, orderBy="LastEventTime", descending=True)
    assert [stream["logStreamName"] for stream in newest["logStreams"]] == ["s", "2023/11/14/[$LATEST]a"]
    page = world.call("DescribeLogStreams", logGroupName=GROUP, limit=1)
    rest = world.call("DescribeLogStreams", logGroupName=GROUP, limit=1, nextToken=page["nextToken"])
    assert rest["logStreams"][0]["logStreamName"] == "s"
    world.call("DeleteLogStream", logGroupName=GROUP, logStreamName="s")
    assert got(find(world)) == []


@pytest.mark.parametrize("token", ["abc", "-1", "٣", "9" * 30])
def test_tokens_of_nobody(world: Logs, token: str) -> None:
    made(world)
    stream: dict[str, Any] = {"logStreamName": "s"}
    for operation, params in (("DescribeLogStreams", {}), ("GetLogEvents", stream), ("FilterLogEvents", {})):
        error = world.refused(operation, logGroupName=GROUP, nextToken=token, **params)
        assert (error.code, error.message) == (
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        )


def test_streams_by_time_have_no_prefix(world: Logs) -> None:
    made(world)
    error = world.refused(
        "DescribeLogStreams", logGroupName=GROUP, orderBy="LastEventTime", logStreamNamePrefix="s"
    )
    assert error.message == "Cannot order by LastEventTime with a logStreamNamePrefix."


@pytest.mark.parametrize("name", ["a:b", "a*", ""])
def test_names_that_no_stream_may_have(world: Logs, name: str) -> None:
    made(world)
    error = world.refused("CreateLogStream", logGroupName=GROUP, logStreamName=name)
    assert error.code == "InvalidParameterException"


def test_a_stream_tells_its_first_and_last_whatever_the_order_of_writing(world: Logs) -> None:
    made(world)
    put(world, (NOW, "agora"))
    put(world, (NOW - 1000, "antes"))
    (stream,) = world.call("DescribeLogStreams", logGroupName=GROUP)["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (NOW - 1000, NOW)
    assert got(get(world, startFromHead=True)) == ["antes", "agora"]


# --- events ----------------------------------------------------------------------------------------------
def test_events_forwards_and_backwards(world: Logs) -> None:
    write(world, *(f"linha {number}" for number in range(5)))
    page = get(world, startFromHead=True, limit=2)
    assert got(page) == ["linha 0", "linha 1"]
    following = get(world, nextToken=page["nextForwardToken"], limit=2)
    assert got(following) == ["linha 2", "linha 3"]
    assert got(get(world, nextToken=following["nextBackwardToken"], limit=2)) == ["linha 0", "linha 1"]
    end = get(world, nextToken=get(world, startFromHead=True)["nextForwardToken"])
    assert end["events"] == []
    assert get(world, nextToken=end["nextForwardToken"])["nextForwardToken"] == end["nextForwardToken"]
    assert got(get(world, limit=2)) == ["linha 3", "linha 4"]


def test_times_bound_events_as_aws_bounds_them(world: Logs) -> None:
    made(world)
    put(world, (NOW, "a"), (NOW + 1, "b"), (NOW + 2, "c"))
    assert got(get(world, startTime=NOW + 1, endTime=NOW + 2)) == ["b"]
    assert got(find(world, startTime=NOW + 1, endTime=NOW + 2)) == ["b", "c"]


def test_a_filter_goes_through_streams_in_order_of_time(world: Logs) -> None:
    write(world, "ERROR um", "tudo bem", stream="s")
    world.advance(1)
    write(world, "ERROR dois", stream="t")
    answer = find(world, filterPattern="ERROR")
    assert [(event["logStreamName"], event["message"]) for event in answer["events"]] == [
        ("s", "ERROR um"),
        ("t", "ERROR dois"),
    ]
    assert got(find(world, logStreamNames=["t"])) == ["ERROR dois"]
    assert got(find(world, logStreamNamePrefix="t")) == ["ERROR dois"]
    both = world.refused("FilterLogEvents", logGroupName=GROUP, logStreamNames=["t"], logStreamNamePrefix="t")
    assert both.code == "InvalidParameterException"


def test_a_filter_in_pages_over_more_than_it_reads_at_once(world: Logs) -> None:
    write(world, *(f"{'ERROR' if number % 100 == 0 else 'ok'} {number}" for number in range(2500)))
    found: list[str] = []
    params: dict[str, Any] = {"filterPattern": "ERROR", "limit": 10}
    while True:
        page = find(world, **params)
        found += got(page)
        if "nextToken" not in page:
            break
        params["nextToken"] = page["nextToken"]
    assert found == [f"ERROR {number}" for number in range(0, 2500, 100)]


def test_exactly_one_name_of_a_group_is_needed(world: Logs) -> None:
    made(world)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
    assert world.call("GetLogEvents", logGroupIdentifier=arn, logStreamName="s")["events"] == []
    both: dict[str, Any] = {"logGroupName": GROUP, "logGroupIdentifier": GROUP}
    for names in ({}, both):
        error = world.refused("FilterLogEvents", **names)
        assert error.code == "InvalidParameterException"


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([(NOW + 1, "b"), (NOW, "a")], "chronological order"),
        ([(NOW - 25 * 3_600_000, "a"), (NOW, "b")], "24 hours"),
        ([(NOW, "x" * 1_048_576)], "Upload too large"),
        ([], "1 to 10000"),
    ],
)
def test_batches_that_are_refused_as_a_whole(world: Logs, events: list[tuple[int, str]], says: str) -> None:
    made(world)
    members = [{"timestamp": at, "message": message} for at, message in events]
    error = world.refused("PutLogEvents", logGroupName=GROUP, logStreamName="s", logEvents=members)
    assert error.code == "InvalidParameterException"
    assert says in error.message


def test_events_too_old_or_too_far_ahead_are_left_out_and_told(world: Logs) -> None:
    made(world)
    old = put(world, (NOW - 15 * DAY * 1000, "velha"), (NOW - 14 * DAY * 1000 - 1, "velha também"))
    assert old["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2}
    new = put(world, (NOW, "agora"), (NOW + 7_200_001, "futuro"))
    assert new["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    world.call("PutRetentionPolicy", logGroupName=GROUP, retentionInDays=1)
    expired = put(world, (NOW - DAY * 1000 - 1, "expirada"), (NOW - 1, "fica"))
    assert expired["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert got(find(world)) == ["fica", "agora"]
    assert "rejectedLogEventsInfo" not in put(world, (NOW, "boa"))


def test_writing_to_what_is_not_there(world: Logs) -> None:
    event = {"timestamp": NOW, "message": "x"}
    error = world.refused("PutLogEvents", logGroupName=GROUP, logStreamName="s", logEvents=[event])
    assert error.message == "The specified log group does not exist."
    world.call("CreateLogGroup", logGroupName=GROUP)
    error = world.refused("PutLogEvents", logGroupName=GROUP, logStreamName="s", logEvents=[event])
    assert error.message == "The specified log stream does not exist."


# --- writers and followers beside the API ----------------------------------------------------------------
def test_followers_get_every_line_from_now_on(world: Logs) -> None:
    seen: list[LogLine] = []
    write(world, "antes")
    stop = world.service.follow(seen.append)
    write(world, "agora", cause=7)
    stop()
    write(world, "depois")
    assert seen == [LogLine(HERE, GROUP, "s", START, "agora", 7)]


def test_the_newest_lines_oldest_first(world: Logs) -> None:
    write(world, "a", "b", cause=3)
    write(world, "c", group="/outro")
    assert [line.message for line in world.service.newest(HERE, [], 2)] == ["b", "c"]
    assert [line.message for line in world.service.newest(HERE, [GROUP], 5)] == ["a", "b"]
    assert world.service.newest(Scope("111111111111"), [], 5) == []
    assert world.service.lines_caused_by(3) == ["a", "b"]
    assert world.service.lines_caused_by(4) == []


def test_nothing_written_makes_no_group(world: Logs) -> None:
    write(world)
    assert world.call("DescribeLogGroups")["logGroups"] == []
