"""Parts of a parsed statement as functions of its parameters: what is sent again and again is parsed once.

Only what is checked by the kinds of its values, and never by the values themselves, can be made anew so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.model.dynamodb.expressions.nodes import (
    Assignment,
    Comparison,
    Condition,
    Constant,
    Function,
    Logical,
    Not,
    Operand,
    Path,
    Update,
)
from sandbox.model.dynamodb.values import Item, Value

T = TypeVar("T")
#: Makes a part of a statement for other parameters.
Bind = Callable[[Sequence[Value]], T]


class UnboundError(Exception):
    """A statement cannot be made anew of other parameters without reading it again."""


class Binding:
    """Finds the parameters of one statement in what was made of it.

    Args:
        parameters: the very objects that stand in its parts.

    Raises:
        UnboundError: from every method.
    """

    def __init__(self, parameters: Sequence[Value]) -> None:
        self._numbers = {id(value): number for number, value in enumerate(parameters)}
        self._parameters = parameters  # as long as they live, nothing else has their identity
        self._found: list[int] = []
        if len(self._numbers) != len(parameters):
            raise UnboundError

    def check_all_found(self) -> None:
        """Refuses a statement some of whose parameters stand within other values, or nowhere."""
        if sorted(self._found) != list(range(len(self._parameters))):
            raise UnboundError

    def key(self, key: Item) -> Bind[Item]:
        """A key."""
        parts = [(name, self._value(value)) for name, value in key.items()]
        return lambda values: {name: bind(values) for name, bind in parts}

    def update(self, update: Update) -> Bind[Update]:
        """What is set to values and removed."""
        if update.adds or update.deletes:
            raise UnboundError
        sets = [(one.path, self._constant(one.value)) for one in update.sets]
        removes, paths = update.removes, update.paths
        return lambda values: Update(
            tuple([Assignment(path, bind(values)) for path, bind in sets]), removes, paths=paths
        )

    def condition(self, condition: Condition) -> Bind[Condition]:
        """Comparisons, and functions of paths."""
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
        if isinstance(condition, Function) and all(isinstance(one, Path) for one in condition.arguments):
            return lambda values: condition
        raise UnboundError

    def _operand(self, operand: Operand) -> Bind[Operand]:
        if isinstance(operand, Path):
            return lambda values: operand
        return self._constant(operand)

    def _constant(self, operand: Operand) -> Bind[Constant]:
        if not isinstance(operand, Constant):
            raise UnboundError
        name, bind = operand.name, self._value(operand.value)
        return lambda values: Constant(name, bind(values))

    def _value(self, value: Value) -> Bind[Value]:
        number = self._numbers.get(id(value))
        if number is None:
            return lambda values: value
        self._found.append(number)
        return lambda values: values[number]
