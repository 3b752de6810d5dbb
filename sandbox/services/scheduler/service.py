"""The native EventBridge Scheduler."""

from __future__ import annotations

from typing import ClassVar

from sandbox.services.scheduler.group_operations import GroupOperations
from sandbox.services.scheduler.schedule_operations import ScheduleOperations


class SchedulerService(GroupOperations, ScheduleOperations):
    """EventBridge Scheduler, natively: one-time and recurring schedules with zones, windows, retries."""

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "roles of targets (RoleArn): stored, not assumed",
        "quotas on the number of schedules and on invocations a second",
    )
