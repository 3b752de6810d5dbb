"""When schedules fire."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model.schedule import Rate, ScheduleError, parse_schedule


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def firings(expression: str, after: str, count: int, zone: str = "UTC") -> list[str]:
    schedule, moment, found = parse_schedule(expression), at(after), []
    for _ in range(count):
        following = schedule.next_after(moment, zone=ZoneInfo(zone))
        if following is None:
            break
        moment = following
        found.append(datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(1 hour)", 3_600),
        ("rate(12 hours)", 43_200),
        ("rate(1 day)", 86_400),
        ("rate(7 days)", 604_800),
    ],
)
def test_rates(expression: str, seconds: int) -> None:
    assert parse_schedule(expression) == Rate(seconds)


def test_a_rate_counts_from_its_phase() -> None:
    rate = Rate(60)
    assert rate.next_after(1_000.5, phase=1_000.5) == 1_060.5
    assert rate.next_after(1_060.5, phase=1_000.5) == 1_120.5
    assert rate.next_after(1_100.0, phase=1_000.5) == 1_120.5
    assert rate.next_after(0.0, phase=1_000.5) == 1_060.5


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-03-01T10:00", ["2026-03-02 10:00", "2026-03-03 10:00"]),
        ("cron(15 12 * * ? *)", "2026-03-01T12:14:59", ["2026-03-01 12:15", "2026-03-02 12:15"]),
        ("cron(0/15 * * * ? *)", "2026-03-01T23:31", ["2026-03-01 23:45", "2026-03-02 00:00"]),
        ("cron(5/20 8 * * ? *)", "2026-03-01T08:00", ["2026-03-01 08:05", "2026-03-01 08:25"]),
        ("cron(5,35 14 * * ? *)", "2026-03-01T14:05", ["2026-03-01 14:35", "2026-03-02 14:05"]),
        ("cron(0 8-10/2 * * ? *)", "2026-03-01T08:00", ["2026-03-01 10:00", "2026-03-02 08:00"]),
        ("cron(0 18 ? * MON-FRI *)", "2026-03-06T18:00", ["2026-03-09 18:00", "2026-03-10 18:00"]),
        ("cron(0 18 ? * 2,sat *)", "2026-03-06T18:00", ["2026-03-07 18:00", "2026-03-09 18:00"]),
        ("cron(0 8 1 * ? *)", "2026-03-01T08:00", ["2026-04-01 08:00", "2026-05-01 08:00"]),
        ("cron(0 0 31 * ? *)", "2026-01-31T00:00", ["2026-03-31 00:00", "2026-05-31 00:00"]),
        ("cron(0 0 29 FEB ? *)", "2026-01-01T00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 L * ? *)", "2026-01-31T00:00", ["2026-02-28 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 LW * ? *)", "2026-01-01T00:00", ["2026-01-30 00:00", "2026-02-27 00:00"]),
        # The 1st of August 2026 is a Saturday, the 15th too; the 1st of November a Sunday.
        ("cron(0 0 1W 8 ? *)", "2026-01-01T00:00", ["2026-08-03 00:00", "2027-08-02 00:00"]),
        ("cron(0 0 15W AUG ? 2026)", "2026-01-01T00:00", ["2026-08-14 00:00"]),
        ("cron(0 0 1W NOV ? 2026)", "2026-01-01T00:00", ["2026-11-02 00:00"]),
        ("cron(0 0 31W 5 ? 2026)", "2026-01-01T00:00", ["2026-05-29 00:00"]),
        ("cron(0 0 31W FEB,MAR ? 2026)", "2026-01-01T00:00", ["2026-03-31 00:00"]),
        ("cron(0 0 ? * 3#2 *)", "2026-03-01T00:00", ["2026-03-10 00:00", "2026-04-14 00:00"]),
        ("cron(0 0 ? * FRI#5 *)", "2026-03-01T00:00", ["2026-05-29 00:00", "2026-07-31 00:00"]),
        ("cron(0 0 ? * 6L *)", "2026-03-01T00:00", ["2026-03-27 00:00", "2026-04-24 00:00"]),
        ("cron(0 0 ? * FRIL *)", "2026-03-01T00:00", ["2026-03-27 00:00", "2026-04-24 00:00"]),
        ("cron(0 0 ? * L *)", "2026-03-01T00:00", ["2026-03-07 00:00", "2026-03-14 00:00"]),
        ("cron(0 0 1 1/6 ? *)", "2026-03-01T00:00", ["2026-07-01 00:00", "2027-01-01 00:00"]),
        ("cron(59 23 31 12 ? 2026-2027)", "2026-01-01T00:00", ["2026-12-31 23:59", "2027-12-31 23:59"]),
        ("cron(0 10 ? * 6L 2002-2005)", "2026-01-01T00:00", []),
        ("cron(0 0 30 FEB ? *)", "2026-01-01T00:00", []),
    ],
)
def test_cron(expression: str, after: str, expected: list[str]) -> None:
    assert firings(expression, after, 2) == expected


def test_a_zone_moves_the_fields() -> None:
    assert firings("cron(0 8 * * ? *)", "2026-03-01T00:00", 1, "America/Sao_Paulo") == ["2026-03-01 11:00"]


def test_times_that_summer_time_leaves_out_are_skipped() -> None:
    # On 2026-03-08 New York jumps from 02:00 to 03:00.
    found = firings("cron(30 2 * * ? *)", "2026-03-07T12:00", 1, "America/New_York")
    assert found == ["2026-03-09 06:30"]


def test_times_that_occur_twice_count_once() -> None:
    # On 2026-11-01 New York lives through 01:00 to 02:00 twice.
    found = firings("cron(30 1 * * ? *)", "2026-10-31T12:00", 2, "America/New_York")
    assert found == ["2026-11-01 05:30", "2026-11-02 06:30"]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "rate()",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(-5 minutes)",
        "rate(1.5 hours)",
        "rate(5 seconds)",
        "rate(5 weeks)",
        "rate(five minutes)",
        "Rate(5 minutes)",
        "rate(5 minutes) ",
        "rate(5minutes)",
        "cron()",
        "cron(* * * * *)",
        "cron(0 10 * * ? * *)",
        "cron(0 1 * * * *)",
        "cron(0 1 ? * ? *)",
        "cron(0 1 1 * MON *)",
        "cron(60 1 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 1 0 * ? *)",
        "cron(0 1 32 * ? *)",
        "cron(0 1 * 13 ? *)",
        "cron(0 1 * JANUARY ? *)",
        "cron(0 1 ? * 0 *)",
        "cron(0 1 ? * 8 *)",
        "cron(0 1 ? * MON#6 *)",
        "cron(0 1 ? * MON#1,FRI#2 *)",
        "cron(0 1 ? * 2W *)",
        "cron(0 1 1W,15W * ? *)",
        "cron(0 1 L,15 * ? *)",
        "cron(0 1 * * ? 1969)",
        "cron(0 1 * * ? 2200)",
        "cron(5- 1 * * ? *)",
        "cron(10-5 1 * * ? *)",
        "cron(*/0 1 * * ? *)",
        "cron(1,,2 1 * * ? *)",
        "cron(L 1 * * ? *)",
        "cron(? 1 * * ? *)",
        "at(2026-01-01T00:00:00)",
    ],
)
def test_what_is_no_schedule(expression: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(expression)


field = st.sampled_from(["*", "0", "7", "*/5", "3/10", "1-4", "2,9"])


@given(field, field, st.integers(1_600_000_000, 1_900_000_000))
@settings(max_examples=60, deadline=None)
def test_firings_are_whole_minutes_that_only_go_forward(minutes: str, hours: str, start: int) -> None:
    schedule = parse_schedule(f"cron({minutes} {hours} * * ? *)")
    times = [float(start)]
    for _ in range(5):
        following = schedule.next_after(times[-1])
        assert following is not None
        times.append(following)
    assert all(one < other for one, other in pairwise(times))
    assert all(moment % 60 == 0 for moment in times[1:])
