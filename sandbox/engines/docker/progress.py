"""Steps of the engine's start, told as they happen; several may be under way at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.control.protocol import Progress


class Step:
    """One step under way."""

    def __init__(self, name: str, tell: Callable[[Progress], None]) -> None:
        self._name = name
        self._tell = tell
        self.said = ""

    def say(self, text: str) -> None:
        """A word for people at the end of the step."""
        self.said = text

    def note(self, text: str) -> None:
        """A word for people now; may be called from a thread of the engine."""
        self._tell(Progress(self._name, "note", text=text))


class Steps:
    """Tells of steps.

    Args:
        tell: given each beginning, note and end.
    """

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self._tell = tell

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Tells that a step begins, and that it is done or failed with the real seconds it took."""
        step = Step(name, self._tell)
        began = time.monotonic()
        self._tell(Progress(name, "begin"))
        try:
            yield step
        except BaseException:
            self._tell(Progress(name, "failed", time.monotonic() - began, step.said))
            raise
        self._tell(Progress(name, "done", time.monotonic() - began, step.said))
