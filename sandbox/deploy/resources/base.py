"""What every AWS type of a template is made of.

A type declares its properties (shape, whether a change replaces the resource, as the CloudFormation resource
reference says: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html)
and creates, updates and deletes through AWS calls. Properties that are not declared are refused by name.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, ClassVar, Protocol

from sandbox.deploy.resources.shapes import Shape
from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.template.problem import Path, Problem, Problems
from sandbox.deploy.template.values import as_text
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope

Props = dict[str, Any]
AwsCall = Callable[[str, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_GONE = ("NotFound", "NonExistent", "DoesNotExist", "NoSuch", "NotFoundException", "NotAttached")


@dataclass(frozen=True, slots=True)
class Property:
    """A property that is acted on; `replaces`: a change makes a new resource."""

    shape: Shape
    replaces: bool = False
    required: bool = False


class Answers(Protocol):
    """Waits for answers that do not come with the call (implemented by `AnswerDoor`)."""

    async def ask(
        self,
        send: Callable[[str], Awaitable[object]],
        seconds: float,
        label: str,
        notice: Callable[[], None],
    ) -> bytes | None:
        """Sends a request with the URL to answer to; the answer, or None where none comes in time."""
        ...


@dataclass(frozen=True, slots=True)
class NestedOrder:
    """A stack within a stack, as it shall be.

    Attributes:
        parent_id: ARN of the stack that holds it.
        url: where its template is.
    """

    name: str
    stack_id: str
    parent_id: str
    url: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


class Nested(Protocol):
    """Stacks within the stack that is worked on (implemented by `NestedStacks`)."""

    async def deploy(self, order: NestedOrder, action: str) -> Mapping[str, str]:
        """Makes a stack what it shall be (`create`, `update`); its outputs by name.

        Raises:
            HalfMadeError: it failed, and is there.
        """
        ...

    async def delete(self, name: str, stack_id: str) -> None:
        """Removes a stack; one that is gone already is no error.

        Raises:
            HalfMadeError: something of it could not be removed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a type needs besides its properties.

    Attributes:
        aws: runs an AWS operation `(service, operation, parameters)`; parameters that are None are left out.
        scope: account and region of the stack.
        folder: what local paths of the template are relative to.
        generation: how many times the resource was replaced; part of its generated name.
        type: that of the template: one handler may have several.
        answers: where providers of custom resources answer.
        nested: makes stacks within this one.
        notice: tells a person what they should know while it goes on.
        pause: waits real seconds, for services that need time (they live in real time).
    """

    aws: AwsCall
    scope: Scope
    stack: str
    stack_id: str
    logical_id: str
    folder: File
    answers: Answers
    nested: Nested
    notice: Callable[[str], None]
    type: str = ""
    generation: int = 0
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    def name(self, given: str | None, limit: int = 64, *, lower: bool = False) -> str:
        """The given name, or one as CloudFormation makes it: `stack-LogicalId-RANDOM`.

        The random part is drawn from the stack's id: a deployment that was cut off finds what it made.
        """
        if given:
            return given
        digest = hashlib.sha256(f"{self.stack_id}/{self.logical_id}/{self.generation}".encode()).digest()
        unique = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:12])
        room = limit - len(unique) - 1
        stem = f"{self.stack}-{self.logical_id}"
        if len(stem) > room:
            half = (room - 1) // 2
            stem = f"{self.stack[:half]}-{self.logical_id[: room - 1 - min(half, len(self.stack))]}"
        name = f"{stem}-{unique}"
        return name.lower() if lower else name


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that exists.

    Attributes:
        physical_id: what `Ref` gives.
        attributes: what `Fn::GetAtt` gives, by name.
    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Existing:
    """A recorded resource; secrets in `properties` are digests."""

    physical_id: str
    properties: Props
    attributes: Mapping[str, Any] = field(default_factory=dict)


class HalfMadeError(AwsError):
    """A resource failed, and whoever made it says what it is called: that is what has to be removed.

    Args:
        physical_id: empty where it is not known.
    """

    def __init__(self, code: str, message: str, physical_id: str) -> None:
        super().__init__(code, message)
        self.physical_id = physical_id


class LateError(AwsError):
    """A service goes on with what it was asked for, and did not end in the time that is given to it.

    Args:
        remedy: what to do next.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(code, message)
        self.remedy = remedy


