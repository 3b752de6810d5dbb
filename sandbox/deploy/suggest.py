"""The "did you mean" of everything that looks names up."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], *, alike: float = 0.6) -> str:
    """` Did you mean X?` with the closest known name, or an empty string.

    Args:
        alike: how alike it has to be, 1 being the same; more for names that have much in common anyway.
    """
    names = list(known)
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=alike)
    return f" Did you mean {lowered[close[0]]}?" if close else ""
