"""The match expressions of the pattern language: `{"prefix": …}`, `{"anything-but": …}`, `{"numeric": …}`, …

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
Checks come in the order of EventBridge's streaming parser, the first mistake is the one that is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.model.event_patterns.addresses import parse_address, parse_block
from sandbox.model.event_patterns.anything_but import anything_but
from sandbox.model.event_patterns.jsontext import Number
from sandbox.model.event_patterns.numbers import equals_number, numeric
from sandbox.model.event_patterns.reasons import InvalidEventPatternError
from sandbox.model.event_patterns.value_tests import (
    ONLY_ONE,
    TOO_MANY,
    JsonObject,
    Test,
    fold,
    on_strings,
)
from sandbox.model.event_patterns.wildcard import compile_wildcard, parse_wildcard


def exact(value: Any) -> Test:
    """The test for a plain value: a string, number, boolean or null.

    Raises:
        InvalidEventPatternError: it is none of these.
    """
    if isinstance(value, str):
        return exact_string(value)
    if isinstance(value, Number):
        return Test(equals_number(value), value.text)
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
        raise InvalidEventPatternError(TOO_MANY if name in ("numeric", "anything-but") else ONLY_ONE)
    return test


def _string(operand: Any, name: str) -> str:
    if not isinstance(operand, str):
        raise InvalidEventPatternError(f"{name} match pattern must be a string")
    return operand


def _exactly(operand: Any) -> Test:
    if not isinstance(operand, str):
        raise InvalidEventPatternError("exact match pattern must be a string")
    return Test(lambda seen: type(seen) is str and seen == operand, f'"{operand}"', literal=operand)


def _prefix(operand: Any) -> Test:
    if isinstance(operand, JsonObject):
        folded = _ignoring_case(operand, "Prefix")
        return Test(on_strings(lambda seen: fold(seen).startswith(folded)), f'prefix "{folded}" in any case')
    prefix = _string(operand, "prefix")
    return Test(on_strings(lambda seen: seen.startswith(prefix)), f'prefix "{prefix}"')


def _suffix(operand: Any) -> Test:
    if isinstance(operand, JsonObject):
        folded = _ignoring_case(operand, "Suffix")
        return Test(on_strings(lambda seen: fold(seen).endswith(folded)), f'suffix "{folded}" in any case')
    suffix = _string(operand, "suffix")
    return Test(on_strings(lambda seen: seen.endswith(suffix)), f'suffix "{suffix}"')


def _ignoring_case(operand: JsonObject, name: str) -> str:
    if not operand:
        raise InvalidEventPatternError(f"{name} expression name not found")
    key, value = operand[0]
    if key != "equals-ignore-case":
        raise InvalidEventPatternError(f"Unsupported {name.lower()} pattern: {key}")
    text = _string(value, "equals-ignore-case")
    if len(operand) > 1:
        raise InvalidEventPatternError(ONLY_ONE)
    return fold(text)


def _equals_ignore_case(operand: Any) -> Test:
    text = _string(operand, "equals-ignore-case")
    folded = fold(text)
    return Test(on_strings(lambda seen: fold(seen) == folded), f'"{text}" in any case')


def _wildcard(operand: Any) -> Test:
    text = _string(operand, "wildcard")
    return Test(on_strings(compile_wildcard(parse_wildcard(text))), f'wildcard "{text}"')


def _cidr(operand: Any) -> Test:
    # EventBridge itself calls it a prefix in this message.
    bits, shift, network = parse_block(_string(operand, "prefix"))

    def inside(seen: str) -> bool:
        address = parse_address(seen)
        return address is not None and address[0] == bits and address[1] >> shift == network

    return Test(on_strings(inside), f"an address in {operand}")


def _exists(operand: Any) -> Test:
    if not isinstance(operand, bool):
        raise InvalidEventPatternError("exists match pattern must be either true or false.")
    if operand:
        return Test(lambda seen: True, "any value")
    return Test(lambda seen: False, "no such field", absent=True)


_OPERATORS: Mapping[str, Callable[[Any], Test]] = {
    "exactly": _exactly,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": numeric,
    "anything-but": anything_but,
    "exists": _exists,
    "cidr": _cidr,
}
