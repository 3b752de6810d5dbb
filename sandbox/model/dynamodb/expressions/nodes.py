"""What a parsed expression is made of; names and values are resolved already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.model.dynamodb.values import Value


@dataclass(frozen=True, slots=True)
class Path:
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


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of ExpressionAttributeValues."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Function:
    """A call; which ones may stand where is checked by who reads the tree."""

    name: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right` or `left - right`."""

    sign: int
    left: Operand
    right: Operand


Operand = Path | Constant | Function | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left = right` and the other comparators."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN low AND high`."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (options)`."""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT condition`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Logical:
    """`left AND right`, `left OR right`."""

    operator: str
    left: Condition
    right: Condition


Condition = Comparison | Between | In | Not | Logical | Function


@dataclass(frozen=True, slots=True)
class Assignment:
    """`SET path = value`."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`ADD path value` and `DELETE path value`."""

    path: Path
    value: Constant


@dataclass(frozen=True, slots=True)
class Update:
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
