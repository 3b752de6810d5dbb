"""Schedules at work: one timer each; what comes next is stored, so that a restart goes on with it.

Pages: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
"""

from __future__ import annotations

from msgspec.structs import replace

from sandbox.clock import Timer, TimerKind
from sandbox.model.hops import HopKind
from sandbox.model.schedule_plan import Once
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit
from sandbox.services.dispatching import Dispatcher
from sandbox.services.scheduler.invocations import Invocation, invocation
from sandbox.services.scheduler.store import ENABLED, Schedule, SchedulerStore

#: Scope, group and name of a schedule.
_Key = tuple[Scope, str, str]


class Runner:
    """Fires schedules.

    Args:
        kit: clock, journal and ids.
        store: where the schedules are.
        dispatcher: invokes their targets.
    """

    def __init__(self, kit: Kit, store: SchedulerStore, dispatcher: Dispatcher[Invocation]) -> None:
        self._clock = kit.clock
        self._recorder = kit.recorder
        self._ids = kit.ids
        self._store = store
        self._dispatcher = dispatcher
        self._timers: dict[_Key, Timer] = {}

    def start(self) -> None:
        """Sets the timers of all schedules: recurring ones skip what was missed, one-time ones catch up."""
        self.stop()
        now = self._clock.now()
        for schedule in self._store.waiting():
            missed = schedule.fires_at is not None and schedule.fires_at <= now
            if missed and not isinstance(schedule.plan.expression, Once):
                self.changed(self._planned(schedule, schedule.plan.following(now)))
            else:
                self._arm(schedule)

    def recall(self) -> None:
        """Sets all timers anew; see `Service.recall`."""
        self.stop()
        for schedule in self._store.waiting():
            self._arm(schedule, not_before=self._clock.now() + PAUSE)

    def stop(self) -> None:
        """Ends all timers; what comes next stays in the store."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def begin(self, schedule: Schedule) -> None:
        """Stores a schedule that is new or changed, and has it fire from now on."""
        due = schedule.plan.first(schedule.modified) if schedule.state == ENABLED else None
        self.changed(self._planned(schedule, due))

    def changed(self, schedule: Schedule) -> None:
        """Stores a schedule; its timer follows."""
        self.removed(schedule)
        self._store.put_schedule(schedule)
        self._arm(schedule)

    def removed(self, schedule: Schedule) -> None:
        """A schedule is gone: so is its timer."""
        timer = self._timers.pop(_key(schedule), None)
        if timer is not None:
            timer.cancel()

    # --- inside ------------------------------------------------------------------------------------------
    def _planned(self, schedule: Schedule, due: float | None) -> Schedule:
        """The schedule with what comes next, put off within its window by a time that the ids decide."""
        if due is None:
            return replace(schedule, due=None, fires_at=None)
        share = int(self._ids.hex(8), 16) / 2**32 if schedule.window else 0.0
        return replace(schedule, due=due, fires_at=due + int(share * schedule.window * 60))

    def _arm(self, schedule: Schedule, *, not_before: float = 0.0) -> None:
        if schedule.fires_at is not None:
            key = _key(schedule)
            self._timers[key] = self._clock.call_at(
                max(schedule.fires_at, not_before),
                lambda: self._fire(key),
                label=f"schedule {schedule.name}",
                kind=TimerKind.SCHEDULE,
                key=str(key),
            )

    def _fire(self, key: _Key) -> None:
        self._timers.pop(key, None)
        schedule = self._store.find_schedule(*key)
        if schedule is None or schedule.due is None:
            return
        execution = self._ids.hex(16)
        hop = self._recorder.record(
            HopKind.SCHEDULE_FIRED,
            schedule.scope,
            "scheduler",
            resource=str(schedule.arn),
            event_id=execution,
            detail={"schedule": schedule.expression, "scheduled": schedule.due},
        )
        self._dispatcher.enqueue(invocation(schedule, schedule.due, execution, self._clock.now(), hop))
        # What the clock has jumped over is skipped, but for times whose window is still open.
        after = max(schedule.due, self._clock.now() - schedule.window * 60)
        following = self._planned(schedule, schedule.plan.following(after))
        if following.due is None and schedule.delete_after:
            self._store.remove_schedule(schedule)
        else:
            self.changed(following)


def _key(schedule: Schedule) -> _Key:
    return schedule.scope, schedule.group, schedule.name
