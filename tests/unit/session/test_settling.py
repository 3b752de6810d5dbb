"""Settling: which timers time is moved to, when it has come to rest, and what it says when it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sandbox.clock import Clock, TimerKind
from sandbox.session.settling import Settled, Settler

HOUR = 3600.0


class Work:
    """A world in which timers write; nothing ever runs on."""

    def __init__(self) -> None:
        self.clock = Clock(0.0, 0.0)
        self.wrote = False
        self.fired: list[tuple[str, float]] = []
        self.hanging: list[str] = []

    async def wait(self, seconds: float) -> bool:
        """Whether nothing hangs."""
        await asyncio.sleep(0)
        return not self.hanging

    def work(self) -> list[str]:
        """What hangs."""
        return self.hanging

    async def look(self, *, clients: bool) -> bool:
        """Whether a timer wrote since the last look."""
        wrote, self.wrote = self.wrote, False
        return wrote

    def forget(self) -> None:
        """Nothing is remembered."""

    def at(self, when: float, label: str, kind: TimerKind = TimerKind.WORK, *, writes: bool = False) -> None:
        """Sets a timer that notes its firing."""

        def fire() -> None:
            self.fired.append((label, self.clock.now()))
            self.wrote |= writes

        self.clock.call_at(when, fire, label=label, kind=kind)

    def every(self, seconds: float, label: str, writes: Callable[[int], bool], key: str = "") -> None:
        """Sets a schedule; `writes` says whether its nth firing changes anything."""
        count = 0

        def fire() -> None:
            nonlocal count
            count += 1
            self.fired.append((label, self.clock.now()))
            self.wrote |= writes(count)
            arm()

        def arm() -> None:
            self.clock.call_at(
                self.clock.now() + seconds, fire, label=label, kind=TimerKind.SCHEDULE, key=key
            )

        arm()

    def settle(self, horizon: float = HOUR, *, before: Callable[[], None] = lambda: None) -> Settled:
        """Settles once."""

        async def run() -> Settled:
            before()
            return await Settler(self.clock, self, self).settle(horizon, 1.0)

        return asyncio.run(run())


def test_nothing_to_do_moves_nothing() -> None:
    outcome = Work().settle()
    assert (outcome.settled, outcome.advanced, outcome.steps) == (True, 0, 0)


def test_time_is_moved_to_work_and_not_to_expiry() -> None:
    world = Work()

    def timers() -> None:
        world.at(10, "retry")
        world.at(5, "retention", TimerKind.EXPIRY)
        world.at(20, "long poll", TimerKind.EXPIRY)

    outcome = world.settle(before=timers)
    assert outcome.settled
    assert world.fired == [("retention", 5), ("retry", 10)]
    assert outcome.advanced == 10


def test_a_schedule_fires_until_a_firing_changes_nothing() -> None:
    world = Work()
    outcome = world.settle(before=lambda: world.every(60, "outbox", lambda count: count == 1))
    assert outcome.settled
    assert [at for _, at in world.fired] == [60, 120]


def test_schedules_of_the_same_name_settle_each_for_itself() -> None:
    world = Work()

    def timers() -> None:
        world.every(50, "outbox", lambda _: False, key="of one account")
        world.every(60, "outbox", lambda count: count == 1, key="of another account")

    assert world.settle(before=timers).settled
    assert [at for _, at in world.fired] == [50, 60, 100, 120]


def test_a_schedule_looks_again_after_the_last_change_of_anything() -> None:
    world = Work()

    def timers() -> None:
        world.every(60, "outbox", lambda _: False)
        world.at(90, "retry", writes=True)

    assert world.settle(before=timers).settled
    assert [at for label, at in world.fired if label == "outbox"] == [60, 120]


def test_a_schedule_that_always_writes_is_told() -> None:
    world = Work()
    outcome = world.settle(600, before=lambda: world.every(60, "heartbeat", lambda _: True))
    assert not outcome.settled
    assert outcome.why == ["heartbeat fired 10 times, and something was changed each time"]


def test_what_is_far_away_is_left_alone() -> None:
    world = Work()

    def timers() -> None:
        world.every(86_400, "nightly", lambda _: True)
        world.at(3 * HOUR, "far")

    outcome = world.settle(before=timers)
    assert outcome.settled
    assert world.fired == []


def test_work_that_comes_out_of_work_again_and_again_is_told() -> None:
    world = Work()

    def again() -> None:
        world.clock.call_later(500, again, label="deliver again")

    outcome = world.settle(before=lambda: again())
    assert not outcome.settled
    assert outcome.why == ["deliver again is due in 500 s, beyond the horizon"]
    assert outcome.advanced == 3500


def test_what_runs_on_is_told() -> None:
    world = Work()
    world.hanging = ["lambda-1"]
    outcome = world.settle()
    assert outcome.why == ["lambda-1 runs on after 1 real seconds"]
