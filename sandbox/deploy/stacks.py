"""The deployer as the CloudFormation API uses it: the port `StackDeployer`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any

from sandbox.deploy.deployer import Deployer
from sandbox.deploy.errors import CleanUpError
from sandbox.deploy.names import localise
from sandbox.deploy.progress import DeployEvent, OnEvent
from sandbox.deploy.record import READY, Stack
from sandbox.deploy.summary import summarize
from sandbox.deploy.system import Sent, System
from sandbox.deploy.template.secret import without_digests
from sandbox.deploy.template.values import Unknown
from sandbox.deploy.turns import Operation, Turns
from sandbox.errors import SandboxError
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from sandbox.model.stacks import (
    DeployedStack,
    ResourceChange,
    StackOutput,
    StackRequest,
    StackResource,
    StackStep,
    TemplateSummary,
)

#: What AWS shows of a value that exists only once another resource does.
_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
Tell = Callable[[StackStep], None]
_WAIT = "wait"
_OF_RESOURCES = frozenset({"create", "update", "replace", "delete", "retain"})


class DeployedStacks:
    """Stacks whose templates come as texts.

    Args:
        deployer: gives what deploys to a scope, its calls caused by a hop.
        turns: gives who works on stacks when.
    """

    def __init__(self, deployer: Callable[[Scope, int | None], Deployer], turns: Callable[[], Turns]) -> None:
        self._deployer = deployer
        self._turns = turns

    def stacks(self, scope: Scope, endpoint: str) -> Sequence[DeployedStack]:
        """The stacks of a scope; see `StackDeployer.stacks`."""
        deployer = self._deployer(scope, None)
        found = []
        for stack in deployer.stacks():
            values = deployer.outputs(stack.name, endpoint)
            outputs = tuple(
                StackOutput(one.name, values[one.name], one.description, one.export) for one in stack.outputs
            )
            found.append(
                DeployedStack(
                    stack.name, stack.stack_id, stack.status, bool(stack.system), stack.parameters, outputs,
                    stack.imports, stack.created, stack.updated, *_around(deployer, stack),
                )
            )  # fmt: skip
        return found

    def resources(self, scope: Scope, name: str, endpoint: str) -> Sequence[StackResource]:
        """The resources of a stack; see `StackDeployer.resources`."""
        return [
            StackResource(one.logical_id, one.type, localise(one.physical_id, endpoint), one.status == READY)
            for one in self._deployer(scope, None).recorded(name)
        ]

    async def template(self, scope: Scope, name: str) -> str:
        """The text of a template's file; see `StackDeployer.template`."""
        with _as_aws_says():
            file = Path(self._deployer(scope, None).stack(name).template)
        try:
            return await asyncio.to_thread(file.read_text)
        except OSError as error:
            raise _invalid(f"the template {file} cannot be read: {error.strerror}") from error

    async def summarize(self, template: str) -> TemplateSummary:
        """What a template says of itself; see `StackDeployer.summarize`."""
        with _as_aws_says():
            return await asyncio.to_thread(summarize, template)

    async def plan(self, request: StackRequest) -> Sequence[ResourceChange]:
        """What would be done; see `StackDeployer.plan`."""
        with _as_aws_says():
            plan = await self._deployer(request.scope, request.cause).plan(
                _system(request), parameters=request.parameters
            )
        return [
            ResourceChange(
                change.logical_id,
                change.type,
                change.recorded.physical_id if change.recorded else "",
                change.action.value,
                change.properties,
                _shown(change.recorded.properties if change.recorded else None),
                _shown(change.wanted),
            )
            for change in (*plan.changes, *plan.removals)
        ]

    async def deploy(self, request: StackRequest, tell: Tell) -> bool:
        """Deploys; see `StackDeployer.deploy`."""
        async with self._turn("the deployment", request.scope, request.name, tell) as operation:
            with _as_aws_says():
                try:
                    await self._deployer(request.scope, request.cause).deploy(
                        _system(request),
                        parameters=request.parameters,
                        on_event=_telling(tell, operation),
                        roll_back=False,
                        back=request.back,
                        nested=request.nested,
                    )
                except CleanUpError:
                    return False
        return True

    async def undo(self, scope: Scope, name: str, tell: Tell) -> None:
        """Takes a failed creation back; see `StackDeployer.undo`."""
        async with self._turn("the rollback", scope, name, tell) as operation:
            deployer = self._deployer(scope, None)
            if any(stack.name == name for stack in deployer.stacks()):
                with _as_aws_says():
                    await deployer.undo(name, on_event=_telling(tell, operation))

    async def delete(self, scope: Scope, name: str, tell: Tell, retain: Collection[str] = ()) -> None:
        """Deletes a stack; see `StackDeployer.delete`."""
        async with self._turn("the deletion", scope, name, tell) as operation:
            deployer = self._deployer(scope, None)
            if any(stack.name == name for stack in deployer.stacks()):
                with _as_aws_says():
                    await deployer.delete(name, retain=retain, on_event=_telling(tell, operation))

    def _turn(self, what: str, scope: Scope, name: str, tell: Tell) -> AbstractAsyncContextManager[Operation]:
        """The turn of work on a stack; whoever looks at the stack meanwhile is told what it waits for."""

        def told(text: str) -> None:
            tell(StackStep(name, "", _WAIT, "start", f"This {text}.", name))

        return self._turns().of(what, scope, self._deployer(scope, None).outermost_of(name), told)


def _around(deployer: Deployer, stack: Stack) -> tuple[str, str]:
    """The ARNs of the stack that one is within, and of the outermost; empty where it is within none."""
    parent = outermost = deployer.parent(stack)
    while outermost is not None and (next_one := deployer.parent(outermost)) is not None:
        outermost = next_one
    return (parent.stack_id, outermost.stack_id) if parent and outermost else ("", "")


def _system(request: StackRequest) -> System:
    """A system without a folder: the file only names the template in what is told."""
    file = Path(f"{request.name}.template")
    return System(request.name, file.parent, file, {}, sent=Sent(request.template, request.stack_id))


def _shown(props: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Properties as a change set shows them."""
    return None if props is None else {name: _known(without_digests(value)) for name, value in props.items()}


def _known(value: Any) -> Any:
    if isinstance(value, Unknown):
        return _LATER
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items()}
    return [_known(item) for item in value] if isinstance(value, list) else value


def _telling(tell: Tell, operation: Operation) -> OnEvent:
    def hear(event: DeployEvent) -> None:
        operation.hear(event)
        if event.action == _WAIT:
            tell(StackStep(event.stack, "", _WAIT, "start", event.detail, event.stack))
            return
        action = "delete" if event.action == "roll back" else event.action
        if event.nested is not None:
            action = action.removesuffix(" stack")
        elif action not in _OF_RESOURCES:
            return
        tell(
            StackStep(event.subject, event.kind, action, event.phase, event.detail, event.stack, event.nested)
        )

    return hear


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


@contextmanager
def _as_aws_says() -> Iterator[None]:
    """What stands in the way, as CloudFormation's error for it; the deployer's words say where it is."""
    try:
        yield
    except SandboxError as error:
        raise _invalid(f"{error.what}: {error.why}") from error
