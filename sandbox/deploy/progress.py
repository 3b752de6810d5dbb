"""What a deployment tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.model.stacks import NestedStack


@dataclass(frozen=True, slots=True)
class DeployEvent:
    """One step of a deployment.

    Attributes:
        stack: name of the stack.
        subject: logical id of a resource, name of a migration or of a seeder.
        kind: the resource's type, `template`, `migration`, `seeder`, or `notice`.
        action: `create`, `update`, `replace`, `delete`, `retain`, `roll back`, `transform`, `apply`, `run`;
            of a nested stack `create stack`, `update stack`, `delete stack`; of a notice `wait` where it
            says what is waited for.
        phase: `start`, `done`, `failed`.
        seconds: real seconds it took, once it ended.
        detail: the physical id, or what went wrong.
        nested: the nested stack that it is about.
    """

    stack: str
    subject: str
    kind: str
    action: str
    phase: str
    seconds: float = 0.0
    detail: str = ""
    nested: NestedStack | None = None


OnEvent = Callable[[DeployEvent], None]


def quiet(event: DeployEvent) -> None:
    """Tells nobody."""
