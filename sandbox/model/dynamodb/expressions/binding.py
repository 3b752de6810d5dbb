"""Parsed expressions as functions of their values: what is sent again and again is parsed once.

Only what is checked by the kinds of its values, and never by the values themselves, can be made anew so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.model.dynamodb.expressions.nodes import (
    Adjustment,
    Arithmetic,
    Assignment,
    Comparison,
    Condition,
    Constant,
    Function,
    In,
    Logical,
    Not,
    Operand,
    Path,
    Update,
)
from sandbox.model.dynamodb.values import Item, Value

T = TypeVar("T")
#: Makes a part of an expression for other values.
Bind = Callable[[Sequence[Value]], T]


class UnboundError(Exception):
    """An expression cannot be made anew of other values without reading it again."""


class Binding:
    """Finds the values of one expression or statement in what was made of it.

    Args:
        values: the very objects that stand in its parts.

    Raises:
        UnboundError: from every method.
    """

    def __init__(self, values: Sequence[Value]) -> None:
        self._numbers = {id(value): number for number, value in enumerate(values)}
        self._values = values  # as long as they live, nothing else has their identity
        self._found: list[int] = []
        if len(self._numbers) != len(values):
            raise UnboundError

    def check_each_found(self) -> None:
        """Refuses what has not each value at one place: it may stand within another one."""
        if sorted(self._found) != list(range(len(self._values))):
            raise UnboundError

    def key(self, key: Item) -> Bind[Item]:
        """A key."""
        parts = [(name, self._value(value)) for name, value in key.items()]
        return lambda values: {name: bind(values) for name, bind in parts}

    def update(self, update: Update) -> Bind[Update]:
        """An update."""
        sets = [(one.path, self._operand(one.value)) for one in update.sets]
        adds = [(one.path, self._constant(one.value)) for one in update.adds]
        deletes = [(one.path, self._constant(one.value)) for one in update.deletes]
        removes, paths = update.removes, update.paths
        return lambda values: Update(
            tuple([Assignment(path, bind(values)) for path, bind in sets]),
            removes,
            tuple([Adjustment(path, bind(values)) for path, bind in adds]),
            tuple([Adjustment(path, bind(values)) for path, bind in deletes]),
            paths,
        )

    def condition(self, condition: Condition) -> Bind[Condition]:
        """A condition; the bounds of BETWEEN are compared as they are read."""
        if isinstance(condition, Logical):
            operator = condition.operator
            one, other = self.condition(condition.left), self.condition(condition.right)
            return lambda values: Logical(operator, one(values), other(values))
        if isinstance(condition, Not):
            inner = self.condition(condition.condition)
            return lambda values: Not(inner(values))
        if isinstance(condition, Comparison):
            comparator = condition.operator
            left, right = self._operand(condition.left), self._operand(condition.right)
            return lambda values: Comparison(comparator, left(values), right(values))
        if isinstance(condition, In):
            operand, options = self._operand(condition.operand), [*map(self._operand, condition.options)]
            return lambda values: In(operand(values), tuple([option(values) for option in options]))
        if isinstance(condition, Function):
            return self._function(condition)
        raise UnboundError

    def _function(self, function: Function) -> Bind[Function]:
        name = function.name
        if name == "attribute_type":  # the value says a kind, and is checked for that
            raise UnboundError
        arguments = [self._operand(argument) for argument in function.arguments]
        return lambda values: Function(name, tuple([argument(values) for argument in arguments]))

    def _operand(self, operand: Operand) -> Bind[Operand]:
        if isinstance(operand, Path):
            return lambda values: operand
        if isinstance(operand, Function):
            return self._function(operand)
        if isinstance(operand, Arithmetic):
            sign, left, right = operand.sign, self._operand(operand.left), self._operand(operand.right)
            return lambda values: Arithmetic(sign, left(values), right(values))
        return self._constant(operand)

    def _constant(self, constant: Constant) -> Bind[Constant]:
        name, bind = constant.name, self._value(constant.value)
        return lambda values: Constant(name, bind(values))

    def _value(self, value: Value) -> Bind[Value]:
        number = self._numbers.get(id(value))
        if number is None:  # it stands in the text itself
            return lambda values: value
        self._found.append(number)
        return lambda values: values[number]
