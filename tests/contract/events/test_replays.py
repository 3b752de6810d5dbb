"""Replays: which events go to which rules again, when, and how a replay ends.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from tests.contract.events.harness import START, World

BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"
ARCHIVE = "arn:aws:events:us-east-1:000000000000:archive/arquivo"


def archive(world: World, name: str = "arquivo", **members: Any) -> None:
    world.call("CreateArchive", ArchiveName=name, EventSourceArn=BUS, **members)


def request(name: str = "de-novo", **members: Any) -> dict[str, Any]:
    return {
        "ReplayName": name,
        "EventSourceArn": ARCHIVE,
        "EventStartTime": START - 3_600,
        "EventEndTime": START + 3_600,
        "Destination": {"Arn": BUS},
        **members,
    }


def state(world: World, name: str = "de-novo") -> str:
    return str(world.call("DescribeReplay", ReplayName=name)["State"])


def test_archived_events_reach_the_rules_again_and_say_so(world: World) -> None:
    world.rule()
    archive(world)
    published = world.put(Detail='{"n": 1.50, "texto": "a,\\"resources\\":b"}', Resources=["r"])
    (first,) = world.targets.to("fila")
    assert world.call("StartReplay", **request()) == {
        "ReplayArn": "arn:aws:events:us-east-1:000000000000:replay/de-novo",
        "State": "STARTING",
        "ReplayStartTime": START,
    }
    world.advance(5)
    _, again = world.targets.to("fila")
    assert again.body == first.body.replace('"resources":["r"]', '"replay-name":"de-novo","resources":["r"]')
    body = json.loads(again.body)
    assert (body["replay-name"], body["id"]) == ("de-novo", published["EventId"])
    assert json.loads(first.body) == {name: part for name, part in body.items() if name != "replay-name"}


def test_a_replay_is_described_and_listed(world: World) -> None:
    rule = world.rule()
    archive(world)
    world.put()
    destination = {"Arn": BUS, "FilterArns": [rule]}
    world.call("StartReplay", **request(Description="de ontem", Destination=destination))
    listed = {
        "ReplayName": "de-novo",
        "EventSourceArn": ARCHIVE,
        "State": "STARTING",
        "EventStartTime": START - 3_600,
        "EventEndTime": START + 3_600,
        "ReplayStartTime": START,
    }
    assert world.call("ListReplays") == {"Replays": [listed]}
    world.advance(1)
    done = {
        **listed,
        "State": "COMPLETED",
        "EventLastReplayedTime": START,
        "ReplayEndTime": START + 1,
    }
    assert world.call("ListReplays") == {"Replays": [done]}
    assert world.call("DescribeReplay", ReplayName="de-novo") == {
        **done,
        "ReplayArn": "arn:aws:events:us-east-1:000000000000:replay/de-novo",
        "Description": "de ontem",
        "Destination": destination,
    }


def test_only_the_times_asked_for_the_end_left_out(world: World) -> None:
    world.rule()
    archive(world)
    for minute in range(4):
        world.put(Detail=json.dumps({"n": minute}), Time=START + 60 * minute)
    world.targets.taken.clear()
    world.call("StartReplay", **request(EventStartTime=START + 60, EventEndTime=START + 180))
    world.advance(1)
    assert [body["detail"]["n"] for body in world.targets.bodies("fila")] == [1, 2]


def test_events_come_in_the_order_of_their_times(world: World) -> None:
    world.rule()
    archive(world)
    for offset in (120, 0, 60):
        world.put(Detail=json.dumps({"n": offset}), Time=START + offset)
    world.targets.taken.clear()
    world.call("StartReplay", **request())
    world.advance(1)
    assert [body["detail"]["n"] for body in world.targets.bodies("fila")] == [0, 60, 120]


def test_only_the_rules_asked_for(world: World) -> None:
    world.rule("uma", queue="uma")
    other = world.rule("outra", queue="outra")
    archive(world)
    world.put()
    world.targets.taken.clear()
    world.call("StartReplay", **request(Destination={"Arn": BUS, "FilterArns": [other]}))
    world.advance(1)
    assert (len(world.targets.to("uma")), len(world.targets.to("outra"))) == (0, 1)


def test_a_rule_can_tell_replayed_events_from_new_ones(world: World) -> None:
    world.rule("novos", {"source": ["nfe"], "replay-name": [{"exists": False}]}, queue="novos")
    world.rule("repetidos", {"replay-name": [{"prefix": "de-"}]}, queue="repetidos")
    archive(world)
    world.put()
    world.call("StartReplay", **request())
    world.advance(1)
    assert (len(world.targets.to("novos")), len(world.targets.to("repetidos"))) == (1, 1)


def test_what_is_replayed_is_not_archived_again(world: World) -> None:
    archive(world)
    world.put()
    world.call("StartReplay", **request())
    world.advance(1)
    assert world.call("DescribeArchive", ArchiveName="arquivo")["EventCount"] == 1


def test_a_target_that_fails_is_tried_again(world: World) -> None:
    from sandbox.model.awserror import AwsError

    world.rule()
    archive(world)
    world.put()
    world.targets.taken.clear()
    world.targets.errors["fila"] = AwsError("InternalFailure", "no", status=500)
    world.call("StartReplay", **request())
    world.advance(1)
    assert state(world) == "COMPLETED"
    del world.targets.errors["fila"]
    world.advance(1)
    assert len(world.targets.to("fila")) == 1


def test_a_long_replay_goes_on_step_by_step_and_over_a_restart(tmp_path: Path) -> None:
    with World(tmp_path / "s.db") as world:
        world.rule()
        archive(world)
        for number in range(250):
            world.put(Detail=json.dumps({"n": number}), Time=START + number)
        world.targets.taken.clear()
        world.call("StartReplay", **request())
        world.advance(1)
        assert state(world) == "RUNNING"
        described = world.call("DescribeReplay", ReplayName="de-novo")
        assert described["EventLastReplayedTime"] == START + 99
        assert "ReplayEndTime" not in described
        seen = [body["detail"]["n"] for body in world.targets.bodies("fila")]
    with World(tmp_path / "s.db", start=START + 1) as again:
        again.advance(5)
        seen += [body["detail"]["n"] for body in again.targets.bodies("fila")]
        assert state(again) == "COMPLETED"
    assert seen == list(range(250))


def test_a_replay_that_is_cancelled_stops_where_it_is(world: World) -> None:
    world.rule()
    archive(world)
    for number in range(150):
        world.put(Time=START + number)
    world.targets.taken.clear()
    world.call("StartReplay", **request())
    world.advance(1)
    assert world.call("CancelReplay", ReplayName="de-novo") == {
        "ReplayArn": "arn:aws:events:us-east-1:000000000000:replay/de-novo",
        "State": "CANCELLING",
    }
    assert state(world) == "CANCELLING"
    world.advance(10)
    assert state(world) == "CANCELLED"
    assert len(world.targets.to("fila")) == 100
    assert world.refused("CancelReplay", ReplayName="de-novo") == (
        "IllegalStatusException",
        "Replay de-novo is not in a valid state for this operation.",
    )


def test_a_replay_may_be_cancelled_before_it_began(world: World) -> None:
    world.rule()
    archive(world)
    world.put()
    world.targets.taken.clear()
    world.call("StartReplay", **request())
    world.call("CancelReplay", ReplayName="de-novo")
    world.advance(1)
    assert (state(world), world.targets.taken) == ("CANCELLED", [])


def test_the_journal_knows_who_asked_for_it(world: World) -> None:
    world.rule()
    archive(world)
    world.put()
    world.call("StartReplay", **request())
    asked = world.hops.last
    world.advance(1)
    (replayed,) = world.hops.of(HopKind.REPLAYED)
    assert (replayed.cause, replayed.resource) == (asked, BUS)
    assert replayed.detail["replay"] == "de-novo"
    assert world.hops.of(HopKind.RULE_MATCHED)[-1].cause == replayed.id


# --- what is refused -------------------------------------------------------------------------------------
def test_a_bus_that_is_not_there(world: World) -> None:
    archive(world)
    for gone in ("us-east-1:000000000000", "eu-west-1:000000000000", "us-east-1:111111111111"):
        arn = f"arn:aws:events:{gone}:event-bus/nenhum"
        assert world.refused("StartReplay", **request(Destination={"Arn": arn})) == (
            "ResourceNotFoundException",
            "Event bus nenhum does not exist.",
        )


def test_events_go_to_the_bus_they_came_from(world: World) -> None:
    archive(world)
    world.call("CreateEventBus", Name="outro")
    destination = {"Arn": BUS.replace("default", "outro")}
    assert world.refused("StartReplay", **request(Destination=destination)) == (
        "ValidationException",
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
    )


def test_an_archive_that_is_not_there(world: World) -> None:
    assert world.refused("StartReplay", **request()) == (
        "ValidationException",
        "Parameter EventSourceArn is not valid. Reason: Archive arquivo does not exist.",
    )


@pytest.mark.parametrize(
    ("member", "value", "what"),
    [
        ("EventSourceArn", BUS, "an archive"),
        ("Destination", {"Arn": ARCHIVE}, "an event bus"),
    ],
)
def test_arns_of_the_wrong_kind(world: World, member: str, value: Any, what: str) -> None:
    archive(world)
    name = "Destination.Arn" if member == "Destination" else member
    assert world.refused("StartReplay", **request(**{member: value})) == (
        "ValidationException",
        f"Parameter {name} is not valid. Reason: Must contain {what} ARN.",
    )


@pytest.mark.parametrize("seconds", [0, -10])
def test_a_replay_ends_after_it_begins(world: World, seconds: int) -> None:
    archive(world)
    assert world.refused("StartReplay", **request(EventEndTime=START - 3_600 + seconds)) == (
        "ValidationException",
        "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
    )


@pytest.mark.parametrize("other", ["arquivo", "outro"])
def test_a_name_is_taken_once_whatever_the_archive(world: World, other: str) -> None:
    archive(world)
    if other != "arquivo":
        archive(world, other)
    world.call("StartReplay", **request())
    source = ARCHIVE.replace("arquivo", other)
    assert world.refused("StartReplay", **request(EventSourceArn=source)) == (
        "ResourceAlreadyExistsException",
        "Replay de-novo already exists.",
    )


@pytest.mark.parametrize("operation", ["DescribeReplay", "CancelReplay"])
def test_a_replay_that_is_not_there(world: World, operation: str) -> None:
    assert world.refused(operation, ReplayName="nenhum") == (
        "ResourceNotFoundException",
        "Replay nenhum does not exist.",
    )


def test_ten_replays_at_once(world: World) -> None:
    archive(world)
    for number in range(10):
        world.call("StartReplay", **request(f"r{number}"))
    assert world.refused("StartReplay", **request("r10")) == (
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )
    world.advance(1)
    world.call("StartReplay", **request("r10"))


def test_lists_are_filtered_and_come_in_pages(world: World) -> None:
    archive(world)
    for number in range(6):
        world.call("StartReplay", **request(f"r-{number}"))
    world.call("StartReplay", **request("outro"))
    world.advance(1)

    def names(**params: Any) -> list[str]:
        return [each["ReplayName"] for each in world.call("ListReplays", **params)["Replays"]]

    assert names(NamePrefix="outro") == ["outro"]
    assert names(NamePrefix="o") == ["outro"]
    assert len(names(EventSourceArn=ARCHIVE)) == 7
    assert names(EventSourceArn=ARCHIVE + "x") == []
    assert (len(names(State="COMPLETED")), names(State="RUNNING")) == (7, [])
    first = world.call("ListReplays", NamePrefix="r-", Limit=3)
    assert [each["ReplayName"] for each in first["Replays"]] == ["r-0", "r-1", "r-2"]
    assert names(NamePrefix="r-", Limit=3, NextToken=first["NextToken"]) == ["r-3", "r-4", "r-5"]
    assert world.refused("ListReplays", NamePrefix="a", State="RUNNING") == (
        "ValidationException",
        "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.",
    )
