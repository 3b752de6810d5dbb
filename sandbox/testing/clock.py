"""The sandbox's time in a test: it stands still, and the test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.testing.control import Control
from sandbox.testing.errors import NotSettledError, report, section


class Clock:
    """Virtual time; functions' own clocks and PostgreSQL's `now()` are real.

    Args:
        control: asks the sandbox.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def now(self) -> datetime:
        """Virtual time, in UTC."""
        return datetime.fromtimestamp(self._control.call("clock_show")["now"], UTC)

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> datetime:
        """Moves time; everything due on the way happens, in order, each thing to its end before the next.

        Returns:
            The time it is then.

        Raises:
            SandboxError: the sum is negative.
            NotSettledError: something on the way does not end.
        """
        span = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        answer = self._control.call("test_advance", seconds=span.total_seconds())
        if answer["running"]:
            raise NotSettledError(
                report("time cannot be moved further", section("running", answer["running"]))
            )
        return datetime.fromtimestamp(answer["now"], UTC)
