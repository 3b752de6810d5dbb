"""StartLiveTail: what groups get from now on.

Reference: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.services.logs.live_tail import KEPT, LONGEST, MOST
from sandbox.services.logs.service import LogsService
from tests.support.world import HERE, START, World

Logs = World[LogsService]
ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"


@pytest.fixture
def logs(world: Logs) -> Logs:
    for name in ("g", "h"):
        world.call("CreateLogGroup", logGroupName=name)
    return world


def tail(world: Logs, *groups: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
    """A live tail that has begun."""
    identifiers = [ARN + group for group in groups or ("g",)]
    answer = world.call("StartLiveTail", logGroupIdentifiers=identifiers, **params)
    events: AsyncIterator[dict[str, Any]] = answer["responseStream"]
    (name,) = after(world, events)
    assert name == "sessionStart"
    return events


def after(world: Logs, events: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    """The next event."""

    async def one() -> dict[str, Any]:
        return await anext(events)

    return world.run(one)


def write(world: Logs, *messages: str, group: str = "g", stream: str = "s") -> None:
    lines = [(world.clock.now(), message) for message in messages]
    world.do(lambda: world.service.write(HERE, group, stream, lines))


def messages(event: dict[str, Any]) -> list[str]:
    return [one["message"] for one in event["sessionUpdate"]["sessionResults"]]


def test_a_session_tells_what_it_shows(logs: Logs) -> None:
    answer = logs.call("StartLiveTail", logGroupIdentifiers=[ARN + "g"], logEventFilterPattern="ERRO")
    start = after(logs, answer["responseStream"])["sessionStart"]
    assert start["logGroupIdentifiers"] == [ARN + "g"]
    assert (start["requestId"], start["logEventFilterPattern"]) == ("r", "ERRO")


def test_what_is_written_from_now_on_is_sent(logs: Logs) -> None:
    write(logs, "antes")
    events = tail(logs)
    write(logs, "um", "dois")
    write(logs, "de outro", group="h")
    update = after(logs, events)["sessionUpdate"]
    assert update == {
        "sessionMetadata": {"sampled": False},
        "sessionResults": [
            {
                "logStreamName": "s",
                "logGroupIdentifier": ARN + "g",
                "message": message,
                "timestamp": int(START * 1000),
                "ingestionTime": int(START * 1000),
            }
            for message in ("um", "dois")
        ],
    }
    write(logs, "três")
    assert messages(after(logs, events)) == ["três"]


def test_streams_and_patterns_leave_out_the_others(logs: Logs) -> None:
    named = tail(logs, logStreamNames=["a"])
    prefixed = tail(logs, logStreamNamePrefixes=["b/"])
    matching = tail(logs, "g", "h", logEventFilterPattern='{ $.nivel = "erro" }')
    write(logs, "em a", stream="a")
    write(logs, "em b", stream="b/1")
    write(logs, '{"nivel": "erro"}', group="h", stream="c")
    assert messages(after(logs, named)) == ["em a"]
    assert messages(after(logs, prefixed)) == ["em b"]
    assert messages(after(logs, matching)) == ['{"nivel": "erro"}']


def test_a_slow_client_loses_the_oldest_and_is_told(logs: Logs) -> None:
    events = tail(logs)
    write(logs, *map(str, range(KEPT + 10)))
    first = after(logs, events)
    assert first["sessionUpdate"]["sessionMetadata"] == {"sampled": True}
    assert messages(first) == [str(number) for number in range(10, 10 + MOST)]
    second = after(logs, events)
    assert second["sessionUpdate"]["sessionMetadata"] == {"sampled": False}
    assert messages(second)[0] == str(10 + MOST)


def test_a_session_ends_after_three_hours_or_with_the_service(logs: Logs) -> None:
    old, young = tail(logs), tail(logs)
    logs.advance(LONGEST)
    assert "SessionTimeoutException" in after(logs, old)
    logs.run(logs.service.stop)
    with pytest.raises(StopAsyncIteration):
        after(logs, young)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"logGroupIdentifiers": ["g"]}, "ARNs"),
        ({"logGroupIdentifiers": []}, "1 to 10"),
        ({"logGroupIdentifiers": [ARN + "g"] * 11}, "1 to 10"),
        (
            {"logGroupIdentifiers": [ARN + "g"], "logStreamNames": ["a"], "logStreamNamePrefixes": ["b"]},
            "exclusive",
        ),
        ({"logGroupIdentifiers": [ARN + "g", ARN + "h"], "logStreamNames": ["a"]}, "one log group only"),
        ({"logGroupIdentifiers": [ARN + "g"], "logEventFilterPattern": '"aberta'}, "Invalid"),
    ],
)
def test_what_cannot_be_shown_is_refused(logs: Logs, params: dict[str, Any], words: str) -> None:
    error = logs.refused("StartLiveTail", **params)
    assert (error.code, words in error.message) == ("InvalidParameterException", True)


def test_a_group_that_is_not_there_cannot_be_shown(logs: Logs) -> None:
    error = logs.refused("StartLiveTail", logGroupIdentifiers=[ARN + "nenhum"])
    assert error.code == "ResourceNotFoundException"
