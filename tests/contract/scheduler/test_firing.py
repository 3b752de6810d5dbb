"""When schedules fire: once, at rates, by calendars in zones, within dates and windows.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from tests.contract.scheduler.harness import World, target
from tests.support.world import HERE, START

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def fired(world: World, seconds: float, step: float = 1) -> list[float]:
    """When the queue got something, in seconds from now on."""
    begun, seen, times = world.clock.now(), len(world.targets.taken), []
    while world.clock.now() < begun + seconds:
        world.advance(step)
        times += [world.clock.now() - begun] * (len(world.targets.taken) - seen)
        seen = len(world.targets.taken)
    return times


def test_a_rate_fires_at_once_and_then_in_its_rhythm(world: World) -> None:
    world.create("rate(5 minutes)")
    world.advance(0)
    assert len(world.bodies()) == 1
    assert fired(world, 660, 60) == [300, 600]


def test_a_rate_fires_at_once_while_time_goes_on(world: World) -> None:
    world.do(lambda: world.clock.set_speed(100_000.0))
    world.create("rate(365 days)")
    found = world.service.store.schedule(HERE, "default", "agenda")
    waits = (found.due or 0) - found.created
    assert (waits, len(world.hops.of(HopKind.SCHEDULE_FIRED))) in ((0, 0), (365 * DAY, 1))


def test_a_start_date_begins_the_rhythm_and_an_end_date_ends_it(world: World) -> None:
    world.create("rate(1 minutes)", StartDate=START + 90, EndDate=START + 210)
    assert fired(world, 400, 10) == [90, 150, 210]


def test_a_calendar_begins_with_its_start_date(world: World) -> None:
    # 22:13:20 now; the start date is a minute that the calendar names.
    world.create("cron(0/5 * * * ? *)", StartDate=at("2023-11-14T22:25:00"), EndDate=START + HOUR)
    assert fired(world, 1_600, 100) == [700, 1_000, 1_300, 1_600]


def test_one_time(world: World) -> None:
    world.create("at(2023-11-14T22:15:00)")
    assert fired(world, 300, 10) == [100]
    assert world.get()["State"] == "ENABLED"


def test_one_time_in_a_zone(world: World) -> None:
    world.create("at(2023-11-14T19:15:00)", ScheduleExpressionTimezone="America/Sao_Paulo")
    assert fired(world, 300, 10) == [100]


def test_one_time_that_has_passed_never_fires(world: World) -> None:
    world.create("at(2023-11-14T22:13:00)", ActionAfterCompletion="DELETE")
    assert fired(world, DAY, HOUR) == []
    assert world.get()["Name"] == "agenda"


def test_dates_mean_nothing_to_one_time_schedules(world: World) -> None:
    world.create("at(2023-11-14T22:15:00)", StartDate=START + HOUR, EndDate=START + 2 * HOUR)
    assert fired(world, 300, 10) == [100]


@pytest.mark.parametrize(
    ("expression", "members", "seconds"),
    [
        ("at(2023-11-14T22:15:00)", {}, 100),
        ("rate(1 minute)", {"EndDate": START + 70}, 60),
    ],
)
def test_deleted_after_completion(
    world: World, expression: str, members: dict[str, Any], seconds: float
) -> None:
    world.create(expression, ActionAfterCompletion="DELETE", **members)
    world.advance(seconds - 1)
    assert world.get()["ActionAfterCompletion"] == "DELETE"
    world.advance(1)
    assert world.refused("GetSchedule", Name="agenda").code == "ResourceNotFoundException"
    assert fired(world, DAY, HOUR) == []


def test_a_disabled_schedule_waits(world: World) -> None:
    world.create("rate(1 minute)", State="DISABLED")
    assert fired(world, 300, 60) == []
    world.call("UpdateSchedule", **world.request("rate(1 minute)"))
    assert fired(world, 120, 60) == [60, 120]


def test_a_change_that_keeps_the_rate_keeps_its_rhythm(world: World) -> None:
    world.create("rate(1 minute)")
    world.advance(90)
    world.targets.taken.clear()
    world.call("UpdateSchedule", **world.request("rate(1 minute)", Description="outra"))
    assert fired(world, 60, 10) == [30]


def test_a_new_rate_begins_anew(world: World) -> None:
    world.create("rate(1 minute)")
    world.advance(90)
    world.call("UpdateSchedule", **world.request("rate(2 minutes)"))
    world.targets.taken.clear()
    assert fired(world, 250, 10) == [10, 120, 240]


def test_a_deleted_schedule_is_silent(world: World) -> None:
    world.create("rate(1 minute)", StartDate=START + 60)
    world.call("DeleteSchedule", Name="agenda")
    assert fired(world, 300, 60) == []


def test_the_hour_that_summer_time_leaves_out_is_skipped() -> None:
    with World(start=at("2024-03-10T05:00:00")) as world:
        # In New York, 2:30 does not occur on 10 March 2024.
        world.create("cron(30 2 * * ? *)", ScheduleExpressionTimezone="America/New_York")
        assert fired(world, 2 * DAY, HOUR / 2) == [at("2024-03-11T06:30:00") - at("2024-03-10T05:00:00")]


def test_the_hour_that_occurs_twice_counts_once() -> None:
    with World(start=at("2024-11-03T04:00:00")) as world:
        # In New York, 1:30 occurs at 5:30 and at 6:30 UTC on 3 November 2024.
        world.create("cron(30 1 * * ? *)", ScheduleExpressionTimezone="America/New_York")
        times = fired(world, 2 * DAY, HOUR / 2)
        assert times == [1.5 * HOUR, 1.5 * HOUR + 25 * HOUR]


def test_a_rate_of_days_counts_hours_over_summer_time() -> None:
    with World(start=at("2024-03-09T12:00:00")) as world:
        world.create("rate(1 day)", ScheduleExpressionTimezone="America/New_York")
        assert fired(world, 2 * DAY + HOUR, HOUR) == [HOUR, DAY, 2 * DAY]


def test_a_flexible_window_puts_invocations_off_within_it_repeatably() -> None:
    def delays() -> list[float]:
        with World() as world:
            window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}
            world.create("cron(0 * * * ? *)", FlexibleTimeWindow=window)
            found = []
            for hour in range(8):
                due = world.clock.next_due()
                assert due is not None
                world.advance(due - world.clock.now())
                found.append(due - at("2023-11-14T23:00:00") - HOUR * hour)
                assert len(world.bodies()) == hour + 1
            return found

    found = delays()
    assert all(0 <= delay < 600 for delay in found)
    assert len(set(found)) > 4
    assert delays() == found


def test_the_scheduled_time_is_the_one_of_the_expression(world: World) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}
    world.create(
        "at(2023-11-14T22:15:00)",
        FlexibleTimeWindow=window,
        Target=target(Input="<aws.scheduler.scheduled-time>"),
    )
    world.advance(HOUR)
    assert world.bodies() == ["2023-11-14T22:15:00Z"]


def test_after_a_long_stop_recurring_ones_skip_and_one_time_ones_catch_up(tmp_path: Path) -> None:
    with World(tmp_path / "s.db") as world:
        world.create("rate(1 minute)", "sempre", StartDate=START + 60)
        world.create("at(2023-11-14T22:15:00)", "uma", Target=target(Input="uma"))
    with World(tmp_path / "s.db", start=START + 1_000) as later:
        later.advance(0)
        assert later.bodies() == ["uma"]
        later.advance(20)
        assert later.bodies() == ["uma", "olá"]


def test_a_firing_is_a_hop_that_causes_the_delivery(world: World) -> None:
    arn = world.create("at(2023-11-14T22:15:00)")
    world.advance(100)
    (firing,), (delivered,) = world.hops.of(HopKind.SCHEDULE_FIRED), world.hops.of(HopKind.DELIVERED)
    assert (firing.resource, delivered.cause) == (arn, firing.id)
    (delivery,) = world.targets.taken
    assert (delivery.cause, delivery.source) == (delivered.id, arn)
