"""Whether an item meets a condition.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from sandbox.model.dynamodb.expressions.again import read_again
from sandbox.model.dynamodb.expressions.binding import Binding
from sandbox.model.dynamodb.expressions.checking import check_condition, check_operators
from sandbox.model.dynamodb.expressions.grammar import Parser
from sandbox.model.dynamodb.expressions.nodes import (
    Between,
    Comparison,
    Condition,
    Constant,
    Function,
    In,
    Logical,
    Not,
    Operand,
    Path,
)
from sandbox.model.dynamodb.expressions.paths import resolve
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.values import SETS, Item, Value, compare, equal, kind_of

#: Characters of an expression that has room for too many operators.
_LONG = 600
_ORDER: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def parse_condition(kind: str, text: str, placeholders: Placeholders) -> Condition:
    """A condition or filter expression, parsed and checked.

    Args:
        kind: the parameter's name (`ConditionExpression`), for errors.

    Raises:
        AwsError: ValidationException.
    """
    if placeholders.none:
        return _without_placeholders(kind, text)
    return read_again(kind, text, placeholders, lambda: _parse(kind, text, placeholders), Binding.condition)


@lru_cache(maxsize=1024)
def _without_placeholders(kind: str, text: str) -> Condition:
    """`attribute_not_exists(pk)` and the like, which a program sends again and again as they are."""
    return _parse(kind, text, Placeholders(None, None))


def _parse(kind: str, text: str, placeholders: Placeholders) -> Condition:
    parser = Parser(kind, text, placeholders)
    condition = parser.condition()
    if len(text) > _LONG:
        check_operators(condition, parser.tokens.error)
    check_condition(condition, parser.tokens.error)
    return condition


def meets(condition: Condition, item: Item) -> bool:
    """Whether `item` (empty: there is none) meets the condition."""
    if isinstance(condition, Logical):
        if condition.operator == "AND":
            return meets(condition.left, item) and meets(condition.right, item)
        return meets(condition.left, item) or meets(condition.right, item)
    if isinstance(condition, Not):
        return not meets(condition.condition, item)
    if isinstance(condition, Comparison):
        return _compare(condition.operator, operand(condition.left, item), operand(condition.right, item))
    if isinstance(condition, Between):
        value = operand(condition.operand, item)
        return _compare(">=", value, operand(condition.low, item)) and _compare(
            "<=", value, operand(condition.high, item)
        )
    if isinstance(condition, In):
        value = operand(condition.operand, item)
        return any(_compare("=", value, operand(option, item)) for option in condition.options)
    return _FUNCTIONS[condition.name](condition, item)


def operand(node: Operand, item: Item) -> Value | None:
    """The value of an operand; None: there is nothing at its path, or nothing to measure."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Path):
        return resolve(node, item)
    assert isinstance(node, Function)
    return _size(operand(node.arguments[0], item))


def _compare(operator: str, left: Value | None, right: Value | None) -> bool:
    if operator == "<>":
        return left is None or right is None or not equal(left, right)
    if left is None or right is None:
        return False
    if operator == "=":
        return equal(left, right)
    order = compare(left, right)
    return order is not None and _ORDER[operator](order)


def _size(value: Value | None) -> Value | None:
    if value is None or kind_of(value) in ("N", "BOOL", "NULL"):
        return None
    ((kind, content),) = value.items()
    return {"N": str(len(content.encode()) if kind == "S" else len(content))}


def _exists(call: Function, item: Item) -> bool:
    return operand(call.arguments[0], item) is not None


def _has_type(call: Function, item: Item) -> bool:
    value, wanted = (operand(argument, item) for argument in call.arguments)
    return value is not None and wanted is not None and kind_of(value) == wanted["S"]


def _begins_with(call: Function, item: Item) -> bool:
    value, prefix = (operand(argument, item) for argument in call.arguments)
    if value is None or prefix is None or kind_of(value) != kind_of(prefix):
        return False
    kind = kind_of(value)
    return kind in ("S", "B") and bool(value[kind].startswith(prefix[kind]))


def _contains(call: Function, item: Item) -> bool:
    value, wanted = (operand(argument, item) for argument in call.arguments)
    if value is None or wanted is None:
        return False
    kind = kind_of(value)
    if kind in ("S", "B"):
        return kind in wanted and wanted[kind] in value[kind]
    if kind in SETS:
        return kind[0] in wanted and wanted[kind[0]] in value[kind]
    return kind == "L" and any(equal(element, wanted) for element in value["L"])


_FUNCTIONS: dict[str, Callable[[Function, Item], bool]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": lambda call, item: not _exists(call, item),
    "attribute_type": _has_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
