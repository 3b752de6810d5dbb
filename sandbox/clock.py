"""The one clock of an engine: real, scaled or manual. No service reads the wall clock or sleeps.

Everything a service waits for (visibility timeouts, delays, schedules, retries) is a timer here, so that
moving the clock moves all of it, in order. Processes live in real time: `real_now` is for durations and for
what people read.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field
from enum import StrEnum

#: Virtual time ends with the year 9999: what comes after has no date.
LATEST = 253_402_300_799.0
#: Virtual seconds per real second, at most: more than a day per second.
FASTEST = 100_000.0
#: Cancelled timers are cleared away when the heap has grown to this many, and again whenever it has doubled.
_CLEAR_AT = 1024
#: Real seconds by which the event loop may wake us too early.
_EARLY = 0.0005


class TimerKind(StrEnum):
    """What a timer carries: `settle` runs to timers that carry work, never to those that only
    expire things.
    """

    WORK = "work"
    SCHEDULE = "schedule"
    EXPIRY = "expiry"


@dataclass(order=True, slots=True)
class Timer:
    """A callback that is due at a virtual time (seconds since the epoch)."""

    when: float
    order: int
    callback: Callable[[], None] = field(compare=False)
    label: str = field(compare=False)
    kind: TimerKind = field(compare=False)
    #: What tells it from others with the same label, over its repetitions.
    key: str = field(default="", compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Drops the timer; harmless when it has fired already."""
        self.cancelled = True


async def _one_turn() -> None:
    await asyncio.sleep(0)


