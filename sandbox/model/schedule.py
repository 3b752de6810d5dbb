"""Schedule expressions: `rate(5 minutes)` and `cron(0 8 1 * ? *)`, and when they fire next.

Pages: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html and, for zones
and daylight saving time, https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

_RATE = re.compile(r"rate\(\s*([0-9]+)\s+(minutes?|hours?|days?)\s*\)", re.ASCII)
_CRON = re.compile(r"cron\((.*)\)", re.ASCII)
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
#: EventBridge counts the days of the week from Sunday, 1.
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}

#: The days of one month that a day field means.
Days = Callable[[int, int], frozenset[int]]


class ScheduleError(ValueError):
    """The expression is not a schedule; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many seconds, counted from a phase that never drifts."""

    seconds: int

    def next_after(self, after: float, *, phase: float = 0.0, zone: tzinfo = UTC) -> float | None:
        """The first firing later than `after`.

        Args:
            after, phase: seconds since the epoch; firings are whole intervals after `phase`, never at it.
            zone: makes no difference to a rate.
        """
        intervals = max(1, math.floor((after - phase) / self.seconds) + 1)
        return phase + intervals * self.seconds


@dataclass(frozen=True, slots=True)
class Cron:
    """Calendar fields, as read from the six of `cron(minutes hours day-of-month month day-of-week year)`."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: Days

    def next_after(self, after: float, *, phase: float = 0.0, zone: tzinfo = UTC) -> float | None:
        """The first firing later than `after`, or None when there is none any more.

        Local times that a change to summer time leaves out are skipped; those that occur twice count once.

        Args:
            after: seconds since the epoch.
            phase: makes no difference to a calendar.
            zone: the zone that the fields are in.
        """
        start = datetime.fromtimestamp(math.floor(after), zone).replace(tzinfo=None)
        for local in self._from(start):
            aware = local.replace(tzinfo=zone)
            exists = aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
            if exists and aware.timestamp() > after:
                return aware.timestamp()
        return None

    def _from(self, start: datetime) -> Iterator[datetime]:
        """The local times the fields name, from the minute of `start` on, in order."""
        first_day = (start.year, start.month, start.day)
        for year in self.years:
            for month in self.months:
                if (year, month) < first_day[:2]:
                    continue
                for day in sorted(self.days(year, month)):
                    if (year, month, day) >= first_day:
                        yield from self._times(year, month, day, start)

    def _times(self, year: int, month: int, day: int, start: datetime) -> Iterator[datetime]:
        today = (year, month, day) == (start.year, start.month, start.day)
        earliest = (start.hour, start.minute) if today else (0, 0)
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute) >= earliest:
                    yield datetime(year, month, day, hour, minute)  # noqa: DTZ001 - its zone is given above


Schedule = Rate | Cron


def parse_schedule(text: str, *, any_number: bool = False) -> Schedule:
    """Reads a schedule expression.

    Args:
        any_number: units of rates may be singular or plural for every value, as EventBridge Scheduler has it.

    Raises:
        ScheduleError: it is neither a rate nor a cron expression; services answer `ValidationException`.
    """
    if match := _RATE.fullmatch(text):
        return _rate(int(match[1]), match[2], any_number=any_number)
    if match := _CRON.fullmatch(text):
        fields = match[1].split()
        if len(fields) != 6:
            raise ScheduleError(f"a cron expression has six fields, this one has {len(fields)}")
        return _cron(*fields)
    raise ScheduleError("a schedule is rate(VALUE UNIT) or cron(FIELDS)")


def _rate(value: int, unit: str, *, any_number: bool) -> Rate:
    if value < 1:
        raise ScheduleError("the value of a rate is 1 or more")
    if not any_number and unit.endswith("s") != (value > 1):
        raise ScheduleError("the unit of a rate is singular for 1 and plural for more")
    return Rate(value * _SECONDS[unit.rstrip("s")])


def _cron(minutes: str, hours: str, day: str, month: str, weekday: str, year: str) -> Cron:
    if (day == "?") == (weekday == "?"):
        raise ScheduleError("exactly one of day-of-month and day-of-week is ?")
    return Cron(
        minutes=_values("minutes", minutes, 0, 59),
        hours=_values("hours", hours, 0, 23),
        months=_values("month", month, 1, 12, _MONTHS),
        years=_values("year", year, 1970, 2199),
        days=_days_of_week(weekday) if day == "?" else _days_of_month(day),
    )


# --- lists, ranges and steps -----------------------------------------------------------------------------
def _values(
    name: str, text: str, lowest: int, highest: int, names: dict[str, int] | None = None
) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        step = _integer(name, step_text, 1, highest, None) if slash else 1
        if span == "*":
            first, last = lowest, highest
        elif "-" in span:
            low, _, high = span.partition("-")
            first, last = (_integer(name, end, lowest, highest, names) for end in (low, high))
        else:
            first = _integer(name, span, lowest, highest, names)
            last = highest if slash else first
        if first > last:
            raise ScheduleError(f"{name}: the range {span} runs backwards")
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _integer(name: str, text: str, lowest: int, highest: int, names: dict[str, int] | None) -> int:
    if names and text.upper() in names:
        return names[text.upper()]
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not lowest <= int(text) <= highest:
        raise ScheduleError(f"{name}: {text!r} is not a value from {lowest} to {highest}")
    return int(text)


# --- days ------------------------------------------------------------------------------------------------
def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _weekday(year: int, month: int, day: int) -> int:
    """The day of the week, Sunday 1 to Saturday 7."""
    return (calendar.weekday(year, month, day) + 1) % 7 + 1


def _nearest_working_day(year: int, month: int, day: int) -> int:
    """The working day nearest to `day` within the same month."""
    length = _length(year, month)
    weekday = _weekday(year, month, day)
    if weekday == 7:
        return day - 1 if day > 1 else day + 2
    if weekday == 1:
        return day + 1 if day < length else day - 2
    return day


def _days_of_month(text: str) -> Days:
    if text == "L":
        return lambda year, month: frozenset({_length(year, month)})
    if text == "LW":
        return lambda year, month: frozenset({_nearest_working_day(year, month, _length(year, month))})
    if match := re.fullmatch(r"([0-9]{1,2})W", text, re.ASCII):
        wanted = _integer("day-of-month", match[1], 1, 31, None)
        return lambda year, month: (
            frozenset({_nearest_working_day(year, month, wanted)})
            if wanted <= _length(year, month)
            else frozenset()
        )
    days = _values("day-of-month", text, 1, 31)
    return lambda year, month: frozenset(day for day in days if day <= _length(year, month))


def _days_of_week(text: str) -> Days:
    if text == "L":
        text = "SAT"
    if match := re.fullmatch(r"(\w+)L", text, re.ASCII):
        wanted = _integer("day-of-week", match[1], 1, 7, _WEEKDAYS)
        return lambda year, month: frozenset({max(_weekdays(year, month, {wanted}))})
    if match := re.fullmatch(r"(\w+)#([1-5])", text, re.ASCII):
        wanted, nth = _integer("day-of-week", match[1], 1, 7, _WEEKDAYS), int(match[2])
        return lambda year, month: frozenset(_weekdays(year, month, {wanted})[nth - 1 : nth])
    weekdays = set(_values("day-of-week", text, 1, 7, _WEEKDAYS))
    return lambda year, month: frozenset(_weekdays(year, month, weekdays))


def _weekdays(year: int, month: int, wanted: set[int]) -> list[int]:
    return [day for day in range(1, _length(year, month) + 1) if _weekday(year, month, day) in wanted]
