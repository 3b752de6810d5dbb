"""Who needs whom in a template, and an order that respects it: the same one on every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sandbox.deploy.template.declarations import ResourceDeclaration
from sandbox.deploy.template.functions import Resolver
from sandbox.deploy.template.problem import Problem
from sandbox.deploy.template.references import references

Dependencies = Mapping[str, tuple[str, ...]]


def active(
    declarations: Mapping[str, ResourceDeclaration], resolver: Resolver
) -> dict[str, ResourceDeclaration]:
    """The resources whose condition holds.

    Raises:
        Problem: a condition does not exist.
    """
    return {
        logical_id: declaration
        for logical_id, declaration in declarations.items()
        if declaration.condition is None
        or resolver.condition(declaration.condition, ("Resources", logical_id, "Condition"))
    }


def dependencies(
    declarations: Mapping[str, ResourceDeclaration], resolver: Resolver
) -> dict[str, tuple[str, ...]]:
    """For each resource, those that must exist before it, sorted."""
    return {
        logical_id: tuple(
            sorted(
                {
                    name
                    for name in (
                        *references(declaration.properties, resolver.condition, declaration.path),
                        *declaration.depends_on,
                    )
                    if name in declarations
                }
            )
        )
        for logical_id, declaration in declarations.items()
    }


def order(needs: Dependencies) -> list[str]:
    """Every resource after all that it needs; alphabetical where that leaves a choice.

    Raises:
        Problem: resources need each other in a circle.
    """
    done: set[str] = set()
    ordered: list[str] = []
    waiting = sorted(needs)
    while waiting:
        ready = [name for name in waiting if done.issuperset(needs[name])]
        if not ready:
            circle = _circle({name: [n for n in needs[name] if n not in done] for name in waiting})
            raise Problem(
                ("Resources", circle[0]),
                f"resources need each other in a circle: {' -> '.join(circle)}",
                "remove one of these references",
            )
        ordered += ready
        done.update(ready)
        waiting = [name for name in waiting if name not in done]
    return ordered


def _circle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    path = [min(needs)]
    while True:
        following = min(needs[path[-1]])
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def removal_order(needs: Dependencies) -> list[str]:
    """Every resource before those that it needs; a circle (of an older record) does not stop a removal."""
    known = {name: tuple(n for n in needs[name] if n in needs and n != name) for name in needs}
    try:
        return order(known)[::-1]
    except Problem:
        return sorted(known, reverse=True)
