"""The log of one invocation, handed on while it is written."""

from __future__ import annotations

import asyncio

from sandbox.clock import Clock
from sandbox.model.ports import LogLines

#: Real seconds that lines are gathered before they are handed on: a quick invocation is one write.
_GATHER_SECONDS = 0.1


class LiveLog:
    """Dates lines as they come and hands them on a moment later, in their order.

    Nothing ticks: the first line that waits sets a timer, and the end of the invocation does not wait for it.

    Args:
        clock: dates the lines.
        forward: takes them.
    """

    def __init__(self, clock: Clock, forward: LogLines) -> None:
        self._clock = clock
        self._forward = forward
        self._stream = ""
        self._lines: list[str] = []
        self._waiting: list[tuple[float, str]] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line until now."""
        return tuple(self._lines)

    def write_to(self, stream: str) -> None:
        """The log stream of the lines that follow."""
        self.flush()
        self._stream = stream

    def add(self, *lines: str) -> None:
        """Adds lines, dated now."""
        self.extend(lines)

    def extend(self, lines: list[str] | tuple[str, ...]) -> None:
        """Adds lines, dated now."""
        now = self._clock.now()
        self._lines += lines
        self._waiting += [(now, line) for line in lines]
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self.flush)

    def flush(self) -> None:
        """Hands on what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._forward(self._stream, waiting)
