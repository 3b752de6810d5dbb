"""Waits for services that take their time with what they were asked for."""

from __future__ import annotations

from sandbox.deploy.resources.base import Context, LateError

AGAIN = "then run the command again: it continues where it stopped"


class Patience:
    """Waits a step at a time, in real time, as services do.

    Args:
        seconds: all steps together, at most.
        late: what is said then: code, message (followed by how long it was), and what to do.
        step: real seconds of each.
    """

    def __init__(
        self, context: Context, seconds: float, late: tuple[str, str, str], *, step: float = 0.1
    ) -> None:
        self._context = context
        self._seconds = seconds
        self._late = late
        self._step = step
        self._waited = 0.0

    async def step(self) -> None:
        """Waits a moment.

        Raises:
            LateError: that was the last one.
        """
        if self._waited >= self._seconds:
            code, what, remedy = self._late
            raise LateError(code, f"{what} after {self._seconds:.0f} s", remedy)
        await self._context.pause(self._step)
        self._waited += self._step
