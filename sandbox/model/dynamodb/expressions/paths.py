"""Reading document paths, and paths that get in each other's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.expressions.nodes import Path
from sandbox.model.dynamodb.values import Item, Value


def resolve(path: Path, item: Item) -> Value | None:
    """What stands at a path, or None."""
    value: Value | None = item.get(path.top)
    for step in path.steps[1:]:
        if value is None:
            return None
        value = below(value, step)
    return value


def below(value: Value, step: str | int) -> Value | None:
    """The element of a map or list, or None."""
    if isinstance(step, str):
        found: Value | None = value["M"].get(step) if "M" in value else None
        return found
    elements = value.get("L")
    return elements[step] if elements is not None and step < len(elements) else None


def check_apart(paths: Sequence[Path], error: Callable[[str], AwsError]) -> None:
    """Refuses paths of which one lies in another, or that see a list and a map in the same place.

    Raises:
        AwsError: ValidationException.
    """
    for first, second in combinations(paths, 2):
        problem = _clash(first, second)
        if problem:
            raise error(
                f"Two document paths {problem} with each other; must remove or rewrite one of these paths; "
                f"path one: {first}, path two: {second}"
            )


def _clash(first: Path, second: Path) -> str | None:
    for one, other in zip(first.steps, second.steps, strict=False):
        if type(one) is not type(other):
            return "conflict"
        if one != other:
            return None
    return "overlap"


def project(item: Item, paths: Sequence[Path]) -> Item:
    """What of an item the paths name; elements of lists close up, in the order of their places."""
    tree: dict[str | int, object] = {}
    for path in paths:
        node = tree
        for step in path.steps[:-1]:
            inner = node.setdefault(step, {})
            assert isinstance(inner, dict)
            node = inner
        node[path.steps[-1]] = None
    found = _pick({"M": item}, tree)
    return found["M"] if found else {}


def _pick(value: Value, tree: object) -> Value | None:
    """The parts of a value that a tree of steps names; None: nothing of it is there."""
    if not isinstance(tree, dict):
        return value
    picked = []
    for step in sorted(tree, key=lambda step: (isinstance(step, str), step)):
        inner = below(value, step)
        part = None if inner is None else _pick(inner, tree[step])
        if part is not None:
            picked.append((step, part))
    if not picked:
        return None
    if isinstance(picked[0][0], int):
        return {"L": [part for _, part in picked]}
    return {"M": {str(step): part for step, part in picked}}
