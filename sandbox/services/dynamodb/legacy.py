"""The parameters that expressions have replaced, read as the expressions that they mean.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.model.dynamodb.expressions.nodes import (
    Adjustment,
    Assignment,
    Between,
    Comparison,
    Condition,
    Constant,
    Function,
    In,
    Logical,
    Not,
    Path,
    Update,
)
from sandbox.model.dynamodb.values import SETS, Value, check_value, kind_of

_COMPARATORS = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_COUNTS = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2, "IN": None}
_OPERATORS = (*_COMPARATORS, "NULL", "NOT_NULL", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH", "BETWEEN", "IN")

Given = Mapping[str, Mapping[str, Any]]


def expected_condition(expected: Given | None, operator: str | None) -> Condition | None:
    """`Expected` and `ConditionalOperator` as a condition.

    Raises:
        AwsError: ValidationException.
    """
    return _joined([_expectation(name, given) for name, given in (expected or {}).items()], operator)


def filter_condition(filters: Given | None, operator: str | None) -> Condition | None:
    """`QueryFilter`, `ScanFilter` or `KeyConditions` as a condition.

    Raises:
        AwsError: ValidationException.
    """
    return _joined([condition_of(name, given) for name, given in (filters or {}).items()], operator)


def _joined(conditions: Sequence[Condition], operator: str | None) -> Condition | None:
    if operator is not None and len(conditions) < 2:
        raise validation("ConditionalOperator cannot be used without Filter or Expected")
    if operator not in (None, "AND", "OR"):
        raise validation(f"ConditionalOperator has the invalid value {operator}")
    if not conditions:
        return None
    return reduce(lambda left, right: Logical(operator or "AND", left, right), conditions)


def _expectation(name: str, given: Mapping[str, Any]) -> Condition:
    if "ComparisonOperator" in given:
        if "Value" in given and "AttributeValueList" in given:
            raise invalid(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
        values = [given["Value"]] if "Value" in given else given.get("AttributeValueList")
        return condition_of(
            name, {"ComparisonOperator": given["ComparisonOperator"], "AttributeValueList": values or []}
        )
    if given.get("Exists") is False:
        if "Value" in given:
            raise invalid(f"Value cannot be used when Exists is set to false for Attribute: {name}")
        return Function("attribute_not_exists", (Path((name,)),))
    if "Value" not in given:
        raise invalid(
            "Value must be provided when Exists is "
            f"{'true' if given.get('Exists') else 'null'} for Attribute: {name}"
        )
    return Comparison("=", Path((name,)), _constant(given["Value"]))


def condition_of(name: str, given: Mapping[str, Any]) -> Condition:
    """One condition: a comparison operator and its values.

    Raises:
        AwsError: ValidationException.
    """
    operator = given.get("ComparisonOperator")
    if operator not in _OPERATORS:
        raise invalid(f"ComparisonOperator {operator} is not one of {', '.join(_OPERATORS)}")
    values = tuple(_constant(value) for value in given.get("AttributeValueList") or ())
    wanted = _COUNTS.get(operator, 1)
    if len(values) != wanted if wanted is not None else not values:
        raise invalid(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    path = Path((name,))
    if operator in _COMPARATORS:
        return Comparison(_COMPARATORS[operator], path, values[0])
    if operator == "BETWEEN":
        return Between(path, *values)
    if operator == "IN":
        return In(path, values)
    if operator in ("NULL", "NOT_NULL"):
        return Function("attribute_not_exists" if operator == "NULL" else "attribute_exists", (path,))
    if operator == "NOT_CONTAINS":
        present = Function("attribute_exists", (path,))
        return Logical("AND", present, Not(Function("contains", (path, values[0]))))
    return Function("contains" if operator == "CONTAINS" else "begins_with", (path, values[0]))


def _constant(value: Value) -> Constant:
    return Constant("", check_value(value))


def legacy_update(given: Given | None) -> Update:
    """`AttributeUpdates` as an update.

    Raises:
        AwsError: ValidationException.
    """
    sets: list[Assignment] = []
    removes: list[Path] = []
    adds: list[Adjustment] = []
    deletes: list[Adjustment] = []
    for name, change in (given or {}).items():
        action, path = change.get("Action") or "PUT", Path((name,))
        value = _constant(change["Value"]) if "Value" in change else None
        if action not in ("PUT", "ADD", "DELETE"):
            raise invalid(f"Unknown Action '{action}' in AttributeUpdates for the attribute {name}")
        if action == "DELETE" and value is None:
            removes.append(path)
            continue
        if value is None:
            raise invalid(f"Only DELETE action is allowed when no attribute value is specified: {name}")
        kind = kind_of(value.value)
        if action == "PUT":
            sets.append(Assignment(path, value))
        elif action == "DELETE":
            if kind not in SETS:
                raise invalid(f"DELETE action with value is not supported for the type {kind}")
            deletes.append(Adjustment(path, value))
        else:
            if kind not in SETS | {"N"}:
                raise invalid(f"ADD action is not supported for the type {kind}")
            adds.append(Adjustment(path, value))
    return Update(
        tuple(sets), tuple(removes), tuple(adds), tuple(deletes), tuple(Path((name,)) for name in given or ())
    )
