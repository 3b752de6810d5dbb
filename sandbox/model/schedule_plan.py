"""When a schedule of EventBridge Scheduler is due: once, at a rate or by a calendar, within two dates.

Page: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.model.schedule import Cron, Rate, ScheduleError, parse_schedule

_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Once:
    """One local time. Of one that occurs twice, when summer time ends, the first is meant; one that is left
    out, when it begins, is as much later as the clocks are put forward.
    """

    local: datetime

    def moment(self, zone: ZoneInfo) -> float:
        """Seconds since the epoch."""
        return self.local.replace(tzinfo=zone).timestamp()


Expression = Once | Rate | Cron


def parse_expression(text: str) -> Expression:
    """Reads an expression of EventBridge Scheduler: `at(…)`, `rate(…)` or `cron(…)`.

    Raises:
        ScheduleError: it is none of these.
    """
    if match := _AT.fullmatch(text):
        try:
            return Once(datetime.fromisoformat(match[1]))
        except ValueError as error:
            raise ScheduleError(str(error)) from error
    return parse_schedule(text, any_number=True)


def parse_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        ScheduleError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ScheduleError(f"there is no time zone {name}") from error


@dataclass(frozen=True, slots=True)
class Plan:
    """When a schedule is due.

    Attributes:
        begins: from when a rate counts: its start date, or when the schedule was made.
        start, end: of recurring schedules, both included; seconds since the epoch, None where there is none.
    """

    expression: Expression
    zone: ZoneInfo
    begins: float
    start: float | None = None
    end: float | None = None

    def first(self, now: float) -> float | None:
        """The first time from now on; a rate is due as soon as it begins."""
        if isinstance(self.expression, Rate) and self.begins >= now:
            return self._until_end(self.begins)
        return self.following(now)

    def following(self, after: float) -> float | None:
        """The next time later than `after`, or None when there is none any more."""
        if isinstance(self.expression, Once):
            moment = self.expression.moment(self.zone)
            return moment if moment > after else None
        if isinstance(self.expression, Rate):
            if after < self.begins:
                return self._until_end(self.begins)
            return self._until_end(self.expression.next_after(after, phase=self.begins))
        # A calendar may name the very second of the start date.
        from_start = after if self.start is None else max(after, self.start - 1)
        return self._until_end(self.expression.next_after(from_start, zone=self.zone))

    def _until_end(self, moment: float | None) -> float | None:
        return None if moment is None or (self.end is not None and moment > self.end) else moment
