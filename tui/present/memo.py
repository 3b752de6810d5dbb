"""Remembers what was made of the same things before: pictures change seldom, screens draw every second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """The newest result for each name, with what it was made of."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def of(self, name: str, things: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What `make` makes of these things; the result of the last time when they are the very same
        objects.
        """
        known = self._known.get(name)
        if known is not None and all(old is new for old, new in zip(known[0], things, strict=True)):
            result: T = known[1]
            return result
        made = make()
        self._known[name] = (things, made)
        return made
