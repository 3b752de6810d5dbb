"""A bounded buffer between a thread that reads log lines and the application that shows them."""

from __future__ import annotations

import threading
from collections import deque

from sandbox.model.views.system import LogView

#: Lines that are kept; older ones are dropped, and it is said how many.
KEPT = 5_000


class Tail:
    """Lines that wait to be taken. Safe to use from two threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lines: deque[LogView] = deque(maxlen=kept)
        self._lock = threading.Lock()
        self._dropped = 0
        self._told = False

    def put(self, line: LogView) -> bool:
        """Adds a line; True when its reader has to be told that there are lines."""
        with self._lock:
            if len(self._lines) == self._lines.maxlen:
                self._dropped += 1
            self._lines.append(line)
            told, self._told = self._told, True
            return not told

    def lose(self, count: int) -> None:
        """Counts lines that were dropped on their way here."""
        with self._lock:
            self._dropped += count

    def take(self) -> tuple[list[LogView], int]:
        """The waiting lines, and how many were dropped since the last time."""
        with self._lock:
            lines, dropped = list(self._lines), self._dropped
            self._lines.clear()
            self._dropped = 0
            self._told = False
        return lines, dropped
