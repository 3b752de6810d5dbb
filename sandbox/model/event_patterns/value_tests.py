"""What the operators of the pattern language are made of: tests of single values, and what they read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Predicate = Callable[[Any], bool]
ONLY_ONE = "Only one key allowed in match expression"
#: What EventBridge says of too many keys or terms in `numeric` and `anything-but`.
TOO_MANY = "Too many elements in numeric expression"


class JsonObject(list[tuple[str, Any]]):
    """An object of a pattern: its members in order, repeated keys kept."""


@dataclass(frozen=True, slots=True)
class Test:
    """One alternative of a field's value list.

    Attributes:
        accepts: whether a value passes; never true of a field that is absent.
        says: the test in words, for explanations.
        absent: whether the absence of the field passes (`{"exists": false}`).
        literal: the string that it compares with, where it is nothing but that.
    """

    accepts: Predicate
    says: str
    absent: bool = False
    literal: str | None = None


def on_strings(predicate: Callable[[str], bool]) -> Predicate:
    """`predicate` for strings; values of other kinds do not pass."""
    return lambda seen: type(seen) is str and predicate(seen)


def fold(text: str) -> str:
    """`text` without its case, character by character."""
    return text.lower() if text.isascii() else "".join(char.lower() for char in text)
