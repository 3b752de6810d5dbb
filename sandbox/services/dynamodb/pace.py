"""How work on a large table is divided."""

from __future__ import annotations

import msgspec


class Pace(msgspec.Struct, frozen=True):
    """Sizes of the steps, and how long they may go on in one turn of the loop.

    Attributes:
        small, small_bytes: items, and bytes of them, of a table that is one step as a whole.
        few, few_bytes: items, and bytes of them, that are one step of a larger one.
        entries: entries of an index that are removed in one step.
        seconds: real seconds after which a slice of steps ends.
    """

    small: int = 1_000
    small_bytes: int = 4 * 1024 * 1024
    few: int = 100
    few_bytes: int = 256 * 1024
    entries: int = 500
    seconds: float = 0.004


USUAL = Pace()
