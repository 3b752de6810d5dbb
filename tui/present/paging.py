"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
#: How many are asked for at once.
PAGE = 200


class Pages(Generic[T]):
    """What has been loaded so far, one page after another.

    Attributes:
        known: whether the first page has come.
    """

    def __init__(self) -> None:
        self.known = False
        self._items: list[T] = []

    def clear(self) -> None:
        """Forgets everything."""
        self.known = False
        self._items = []

    def put(self, page: int, items: Sequence[T]) -> None:
        """Takes a page; what followed a page that is not full any more is gone too."""
        begin = page * PAGE
        if begin > len(self._items):
            return
        after = self._items[begin + PAGE :] if len(items) == PAGE else []
        self._items = [*self._items[:begin], *items, *after]
        self.known = True

    @property
    def items(self) -> list[T]:
        """What is loaded."""
        return self._items
