"""The clock on sources of real time that the tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.clock import FASTEST, LATEST, Clock, TimerKind

T = TypeVar("T")
START = 1_700_000_000.0


@dataclass
class Real:
    """Real time: the wall clock and the monotonic one, moved together."""

    wall: float = START
    monotonic: float = 50.0

    def move(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def clock(self, start: float | None = None, speed: float = 1.0) -> Clock:
        return Clock(start, speed, wall=lambda: self.wall, monotonic=lambda: self.monotonic)


def run(work: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        return await work()

    return asyncio.run(main())


async def until(happened: Callable[[], bool]) -> None:
    """Lets the loop turn, in real time, until something has happened; the test's timeout is the limit."""
    while not happened():  # noqa: ASYNC110 - what is waited for are callbacks of the clock itself
        await asyncio.sleep(0)


# --- reading ---------------------------------------------------------------------------------------------
def test_begins_at_the_wall_clock_and_runs_with_it() -> None:
    real = Real()
    clock = real.clock()
    real.move(2.5)
    assert clock.now() == START + 2.5
    assert clock.now_ms() == int((START + 2.5) * 1000)
    assert clock.offset == 0
    assert clock.elapsed() == 52.5


def test_a_wall_clock_that_is_set_back_moves_nothing() -> None:
    real = Real()
    clock = real.clock()
    real.wall -= 3600
    assert clock.now() == START
    real.move(5)
    assert clock.now() == START + 5
    assert clock.offset == 3600


def test_scaled_time_runs_as_many_times_as_fast() -> None:
    real = Real()
    clock = real.clock(start=1000, speed=10)
    real.move(3)
    assert clock.now() == 1030
    assert clock.real_now() == START + 3


def test_manual_time_stands_still() -> None:
    real = Real()
    clock = real.clock(start=1000, speed=0)
    real.move(500)
    assert clock.now() == 1000


def test_pause_and_resume_go_on_where_time_stood() -> None:
    real = Real()
    clock = real.clock(start=1000)
    real.move(10)
    clock.pause()
    real.move(100)
    assert (clock.now(), clock.speed) == (1010, 0)
    clock.resume()
    real.move(5)
    assert (clock.now(), clock.speed) == (1015, 1)
    clock.set_speed(2)
    real.move(5)
    assert clock.now() == 1025


@pytest.mark.parametrize("speed", [-1, float("nan"), float("inf"), FASTEST * 2])
def test_refuses_speeds_that_lead_nowhere(speed: float) -> None:
    clock = Real().clock()
    with pytest.raises(ValueError, match="speed"):
        clock.set_speed(speed)
    assert clock.speed == 1


# --- timers ----------------------------------------------------------------------------------------------
def test_fires_what_is_due_when_real_time_has_come() -> None:
    async def work() -> list[str]:
        clock = Clock(speed=FASTEST)
        fired: list[str] = []
        now = clock.now()
        clock.call_at(now + 20, lambda: fired.append("second"))
        clock.call_at(now + 10, lambda: fired.append("first"))
        await until(lambda: len(fired) == 2)
        return fired

    assert run(work) == ["first", "second"]


def test_a_timer_never_sees_a_time_before_its_own() -> None:
    async def work() -> None:
        clock = Clock(speed=1000)
        late: list[float] = []
        for step in range(1, 40):
            when = clock.now() + step * 0.7
            clock.call_at(when, lambda when=when: late.append(clock.now() - when))  # type: ignore[misc]
        await until(lambda: len(late) == 39)
        assert min(late) >= 0

    run(work)


def test_a_cancelled_timer_does_not_fire_and_is_not_shown() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        fired: list[str] = []
        timer = clock.call_later(1, lambda: fired.append("cancelled"))
        clock.call_later(2, lambda: fired.append("kept"), label="kept", kind=TimerKind.SCHEDULE)
        timer.cancel()
        assert [waiting.label for waiting in clock.pending()] == ["kept"]
        assert clock.next_due() == 2
        assert await clock.advance(5) == 1
        assert fired == ["kept"]
        assert clock.next_due() is None
        timer.cancel()

    run(work)


