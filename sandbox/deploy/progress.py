"""What a deployment tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeployEvent:
    """One step of a deployment.

    Attributes:
        stack: name of the stack.
        subject: logical id of a resource, name of a migration or of a seeder.
        kind: the resource's type, `template`, `migration`, `seeder`, or `notice`.
        action: `create`, `update`, `replace`, `delete`, `retain`, `roll back`, `transform`, `apply`, `run`.
        phase: `start`, `done`, `failed`.
        seconds: real seconds it took, once it ended.
        detail: the physical id, or what went wrong.
    """

    stack: str
    subject: str
    kind: str
    action: str
    phase: str
    seconds: float = 0.0
    detail: str = ""


OnEvent = Callable[[DeployEvent], None]


def quiet(event: DeployEvent) -> None:
    """Tells nobody."""