class ResourceType(ABC):
    """One type of resource."""

    #: `AWS::SQS::Queue`.
    type: ClassVar[str]
    #: What is acted on.
    properties: ClassVar[Mapping[str, Property]]
    #: Properties that AWS has and this does not act on: refused as not implemented rather than as unknown.
    not_implemented: ClassVar[frozenset[str]] = frozenset()
    #: What `Fn::GetAtt` can ask for.
    attributes: ClassVar[frozenset[str]] = frozenset()
    #: The property that gives the resource a name of its own.
    name_property: ClassVar[str | None] = None
    #: The property that names a function whose local code this is a copy of: a change there replaces it.
    copies_code_of: ClassVar[str | None] = None
    #: Whether the policy `Snapshot` is one for it. Here it keeps nothing, which is told.
    snapshots: ClassVar[bool] = False

    #: Whether it is told of a change that failed, by being changed back; whether it was replaced says its
    #: physical id.
    told_of_failures: ClassVar[bool] = False

    def has_attribute(self, name: str) -> bool:
        """Whether `Fn::GetAtt` can ask for an attribute."""
        return name in self.attributes

    def lacks(self, name: str, physical_id: str) -> str:
        """Why a resource that exists has no such attribute, where that is known only of the resource."""
        return f"{physical_id} has no attribute {name}"

    def read(self, resolved: Mapping[str, Any], path: Path) -> Props:
        """The properties, converted to their shapes.

        Raises:
            Problem: one is missing, or has another shape.
            Problems: those that are unknown or not implemented.
        """
        problems = [self._refused(name, (*path, name)) for name in resolved if name not in self.properties]
        if problems:
            raise Problems(problems)
        for name, declared in self.properties.items():
            if declared.required and name not in resolved:
                raise Problem(path, f"{self.type} needs {name}", f"give its {name}")
        return {
            name: self.properties[name].shape.read(value, (*path, name)) for name, value in resolved.items()
        }

    def _refused(self, name: str, path: Path) -> Problem:
        if name in self.not_implemented:
            return Problem(path, f"{name} of {self.type} is not implemented", "remove it")
        hint = did_you_mean(name, self.properties) or f" It has {', '.join(self.properties)}."
        why = f"{name} is not a property of {self.type} that is implemented.{hint}"
        return Problem(path, why, "correct or remove it")

    def prepare(self, props: Props, folder: File, path: Path) -> Props:
        """Turns what is local (handler folders) into what is compared and recorded.

        Raises:
            Problem: a local file does not exist.
        """
        return props

    def notice(self, props: Props) -> str | None:
        """What a person should know of a resource that is deployed all the same, as a sentence, or None."""
        return None

    def replaced_by(self, changed: frozenset[str], old: Props, new: Props) -> frozenset[str]:
        """Those of the changed properties that need a new resource."""
        return frozenset(name for name in changed if (p := self.properties.get(name)) is None or p.replaces)

    def check_change(self, old: Props, new: Props, path: Path) -> None:  # noqa: B027 - most can be made
        """Refuses a change that cannot be made; values that are not known yet may be among the new ones.

        Raises:
            Problem: what cannot be changed.
        """

    def expected_id(self, context: Context, props: Props) -> str | None:
        """The physical id, where it is known beforehand; None where the service assigns it."""
        if self.name_property is None:
            return None
        return context.name(props.get(self.name_property))

    @abstractmethod
    async def create(self, context: Context, props: Props) -> Made:
        """Makes the resource.

        Raises:
            AwsError: what the service answered.
        """

    @abstractmethod
    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        """Changes it in place.

        Raises:
            AwsError: what the service answered.
        """

    @abstractmethod
    async def delete(self, context: Context, old: Existing) -> None:
        """Removes it; one that is gone already is no error.

        Raises:
            AwsError: what the service answered.
        """


def is_gone(error: AwsError) -> bool:
    """Whether the error says that the resource does not exist."""
    return error.status == 404 or any(mark in error.code for mark in _GONE)


async def unless_gone(call: Awaitable[Any]) -> None:
    """Awaits a call that removes something; that it is gone already is no error."""
    try:
        await call
    except AwsError as error:
        if not is_gone(error):
            raise


async def exists(call: Awaitable[Any]) -> bool:
    """Whether a call that describes something finds it."""
    try:
        await call
    except AwsError as error:
        if is_gone(error):
            return False
        raise
    return True


def already_exists(type_: str, name: str) -> AwsError:
    """The refusal to take over a resource that the stack did not make."""
    return AwsError(
        "AlreadyExists", f"{type_} {name} exists already and belongs to no resource of this stack"
    )


def attribute_text(value: Any) -> str:
    """A property as services take it that want every attribute as a text: policies as JSON."""
    return json.dumps(value) if isinstance(value, dict) else as_text(value)


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str] | None:
    """Tags as a mapping, for services that take them so."""
    return {tag["Key"]: tag["Value"] for tag in tags} if tags else None


def tag_changes(old: Props, new: Props, key: str = "Tags") -> tuple[list[str], dict[str, str]]:
    """The keys to remove and the tags to set."""
    before, after = tag_map(old.get(key)) or {}, tag_map(new.get(key)) or {}
    return (
        [name for name in before if name not in after],
        {name: value for name, value in after.items() if before.get(name) != value},
    )
