"""What is deployed to an account and region, as the record has it."""

from __future__ import annotations

from typing import Any

from sandbox.deploy.nested_templates import STACK
from sandbox.deploy.outputs import render_outputs
from sandbox.deploy.record import Record, Recorded, Stack
from sandbox.deploy.suggest import did_you_mean
from sandbox.errors import UsageError
from sandbox.model.ports import Bindings
from sandbox.model.scope import Scope


class Deployed:
    """Stacks, their resources and outputs.

    Args:
        record: where they are recorded.
        scope: their account and region.
        bindings: expand tokens in outputs.
    """

    def __init__(self, record: Record, scope: Scope, bindings: Bindings) -> None:
        self._record = record
        self._scope = scope
        self._bindings = bindings

    @property
    def scope(self) -> Scope:
        """Account and region that systems are deployed to."""
        return self._scope

    def stacks(self) -> list[Stack]:
        """What is deployed, by name."""
        return self._record.stacks(self._scope)

    def outermost_of(self, name: str) -> str:
        """The name of the stack that holds all those that a stack is within; its own where that is none."""
        stack = self._record.stack(self._scope, name)
        while stack is not None and (parent := self.parent(stack)) is not None:
            stack = parent
        return name if stack is None else stack.name

    def outermost(self) -> list[Stack]:
        """The stacks that are within no other, by name: the others go with them."""
        return [stack for stack in self.stacks() if self.parent(stack) is None]

    def stack(self, name: str) -> Stack:
        """One stack.

        Raises:
            UsageError: no such stack.
        """
        found = self._record.stack(self._scope, name)
        if found is None:
            names = [stack.name for stack in self.stacks()]
            raise UsageError(
                f"no stack {name} is deployed",
                f"deployed are {', '.join(names) or 'none'}.{did_you_mean(name, names)}",
                "`sandbox deploy SYSTEM` deploys one",
            )
        return found

    def resources(self, name: str) -> dict[str, tuple[str, str]]:
        """The type and physical id of each resource of a stack, by logical id."""
        recorded = self._record.resources(self._scope, self.stack(name).name)
        return {logical_id: (found.type, found.physical_id) for logical_id, found in recorded.items()}

    def recorded(self, name: str) -> list[Recorded]:
        """What is recorded of the resources of a stack; nothing where there is no such stack."""
        return list(self._record.resources(self._scope, name).values())

    def parent(self, stack: Stack) -> Stack | None:
        """The stack that a nested one is within."""
        owner = self._record.owner(self._scope, STACK, stack.stack_id)
        return None if owner is None else self._record.stack(self._scope, owner[0])

    def outputs(self, name: str, endpoint: str) -> dict[str, str]:
        """The outputs of a stack as they are reached at `endpoint`.

        Raises:
            UsageError: no such stack.
        """
        return render_outputs(self.stack(name), endpoint, self._bindings)

    def seed_data(self, name: str) -> dict[str, Any]:
        """What the seeders of a stack answered, by seeder.

        Raises:
            UsageError: no such stack.
        """
        return dict(self.stack(name).seed)

    def given(self, name: str) -> dict[str, str]:
        """The parameters that commands gave to a stack and that are kept: all but secrets."""
        return {
            key: value for key, value in self._record.given(self._scope, name).items() if value is not None
        }
