"""What authorizers said, kept for the seconds that they ask for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class VerdictCache(Generic[T]):
    """Keeps answers until their time is over; the oldest go when there are too many.

    Args:
        limit: how many are kept.
    """

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    def get(self, key: Hashable, now: float) -> T | None:
        """What is kept under a key at virtual time `now`, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        until, answer = found
        if now >= until:
            del self._kept[key]
            return None
        return answer

    def put(self, key: Hashable, answer: T, now: float, ttl: float) -> None:
        """Keeps an answer for `ttl` seconds of virtual time; 0 keeps nothing."""
        if ttl <= 0:
            return
        self._kept[key] = (now + ttl, answer)
        self._kept.move_to_end(key)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()
