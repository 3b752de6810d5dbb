"""Another look after a lost turn: once, however many turns are lost meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.clock import Clock, Timer, TimerKind
from sandbox.services.base import PAUSE


class Again:
    """Has something done `PAUSE` seconds from now.

    Args:
        what: done once for all the times it was asked for meanwhile. label: what people are told of it.
    """

    def __init__(
        self, clock: Clock, what: Callable[[], None], label: str, kind: TimerKind = TimerKind.WORK
    ) -> None:
        self._clock = clock
        self._what = what
        self._label = label
        self._kind = kind
        self._timer: Timer | None = None

    def soon(self) -> None:
        """Asks for it."""
        if self._timer is None:
            self._timer = self._clock.call_later(PAUSE, self._look, label=self._label, kind=self._kind)

    def stop(self) -> None:
        """Takes it back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        self._what()
