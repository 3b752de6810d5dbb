"""What the engine has to say of a template before anything is made: what it cannot do, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sandbox.deploy.template.declarations import ResourceDeclaration
from sandbox.deploy.template.problem import Problem, Problems

Judge = Callable[[str, Mapping[str, Any]], str | None]
Compare = Callable[[str, Mapping[str, Any]], Sequence[str]]


def accept(type_: str, properties: Mapping[str, Any]) -> str | None:
    """Judges everything to be fine."""
    return None


def check_engine(declarations: Iterable[ResourceDeclaration], unsupported: Judge) -> None:
    """Refuses what the engine cannot do, all at once.

    Raises:
        Problems: the resources that it cannot do.
    """
    problems = [
        Problem(
            ("Resources", declaration.logical_id),
            reason,
            "remove it, or deploy to the embedded engine: leave --engine out",
        )
        for declaration in declarations
        if (reason := unsupported(declaration.type, declaration.properties)) is not None
    ]
    if problems:
        raise Problems(problems)


def alike(type_: str, properties: Mapping[str, Any]) -> Sequence[str]:
    """Finds no difference."""
    return ()


def differences(declarations: Iterable[ResourceDeclaration], compare: Compare) -> list[str]:
    """What the engine takes and does not act on, each said once with the resources that ask for it."""
    found: dict[str, list[str]] = {}
    for declaration in declarations:
        for text in compare(declaration.type, declaration.properties):
            found.setdefault(text, []).append(declaration.logical_id)
    return [f"{text} ({', '.join(names)})" for text, names in found.items()]
