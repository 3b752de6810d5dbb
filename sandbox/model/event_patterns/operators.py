"""The match expressions of the pattern language: `{"prefix": …}`, `{"anything-but": …}`, `{"numeric": …}`, …

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
Checks come in the order of EventBridge's streaming parser, the first mistake is the one that is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.model.event_patterns.addresses import parse_address, parse_block
from sandbox.model.event_patterns.jsontext import LIMIT, Number
from sandbox.model.event_patterns.reasons import InvalidEventPatternError
from sandbox.model.event_patterns.wildcard import compile_wildcard, parse_wildcard

Predicate = Callable[[Any], bool]
_ONLY_ONE = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"


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


def exact(value: Any) -> Test:
    """The test for a plain value: a string, number, boolean or null.

    Raises:
        InvalidEventPatternError: it is none of these.
    """
    if isinstance(value, str):
        return exact_string(value)
    if isinstance(value, Number):
        return Test(_equals_number(value), value.text)
    if value is None:
        return Test(lambda seen: seen is None, "null")
    if isinstance(value, bool):
        return Test(lambda seen: seen is value, "true" if value else "false")
    raise InvalidEventPatternError("Match value must be String, number, true, false, or null")


def exact_string(value: str) -> Test:
    """A string compares character by character, an IP address by what it stands for."""
    address = parse_address(value)
    if address is None:
        return Test(lambda seen: type(seen) is str and seen == value, f'"{value}"', literal=value)
    return Test(lambda seen: type(seen) is str and parse_address(seen) == address, f'"{value}"')


def match_expression(expression: JsonObject) -> Test:
    """The test that an object in a value list stands for.

    Raises:
        InvalidEventPatternError: it is none that the language has.
    """
    if not expression:
        raise InvalidEventPatternError("Match expression name not found")
    name, operand = expression[0]
    build = _OPERATORS.get(name)
    if build is None:
        raise InvalidEventPatternError(f"Unrecognized match type {name}")
    test = build(operand)
    if len(expression) > 1:
        raise InvalidEventPatternError(_TOO_MANY if name in ("numeric", "anything-but") else _ONLY_ONE)
    return test


def _string(operand: Any, name: str) -> str:
    if not isinstance(operand, str):
        raise InvalidEventPatternError(f"{name} match pattern must be a string")
    return operand


def _on_strings(predicate: Callable[[str], bool]) -> Predicate:
    return lambda seen: type(seen) is str and predicate(seen)


def fold(text: str) -> str:
    """`text` without its case, character by character."""
    return text.lower() if text.isascii() else "".join(char.lower() for char in text)


def _exactly(operand: Any) -> Test:
    if not isinstance(operand, str):
        raise InvalidEventPatternError("exact match pattern must be a string")
    return Test(lambda seen: type(seen) is str and seen == operand, f'"{operand}"', literal=operand)


def _prefix(operand: Any) -> Test:
    if isinstance(operand, JsonObject):
        folded = _ignoring_case(operand, "Prefix")
        return Test(_on_strings(lambda seen: fold(seen).startswith(folded)), f'prefix "{folded}" in any case')
    prefix = _string(operand, "prefix")
    return Test(_on_strings(lambda seen: seen.startswith(prefix)), f'prefix "{prefix}"')


def _suffix(operand: Any) -> Test:
    if isinstance(operand, JsonObject):
        folded = _ignoring_case(operand, "Suffix")
        return Test(_on_strings(lambda seen: fold(seen).endswith(folded)), f'suffix "{folded}" in any case')
    suffix = _string(operand, "suffix")
    return Test(_on_strings(lambda seen: seen.endswith(suffix)), f'suffix "{suffix}"')


def _ignoring_case(operand: JsonObject, name: str) -> str:
    if not operand:
        raise InvalidEventPatternError(f"{name} expression name not found")
    key, value = operand[0]
    if key != "equals-ignore-case":
        raise InvalidEventPatternError(f"Unsupported {name.lower()} pattern: {key}")
    text = _string(value, "equals-ignore-case")
    if len(operand) > 1:
        raise InvalidEventPatternError(_ONLY_ONE)
    return fold(text)


def _equals_ignore_case(operand: Any) -> Test:
    text = _string(operand, "equals-ignore-case")
    folded = fold(text)
    return Test(_on_strings(lambda seen: fold(seen) == folded), f'"{text}" in any case')


def _wildcard(operand: Any) -> Test:
    text = _string(operand, "wildcard")
    return Test(_on_strings(compile_wildcard(parse_wildcard(text))), f'wildcard "{text}"')


def _cidr(operand: Any) -> Test:
    # EventBridge itself calls it a prefix in this message.
    bits, shift, network = parse_block(_string(operand, "prefix"))

    def inside(seen: str) -> bool:
        address = parse_address(seen)
        return address is not None and address[0] == bits and address[1] >> shift == network

    return Test(_on_strings(inside), f"an address in {operand}")


def _exists(operand: Any) -> Test:
    if not isinstance(operand, bool):
        raise InvalidEventPatternError("exists match pattern must be either true or false.")
    if operand:
        return Test(lambda seen: True, "any value")
    return Test(lambda seen: False, "no such field", absent=True)


# --- numbers ---------------------------------------------------------------------------------------------
def _key(seen: Any) -> Decimal | int | None:
    if type(seen) is int:
        return seen if -LIMIT <= seen <= LIMIT else None
    return seen.key if type(seen) is Number else None


def _equals_number(number: Number) -> Predicate:
    key, text = number.key, number.text

    def equal(seen: Any) -> bool:
        if type(seen) is int:
            return seen == key or str(seen) == text
        return type(seen) is Number and ((key is not None and seen.key == key) or seen.text == text)

    return equal


def _bound(operand: Any, operator: str) -> Decimal:
    if not isinstance(operand, Number):
        raise InvalidEventPatternError(f"Value of {operator} must be numeric")
    return _comparable(operand)


def _comparable(number: Number) -> Decimal:
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


def _numeric(operand: Any) -> Test:
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
        return Test(lambda seen: _key(seen) == bound, says)
    if operator in _BELOW:
        top, below = _bound(value, operator), _BELOW[operator]
        _no_more(operand, 2)
        return Test(lambda seen: (key := _key(seen)) is not None and below(key, top), says)
    if operator in _ABOVE:
        bottom, above = _bound(value, operator), _ABOVE[operator]
        return Test(_between(bottom, above, operand[2:]), says)
    raise InvalidEventPatternError(f"Unrecognized numeric range operator: {operator}")


def _between(bottom: Decimal, above: Callable[[Decimal | int, Decimal], bool], rest: list[Any]) -> Predicate:
    if not rest:
        return lambda seen: (key := _key(seen)) is not None and above(key, bottom)
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
    return lambda seen: (key := _key(seen)) is not None and above(key, bottom) and below(key, top)


def _no_more(operand: list[Any], allowed: int) -> None:
    if len(operand) > allowed:
        raise InvalidEventPatternError(_TOO_MANY)


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


# --- anything-but ----------------------------------------------------------------------------------------
def _anything_but(operand: Any) -> Test:
    if isinstance(operand, JsonObject):
        return _anything_but_expression(operand)
    if isinstance(operand, str):
        return _but_strings([operand])
    if isinstance(operand, Number):
        return _but_numbers([operand])
    if type(operand) is list:
        return _but_list(operand)
    raise InvalidEventPatternError("Value of anything-but must be an array or single string/number value.")


def _but_list(operand: list[Any]) -> Test:
    for item in operand:
        if not isinstance(item, str | Number):
            raise InvalidEventPatternError("Inside anything but list, start|null|boolean is not supported.")
        if isinstance(item, Number):
            _comparable(item)
    if operand and all(isinstance(item, str) for item in operand):
        return _but_strings(operand)
    if operand and all(isinstance(item, Number) for item in operand):
        return _but_numbers(operand)
    raise InvalidEventPatternError(
        "Inside anything but list, either all values are number or string, mixed type is not supported"
    )


def _but_strings(texts: list[str]) -> Test:
    refused = frozenset(texts)
    says = "anything but " + ", ".join(f'"{text}"' for text in texts)
    return Test(lambda seen: type(seen) is not str or seen not in refused, says)


def _but_numbers(numbers: list[Number]) -> Test:
    refused = frozenset(_comparable(number) for number in numbers)
    says = "anything but " + ", ".join(number.text for number in numbers)
    return Test(lambda seen: _key(seen) not in refused, says)


def _anything_but_expression(operand: JsonObject) -> Test:
    if not operand:
        raise InvalidEventPatternError("Anything-But expression name not found")
    name, value = operand[0]
    build = _BUT.get(name)
    if build is None:
        raise InvalidEventPatternError(f"Unsupported anything-but pattern: {name}")
    if isinstance(value, JsonObject) or value is None or isinstance(value, bool):
        raise InvalidEventPatternError(
            "Value of anything-but must be an array or single string/number value."
        )
    texts = value if type(value) is list else [value]
    refuse = build(texts)
    if len(operand) > 1:
        raise InvalidEventPatternError(_TOO_MANY)
    says = f"anything but {name} " + ", ".join(f'"{text}"' for text in texts)
    return Test(lambda seen: type(seen) is not str or not refuse(seen), says)


def _all_strings(items: list[Any], otherwise: str) -> list[str]:
    for item in items:
        if not isinstance(item, str):
            raise InvalidEventPatternError(otherwise)
    return items


def _affixes(items: list[Any]) -> tuple[str, ...]:
    for item in items:
        if not isinstance(item, str):
            raise InvalidEventPatternError("prefix/suffix match pattern must be a string")
        if not item:
            raise InvalidEventPatternError("Null prefix/suffix not allowed")
    return tuple(items)


def _but_prefix(items: list[Any]) -> Callable[[str], bool]:
    prefixes = _affixes(items)
    return lambda seen: seen.startswith(prefixes)


def _but_suffix(items: list[Any]) -> Callable[[str], bool]:
    suffixes = _affixes(items)
    return lambda seen: seen.endswith(suffixes)


def _but_ignoring_case(items: list[Any]) -> Callable[[str], bool]:
    texts = _all_strings(
        items, "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
    )
    folded = frozenset(map(fold, texts))
    return lambda seen: fold(seen) in folded


def _but_wildcard(items: list[Any]) -> Callable[[str], bool]:
    texts = _all_strings(items, "wildcard match pattern must be a string")
    predicates = [compile_wildcard(parse_wildcard(text)) for text in texts]
    return lambda seen: any(predicate(seen) for predicate in predicates)


_BUT: Mapping[str, Callable[[list[Any]], Callable[[str], bool]]] = {
    "prefix": _but_prefix,
    "suffix": _but_suffix,
    "equals-ignore-case": _but_ignoring_case,
    "wildcard": _but_wildcard,
}
_OPERATORS: Mapping[str, Callable[[Any], Test]] = {
    "exactly": _exactly,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "anything-but": _anything_but,
    "exists": _exists,
    "cidr": _cidr,
}
