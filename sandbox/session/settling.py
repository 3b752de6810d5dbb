"""Runs the clock and the queues until nothing is due and nothing runs.

Time stands while anything runs. It is moved only to timers that carry work, never for the sake of retention
or expiry; a schedule has settled when one of its firings, after the last change anywhere, changed nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import msgspec

from sandbox.clock import Clock, Timer, TimerKind

#: Firings of a schedule that all wrote something, from which on it does not seem to end.
_RESTLESS = 2
#: Virtual seconds: work that comes out of a run and is due later than this is meant to wait.
_NEAR = 3600.0


class Rest(Protocol):
    """Knows when nothing runs (implemented by `Quiet`)."""

    async def wait(self, seconds: float) -> bool:
        """Waits until nothing runs, at most so many real seconds; says whether that came."""
        ...

    def work(self) -> list[str]:
        """What runs now, in words."""
        ...


class Writes(Protocol):
    """Knows whether something was changed (implemented by `Effects`)."""

    async def look(self, *, clients: bool) -> bool:
        """Whether anything was written since the last look, by functions, or `clients` too."""
        ...

    def forget(self) -> None:
        """The past was replaced."""
        ...


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """How it went.

    Attributes:
        settled: nothing is due and nothing runs.
        why: what stands in the way, one sentence each; empty when it settled.
        advanced: virtual seconds that time was moved.
        steps: how often it was moved.
    """

    settled: bool
    why: list[str]
    advanced: float
    steps: int


class Settler:
    """Settles one sandbox whose clock stands still.

    Args:
        clock: is moved.
        quiet: waits for the end of work.
        effects: knows whether something was changed.
    """

    def __init__(self, clock: Clock, quiet: Rest, effects: Writes) -> None:
        self._clock = clock
        self._quiet = quiet
        self._effects = effects
        self._changes = 0
        #: The number of changes at which a firing of the schedule changed nothing.
        self._clean: dict[str, int] = {}

    def forget(self) -> None:
        """The sandbox was taken back: what is known of its schedules is not true any more."""
        self._effects.forget()
        self._clean.clear()

    async def settle(self, horizon: float, patience: float) -> Settled:
        """Goes on until everything has settled.

        Args:
            horizon: virtual seconds to move time at most; timers that are further away are left alone.
            patience: real seconds to wait for one piece of work.
        """
        began = self._clock.now()
        newest = max((timer.order for timer in self._clock.pending()), default=0)
        course = _Course(horizon, began, newest)
        while True:
            if not await self._quiet.wait(patience):
                why = [f"{work} runs on after {patience:g} real seconds" for work in self._quiet.work()]
                return self._outcome(began, course, why)
            if await self._effects.look(clients=course.steps == 0):
                self._changes += 1
                course.wrote()
            else:
                self._clean |= dict.fromkeys(course.fired, self._changes)
            target = self._next(course)
            if target is None:
                return self._outcome(began, course, self._stuck(course))
            course.fired = self._schedules_until(target)
            course.steps += 1
            await self._clock.advance(max(0.0, target - self._clock.now()))

    # --- inside ------------------------------------------------------------------------------------------
    def _next(self, course: _Course) -> float | None:
        """When the next thing within reach is due."""
        dues = [timer.when for timer in self._unfinished() if timer.when <= course.end]
        return min(dues, default=None)

    def _unfinished(self) -> list[Timer]:
        return [timer for timer in self._clock.pending() if self._matters(timer)]

    def _matters(self, timer: Timer) -> bool:
        if timer.kind is TimerKind.SCHEDULE:
            return self._clean.get(timer.key) != self._changes
        return timer.kind is TimerKind.WORK

    def _schedules_until(self, target: float) -> list[str]:
        timers = self._clock.pending()
        return [timer.key for timer in timers if timer.kind is TimerKind.SCHEDULE and timer.when <= target]

    def _stuck(self, course: _Course) -> list[str]:
        """What would go on beyond the horizon."""
        now = self._clock.now()
        reach = max(course.horizon, _NEAR)
        why = []
        for timer in self._unfinished():
            since = now if timer.order > course.newest else course.began
            if timer.kind is TimerKind.WORK and timer.when - since <= reach:
                why.append(f"{timer.label or 'a timer'} is due in {timer.when - now:g} s, beyond the horizon")
            if timer.kind is TimerKind.SCHEDULE and course.writing[timer.key] >= _RESTLESS:
                count = course.writing[timer.key]
                why.append(f"{timer.label} fired {count} times, and something was changed each time")
        return why

    def _outcome(self, began: float, course: _Course, why: list[str]) -> Settled:
        advanced = self._clock.now() - began
        return Settled(settled=not why, why=why, advanced=round(advanced, 3), steps=course.steps)


class _Course:
    """One run of `settle`.

    Args:
        horizon: virtual seconds that it may take.
        began: virtual time of its beginning.
        newest: number of the newest timer then; what is set later comes out of it.
    """

    def __init__(self, horizon: float, began: float, newest: int) -> None:
        self.horizon = horizon
        self.began = began
        self.end = began + horizon
        self.newest = newest
        self.steps = 0
        #: Keys of the schedules that fired in the last step.
        self.fired: list[str] = []
        #: How often in a row something was changed when a schedule fired.
        self.writing: Counter[str] = Counter()

    def wrote(self) -> None:
        """Something was changed in the last step."""
        self.writing.update(self.fired)
