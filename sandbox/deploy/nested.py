"""Stacks within stacks: deployed, changed, taken back and deleted with the stack that holds them.

On AWS what an update replaces goes when the whole tree of stacks has been updated, so that all of it can
still go back: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Protocol

from sandbox.deploy.errors import CleanUpError, DeployError
from sandbox.deploy.nested_templates import STACK, check_nested, nested_system, read_nested
from sandbox.deploy.progress import DeployEvent, OnEvent
from sandbox.deploy.record import Stack
from sandbox.deploy.resources.base import AwsCall, HalfMadeError, NestedOrder
from sandbox.deploy.summary import summarize
from sandbox.deploy.system import System
from sandbox.deploy.template.problem import Problem
from sandbox.errors import SandboxError
from sandbox.model.stacks import NestedStack

_PARTICIPLES = {"create": "created", "update": "updated", "delete": "deleted"}


@dataclass(slots=True)
class Run:
    """One operation on a stack and on those within it.

    Attributes:
        on_event: told of every step.
        back: an update is taken back.
        templates: what the templates of stacks within were before, by the ARN of the stack.
        later: what is removed once all of them are as they shall be.
    """

    on_event: OnEvent
    back: bool = False
    templates: Mapping[str, str] = field(default_factory=dict)
    later: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def clean_up(self) -> None:
        """Removes what is no longer wanted in any of the stacks, the outermost first.

        Raises:
            CleanUpError: something could not be removed; the next deployment tries it again.
        """
        failures: list[DeployError] = []
        for remove in reversed(self.later):
            try:
                await remove()
            except DeployError as error:
                failures.append(error)
        if failures:
            raise CleanUpError(failures[0].what, failures[0].why, failures[0].remedy) from failures[0]


class Within(Protocol):
    """What deploys stacks within an operation that goes on (implemented by `Deployer`)."""

    async def deploy_within(self, system: System, parameters: Mapping[str, str], run: Run) -> Stack:
        """As `Deployer.deploy`."""
        ...

    async def delete_within(self, name: str, run: Run) -> None:
        """As `Deployer.delete`; nothing where there is no such stack."""
        ...


@dataclass(frozen=True, slots=True)
class NestedStacks:
    """The stacks within one stack; implements the port `Nested` of its resources.

    Attributes:
        deployer: deploys them.
        call: reads their templates.
        run: the operation that goes on.
        folder: of the template that names theirs; None where it was sent.
    """

    deployer: Within
    call: AwsCall
    run: Run
    folder: File | None

    async def deploy(self, order: NestedOrder, action: str) -> dict[str, str]:
        """Makes a stack what it shall be, and gives its outputs; see `Nested.deploy`."""
        try:
            text, file = self.run.templates.get(order.stack_id, ""), None
            if not text:
                text, file = await read_nested(order.url, self.call, self.folder, ())
            check_nested(order.url, text, ())
        except Problem as problem:
            raise _half_made(order.stack_id, action, problem.why) from problem
        system = nested_system(order.stack_id, text, file)
        described = summarize(text).description
        nested = NestedStack(order.name, order.stack_id, order.parent_id, text, described, order.tags)
        self._tell(nested, action, "start")
        try:
            stack = await self.deployer.deploy_within(system, order.parameters, self.run)
        except SandboxError as error:
            self._tell(nested, action, "failed", f"{error.what}: {error.why}")
            raise _half_made(order.stack_id, action, f"{error.what}: {error.why}") from error
        self._tell(nested, action, "done", order.stack_id)
        return {output.name: output.value for output in stack.outputs}

    async def delete(self, name: str, stack_id: str) -> None:
        """Removes a stack; see `Nested.delete`."""
        nested = NestedStack(name, stack_id)
        self._tell(nested, "delete", "start")
        try:
            await self.deployer.delete_within(name, self.run)
        except SandboxError as error:
            self._tell(nested, "delete", "failed", f"{error.what}: {error.why}")
            raise _half_made(stack_id, "delete", f"{error.what}: {error.why}") from error
        self._tell(nested, "delete", "done", stack_id)

    def _tell(self, nested: NestedStack, action: str, phase: str, detail: str = "") -> None:
        event = DeployEvent(
            nested.name, nested.name, STACK, f"{action} stack", phase, detail=detail, nested=nested
        )
        self.run.on_event(event)


def _half_made(stack_id: str, action: str, why: str) -> HalfMadeError:
    message = f"Embedded stack {stack_id} was not successfully {_PARTICIPLES[action]}: {why}"
    return HalfMadeError("GeneralServiceException", message, stack_id)
