"""Archives: what they keep, for how long, and what is refused.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.events.harness import START, World

DAY = 86_400
BUSES = pytest.mark.parametrize("bus", ["default", "pedidos"])


def bus_arn(world: World, name: str) -> str:
    if name != "default":
        world.call("CreateEventBus", Name=name)
    return str(world.call("DescribeEventBus", Name=name)["Arn"])


def archive(world: World, name: str = "arquivo", bus: str = "default", **members: Any) -> str:
    arn = f"arn:aws:events:us-east-1:000000000000:event-bus/{bus}"
    return str(world.call("CreateArchive", ArchiveName=name, EventSourceArn=arn, **members)["ArchiveArn"])


def held(world: World, name: str = "arquivo") -> int:
    return int(world.call("DescribeArchive", ArchiveName=name)["EventCount"])


@BUSES
def test_an_archive_is_created_described_listed_changed_and_deleted(world: World, bus: str) -> None:
    source = bus_arn(world, bus)
    pattern = json.dumps({"source": ["nfe"]})
    made = world.call(
        "CreateArchive",
        ArchiveName="arquivo",
        EventSourceArn=source,
        Description="notas de um dia",
        EventPattern=pattern,
        RetentionDays=1,
    )
    arn = "arn:aws:events:us-east-1:000000000000:archive/arquivo"
    assert made == {"ArchiveArn": arn, "State": "ENABLED", "CreationTime": START}
    listed = {
        "ArchiveName": "arquivo",
        "EventSourceArn": source,
        "State": "ENABLED",
        "RetentionDays": 1,
        "SizeBytes": 0,
        "EventCount": 0,
        "CreationTime": START,
    }
    assert world.call("ListArchives") == {"Archives": [listed]}
    described = world.call("DescribeArchive", ArchiveName="arquivo")
    assert described == {
        **listed,
        "ArchiveArn": arn,
        "Description": "notas de um dia",
        "EventPattern": pattern,
    }
    changed = world.call("UpdateArchive", ArchiveName="arquivo", RetentionDays=3, Description="outra")
    assert changed == made
    described = world.call("DescribeArchive", ArchiveName="arquivo")
    assert (described["RetentionDays"], described["Description"]) == (3, "outra")
    assert described["EventPattern"] == pattern
    assert world.call("DeleteArchive", ArchiveName="arquivo") == {}
    assert world.call("ListArchives") == {"Archives": []}


@BUSES
def test_lists_are_filtered_by_prefix_bus_or_state(world: World, bus: str) -> None:
    source = bus_arn(world, bus)
    archive(world, "notas-a", bus)
    archive(world, "notas-b", bus)
    archive(world, "outro", bus)

    def names(**params: Any) -> list[str]:
        return [each["ArchiveName"] for each in world.call("ListArchives", **params)["Archives"]]

    assert names(NamePrefix="notas") == ["notas-a", "notas-b"]
    assert names(NamePrefix="notas-b") == ["notas-b"]
    assert names(NamePrefix="nada") == []
    assert names(EventSourceArn=source) == ["notas-a", "notas-b", "outro"]
    assert names(State="ENABLED") == ["notas-a", "notas-b", "outro"]
    assert names(State="DISABLED") == []
    assert world.refused("ListArchives", NamePrefix="a", State="ENABLED") == (
        "ValidationException",
        "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.",
    )


def test_the_archives_of_another_bus_are_not_listed(world: World) -> None:
    source = bus_arn(world, "pedidos")
    archive(world, "padrao")
    archive(world, "deles", "pedidos")
    found = world.call("ListArchives", EventSourceArn=source)["Archives"]
    assert [each["ArchiveName"] for each in found] == ["deles"]


def test_lists_come_in_pages(world: World) -> None:
    for number in range(3):
        archive(world, f"a{number}")
    first = world.call("ListArchives", Limit=2)
    assert [each["ArchiveName"] for each in first["Archives"]] == ["a0", "a1"]
    rest = world.call("ListArchives", Limit=2, NextToken=first["NextToken"])
    assert [each["ArchiveName"] for each in rest["Archives"]] == ["a2"]
    assert "NextToken" not in rest


@BUSES
def test_a_name_is_taken_once(world: World, bus: str) -> None:
    source = bus_arn(world, bus)
    archive(world, "arquivo", bus)
    assert world.refused("CreateArchive", ArchiveName="arquivo", EventSourceArn=source) == (
        "ResourceAlreadyExistsException",
        "Archive arquivo already exists.",
    )


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CreateArchive", {"ArchiveName": "a"}),
        ("ListArchives", {}),
    ],
)
def test_a_bus_that_is_not_there(world: World, operation: str, params: dict[str, Any]) -> None:
    arn = "arn:aws:events:us-east-1:000000000000:event-bus/nenhum"
    assert world.refused(operation, EventSourceArn=arn, **params) == (
        "ResourceNotFoundException",
        "Event bus nenhum does not exist.",
    )


@pytest.mark.parametrize("operation", ["DescribeArchive", "DeleteArchive"])
def test_an_archive_that_is_not_there(world: World, operation: str) -> None:
    answer = ("ResourceNotFoundException", "Archive nenhum does not exist.")
    assert world.refused(operation, ArchiveName="nenhum") == answer
    assert world.refused("UpdateArchive", ArchiveName="nenhum", RetentionDays=1) == answer


def test_a_change_changes_something(world: World) -> None:
    assert world.refused("UpdateArchive", ArchiveName="nenhum") == (
        "ValidationException",
        "At least one of EventPattern, RetentionDays or Description must be provided.",
    )


def test_a_pattern_that_is_not_one(world: World) -> None:
    source = bus_arn(world, "default")
    code, message = world.refused(
        "CreateArchive", ArchiveName="a", EventSourceArn=source, EventPattern='{"source": "nfe"}'
    )
    assert code == "InvalidEventPatternException"
    assert message.startswith("Event pattern is not valid. Reason: ")


def test_a_source_that_is_no_bus(world: World) -> None:
    assert world.refused("CreateArchive", ArchiveName="a", EventSourceArn="arn:aws:sqs:us-east-1:0:q") == (
        "ValidationException",
        "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.",
    )


@BUSES
@pytest.mark.parametrize("filtered", [True, False])
def test_events_are_kept_and_counted(world: World, bus: str, filtered: bool) -> None:
    bus_arn(world, bus)
    pattern = {"EventPattern": json.dumps({"detail": {"tipo": ["nota"]}})} if filtered else {}
    archive(world, "arquivo", bus, **pattern)
    for tipo in ("nota", "nota", "outra"):
        world.put(EventBusName=bus, Detail=json.dumps({"tipo": tipo}))
    described = world.call("DescribeArchive", ArchiveName="arquivo")
    assert described["EventCount"] == (2 if filtered else 3)
    # Source, detail type, detail as it was published, and the time of an event.
    sizes = [len("nfe") + len("Nota") + len(json.dumps({"tipo": tipo})) + 20 for tipo in ("nota", "outra")]
    assert described["SizeBytes"] == 2 * sizes[0] + (0 if filtered else sizes[1])


def test_only_the_events_of_its_bus(world: World) -> None:
    bus_arn(world, "pedidos")
    archive(world, "deles", "pedidos")
    world.put()
    assert held(world, "deles") == 0


def test_an_event_needs_no_rule_to_be_kept(world: World) -> None:
    archive(world)
    world.put()
    assert held(world) == 1


def test_events_are_deleted_when_their_days_are_over(world: World) -> None:
    archive(world, "um-dia", RetentionDays=1)
    archive(world, "sempre")
    world.put()
    world.advance(DAY / 2)
    world.put()
    world.advance(DAY / 2 - 1)
    assert held(world, "um-dia") == 2
    world.advance(1)
    assert held(world, "um-dia") == 1
    world.advance(DAY / 2)
    assert (held(world, "um-dia"), held(world, "sempre")) == (0, 2)


def test_a_shorter_retention_acts_at_once(world: World) -> None:
    archive(world)
    world.put()
    world.advance(2 * DAY)
    world.put()
    world.call("UpdateArchive", ArchiveName="arquivo", RetentionDays=1)
    assert held(world) == 1


def test_what_is_kept_outlives_a_restart_and_expires_after_it(tmp_path: Path) -> None:
    with World(tmp_path / "s.db") as world:
        archive(world, RetentionDays=1)
        world.put()
    with World(tmp_path / "s.db", start=START + 60) as again:
        assert held(again) == 1
        again.put(Source="outra")
        assert held(again) == 2
        again.advance(DAY - 60)
        assert held(again) == 1
    with World(tmp_path / "s.db", start=START + 10 * DAY) as later:
        assert held(later) == 0


def test_a_deleted_archive_leaves_nothing_to_its_successor(world: World) -> None:
    archive(world)
    world.put()
    world.call("DeleteArchive", ArchiveName="arquivo")
    world.put()
    archive(world)
    assert held(world) == 0


def test_a_bus_with_an_archive_stays(world: World) -> None:
    bus_arn(world, "pedidos")
    archive(world, "deles", "pedidos")
    assert world.refused("DeleteEventBus", Name="pedidos")[0] == "ValidationException"
    world.call("DeleteArchive", ArchiveName="deles")
    world.call("DeleteEventBus", Name="pedidos")
