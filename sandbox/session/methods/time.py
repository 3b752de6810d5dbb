"""The clock: show it, move it, stop it, speed it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.control.protocol import ClockView
from sandbox.control.server import Method
from sandbox.engines.base import Engine
from sandbox.errors import UsageError
from sandbox.session.clockstore import save_clock
from sandbox.session.views import clock_view

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Time:
    """Methods about the clock."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "clock_show": self.clock_show,
            "clock_advance": self.clock_advance,
            "clock_speed": self.clock_speed,
        }

    async def clock_show(self) -> ClockView:
        """Where the clock stands."""
        return clock_view(self._session.clock)

    async def clock_advance(self, seconds: float) -> dict[str, Any]:
        """Moves time, firing in order everything due on the way."""
        self._must_be_virtual()
        clock, database = self._session.clock, self._session.database
        try:
            clock.check_advance(seconds)
        except ValueError as error:
            raise UsageError("the clock was not moved", str(error), "give a duration like 61s") from error
        save_clock(database, clock, ahead=seconds)
        try:
            fired = await clock.advance(seconds)
        finally:
            save_clock(database, clock)  # also where the client left in the middle
        await database.committed()
        return {"fired": fired, "clock": clock_view(clock)}

    async def clock_speed(self, speed: float) -> ClockView:
        """Sets how fast time runs; 0 stops it."""
        self._must_be_virtual()
        try:
            self._session.clock.set_speed(speed)
        except ValueError as error:
            raise UsageError("the clock was not changed", str(error), "give 0, 1 or 10") from error
        save_clock(self._session.database, self._session.clock)
        await self._session.database.committed()
        return clock_view(self._session.clock)

    def _must_be_virtual(self) -> None:
        must_be_virtual(self._session.engine)


def must_be_virtual(engine: Engine) -> None:
    """Refuses to move a clock that moves nothing.

    Raises:
        UsageError: the engine lives in real time.
    """
    if not engine.virtual_time:
        raise UsageError(
            "the clock was not moved",
            f"the {engine.name} engine lives in real time: its servers read this machine's clock",
            "invoke what waits for time (`sandbox invoke`), or use the embedded engine",
        )
