"""What a parsed expression is made of; names and values are resolved already."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sandbox.model.dynamodb.values import Value


class Path(msgspec.Struct, frozen=True):
    """A document path: attribute names, and indexes of lists."""

    steps: tuple[str | int, ...]

    @property
    def top(self) -> str:
        """The attribute of the item that it begins at."""
        first = self.steps[0]
        assert isinstance(first, str)
        return first

    def __str__(self) -> str:
        shown = (f"[{step}]" if isinstance(step, int) else step for step in self.steps)
        return f"[{', '.join(shown)}]"


class Constant(msgspec.Struct, frozen=True):
    """A value of ExpressionAttributeValues."""

    name: str
    value: Value


class Function(msgspec.Struct, frozen=True):
    """A call; which ones may stand where is checked by who reads the tree."""

    name: str
    arguments: tuple[Operand, ...]


class Arithmetic(msgspec.Struct, frozen=True):
    """`left + right` or `left - right`."""

    sign: int
    left: Operand
    right: Operand


Operand = Path | Constant | Function | Arithmetic


class Comparison(msgspec.Struct, frozen=True):
    """`left = right` and the other comparators."""

    operator: str
    left: Operand
    right: Operand


class Between(msgspec.Struct, frozen=True):
    """`operand BETWEEN low AND high`."""

    operand: Operand
    low: Operand
    high: Operand


class In(msgspec.Struct, frozen=True):
    """`operand IN (options)`."""

    operand: Operand
    options: tuple[Operand, ...]


class Not(msgspec.Struct, frozen=True):
    """`NOT condition`."""

    condition: Condition


class Logical(msgspec.Struct, frozen=True):
    """`left AND right`, `left OR right`."""

    operator: str
    left: Condition
    right: Condition


Condition = Comparison | Between | In | Not | Logical | Function


class Assignment(msgspec.Struct, frozen=True):
    """`SET path = value`."""

    path: Path
    value: Operand


class Adjustment(msgspec.Struct, frozen=True):
    """`ADD path value` and `DELETE path value`."""

    path: Path
    value: Constant


class Update(msgspec.Struct, frozen=True):
    """An update expression.

    Attributes:
        paths: every path that it changes, in the order of the text.
    """

    sets: tuple[Assignment, ...] = ()
    removes: tuple[Path, ...] = ()
    adds: tuple[Adjustment, ...] = ()
    deletes: tuple[Adjustment, ...] = ()
    paths: tuple[Path, ...] = ()


def attributes_of(node: Condition | Operand) -> Iterator[str]:
    """The attributes of the item that a condition looks at."""
    if isinstance(node, Path):
        yield node.top
    elif isinstance(node, Function):
        for argument in node.arguments:
            yield from attributes_of(argument)
    elif isinstance(node, Logical | Comparison | Arithmetic):
        yield from attributes_of(node.left)
        yield from attributes_of(node.right)
    elif isinstance(node, Not):
        yield from attributes_of(node.condition)
    elif isinstance(node, Between):
        for part in (node.operand, node.low, node.high):
            yield from attributes_of(part)
    elif isinstance(node, In):
        for option in (node.operand, *node.options):
            yield from attributes_of(option)
