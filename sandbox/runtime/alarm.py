"""A timer that is set and cleared again and again, and hardly ever goes off: limits, idle times.

Making a timer of the event loop and taking it back costs more than looking at the time when it goes off too
early, so the loop's timer stays where it is as long as that is not too late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: Seconds that the loop's timers may be early by.
_EARLY = 0.002


class Alarm:
    """Calls once, some real seconds after it was set last, unless it is cleared before.

    Args:
        ring: what it calls.
    """

    __slots__ = ("_at", "_due", "_handle", "_loop", "_ring")

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._due: float | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._at = 0.0

    def set(self, seconds: float) -> None:
        """Calls in so many seconds, and no longer when it was to call before."""
        due = self._due = self._loop.time() + seconds
        if self._handle is None or due < self._at:
            self._wait(due, seconds)

    def clear(self) -> None:
        """Does not call."""
        self._due = None

    def close(self) -> None:
        """Does not call, and takes the loop's timer back."""
        self._due = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _wait(self, due: float, seconds: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._at = due
        self._handle = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._handle = None
        if self._due is None:
            return
        left = self._due - self._loop.time()
        if left > _EARLY:
            self._wait(self._due, left)
            return
        self._due = None
        self._ring()
