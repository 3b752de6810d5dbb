"""How busy this machine's processors are."""

from __future__ import annotations

import time

import psutil

#: Real seconds that an answer stands; a shorter time says nothing.
_STANDS = 0.05


class Processors:
    """Watches all of them together, from one look to the next.

    Args:
        idle: part of the time (0 to 1) that they may be idle while they count as busy.
    """

    def __init__(self, idle: float) -> None:
        self._limit = idle
        self._at, self._idle = time.monotonic(), psutil.cpu_times().idle
        self._busy = False

    def busy(self) -> bool:
        """Whether they were busy lately."""
        now = time.monotonic()
        if now - self._at >= _STANDS:
            idle = psutil.cpu_times().idle
            spare = (idle - self._idle) / ((now - self._at) * (psutil.cpu_count() or 1))
            self._at, self._idle, self._busy = now, idle, spare < self._limit
        return self._busy
