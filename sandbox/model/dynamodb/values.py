"""Attribute values: `{"S": "text"}`, `{"N": "1"}`, `{"M": {...}}` … with bytes for binary.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.model.dynamodb.numbers import canonical

Value = dict[str, Any]
Item = dict[str, Value]

TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")
SETS = frozenset({"SS", "NS", "BS"})
#: Levels of lists and maps within one another.
_DEEPEST = 32
_SET_NAMES = {"SS": "string", "NS": "number", "BS": "binary"}


def kind_of(value: Value) -> str:
    """The type of a checked value: `S`, `N`, …"""
    return next(iter(value))


def check_item(item: Mapping[str, Any]) -> Item:
    """The attributes of an item, checked and in canonical form.

    Raises:
        AwsError: ValidationException.
    """
    checked = {}
    for name, value in item.items():
        if not name:
            raise validation("Empty attribute name")
        checked[name] = check_value(value)
    return checked


def check_value(value: Value, depth: int = 0) -> Value:
    """A value, checked and in canonical form: numbers normalised, sets in order.

    Raises:
        AwsError: ValidationException.
    """
    if len(value) != 1:
        wrong = "is empty, must contain" if not value else "has more than one datatypes set, must contain"
        raise validation(f"Supplied AttributeValue {wrong} exactly one of the supported datatypes")
    ((kind, content),) = value.items()
    if kind == "S" or kind == "B" or kind == "BOOL":
        return value
    if kind == "N":
        return {kind: canonical(content)}
    if kind == "NULL":
        if content is not True:
            raise invalid("Null attribute value types must have the value of true")
        return value
    if depth >= _DEEPEST:
        raise validation("Nesting Levels have exceeded supported limits")
    if kind == "M":
        return {kind: _check_map(content, depth)}
    if kind == "L":
        return {kind: [check_value(element, depth + 1) for element in content]}
    if kind in SETS:
        return {kind: _check_set(kind, content)}
    raise validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")


def _check_map(content: Mapping[str, Any], depth: int) -> Item:
    checked = {}
    for name, element in content.items():
        if not name:
            raise validation("Empty attribute name")
        checked[name] = check_value(element, depth + 1)
    return checked


def _check_set(kind: str, content: list[Any]) -> list[Any]:
    if not content:
        raise invalid(f"An {_SET_NAMES[kind]} set  may not be empty")
    elements = [canonical(element) for element in content] if kind == "NS" else content
    if len(set(elements)) != len(elements):
        if kind == "NS":
            raise invalid("Input collection contains duplicates")
        shown = ", ".join(str(element) for element in content)
        raise invalid(f"Input collection [{shown}] contains duplicates")
    return in_order(kind, elements)


def in_order(kind: str, elements: list[Any]) -> list[Any]:
    """The elements of a set as DynamoDB returns them."""
    if kind == "NS":
        return sorted(elements, key=Decimal)
    if kind == "SS":
        return sorted(elements, key=lambda text: text.encode())
    return sorted(elements)


def equal(left: Value, right: Value) -> bool:
    """Whether two checked values are the same: sets and numbers are canonical, so their content is."""
    return left == right


_SORT: dict[str, Callable[[Any], Any]] = {"S": str.encode, "N": Decimal, "B": bytes}


def compare(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as `left` sorts before, with or after `right`; None: they have no order."""
    kind = kind_of(left)
    key = _SORT.get(kind)
    if key is None or kind != kind_of(right):
        return None
    first, second = key(left[kind]), key(right[kind])
    return int(first > second) - int(first < second)


def size_of(value: Value) -> int:
    """Bytes that a value counts for.

    Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode())
    if kind == "N":
        return _number_size(content)
    if kind == "B":
        return len(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "M":
        return 3 + len(content) + item_size(content)
    if kind == "L":
        return 3 + len(content) + sum(map(size_of, content))
    return sum(size_of({kind[0]: element}) for element in content)


def attribute_size(name: str, value: Value | None) -> int:
    """Bytes of an attribute, name and value; one that is not there has none."""
    if value is None:
        return 0
    return (len(name) if name.isascii() else len(name.encode())) + size_of(value)


def item_size(item: Item) -> int:
    """Bytes of an item: the names and values of its attributes."""
    size = 0
    for name, value in item.items():  # of every write: a loop costs half of what a sum of generators does
        size += (len(name) if name.isascii() else len(name.encode())) + size_of(value)
    return size


def _number_size(text: str) -> int:
    """A byte for two digits and one for the exponent, one more for a sign; zeros at the ends are free."""
    if text == "0":
        return 1
    if text.isdecimal():
        return (len(text.strip("0")) + 1) // 2 + 1
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


#: Bytes of an item, at most.
MAX_ITEM = 400 * 1024


def check_size(size: int) -> int:
    """The size of an item in bytes, if an item may have it.

    Raises:
        AwsError: ValidationException: it is larger than an item may be.
    """
    if size > MAX_ITEM:
        raise validation("Item size has exceeded the maximum allowed size")
    return size


def size_after(size: int, before: Item, after: Item, changed: Iterable[str]) -> int:
    """Bytes of an item after some of its attributes were changed.

    Args:
        size: bytes of it before.
    """
    for name in changed:
        size += attribute_size(name, after.get(name)) - attribute_size(name, before.get(name))
    return size


def in_expression(name: str, value: Value) -> Value:
    """A value of ExpressionAttributeValues, checked.

    Raises:
        AwsError: ValidationException that names it.
    """
    try:
        return check_value(value)
    except AwsError as error:
        raise validation(
            f"ExpressionAttributeValues contains invalid value: {error.message} for key {name}"
        ) from None
