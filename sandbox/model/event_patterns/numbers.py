"""`{"numeric": [">", 0, "<=", 5]}`, and how numbers compare.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sandbox.model.event_patterns.jsontext import LIMIT, Number
from sandbox.model.event_patterns.reasons import InvalidEventPatternError
from sandbox.model.event_patterns.value_tests import TOO_MANY, JsonObject, Predicate, Test


def key_of(seen: Any) -> Decimal | int | None:
    if type(seen) is int:
        return seen if -LIMIT <= seen <= LIMIT else None
    return seen.key if type(seen) is Number else None


def equals_number(number: Number) -> Predicate:
    key, text = number.key, number.text

    def equal(seen: Any) -> bool:
        if type(seen) is int:
            return seen == key or str(seen) == text
        return type(seen) is Number and ((key is not None and seen.key == key) or seen.text == text)

    return equal


def _bound(operand: Any, operator: str) -> Decimal:
    if not isinstance(operand, Number):
        raise InvalidEventPatternError(f"Value of {operator} must be numeric")
    return comparable(operand)


def comparable(number: Number) -> Decimal:
    if number.key is not None:
        return number.key
    if -LIMIT <= Decimal(number.text) <= LIMIT:
        raise InvalidEventPatternError(f"Only values upto 6 decimals are supported: {number.text}")
    raise InvalidEventPatternError("Value must be between -5.0E9 and 5.0E9, inclusive")


_BELOW: Mapping[str, Callable[[Decimal | int, Decimal], bool]] = {
    "<": lambda seen, top: seen < top,
    "<=": lambda seen, top: seen <= top,
}
_ABOVE: Mapping[str, Callable[[Decimal | int, Decimal], bool]] = {
    ">": lambda seen, bottom: seen > bottom,
    ">=": lambda seen, bottom: seen >= bottom,
}


def numeric(operand: Any) -> Test:
    if type(operand) is not list:
        raise InvalidEventPatternError("Value of numeric must be an array.")
    operator = operand[0] if operand else None
    if not isinstance(operator, str):
        raise InvalidEventPatternError(f"Invalid member in numeric match: {_shown(operator, '[')}")
    value = operand[1] if len(operand) > 1 else None
    says = "number " + " ".join(_shown(item) for item in operand)
    if operator == "=":
        bound = _bound(value, "equals")
        _no_more(operand, 2)
        return Test(lambda seen: key_of(seen) == bound, says)
    if operator in _BELOW:
        top, below = _bound(value, operator), _BELOW[operator]
        _no_more(operand, 2)
        return Test(lambda seen: (key := key_of(seen)) is not None and below(key, top), says)
    if operator in _ABOVE:
        bottom, above = _bound(value, operator), _ABOVE[operator]
        return Test(_between(bottom, above, operand[2:]), says)
    raise InvalidEventPatternError(f"Unrecognized numeric range operator: {operator}")


def _between(bottom: Decimal, above: Callable[[Decimal | int, Decimal], bool], rest: list[Any]) -> Predicate:
    if not rest:
        return lambda seen: (key := key_of(seen)) is not None and above(key, bottom)
    operator = rest[0]
    if not isinstance(operator, str):
        raise InvalidEventPatternError(f"Bad value in numeric range: {_shown(operator)}")
    below = _BELOW.get(operator)
    if below is None:
        raise InvalidEventPatternError(f"Bad numeric range operator: {operator}")
    top = _bound(rest[1] if len(rest) > 1 else None, operator)
    if len(rest) > 2:
        raise InvalidEventPatternError("Too many terms in numeric range expression")
    if bottom >= top:
        raise InvalidEventPatternError("Bottom must be less than top")
    return lambda seen: (key := key_of(seen)) is not None and above(key, bottom) and below(key, top)


def _no_more(operand: list[Any], allowed: int) -> None:
    if len(operand) > allowed:
        raise InvalidEventPatternError(TOO_MANY)


def _shown(item: Any, opening: str = "") -> str:
    """A token as EventBridge names it in a message."""
    if isinstance(item, Number):
        return item.text
    if isinstance(item, JsonObject):
        return "{"
    if isinstance(item, list):
        return "["
    if item is None:
        return "]" if opening else "null"
    return str(item).lower() if isinstance(item, bool) else str(item)
