"""Operations on schedules."""

from __future__ import annotations

from typing import Any

from sandbox.model.call import Call
from sandbox.model.schedule import ScheduleError
from sandbox.model.schedule_plan import parse_expression, parse_zone
from sandbox.services.base import Answer, Params, operation
from sandbox.services.scheduler.core import SchedulerCore
from sandbox.services.scheduler.errors import exists, invalid
from sandbox.services.scheduler.paging import page
from sandbox.services.scheduler.store import DEFAULT_GROUP, ENABLED, Schedule

_MEMBERS = (
    "Name GroupName ScheduleExpression ScheduleExpressionTimezone StartDate EndDate Description State Target "
    "FlexibleTimeWindow ActionAfterCompletion ClientToken"
)
#: A start date may lie this many seconds back.
_LATE_START = 300.0


class ScheduleOperations(SchedulerCore):
    """Schedules."""

    @operation("CreateSchedule", _MEMBERS)
    def create_schedule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""
        group = self.store.group(call.scope, params.get("GroupName") or DEFAULT_GROUP)
        before = self.store.find_schedule(call.scope, group.name, params["Name"])
        if before is not None:
            if before.token and before.token == params.get("ClientToken"):
                return {"ScheduleArn": str(before.arn)}
            raise exists("Schedule", params["Name"])
        schedule = self._read(call, params, group.name, None)
        self.runner.begin(schedule)
        return {"ScheduleArn": str(schedule.arn)}

    @operation("UpdateSchedule", _MEMBERS)
    def update_schedule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html

        What is left out takes its default, as the page says.
        """
        group = params.get("GroupName") or DEFAULT_GROUP
        before = self.store.schedule(call.scope, group, params["Name"])
        schedule = self._read(call, params, group, before)
        self.runner.begin(schedule)
        return {"ScheduleArn": str(schedule.arn)}

    @operation("GetSchedule", "Name GroupName")
    def get_schedule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html"""
        group = params.get("GroupName") or DEFAULT_GROUP
        schedule = self.store.schedule(call.scope, group, params["Name"])
        optional = {
            "Description": schedule.description,
            "StartDate": schedule.start,
            "EndDate": schedule.end,
        }
        return {
            **_summary(schedule),
            "ScheduleExpression": schedule.expression,
            "ScheduleExpressionTimezone": schedule.zone,
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": schedule.window}
            if schedule.window
            else {"Mode": "OFF"},
            "Target": schedule.target,
            "ActionAfterCompletion": "DELETE" if schedule.delete_after else "NONE",
            **{member: value for member, value in optional.items() if value is not None},
        }

    @operation("DeleteSchedule", "Name GroupName ClientToken")
    def delete_schedule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteSchedule.html"""
        group = params.get("GroupName") or DEFAULT_GROUP
        schedule = self.store.schedule(call.scope, group, params["Name"])
        self.runner.removed(schedule)
        self.store.remove_schedule(schedule)
        return {}

    @operation("ListSchedules", "GroupName NamePrefix State NextToken MaxResults")
    def list_schedules(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html"""
        group = params.get("GroupName")
        if group is not None:
            self.store.group(call.scope, group)
        wanted = [
            schedule
            for schedule in self.store.schedules(call.scope, group)
            if schedule.name.startswith(params.get("NamePrefix") or "")
            and schedule.state == (params.get("State") or schedule.state)
        ]
        wanted.sort(key=_place)
        schedules, more = page(wanted, params, _place)
        listed = [{**_summary(schedule), "Target": {"Arn": schedule.target["Arn"]}} for schedule in schedules]
        return {"Schedules": listed, **more}

    # --- inside ------------------------------------------------------------------------------------------
    def _read(self, call: Call, params: Params, group: str, before: Schedule | None) -> Schedule:
        """The schedule that the parameters describe.

        Args:
            before: what it was until now.

        Raises:
            AwsError: ValidationException, or what is refused by name.
        """
        now = self.clock.now()
        expression, zone = _expression(params)
        start, end = params.get("StartDate"), params.get("EndDate")
        if start is not None and start < now - _LATE_START and (before is None or start != before.start):
            raise invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
        if end is not None and end <= max(now, start or now):
            raise invalid("The EndDate you specify must come after the StartDate and the current time.")
        goes_on = before is not None and (before.expression, before.start) == (expression, start)
        begins = before.begins if before is not None and goes_on else now
        return Schedule(
            account=call.scope.account,
            region=call.scope.region,
            group=group,
            name=params["Name"],
            expression=expression,
            zone=zone,
            target=self.targets.checked(params["Target"]),
            window=_window(params["FlexibleTimeWindow"]),
            state=params.get("State") or ENABLED,
            description=params.get("Description"),
            start=start,
            end=end,
            begins=begins if start is None else start,
            delete_after=params.get("ActionAfterCompletion") == "DELETE",
            created=now if before is None else before.created,
            modified=now,
            token=params.get("ClientToken") if before is None else before.token,
        )


def _expression(params: Params) -> tuple[str, str]:
    text, zone = params["ScheduleExpression"], params.get("ScheduleExpressionTimezone") or "UTC"
    try:
        parse_expression(text)
    except ScheduleError:
        raise invalid(f"Invalid Schedule Expression {text}.") from None
    try:
        parse_zone(zone)
    except ScheduleError:
        raise invalid(f"Invalid Schedule Expression Timezone {zone}.") from None
    return text, zone


def _window(window: dict[str, Any]) -> int:
    minutes = window.get("MaximumWindowInMinutes")
    if (window["Mode"] == "FLEXIBLE") != (minutes is not None):
        raise invalid("MaximumWindowInMinutes is for flexible time windows of mode FLEXIBLE, which need it.")
    return int(minutes or 0)


def _place(schedule: Schedule) -> tuple[str, str]:
    return schedule.group, schedule.name


def _summary(schedule: Schedule) -> Answer:
    return {
        "Arn": str(schedule.arn),
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.state,
        "CreationDate": schedule.created,
        "LastModificationDate": schedule.modified,
    }
