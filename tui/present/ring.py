"""The newest log lines, bounded; what did not fit is counted."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.model.views.system import LogView

#: Lines that are kept, and how many go at once when they are too many.
KEPT = 5_000
_SLACK = 500


class Ring:
    """Lines, oldest first.

    Attributes:
        lines: what is kept.
        dropped: how many were dropped.
        total: how many have come.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.lines: list[LogView] = []
        self.dropped = 0
        self.total = 0
        self._kept = kept

    def add(self, lines: Iterable[LogView], dropped: int = 0) -> None:
        """Adds lines.

        Args:
            dropped: how many were dropped on their way.
        """
        before = len(self.lines)
        self.lines.extend(lines)
        self.total += len(self.lines) - before + dropped
        self.dropped += dropped
        if len(self.lines) > self._kept + min(_SLACK, self._kept // 10):
            gone = len(self.lines) - self._kept
            del self.lines[:gone]
            self.dropped += gone