class Clock:
    """Virtual time: `now = anchor + (real time since the anchor) * speed`.

    Args:
        start: virtual time to begin at, seconds since the epoch; None begins at the wall clock.
        speed: virtual seconds per real second; 1 is real time, 0 stands still until `advance`.
        settle: awaited after each timer that `advance` fires, so that what it started can run before the
            next one.
        wall, monotonic: the sources of real time; tests give their own.
    """

    def __init__(
        self,
        start: float | None = None,
        speed: float = 1.0,
        *,
        settle: Callable[[], Awaitable[None]] = _one_turn,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._speed = speed
        #: While `advance` moves, time stands still between the timers that it fires.
        self._moving = False
        self._anchor_virtual = wall() if start is None else start
        self._anchor_real = monotonic()
        self._timers: list[Timer] = []
        self._clear_at = _CLEAR_AT
        self._order = itertools.count()
        self._wakeup: asyncio.TimerHandle | None = None
        self._wakeup_when = float("inf")
        self.settle = settle
        self._advancing = asyncio.Lock()

    # --- reading -----------------------------------------------------------------------------------------
    def now(self) -> float:
        """Virtual seconds since the epoch."""
        if self._speed == 0 or self._moving:
            return self._anchor_virtual
        return self._anchor_virtual + (self._monotonic() - self._anchor_real) * self._speed

    def now_ms(self) -> int:
        """Virtual milliseconds since the epoch."""
        return int(self.now() * 1000)

    def real_now(self) -> float:
        """Wall-clock seconds since the epoch."""
        return self._wall()

    def elapsed(self) -> float:
        """Real seconds from an arbitrary origin, for measuring durations."""
        return self._monotonic()

    @property
    def speed(self) -> float:
        """Virtual seconds per real second; 0 while paused."""
        return self._speed

    @property
    def offset(self) -> float:
        """Virtual minus wall-clock time, in seconds."""
        return self.now() - self._wall()

    def pending(self) -> list[Timer]:
        """The timers that are still to fire, soonest first."""
        return sorted(timer for timer in self._timers if not timer.cancelled)

    def next_due(self) -> float | None:
        """Virtual time of the next timer, or None."""
        self._drop_cancelled()
        return self._timers[0].when if self._timers else None

    # --- timers ------------------------------------------------------------------------------------------
    def call_at(
        self,
        when: float,
        callback: Callable[[], None],
        *,
        label: str = "",
        kind: TimerKind = TimerKind.WORK,
        key: str = "",
    ) -> Timer:
        """Calls `callback` on the event loop at virtual time `when` (at the next turn if that has passed).

        Args:
            label: what people are told of it.
            key: what it is called where labels may be equal: those of schedules in several accounts.
        """
        timer = Timer(when, next(self._order), callback, label, kind, key or label)
        if len(self._timers) >= self._clear_at:
            self._clear_away()
        heapq.heappush(self._timers, timer)
        self._arm()
        return timer

    def call_later(
        self, delay: float, callback: Callable[[], None], *, label: str = "", kind: TimerKind = TimerKind.WORK
    ) -> Timer:
        """Calls `callback` after `delay` virtual seconds."""
        return self.call_at(self.now() + delay, callback, label=label, kind=kind)

    async def sleep(self, delay: float, *, label: str = "", kind: TimerKind = TimerKind.WORK) -> None:
        """Waits `delay` virtual seconds."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(
            delay, lambda: None if done.done() else done.set_result(None), label=label, kind=kind
        )
        try:
            await done
        finally:
            timer.cancel()

    async def wait(self, event: asyncio.Future[None], seconds: float, *, label: str = "") -> bool:
        """Waits for `event`, at most `seconds`: virtual or real, whichever passes first (a client lives in
        real time).

        Returns:
            Whether the event came.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def finish(*_: object) -> None:
            if not done.done():
                done.set_result(None)

        event.add_done_callback(finish)
        timer = self.call_later(seconds, finish, label=label, kind=TimerKind.EXPIRY)
        real = loop.call_later(seconds, finish)
        try:
            await done
        finally:
            timer.cancel()
            real.cancel()
            event.remove_done_callback(finish)
        return event.done() and not event.cancelled()

    # --- moving ------------------------------------------------------------------------------------------
    async def advance(self, seconds: float) -> int:
        """Moves virtual time forward and fires, in order, everything due on the way.

        Args:
            seconds: virtual seconds, not negative.

        Returns:
            How many timers fired.

        Raises:
            ValueError: `seconds` is negative (virtual time never goes back), or leads past the year 9999.
        """
        self.check_advance(seconds)
        async with self._advancing:
            self._anchor_virtual = self.now()
            target = min(self._anchor_virtual + seconds, LATEST)
            self._moving = True
            self._disarm()
            fired = 0
            try:
                await self.settle()
                while (timer := self._pop_due(target)) is not None:
                    self._anchor_virtual = max(self._anchor_virtual, timer.when)
                    self._call(timer)
                    fired += 1
                    await self.settle()
                self._anchor_virtual = target
            finally:
                self._anchor_real = self._monotonic()
                self._moving = False
                self._arm(force=True)
            return fired

    def check_advance(self, seconds: float) -> None:
        """Refuses what `advance` refuses.

        Raises:
            ValueError: `seconds` is negative (virtual time never goes back), or leads past the year 9999.
        """
        if not seconds >= 0:
            raise ValueError("virtual time never goes back: advance by 0 seconds or more")
        if self.now() + seconds > LATEST:
            raise ValueError("virtual time ends with the year 9999")

    def set_speed(self, speed: float) -> None:
        """Changes how fast virtual time runs from now on (from the end of an `advance` that is under way).

        Raises:
            ValueError: `speed` is negative, or more than `FASTEST`.
        """
        if not 0 <= speed <= FASTEST:
            raise ValueError(f"the speed of the clock is from 0 (paused) to {FASTEST:.0f}")
        self._anchor_virtual = self.now()
        self._anchor_real = self._monotonic()
        self._speed = speed
        self._arm(force=True)

    def put_back(self, now: float, speed: float) -> None:
        """Puts the clock where it stood before, when all that is timed by it is put back too.

        Timers stay: who set them drops them and sets them anew.

        Raises:
            ValueError: as `set_speed`.
        """
        self.set_speed(speed)
        self._anchor_virtual = now
        self._arm(force=True)

    def pause(self) -> None:
        """Stops virtual time; only `advance` moves it."""
        self.set_speed(0.0)

    def resume(self) -> None:
        """Lets virtual time run at the speed of real time."""
        self.set_speed(1.0)

    def close(self) -> None:
        """Drops every timer."""
        self._timers.clear()
        self._disarm()

    # --- inside ------------------------------------------------------------------------------------------
    def _drop_cancelled(self) -> None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)

    def _clear_away(self) -> None:
        """Forgets the cancelled timers that wait deep in the heap."""
        self._timers = [timer for timer in self._timers if not timer.cancelled]
        heapq.heapify(self._timers)
        self._clear_at = max(_CLEAR_AT, 2 * len(self._timers))

    def _call(self, timer: Timer) -> None:
        """Fires one timer; one that fails is reported and does not hold up those after it."""
        try:
            timer.callback()
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"the timer {timer.label or 'without a label'} failed", "exception": error}
            )

    def _pop_due(self, until: float) -> Timer | None:
        self._drop_cancelled()
        if self._timers and self._timers[0].when <= until:
            return heapq.heappop(self._timers)
        return None

    def _disarm(self) -> None:
        if self._wakeup is not None:
            self._wakeup.cancel()
            self._wakeup = None
        self._wakeup_when = float("inf")

    def _arm(self, *, force: bool = False) -> None:
        """Has the event loop wake us when the next timer is due; at most one wake-up is outstanding."""
        self._drop_cancelled()
        if self._speed == 0 or self._moving or not self._timers:
            self._disarm()
            return
        when = self._timers[0].when
        if not force and when >= self._wakeup_when:
            return
        self._disarm()
        self._wakeup_when = when
        delay = max(0.0, (when - self.now()) / self._speed)
        # In a context of its own: what fires belongs to nobody's request, whoever set the timer.
        self._wakeup = asyncio.get_running_loop().call_later(delay, self._fire, context=Context())

    def _fire(self) -> None:
        self._wakeup = None
        self._wakeup_when = float("inf")
        if self._moving:
            return
        # The loop may wake a hair early (it counts in milliseconds): what is due within that is due, and time
        # is put forward to it, so that a callback never sees a time before its own.
        due = self.now() + _EARLY * max(self._speed, 1.0)
        while self._speed and (timer := self._pop_due(due)) is not None:
            if timer.when > self.now():
                self._anchor_virtual, self._anchor_real = timer.when, self._monotonic()
            self._call(timer)
        self._arm()
