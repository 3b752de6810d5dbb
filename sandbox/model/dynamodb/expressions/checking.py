"""What is wrong with a condition before any item is looked at."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.expressions.grammar import MAX_OPERATORS
from sandbox.model.dynamodb.expressions.nodes import (
    Arithmetic,
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
from sandbox.model.dynamodb.values import TYPES, compare, kind_of

_ARGUMENTS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
_UPDATE_ONLY = frozenset({"if_not_exists", "list_append"})
_ORDERED = frozenset({"S", "N", "B"})
_SIZED = frozenset({"S", "B", "SS", "NS", "BS", "M", "L"})

Error = Callable[[str], AwsError]


def check_operators(condition: Condition, error: Error) -> None:
    """Refuses an expression of too many operators and functions.

    Raises:
        AwsError: ValidationException.
    """
    if _operators(condition) > MAX_OPERATORS:
        raise error(f"The expression contains too many operators; operator count: {MAX_OPERATORS + 1}")


def _operators(condition: Condition) -> int:
    count = 0
    left: list[Condition | Operand | Arithmetic] = [condition]
    while left:
        one = left.pop()
        if not isinstance(one, Path | Constant):
            count += 1
        match one:
            case Logical():
                left += (one.left, one.right)
            case Not():
                left.append(one.condition)
            case Comparison():
                left += (one.left, one.right)
            case Between():
                left += (one.operand, one.low, one.high)
            case In():
                left += (one.operand, *one.options)
            case Function():
                left += one.arguments
    return count


def check_condition(condition: Condition, error: Error) -> None:
    """Refuses operands of the wrong kind, number or type.

    Args:
        error: makes the refusal of the expression.

    Raises:
        AwsError: ValidationException.
    """
    if isinstance(condition, Logical):
        check_condition(condition.left, error)
        check_condition(condition.right, error)
    elif isinstance(condition, Not):
        check_condition(condition.condition, error)
    elif isinstance(condition, Function):
        if condition.name == "size":
            raise _misplaced(condition.name, error)
        _check_function(condition, error)
    elif isinstance(condition, Comparison):
        _check_comparison(condition, error)
    elif isinstance(condition, Between):
        _check_between(condition, error)
    else:
        _check_in(condition, error)


def _misplaced(name: str, error: Error) -> AwsError:
    return error(f"The function is not allowed to be used this way in an expression; function: {name}")


def _check_operand(operand: Operand, error: Error) -> None:
    """An operand of a comparison: a path, a value, or `size`."""
    if isinstance(operand, Arithmetic):
        raise error('Syntax error; token: "+", near: "+"')
    if isinstance(operand, Function):
        _check_function(operand, error)
        if operand.name != "size":
            raise _misplaced(operand.name, error)


def _wrong_type(operator: str, kind: str, error: Error) -> AwsError:
    return error(
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}"
    )


def _check_function(call: Function, error: Error) -> None:
    wanted = _ARGUMENTS.get(call.name)
    if wanted is None:
        if call.name in _UPDATE_ONLY:
            raise error(f"The function is not allowed in a condition expression; function: {call.name}")
        raise error(f"Invalid function name; function: {call.name}")
    if len(call.arguments) != wanted:
        raise error(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {call.name}, number of operands: {len(call.arguments)}"
        )
    for argument in call.arguments:
        _check_operand(argument, error)
    first = call.arguments[0]
    if call.name in ("attribute_exists", "attribute_not_exists") and not isinstance(first, Path):
        raise error(f"Operator or function requires a document path; operator or function: {call.name}")
    if len(call.arguments) == 2:
        _check_distinct(call.name, call.arguments[0], call.arguments[1:], error)
    _check_constants(call, error)


def _check_constants(call: Function, error: Error) -> None:
    """The types of the values that a function is given."""
    name, arguments = call.name, call.arguments
    if name == "attribute_type":
        kind = arguments[1]
        if not isinstance(kind, Constant):
            raise error(f"Operator or function requires a value; operator or function: {name}")
        if "S" not in kind.value:
            raise _wrong_type(name, kind_of(kind.value), error)
        if kind.value["S"] not in TYPES:
            raise error(
                f"Invalid attribute type name found; type: {kind.value['S']}, "
                "valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}"
            )
    allowed = {"begins_with": frozenset({"S", "B"}), "size": _SIZED}.get(name)
    if allowed is not None:
        for argument in arguments:
            if isinstance(argument, Constant) and kind_of(argument.value) not in allowed:
                raise _wrong_type(name, kind_of(argument.value), error)


def _check_distinct(operator: str, first: Operand, others: tuple[Operand, ...], error: Error) -> None:
    if isinstance(first, Path) and first in others:
        raise error(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {operator}, first operand: {first}"
        )


def _check_comparison(condition: Comparison, error: Error) -> None:
    for operand in (condition.left, condition.right):
        _check_operand(operand, error)
    _check_distinct(condition.operator, condition.left, (condition.right,), error)
    if condition.operator in ("=", "<>"):
        return
    for operand in (condition.left, condition.right):
        if isinstance(operand, Constant) and kind_of(operand.value) not in _ORDERED:
            raise _wrong_type(condition.operator, kind_of(operand.value), error)


def _check_between(condition: Between, error: Error) -> None:
    for operand in (condition.operand, condition.low, condition.high):
        _check_operand(operand, error)
        if isinstance(operand, Constant) and kind_of(operand.value) not in _ORDERED:
            raise _wrong_type("BETWEEN", kind_of(operand.value), error)
    _check_distinct("BETWEEN", condition.operand, (condition.low, condition.high), error)
    low, high = condition.low, condition.high
    if not isinstance(low, Constant) or not isinstance(high, Constant):
        return
    order = compare(low.value, high.value)
    bounds = f"lower bound operand: {_shown(low)}, upper bound operand: {_shown(high)}"
    if order is None:
        raise error(f"The BETWEEN operator requires same data type for lower and upper bounds; {bounds}")
    if order > 0:
        raise error(
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " + bounds
        )


def _shown(constant: Constant) -> str:
    ((kind, content),) = constant.value.items()
    return f"AttributeValue: {{{kind}:{content}}}"


def _check_in(condition: In, error: Error) -> None:
    for operand in (condition.operand, *condition.options):
        _check_operand(operand, error)
    _check_distinct("IN", condition.operand, condition.options, error)