def test_forgets_cancelled_timers_that_wait_far_ahead() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        clock.call_at(1, lambda: None)
        for number in range(20_000):
            clock.call_at(1000 + number, lambda: None).cancel()
        # White box on purpose: nothing outside tells how much is held.
        assert len(clock._timers) < 5_000
        assert len(clock.pending()) == 1

    run(work)


def test_a_timer_that_fails_does_not_hold_up_the_others() -> None:
    async def work() -> tuple[list[str], list[str]]:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: told.append(f"{context['message']}: {context['exception']}")
        )
        fired: list[str] = []

        def fail() -> None:
            raise RuntimeError("broken")

        manual = Clock(start=0, speed=0)
        manual.call_later(1, fail, label="one")
        manual.call_later(2, lambda: fired.append("manual"))
        assert await manual.advance(3) == 2
        running = Clock(speed=FASTEST)
        running.call_later(1, fail)
        running.call_later(2, lambda: fired.append("running"))
        await until(lambda: len(fired) == 2)
        return fired, told

    fired, told = run(work)
    assert fired == ["manual", "running"]
    assert told == ["the timer one failed: broken", "the timer without a label failed: broken"]


def test_close_drops_every_timer() -> None:
    async def work() -> None:
        clock = Clock(speed=FASTEST)
        clock.call_later(1, lambda: pytest.fail("fired after the end"))
        clock.close()
        assert clock.pending() == []
        await asyncio.sleep(0)

    run(work)


# --- advance ---------------------------------------------------------------------------------------------
def test_advance_fires_in_order_and_shows_each_its_own_time() -> None:
    async def work() -> list[tuple[str, float]]:
        clock = Clock(start=100, speed=0)
        seen: list[tuple[str, float]] = []
        clock.call_at(130, lambda: seen.append(("late", clock.now())))
        clock.call_at(110, lambda: seen.append(("early", clock.now())))
        clock.call_at(110, lambda: seen.append(("early, made later", clock.now())))
        clock.call_at(161, lambda: seen.append(("beyond", clock.now())))
        assert await clock.advance(60) == 3
        assert clock.now() == 160
        return seen

    assert run(work) == [("early", 110), ("early, made later", 110), ("late", 130)]


def test_advance_fires_what_timers_set_on_the_way() -> None:
    async def work() -> list[float]:
        clock = Clock(start=0, speed=0)
        seen: list[float] = []

        def tick() -> None:
            seen.append(clock.now())
            clock.call_later(60, tick)

        clock.call_later(60, tick)
        await clock.advance(200)
        return seen

    assert run(work) == [60, 120, 180]


def test_advance_settles_between_timers() -> None:
    async def work() -> list[str]:
        clock = Clock(start=0, speed=0)
        seen: list[str] = []

        async def consequence() -> None:
            seen.append(f"what the first caused, at {clock.now():.0f}")

        tasks: list[asyncio.Task[None]] = []
        clock.call_at(1, lambda: tasks.append(asyncio.create_task(consequence())))
        clock.call_at(2, lambda: seen.append("the second"))
        await clock.advance(5)
        return seen

    assert run(work) == ["what the first caused, at 1", "the second"]


def test_time_does_not_go_back_while_a_running_clock_is_moved() -> None:
    async def work() -> None:
        real = Real()
        clock = real.clock(start=1000)
        real.move(500)
        seen: list[float] = []
        clock.call_at(1505, lambda: seen.append(clock.now()))

        async def settle() -> None:
            seen.append(clock.now())

        clock.settle = settle
        await clock.advance(10)
        assert seen == [1500, 1505, 1505]
        assert clock.now() == 1510
        real.move(1)
        assert clock.now() == 1511
        clock.close()

    run(work)


