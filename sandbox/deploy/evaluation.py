"""The properties of resources against what exists so far: what plan and execution have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from sandbox.deploy.resources.base import Made, Props
from sandbox.deploy.resources.function_code import code_state
from sandbox.deploy.resources.registry import handler_for, handler_of
from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.template.declarations import ResourceDeclaration, Template
from sandbox.deploy.template.functions import Resolver
from sandbox.deploy.template.parameters import ParameterValues
from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.secret import SecretText, is_lost
from sandbox.deploy.template.values import NO_VALUE, Unknown
from sandbox.model.scope import Scope


@dataclass(slots=True)
class World:
    """What exists: the lookups of the functions.

    Attributes:
        made: resources that exist, by logical id; the others are `Unknown`.
        exports: values that other stacks export, by name.
        imports: the names that were asked for.
        changing: those of `made` that are to be changed, and may have other attributes then.
    """

    types: Mapping[str, str]
    exports: Mapping[str, str]
    made: dict[str, Made] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    changing: set[str] = field(default_factory=set)

    def ref(self, logical_id: str) -> Any:
        """`Ref` of a resource."""
        made = self.made.get(logical_id)
        return Unknown(logical_id) if made is None else made.physical_id

    def attribute(self, logical_id: str, name: str, path: Path) -> Any:
        """`Fn::GetAtt` of a resource.

        Raises:
            Problem: its type has no such attribute, or what it was cannot be read any more.
        """
        handler = handler_of(self.types[logical_id])
        if handler is not None and not handler.has_attribute(name):
            hint = did_you_mean(name, handler.attributes)
            known = ", ".join(sorted(handler.attributes)) or "none"
            raise Problem(
                path,
                f"{handler.type} has no attribute {name} (it has {known}).{hint}",
                "correct the attribute",
            )
        made = self.made.get(logical_id)
        if made is None:
            return Unknown(logical_id)
        lost = is_lost(made.attributes.get(name))
        if (lost or name not in made.attributes) and logical_id in self.changing:
            return Unknown(logical_id)
        if lost:
            raise Problem(
                path,
                f"{name} of {logical_id} was sealed in another state folder and cannot be read in this one",
                f"change a property of {logical_id}, so that its provider answers anew",
            )
        if handler is not None and name not in made.attributes:
            raise Problem(path, handler.lacks(name, made.physical_id), "correct the attribute")
        return made.attributes[name]

    def imported(self, name: str) -> str | None:
        """What another stack exports by that name."""
        self.imports.add(name)
        return self.exports.get(name)


#: A property of our own: what the local code was that a version is a copy of.
LOCAL_CODE = "LocalCode"
#: Another: what the template of a nested stack is.
NESTED_TEMPLATE = "Template"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Resolves the properties of resources.

    Attributes:
        nested: digests of the templates of nested stacks, by logical id, as far as they are known.
        behind: nested stacks that are to be changed though nothing of their own resource differs.
    """

    template: Template
    resolver: Resolver
    world: World
    folder: File
    nested: dict[str, str] = field(default_factory=dict)
    behind: set[str] = field(default_factory=set)

    def properties(self, declaration: ResourceDeclaration) -> Props:
        """The properties of a resource: resolved, converted, local files checked.

        Raises:
            Problem: something is wrong with them.
        """
        handler = handler_for(declaration.type)
        resolved = self.resolver.resolve(declaration.properties, declaration.path)
        props = handler.prepare(handler.read(resolved, declaration.path), self.folder, declaration.path)
        if handler.copies_code_of is not None:
            function = declaration.properties.get(handler.copies_code_of)
            if state := self._code_state(function):
                props = {**props, LOCAL_CODE: state}
        if declaration.logical_id in self.nested:
            props = {**props, NESTED_TEMPLATE: self.nested[declaration.logical_id]}
        return props

    def _code_state(self, reference: Any) -> str:
        """Stands for the local code of the function that a property refers to; empty where there is none."""
        name = reference.get("Ref") if isinstance(reference, dict) and len(reference) == 1 else None
        declaration = self.template.resources.get(name) if isinstance(name, str) else None
        if declaration is None or declaration.type != "AWS::Lambda::Function":
            return ""
        return code_state(self.properties(declaration)["Code"])


def evaluation(
    template: Template,
    parameters: ParameterValues,
    scope: Scope,
    stack: str,
    stack_id: str,
    exports: Mapping[str, str],
) -> Evaluation:
    """An evaluation in which no resource exists yet."""
    types = {logical_id: declaration.type for logical_id, declaration in template.resources.items()}
    world = World(types, exports)
    names = names_of(parameters, scope, stack, stack_id)
    return Evaluation(template, Resolver(template, names, world, scope.region), world, template.source.folder)


def names_of(parameters: ParameterValues, scope: Scope, stack: str, stack_id: str) -> dict[str, Any]:
    """`Ref` of every parameter and pseudo parameter of a stack."""
    return {
        **{
            name: SecretText(value) if name in parameters.secrets and isinstance(value, str) else value
            for name, value in parameters.values.items()
        },
        "AWS::AccountId": scope.account,
        "AWS::NoValue": NO_VALUE,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": scope.region,
        "AWS::StackId": stack_id,
        "AWS::StackName": stack,
        "AWS::URLSuffix": "amazonaws.com",
    }
