"""Steps of a start or deployment, told as they happen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.control.protocol import Progress

Report = Callable[[Progress], None]


@contextmanager
def step(report: Report, name: str) -> Iterator[Callable[[str], None]]:
    """Tells that a step begins, and that it is done or failed with the real seconds it took.

    Yields:
        A function that adds a word for people to the end of the step.
    """
    said: list[str] = []
    began = time.monotonic()
    report(Progress(name, "begin"))
    try:
        yield said.append
    except BaseException:
        report(Progress(name, "failed", time.monotonic() - began, " ".join(said)))
        raise
    report(Progress(name, "done", time.monotonic() - began, " ".join(said)))
