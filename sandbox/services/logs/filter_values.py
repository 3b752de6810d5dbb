"""What both kinds of structured filter patterns compare: a value in the pattern with a value in the event.

Follows "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail"
of the CloudWatch Logs User Guide.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from sandbox.model.awserror import AwsError

OPERATORS = ("!=", "<=", ">=", "=", "<", ">")

#: Says whether a value of an event passes.
Test = Callable[[Any], bool]

_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda actual, wanted: actual < wanted,
    ">": lambda actual, wanted: actual > wanted,
    "<=": lambda actual, wanted: actual <= wanted,
    ">=": lambda actual, wanted: actual >= wanted,
}
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s()\[\]{},&|"]+)')
#: As JSON and CloudWatch write numbers; Python takes more (`1_000`, `nan`, digits of other scripts).
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPED = re.compile(r"\\(.)")


def malformed(why: str = "Invalid filter pattern") -> AwsError:
    """The pattern cannot be read."""
    return AwsError("InvalidParameterException", why)


def regular(pattern: str) -> re.Pattern[str]:
    """A regular expression between percent signs.

    Raises:
        AwsError: it is none.
    """
    try:
        return re.compile(pattern)
    except re.error as error:
        raise malformed(f"Invalid filter pattern: {pattern!r} is no regular expression: {error}") from error


def read_value(text: str, at: int) -> tuple[str, str, int]:
    """The value that begins at a place of the pattern.

    Returns:
        Its kind (`text` in quotes, `regular`, `word`), what it says, and where it ends.

    Raises:
        AwsError: there is none.
    """
    found = _VALUE.match(text, at)
    if found is None:
        raise malformed()
    if found[1] is not None:
        return "text", _ESCAPED.sub(r"\1", found[1]), found.end()
    if found[2] is not None:
        return "regular", found[2], found.end()
    return "word", found[3], found.end()


def compare(operator: str, kind: str, wanted: str) -> Test:
    """The test that an operator and a value mean.

    Raises:
        AwsError: an order is asked of what is no number, or a regular expression is none.
    """
    if operator in _ORDERS:
        limit = number(wanted) if kind == "word" else None
        if limit is None:
            raise malformed(f"Invalid filter pattern: {operator} needs a number")
        order = _ORDERS[operator]
        return lambda actual: (value := number(actual)) is not None and order(value, limit)
    equal = _equal(kind, wanted)
    return equal if operator == "=" else lambda actual: not equal(actual)


def _equal(kind: str, wanted: str) -> Test:
    if kind == "regular":
        expression = regular(wanted)
        return lambda actual: expression.search(text_of(actual)) is not None
    exact = number(wanted) if kind == "word" else None
    if "*" in wanted:
        glob = re.compile(".*".join(re.escape(part) for part in wanted.split("*")), re.DOTALL)
        return lambda actual: glob.fullmatch(text_of(actual)) is not None

    def equal(actual: Any) -> bool:
        if exact is not None and (value := number(actual)) is not None:
            return value == exact
        return text_of(actual) == wanted

    return equal


def number(value: Any) -> float | None:
    """A number, written or as it is, infinite where it is too large; None for what is none."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def text_of(value: Any) -> str:
    """A scalar of an event as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
