"""What was certainly never seen: a filter that answers for most new things without looking for them."""

from __future__ import annotations

from collections.abc import Hashable

#: Bits of the filter, a power of two, and how many of them stand for a thing: of a million things, three of a
#: hundred new ones are taken for old.
_BITS = 1 << 23
_MASK = _BITS - 1
_PROBES = 3


class Seen:
    """Things that were seen, and a few that were not: a Bloom filter (of 1 MB)."""

    def __init__(self) -> None:
        self._bytes = bytearray(_BITS // 8)

    def add(self, thing: Hashable) -> None:
        """Something was seen."""
        bits = hash(thing)
        for _ in range(_PROBES):
            self._bytes[(bits & _MASK) >> 3] |= 1 << (bits & 7)
            bits >>= 19

    def maybe(self, thing: Hashable) -> bool:
        """Whether something may have been seen; False is certain."""
        bits = hash(thing)
        for _ in range(_PROBES):
            if not self._bytes[(bits & _MASK) >> 3] >> (bits & 7) & 1:
                return False
            bits >>= 19
        return True
