"""Rates from counters: how much of something happened in each of the last seconds."""

from __future__ import annotations

from collections import deque

#: Seconds that are kept.
KEPT = 60


class Rates:
    """Differences of counters, second by second. Times are handed in; nothing here looks at a clock."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._seconds: dict[str, deque[tuple[int, float]]] = {}
        self.began: float | None = None

    def observe(self, name: str, value: float, at: float) -> None:
        """Notes a counter. A smaller value than before means that the sandbox began anew.

        Args:
            at: wall-clock time, seconds.
        """
        if self.began is None:
            self.began = at
        before = self._last.get(name)
        self._last[name] = value
        if before is None or value == before:
            return
        more = value - before if value > before else value
        kept = self._seconds.setdefault(name, deque())
        second = int(at)
        if kept and kept[-1][0] == second:
            kept[-1] = (second, kept[-1][1] + more)
        else:
            kept.append((second, more))
        while kept and kept[0][0] <= second - KEPT:
            kept.popleft()

    def series(self, name: str, at: float, width: int = 20) -> tuple[float, ...]:
        """The last `width` seconds before `at`, oldest first."""
        kept = self._seconds.get(name)
        newest = int(at)
        values = [0.0] * width
        for second, more in kept or ():
            place = width - 1 - (newest - second)
            if 0 <= place < width:
                values[place] = more
        return tuple(values)

    def rate(self, name: str, at: float, over: int = 5) -> float:
        """Mean per second of the last seconds."""
        return sum(self.series(name, at, over)) / over
