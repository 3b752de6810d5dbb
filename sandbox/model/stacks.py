"""Stacks as the CloudFormation API and the deployer speak of them, and the port between the two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.model.scope import Scope


@dataclass(frozen=True, slots=True)
class StackRequest:
    """A stack as it shall be.

    Attributes:
        template: its text, YAML or JSON.
        parameters: values by name, as texts.
        cause: the hop that asked for it.
        back: it is what the stack was before an update that failed.
        nested: the templates that the stacks within it had then, by their ARNs.
    """

    scope: Scope
    name: str
    stack_id: str
    template: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    cause: int | None = None
    back: bool = False
    nested: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NestedStack:
    """A stack within another.

    Attributes:
        parent_id: ARN of the stack that holds it.
        template: its text.
    """

    name: str
    stack_id: str
    parent_id: str = ""
    template: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StackStep:
    """What happens to one resource while a stack is worked on, or to a stack within it as a whole.

    Attributes:
        action: `create`, `update`, `replace`, `delete`, `retain`; `wait` of a stack that waits for something.
        phase: `start`, `done`, `failed`.
        detail: the physical id once it is done, or why it failed, or what is waited for.
        stack: name of the stack that the resource is of.
        nested: the nested stack that all of it is about; `logical_id` is its name then.
    """

    logical_id: str
    type: str
    action: str
    phase: str
    detail: str = ""
    stack: str = ""
    nested: NestedStack | None = None


@dataclass(frozen=True, slots=True)
class StackResource:
    """A resource of a stack; `ready` once it was made."""

    logical_id: str
    type: str
    physical_id: str
    ready: bool


@dataclass(frozen=True, slots=True)
class StackOutput:
    """An output of a stack, as it is reached from where it was asked for."""

    name: str
    value: str
    description: str = ""
    export: str | None = None


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A stack that the deployer knows.

    Attributes:
        status: `deploying`, `deployed` or `failed`.
        from_files: it was deployed from a template file, not by the API.
        parameters: values that may be shown.
        created, updated: virtual seconds since the epoch.
        parent_id, root_id: of a nested stack, the ARNs of the one that holds it and of the outermost.
    """

    name: str
    stack_id: str
    status: str
    from_files: bool
    parameters: Mapping[str, Any]
    outputs: tuple[StackOutput, ...]
    imports: tuple[str, ...]
    created: float
    updated: float
    parent_id: str = ""
    root_id: str = ""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What would happen to a resource.

    Attributes:
        action: `create`, `update`, `replace`, `delete`, `retain`, `unchanged`.
        properties: the names of those that differ.
        before, after: all of them, as they may be shown; None where there is no such resource.
    """

    logical_id: str
    type: str
    physical_id: str
    action: str
    properties: tuple[str, ...] = ()
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TemplateParameter:
    """A parameter as a template declares it."""

    name: str
    type: str
    default: str | None
    secret: bool
    description: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateSummary:
    """What a template says of itself before anything is resolved.

    Attributes:
        types: the type of each resource, by logical id.
        named: the logical ids of IAM resources whose name the template gives.
        outputs: the section, as it was written.
    """

    description: str
    version: str
    transforms: tuple[str, ...]
    parameters: tuple[TemplateParameter, ...]
    types: Mapping[str, str]
    named: frozenset[str]
    outputs: Mapping[str, Any]


class StackDeployer(Protocol):
    """Makes stacks out of templates, and knows those that exist (implemented by `deploy`)."""

    def stacks(self, scope: Scope, endpoint: str) -> Sequence[DeployedStack]:
        """The stacks of an account and region, by name.

        Args:
            endpoint: where outputs that are URLs are reached.
        """
        ...

    def resources(self, scope: Scope, name: str, endpoint: str) -> Sequence[StackResource]:
        """The resources of a stack, by logical id; none where there is no such stack.

        Args:
            endpoint: where physical ids that are URLs are reached.
        """
        ...

    async def template(self, scope: Scope, name: str) -> str:
        """The text of a stack that was deployed from a file.

        Raises:
            AwsError: the file is gone.
        """
        ...

    async def summarize(self, template: str) -> TemplateSummary:
        """What a template says of itself.

        Raises:
            AwsError: `ValidationError`, it is not a template.
        """
        ...

    async def plan(self, request: StackRequest) -> Sequence[ResourceChange]:
        """What `deploy` would do; nothing is changed.

        Raises:
            AwsError: `ValidationError`, the template cannot be deployed.
        """
        ...

    async def deploy(self, request: StackRequest, tell: Callable[[StackStep], None]) -> bool:
        """Makes what the template declares exist, after whatever works on the stack now.

        Returns:
            Whether all that is no longer wanted could be removed.

        Raises:
            AwsError: a resource failed; what was done until then stays.
        """
        ...

    async def undo(self, scope: Scope, name: str, tell: Callable[[StackStep], None]) -> None:
        """Removes what a creation that failed has made; nothing where it made nothing.

        Raises:
            AwsError: a resource could not be removed.
        """
        ...

    async def delete(
        self, scope: Scope, name: str, tell: Callable[[StackStep], None], retain: Collection[str] = ()
    ) -> None:
        """Removes a stack with its resources; nothing where there is none.

        Args:
            retain: logical ids of resources that stay in place.

        Raises:
            AwsError: a resource could not be removed, or another stack imports from this one.
        """
        ...
