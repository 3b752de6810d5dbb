"""`{"anything-but": …}`: values, or what a prefix, suffix, wildcard or case-insensitive text refuses.

A field must be there to be anything but something; values of other kinds than the refused ones pass.
Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.model.event_patterns.jsontext import Number
from sandbox.model.event_patterns.numbers import comparable, key_of
from sandbox.model.event_patterns.reasons import InvalidEventPatternError
from sandbox.model.event_patterns.value_tests import TOO_MANY, JsonObject, Test, fold
from sandbox.model.event_patterns.wildcard import compile_wildcard, parse_wildcard


def anything_but(operand: Any) -> Test:
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
            comparable(item)
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
    refused = frozenset(comparable(number) for number in numbers)
    says = "anything but " + ", ".join(number.text for number in numbers)
    return Test(lambda seen: key_of(seen) not in refused, says)


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
        raise InvalidEventPatternError(TOO_MANY)
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
