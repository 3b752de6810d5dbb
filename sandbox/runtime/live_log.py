"""The logs of invocations, handed on while they are written."""

from __future__ import annotations

import asyncio

from sandbox.clock import Clock
from sandbox.model.ports import LogLines

#: Real seconds that lines are gathered at most before they are handed on: a quick invocation is one write.
_GATHER_SECONDS = 0.1


class LiveLogs:
    """Those in which lines wait: they are handed on together.

    Nothing ticks: the first line that waits sets a timer for all, and the end of an invocation does not wait
    for that.

    Args:
        clock: dates the lines.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.waiting: dict[LiveLog, None] = {}
        self._timed = False

    def begin(self, forward: LogLines) -> LiveLog:
        """A log of an invocation; `forward` takes its lines."""
        return LiveLog(self, forward)

    def wait(self, log: LiveLog) -> None:
        """Lines wait in a log."""
        self.waiting[log] = None
        if not self._timed:
            self._timed = True
            asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timed = False
        for log in tuple(self.waiting):
            log.flush()


class LiveLog:
    """Dates lines as they come and hands them on a moment later, in their order.

    Args:
        logs: those that it belongs to.
        forward: takes the lines.
    """

    def __init__(self, logs: LiveLogs, forward: LogLines) -> None:
        self._logs = logs
        self._forward = forward
        self._stream = ""
        self._lines: list[str] = []
        self._waiting: list[tuple[float, str]] = []

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line until now."""
        return tuple(self._lines)

    def write_to(self, stream: str) -> None:
        """The log stream of the lines that follow."""
        self.flush()
        self._stream = stream

    def extend(self, lines: list[str] | tuple[str, ...]) -> None:
        """Adds lines, dated now."""
        now = self._logs.clock.now()
        self._lines += lines
        if not self._waiting:
            self._logs.wait(self)
        self._waiting += [(now, line) for line in lines]

    def flush(self) -> None:
        """Hands on what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._logs.waiting.pop(self, None)
            self._forward(self._stream, waiting)
