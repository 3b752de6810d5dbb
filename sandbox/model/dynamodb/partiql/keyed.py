"""What a WHERE says of the key: one item, or parts of a table or index that a query can read."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.keyconditions import KeyRange, key_range_of
from sandbox.model.dynamodb.expressions.nodes import (
    Between,
    Comparison,
    Condition,
    Constant,
    Function,
    In,
    Logical,
    Operand,
    Path,
)
from sandbox.model.dynamodb.keys import KeySchema
from sandbox.model.dynamodb.values import Item, kind_of


def conjuncts(condition: Condition | None) -> Iterator[Condition]:
    """What must all hold."""
    if isinstance(condition, Logical) and condition.operator == "AND":
        yield from conjuncts(condition.left)
        yield from conjuncts(condition.right)
    elif condition is not None:
        yield condition


def together(conditions: list[Condition]) -> Condition | None:
    """The conjunction of conditions."""
    whole: Condition | None = None
    for condition in conditions:
        whole = condition if whole is None else Logical("AND", whole, condition)
    return whole


def key_of(schema: KeySchema, where: Condition | None) -> tuple[Item, Condition | None] | None:
    """The key of the one item that WHERE names, and what else it says; None: it may mean several.

    Raises:
        AwsError: ValidationException: a key attribute is compared with a value of another type.
    """
    check_kinds(schema, where)
    key: Item = {}
    rest: list[Condition] = []
    for condition in conjuncts(where):
        name = _about(condition)
        if _is_equality(condition) and name in schema.names and name not in key:
            assert isinstance(condition, Comparison)
            key[name] = next(
                side.value for side in (condition.left, condition.right) if isinstance(side, Constant)
            )
        else:
            rest.append(condition)
    return (key, together(rest)) if len(key) == len(schema.parts) else None


def ranges_of(schema: KeySchema, where: Condition | None) -> tuple[KeyRange, ...] | None:
    """The parts that a query can read; None: only a scan finds what is asked for.

    They hold everything that WHERE finds, and may hold more.

    Raises:
        AwsError: ValidationException.
    """
    check_kinds(schema, where)
    found = list(conjuncts(where))
    partitions: list[list[Condition]] = [[]]
    for part in schema.hash_parts:
        options = next(
            (options for options in map(_options, found, [part.name] * len(found)) if options), None
        )
        if options is None:
            return None
        partitions = [[*partition, option] for partition in partitions for option in options]
    sort: list[Condition] = []
    for part in schema.range_parts:
        about = [condition for condition in found if _about(condition) == part.name]
        equality = next((condition for condition in about if _is_equality(condition)), None)
        term = equality or next((condition for condition in about if _is_range(condition)), None)
        if term is None:
            break
        sort.append(term)
        if equality is None:
            break
    ranges = (key_range_of([*partition, *sort], schema) for partition in partitions)
    return tuple({(range_.bucket, range_.partition): range_ for range_ in ranges}.values())


def check_kinds(schema: KeySchema, where: Condition | None) -> None:
    """Refuses to compare a key attribute with a value of another type.

    Raises:
        AwsError: ValidationException.
    """
    kinds = {part.name: part.kind for part in schema.parts}
    for condition in conjuncts(where):
        name = _about(condition)
        if name not in kinds or (isinstance(condition, Function) and condition.name != "begins_with"):
            continue
        for operand in _operands(condition):
            if isinstance(operand, Constant) and kind_of(operand.value) != kinds[name]:
                raise validation(
                    f"Key attribute's data type should match its data type in table's schema: Key {name}"
                )


def _operands(condition: Condition) -> tuple[Operand, ...]:
    if isinstance(condition, Comparison):
        return condition.left, condition.right
    if isinstance(condition, Between):
        return condition.operand, condition.low, condition.high
    if isinstance(condition, In):
        return condition.operand, *condition.options
    return condition.arguments if isinstance(condition, Function) else ()


def _about(condition: Condition) -> str | None:
    """The attribute that a condition compares with values, where it is one alone."""
    paths = [operand for operand in _operands(condition) if isinstance(operand, Path)]
    others = [operand for operand in _operands(condition) if not isinstance(operand, Path)]
    if len(paths) != 1 or len(paths[0].steps) != 1 or not all(isinstance(one, Constant) for one in others):
        return None
    return paths[0].top


def _is_equality(condition: Condition) -> bool:
    return isinstance(condition, Comparison) and condition.operator == "="


def _is_range(condition: Condition) -> bool:
    if isinstance(condition, Comparison):
        return condition.operator != "<>"
    if isinstance(condition, Between):
        return isinstance(condition.operand, Path)
    return (
        isinstance(condition, Function)
        and condition.name == "begins_with"
        and isinstance(condition.arguments[0], Path)
    )


def _options(condition: Condition, name: str) -> list[Condition]:
    """The equalities, one of which a condition on a partition key says; none where it says something else."""
    if _about(condition) != name:
        return []
    if _is_equality(condition):
        return [condition]
    if isinstance(condition, In) and isinstance(condition.operand, Path):
        return [Comparison("=", condition.operand, option) for option in condition.options]
    return []
