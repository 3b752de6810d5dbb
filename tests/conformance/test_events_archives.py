"""Archives and replays, as AWS was recorded to answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.bus_world import BusWorld, arn, bus_arn
from tests.conformance.recorded import recorded
from tests.support.world import START

BUSES = pytest.mark.parametrize("kind", ["default", "custom"])
NOW = datetime.fromtimestamp(START, UTC)
HOUR = timedelta(hours=1)
ARCHIVE = arn("events", "archive/arquivo")
PATTERN = json.dumps({"source": ["loja"], "detail": {"estado": ["pago"]}})


def archive(buses: BusWorld, kind: str, name: str = "arquivo", **members: Any) -> str:
    """An archive that keeps events for a day; returns the ARN of its bus."""
    source = bus_arn(buses.bus(kind))
    given = {"RetentionDays": 1, **members}
    buses.events("CreateArchive", ArchiveName=name, EventSourceArn=source, **given)
    return source


def listed(source: str, **members: Any) -> dict[str, Any]:
    return {
        "ArchiveName": "arquivo",
        "EventSourceArn": source,
        "State": "ENABLED",
        "RetentionDays": 1,
        "SizeBytes": 0,
        "EventCount": 0,
        **members,
    }


def archives(buses: BusWorld, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = buses.events("ListArchives", **params)["Archives"]
    for each in found:
        assert each.pop("CreationTime") == NOW
    return found


@recorded("events_archives", "TestArchive::test_create_list_describe_update_delete_archive")
@BUSES
def test_the_life_of_an_archive(buses: BusWorld, kind: str) -> None:
    source = bus_arn(buses.bus(kind))
    outcome = {"ArchiveArn": ARCHIVE, "CreationTime": NOW, "State": "ENABLED"}
    given = {"Description": "pedidos pagos", "EventPattern": PATTERN}
    made = buses.events(
        "CreateArchive", ArchiveName="arquivo", EventSourceArn=source, RetentionDays=1, **given
    )
    assert made == outcome
    assert archives(buses, NamePrefix="arquivo") == [listed(source)]
    described = buses.events("DescribeArchive", ArchiveName="arquivo")
    assert described.pop("CreationTime") == NOW
    assert described == {**listed(source), **given, "ArchiveArn": ARCHIVE}
    changed = buses.events("UpdateArchive", ArchiveName="arquivo", Description="outra", RetentionDays=2)
    assert changed == outcome
    assert buses.events("DeleteArchive", ArchiveName="arquivo") == {}


@recorded("events_archives", "TestArchive::test_create_archive_error_unknown_event_bus")
def test_an_archive_of_a_bus_that_is_not_there(buses: BusWorld) -> None:
    params = {"ArchiveName": "arquivo", "EventSourceArn": bus_arn("nenhum")}
    assert buses.events.refused("CreateArchive", **params) == (
        "ResourceNotFoundException",
        "Event bus nenhum does not exist.",
    )


@recorded("events_archives", "TestArchive::test_create_archive_error_duplicate")
@BUSES
def test_an_archive_of_the_same_name(buses: BusWorld, kind: str) -> None:
    source = archive(buses, kind)
    assert buses.events.refused("CreateArchive", ArchiveName="arquivo", EventSourceArn=source) == (
        "ResourceAlreadyExistsException",
        "Archive arquivo already exists.",
    )


@recorded("events_archives", "TestArchive::test_describe_archive_error_unknown_archive")
def test_describing_an_archive_that_is_not_there(buses: BusWorld) -> None:
    answer = ("ResourceNotFoundException", "Archive nenhum does not exist.")
    assert buses.events.refused("DescribeArchive", ArchiveName="nenhum") == answer


@recorded("events_archives", "TestArchive::test_delete_archive_error_unknown_archive")
def test_deleting_an_archive_that_is_not_there(buses: BusWorld) -> None:
    answer = ("ResourceNotFoundException", "Archive nenhum does not exist.")
    assert buses.events.refused("DeleteArchive", ArchiveName="nenhum") == answer


@recorded("events_archives", "TestArchive::test_update_archive_error_unknown_archive")
def test_changing_nothing_of_an_archive_that_is_not_there(buses: BusWorld) -> None:
    assert buses.events.refused("UpdateArchive", ArchiveName="nenhum") == (
        "ValidationException",
        "At least one of EventPattern, RetentionDays or Description must be provided.",
    )


@recorded("events_archives", "TestArchive::test_list_archive_with_name_prefix")
@BUSES
def test_archives_by_the_beginning_of_their_names(buses: BusWorld, kind: str) -> None:
    source = archive(buses, kind)
    assert archives(buses, NamePrefix="arq") == [listed(source)]
    assert archives(buses, NamePrefix="arquivo") == [listed(source)]
    assert archives(buses, NamePrefix="arquivos") == []


@recorded("events_archives", "TestArchive::test_list_archive_with_source_arn")
@BUSES
def test_archives_of_a_bus(buses: BusWorld, kind: str) -> None:
    source = archive(buses, kind)
    assert archives(buses, EventSourceArn=source) == [listed(source)]


@recorded("events_archives", "TestArchive::test_list_archive_error_unknown_source_arn")
def test_archives_of_a_bus_that_is_not_there(buses: BusWorld) -> None:
    assert buses.events.refused("ListArchives", EventSourceArn=bus_arn("nenhum")) == (
        "ResourceNotFoundException",
        "Event bus nenhum does not exist.",
    )


@recorded("events_archives", "TestArchive::test_list_archive_state_enabled")
@BUSES
def test_archives_by_state(buses: BusWorld, kind: str) -> None:
    source = archive(buses, kind)
    assert archives(buses, State="ENABLED") == [listed(source)]


@recorded("events_archives", "TestArchive::test_list_archive_with_events")
@pytest.mark.parametrize(
    ("filtered", "kind"),
    [(True, "default"), (True, "custom"), (False, "default"), (False, "custom")],
    ids=["True-default", "True-custom", "False-default", "False-custom"],
)
def test_what_an_archive_holds(buses: BusWorld, filtered: bool, kind: str) -> None:
    source = archive(buses, kind, **({"EventPattern": PATTERN} if filtered else {}))
    bus = source.rsplit("/", 1)[-1]
    paid, open_ = {"estado": "pago", "nota": "a1"}, {"estado": "aberto"}
    for number in range(10):
        buses.put(paid if filtered or number % 2 else open_, bus=bus)
    if filtered:
        buses.put(open_, bus=bus)
    # Of each event its source, detail type, detail as it was put, and time count.
    sizes = [4 + 6 + len(json.dumps(detail)) + 20 for detail in (paid, open_)]
    size = 10 * sizes[0] if filtered else 5 * sum(sizes)
    assert archives(buses) == [listed(source, EventCount=10, SizeBytes=size)]
    described = buses.events("DescribeArchive", ArchiveName="arquivo")
    assert (described["EventCount"], described["SizeBytes"]) == (10, size)


# --- replays ---------------------------------------------------------------------------------------------
def replay(source: str, name: str = "de-novo", **members: Any) -> dict[str, Any]:
    return {
        "ReplayName": name,
        "EventSourceArn": ARCHIVE,
        "EventStartTime": NOW - HOUR,
        "EventEndTime": NOW + HOUR,
        "Destination": {"Arn": source},
        **members,
    }


def replays(buses: BusWorld, **params: Any) -> list[str]:
    return [each["ReplayName"] for each in buses.events("ListReplays", **params)["Replays"]]


@recorded("events_archives", "TestReplay::test_start_list_describe_canceled_replay")
@BUSES
def test_the_life_of_a_replay(buses: BusWorld, kind: str) -> None:
    source = archive(buses, kind)
    bus = source.rsplit("/", 1)[-1]
    rule = buses.rule(bus=bus)
    for number in range(3):
        buses.put({"n": number}, bus=bus)
    originals = buses.bodies()
    destination = {"Arn": source, "FilterArns": [rule]}
    request = replay(source, Description="os de hoje", Destination=destination)
    assert buses.events("StartReplay", **request) == {
        "ReplayArn": arn("events", "replay/de-novo"),
        "State": "STARTING",
        "ReplayStartTime": NOW,
    }
    buses.advance(5)
    again = buses.bodies()
    assert [list(body)[:8] for body in again] == [
        ["version", "id", "detail-type", "source", "account", "time", "region", "replay-name"]
    ] * 3
    assert [body.pop("replay-name") for body in again] == ["de-novo"] * 3
    assert again == originals
    done = {
        "ReplayName": "de-novo",
        "EventSourceArn": ARCHIVE,
        "State": "COMPLETED",
        "EventStartTime": NOW - HOUR,
        "EventEndTime": NOW + HOUR,
        "EventLastReplayedTime": NOW,
        "ReplayStartTime": NOW,
        "ReplayEndTime": NOW + timedelta(seconds=1),
    }
    assert buses.events("ListReplays", NamePrefix="de-novo") == {"Replays": [done]}
    assert buses.events("DescribeReplay", ReplayName="de-novo") == {
        **done,
        "ReplayArn": arn("events", "replay/de-novo"),
        "Description": "os de hoje",
        "Destination": destination,
    }
    buses.events("StartReplay", **{**request, "ReplayName": "em-vao"})
    assert buses.events("CancelReplay", ReplayName="em-vao") == {
        "ReplayArn": arn("events", "replay/em-vao"),
        "State": "CANCELLING",
    }
    cancelled = buses.events("DescribeReplay", ReplayName="em-vao")
    assert cancelled["State"] == "CANCELLING"
    assert {"EventLastReplayedTime", "ReplayEndTime"} & cancelled.keys() == set()


@recorded("events_archives", "TestReplay::test_start_replay_error_unknown_event_bus")
@pytest.mark.parametrize(
    "destination",
    [
        bus_arn("nenhum"),
        bus_arn("nenhum").replace("000000000000", "111111111111"),
        bus_arn("nenhum").replace("us-east-1", "eu-central-1"),
    ],
    ids=["missing", "cross_account", "cross_region"],
)
def test_a_replay_to_a_bus_that_is_not_there(buses: BusWorld, destination: str) -> None:
    archive(buses, "default")
    assert buses.events.refused("StartReplay", **replay(destination)) == (
        "ResourceNotFoundException",
        "Event bus nenhum does not exist.",
    )


@recorded("events_archives", "TestReplay::test_start_replay_error_unknown_event_bus")
def test_a_replay_to_another_bus(buses: BusWorld) -> None:
    archive(buses, "default")
    assert buses.events.refused("StartReplay", **replay(bus_arn("nenhum"))) == (
        "ResourceNotFoundException",
        "Event bus nenhum does not exist.",
    )
    other = bus_arn(buses.bus("custom"))
    assert buses.events.refused("StartReplay", **replay(other)) == (
        "ValidationException",
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
    )


@recorded("events_archives", "TestReplay::test_list_replays_with_prefix")
def test_replays_by_the_beginning_of_their_names(buses: BusWorld) -> None:
    source = archive(buses, "default")
    for name in ("hoje-teste", "ontem-teste"):
        buses.events("StartReplay", **replay(source, name))
    assert replays(buses, NamePrefix="hoje-teste") == ["hoje-teste"]
    assert replays(buses, NamePrefix="hoje") == ["hoje-teste"]


@recorded("events_archives", "TestReplay::test_list_replay_with_limit")
def test_replays_in_pages(buses: BusWorld) -> None:
    source = archive(buses, "default")
    for number in range(6):
        buses.events("StartReplay", **replay(source, f"r-{number}"))
    first = buses.events("ListReplays", Limit=3, NamePrefix="r")
    assert [each["ReplayName"] for each in first["Replays"]] == ["r-0", "r-1", "r-2"]
    rest = replays(buses, Limit=3, NamePrefix="r", NextToken=first["NextToken"])
    assert rest == ["r-3", "r-4", "r-5"]


@recorded("events_archives", "TestReplay::test_list_replays_with_event_source_arn")
def test_replays_of_an_archive(buses: BusWorld) -> None:
    source = archive(buses, "default")
    buses.events("StartReplay", **replay(source))
    buses.advance(1)
    (found,) = buses.events("ListReplays", EventSourceArn=ARCHIVE)["Replays"]
    assert (found["ReplayName"], found["State"]) == ("de-novo", "COMPLETED")


@recorded("events_archives", "TestReplay::test_start_replay_error_unknown_archive")
def test_a_replay_of_an_archive_that_is_not_there(buses: BusWorld) -> None:
    assert buses.events.refused("StartReplay", **replay(bus_arn("default"))) == (
        "ValidationException",
        "Parameter EventSourceArn is not valid. Reason: Archive arquivo does not exist.",
    )


@recorded(
    "events_archives",
    "TestReplay::test_start_replay_error_duplicate_name_same_archive",
    "TestReplay::test_start_replay_error_duplicate_different_archive",
)
def test_a_replay_of_the_same_name(buses: BusWorld) -> None:
    source = archive(buses, "default")
    archive(buses, "default", "outro")
    buses.events("StartReplay", **replay(source))
    for origin in (ARCHIVE, arn("events", "archive/outro")):
        assert buses.events.refused("StartReplay", **replay(source, EventSourceArn=origin)) == (
            "ResourceAlreadyExistsException",
            "Replay de-novo already exists.",
        )


@recorded("events_archives", "TestReplay::test_start_replay_error_invalid_end_time")
@pytest.mark.parametrize("seconds", [0, 10])
def test_a_replay_that_ends_before_it_begins(buses: BusWorld, seconds: int) -> None:
    source = archive(buses, "default")
    request = replay(source, EventStartTime=NOW, EventEndTime=NOW - timedelta(seconds=seconds))
    assert buses.events.refused("StartReplay", **request) == (
        "ValidationException",
        "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
    )


@recorded("events_archives", "TestReplay::test_describe_replay_error_unknown_replay")
def test_describing_a_replay_that_is_not_there(buses: BusWorld) -> None:
    answer = ("ResourceNotFoundException", "Replay nenhum does not exist.")
    assert buses.events.refused("DescribeReplay", ReplayName="nenhum") == answer


@recorded("events_archives", "TestReplay::tests_concurrency_error_too_many_active_replays")
def test_too_many_replays_at_once(buses: BusWorld) -> None:
    source = archive(buses, "default")
    for number in range(10):
        buses.events("StartReplay", **replay(source, f"r{number}"))
    assert buses.events.refused("StartReplay", **replay(source, "demais")) == (
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )
