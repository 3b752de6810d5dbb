"""Update expressions: checked once, applied to an item.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.again import read_again
from sandbox.model.dynamodb.expressions.binding import Binding
from sandbox.model.dynamodb.expressions.checking import Error
from sandbox.model.dynamodb.expressions.grammar import Parser
from sandbox.model.dynamodb.expressions.nodes import (
    Arithmetic,
    Assignment,
    Constant,
    Function,
    Operand,
    Path,
    Update,
)
from sandbox.model.dynamodb.expressions.paths import below, check_apart, resolve
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.numbers import add
from sandbox.model.dynamodb.values import SETS, Item, Value, in_order, kind_of

_NAMES = {
    "S": "STRING", "N": "NUMBER", "B": "BINARY", "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
    "M": "MAP", "L": "LIST", "NULL": "NULL", "BOOL": "BOOLEAN",
}  # fmt: skip
_ARGUMENTS = {"if_not_exists": 2, "list_append": 2}
_CONDITIONS = frozenset(
    {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"}
)


def parse_update(text: str, placeholders: Placeholders) -> Update:
    """An update expression, parsed and checked.

    Raises:
        AwsError: ValidationException.
    """
    return read_again(
        "UpdateExpression", text, placeholders, lambda: _parse(text, placeholders), Binding.update
    )


def _parse(text: str, placeholders: Placeholders) -> Update:
    parser = Parser("UpdateExpression", text, placeholders)
    try:
        update = parser.update()
    except RecursionError:
        raise parser.too_deep() from None
    check_update(update, parser.tokens.error)
    return update


def check_update(update: Update, error: Error) -> None:
    """Refuses operands of the wrong kind, number or type, and paths that get in each other's way.

    Args:
        error: makes the refusal of the expression.

    Raises:
        AwsError: ValidationException.
    """
    for assignment in update.sets:
        _check_value(assignment.value, error)
    for section, actions, allowed in (
        ("ADD", update.adds, SETS | {"N"}),
        ("DELETE", update.deletes, SETS),
    ):
        for action in actions:
            if kind_of(action.value.value) not in allowed:
                raise error(
                    f"Incorrect operand type for operator or function; operator: {section}, "
                    f"operand type: {_NAMES[kind_of(action.value.value)]}, "
                    f"typeSet: ALLOWED_FOR_{section}_OPERAND"
                )
    check_apart(update.paths, error)


def _check_value(node: Operand, error: Error) -> None:
    if isinstance(node, Arithmetic):
        for side in (node.left, node.right):
            _check_value(side, error)
            if isinstance(side, Constant):
                _check_type("+" if node.sign > 0 else "-", side.value, "N", error)
    elif isinstance(node, Function):
        _check_function(node, error)


def _check_function(call: Function, error: Error) -> None:
    wanted = _ARGUMENTS.get(call.name)
    if wanted is None:
        if call.name in _CONDITIONS:
            raise error(f"The function is not allowed in an update expression; function: {call.name}")
        raise error(f"Invalid function name; function: {call.name}")
    if len(call.arguments) != wanted:
        raise error(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {call.name}, number of operands: {len(call.arguments)}"
        )
    for argument in call.arguments:
        _check_value(argument, error)
        if call.name == "list_append" and isinstance(argument, Constant):
            _check_type("list_append", argument.value, "L", error)
    if call.name == "if_not_exists" and not isinstance(call.arguments[0], Path):
        raise error(f"Operator or function requires a document path; operator or function: {call.name}")


def _check_type(operator: str, value: Value, wanted: str, error: Error) -> None:
    if wanted not in value:
        raise error(
            "Incorrect operand type for operator or function; "
            f"operator or function: {operator}, operand type: {kind_of(value)}"
        )


def apply_update(update: Update, item: Item) -> Item:
    """The item after the update; `item` stays as it is.

    Every value is taken from the item as it was; SET comes first, then REMOVE, ADD and DELETE.

    Raises:
        AwsError: ValidationException: a path leads nowhere, or an operand has the wrong type.
    """
    values = [(assignment.path, _assigned(assignment, item)) for assignment in update.sets]
    changed = dict(item)
    for top in {path.top for path in update.paths if len(path.steps) > 1}:
        if top in changed:
            changed[top] = deepcopy(changed[top])
    for path, value in sorted(values, key=lambda pair: _place(pair[0])):
        _put(changed, path, value)
    for path in sorted(update.removes, key=_place, reverse=True):
        _remove(changed, path)
    for action in update.adds:
        _put(changed, action.path, _added(resolve(action.path, item), action.value.value))
    for action in update.deletes:
        _take_away(changed, action.path, action.value.value)
    return changed


def _place(path: Path) -> tuple[tuple[bool, Any], ...]:
    """Elements of a list are set from the front and removed from the back."""
    return tuple((isinstance(step, str), step) for step in path.steps)


def _assigned(assignment: Assignment, item: Item) -> Value:
    """The value that a path is set to, once it is known that the path leads somewhere."""
    if len(assignment.path.steps) > 1:
        _parent(item, assignment.path)
    return _evaluate(assignment.value, item)


def _evaluate(node: Operand, item: Item) -> Value:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Path):
        found = resolve(node, item)
        if found is None:
            raise validation("The provided expression refers to an attribute that does not exist in the item")
        return found
    if isinstance(node, Arithmetic):
        left, right = _evaluate(node.left, item), _evaluate(node.right, item)
        if "N" not in left or "N" not in right:
            raise _wrong_type()
        return {"N": add(left["N"], right["N"], node.sign)}
    if node.name == "if_not_exists":
        path = node.arguments[0]
        assert isinstance(path, Path)
        found = resolve(path, item)
        return found if found is not None else _evaluate(node.arguments[1], item)
    first, second = (_evaluate(argument, item) for argument in node.arguments)
    if "L" not in first or "L" not in second:
        raise _wrong_type()
    return {"L": [*first["L"], *second["L"]]}


def _wrong_type() -> AwsError:
    return validation("An operand in the update expression has an incorrect data type")


def _no_path() -> AwsError:
    return validation("The document path provided in the update expression is invalid for update")


def _parent(item: Item, path: Path) -> Value | None:
    """The map or list that a path ends in.

    Raises:
        AwsError: ValidationException: it leads nowhere.
    """
    parent = resolve(Path(path.steps[:-1]), item)
    if parent is None or ("M" if isinstance(path.steps[-1], str) else "L") not in parent:
        raise _no_path()
    return parent


def _put(item: Item, path: Path, value: Value) -> None:
    if len(path.steps) == 1:
        item[path.top] = value
        return
    parent, last = _parent(item, path), path.steps[-1]
    assert parent is not None
    if isinstance(last, str):
        parent["M"][last] = value
    elif last < len(parent["L"]):
        parent["L"][last] = value
    else:
        parent["L"].append(value)


def _remove(item: Item, path: Path) -> None:
    if len(path.steps) == 1:
        item.pop(path.top, None)
        return
    parent, last = _parent(item, path), path.steps[-1]
    assert parent is not None
    if below(parent, last) is None:
        return
    if isinstance(last, str):
        del parent["M"][last]
    else:
        del parent["L"][last]


def _added(old: Value | None, more: Value) -> Value:
    kind = kind_of(more)
    if old is None:
        return more
    if kind not in old:
        raise _wrong_type()
    if kind == "N":
        return {"N": add(old["N"], more["N"])}
    new = [element for element in more[kind] if element not in old[kind]]
    return {kind: in_order(kind, [*old[kind], *new])}


def _take_away(item: Item, path: Path, less: Value) -> None:
    kind = kind_of(less)
    if len(path.steps) > 1:
        _parent(item, path)
    old = resolve(path, item)
    if old is None:
        return
    if kind not in old:
        raise _wrong_type()
    left = [element for element in old[kind] if element not in less[kind]]
    if left:
        _put(item, path, {kind: left})
    else:
        _remove(item, path)