def test_a_change_of_speed_while_time_is_moved_is_kept() -> None:
    async def work() -> None:
        real = Real()
        clock = real.clock(start=0)
        clock.call_at(5, clock.pause)
        await clock.advance(10)
        assert (clock.now(), clock.speed) == (10, 0)
        real.move(100)
        assert clock.now() == 10

    run(work)


def test_two_moves_at_once_are_one_after_the_other() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        seen: list[float] = []
        for when in (5, 15):
            clock.call_at(when, lambda: seen.append(clock.now()))
        fired = await asyncio.gather(clock.advance(10), clock.advance(10))
        assert list(fired) == [1, 1]
        assert (seen, clock.now()) == ([5, 15], 20)

    run(work)


def test_a_move_that_is_interrupted_skips_nothing() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        seen: list[float] = []
        gate = asyncio.Event()

        async def settle() -> None:
            if seen:
                await gate.wait()

        clock.settle = settle
        for when in (1, 2):
            clock.call_at(when, lambda: seen.append(clock.now()))
        moving = asyncio.create_task(clock.advance(10))
        await until(lambda: len(seen) == 1)
        moving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await moving
        assert clock.now() == 1
        gate.set()
        assert await clock.advance(9) == 1
        assert (seen, clock.now()) == ([1, 2], 10)

    run(work)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), LATEST])
def test_refuses_moves_that_lead_nowhere(seconds: float) -> None:
    async def work() -> None:
        clock = Clock(start=START, speed=0)
        with pytest.raises(ValueError, match="virtual time"):
            clock.check_advance(seconds)
        with pytest.raises(ValueError, match="virtual time"):
            await clock.advance(seconds)
        assert clock.now() == START

    run(work)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30), st.lists(st.integers(0, 7)))
def test_timers_fire_in_order_of_time_then_of_making(
    timers: list[tuple[int, bool]], moves: list[int]
) -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        fired: list[tuple[int, int]] = []
        for number, (when, cancelled) in enumerate(timers):
            timer = clock.call_at(when, lambda at=(when, number): fired.append(at))  # type: ignore[misc]
            if cancelled:
                timer.cancel()
        for seconds in moves:
            await clock.advance(seconds)
        due = [
            (when, number)
            for number, (when, cancelled) in enumerate(timers)
            if not cancelled and when <= sum(moves) and moves
        ]
        assert fired == sorted(due)

    run(work)


# --- waiting ---------------------------------------------------------------------------------------------
def test_sleep_lasts_virtual_seconds() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        sleeping = asyncio.create_task(clock.sleep(30))
        await clock.advance(29)
        assert not sleeping.done()
        await clock.advance(1)
        await sleeping

    run(work)


def test_a_sleep_that_is_cancelled_leaves_no_timer() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        sleeping = asyncio.create_task(clock.sleep(30))
        await asyncio.sleep(0)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        assert clock.pending() == []

    run(work)


def test_a_long_poll_ends_with_its_event() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        event: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = asyncio.create_task(clock.wait(event, 20))
        await asyncio.sleep(0)
        event.set_result(None)
        assert await waiting
        assert clock.pending() == []
        assert await clock.wait(event, 20)  # what has happened already is not waited for

    run(work)


def test_a_long_poll_ends_at_its_virtual_deadline() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        event: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = asyncio.create_task(clock.wait(event, 3600))
        await asyncio.sleep(0)
        await clock.advance(3600)
        assert not await waiting

    run(work)


def test_a_long_poll_ends_at_its_real_deadline_while_time_stands() -> None:
    async def work() -> None:
        clock = Clock(start=0, speed=0)
        event: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        assert not await clock.wait(event, 0.01)
        assert clock.now() == 0

    run(work)


def test_a_timer_fires_in_nobodys_context() -> None:
    mine: ContextVar[str] = ContextVar("mine", default="none")

    async def work() -> list[str]:
        clock = Clock(speed=FASTEST)
        seen: list[str] = []
        mine.set("of a request")
        clock.call_later(1, lambda: seen.append(mine.get()))
        await until(lambda: bool(seen))
        return seen

    assert run(work) == ["none"]
