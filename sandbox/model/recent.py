"""A bounded memory: what was put longest ago is forgotten, some thousands at a time."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A dictionary of the newest entries.

    Two generations instead of an order of use: putting and finding cost what a dictionary's do.

    Args:
        size: entries that are remembered at least; at most twice as many are held.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What was put last under the key, or None where it was never put or is forgotten."""
        found = self._young.get(key)
        return self._old.get(key) if found is None else found

    def put(self, key: K, value: V) -> None:
        """Remembers a value."""
        self._young[key] = value
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}

    def pop(self, key: K) -> V | None:
        """Takes an entry out and returns its value, or None."""
        old = self._old.pop(key, None)
        found = self._young.pop(key, None)
        return old if found is None else found

    def clear(self) -> None:
        """Forgets everything."""
        self._young.clear()
        self._old.clear()
