"""The sections of a template as declarations, checked for their form; functions inside stay as they were
written.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.template.problem import Path, Problem, Problems
from sandbox.deploy.template.source import Source

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
_TRANSFORMS = frozenset({SAM_TRANSFORM, LANGUAGE_EXTENSIONS})

_SECTIONS = frozenset(
    [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Mappings",
        "Conditions",
        "Transform",
        "Rules",
        "Globals",
        "Resources",
        "Outputs",
    ]
)
_REFUSED_SECTIONS = {"Hooks": "hooks"}
_RESOURCE_KEYS = frozenset(
    [
        "Type",
        "Properties",
        "DependsOn",
        "Condition",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "Metadata",
        "Description",
    ]
)
_REFUSED_RESOURCE_KEYS = frozenset(["CreationPolicy", "UpdatePolicy"])
#: The policy that AWS takes for the few types that have snapshots.
SNAPSHOT = "Snapshot"
_DELETION_POLICIES = frozenset(["Delete", "Retain", "RetainExceptOnCreate", SNAPSHOT])
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
#: The most resources, and outputs, that CloudFormation takes.
_MOST = {"Resources": 500, "Outputs": 200, "Parameters": 200, "Mappings": 200}


@dataclass(frozen=True, slots=True)
class ResourceDeclaration:
    """One resource of a template; `properties` still holds its functions."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"

    @property
    def path(self) -> Path:
        """Where its properties are in the template."""
        return ("Resources", self.logical_id, "Properties")


@dataclass(frozen=True, slots=True)
class OutputDeclaration:
    """One output; `export` is the name other stacks import it by."""

    name: str
    value: Any
    condition: str | None = None
    export: Any = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A CloudFormation template after the SAM transform; `extended`: it has the language extensions."""

    source: Source
    parameters: Mapping[str, Mapping[str, Any]]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, ResourceDeclaration]
    outputs: Mapping[str, OutputDeclaration] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    extended: bool = False


def transforms(data: Mapping[str, Any]) -> frozenset[str]:
    """The transforms that a template names.

    Raises:
        Problem: it names one that is refused.
    """
    declared = data.get("Transform", [])
    names = declared if isinstance(declared, list) else [declared]
    for name in names:
        if not isinstance(name, str) or name not in _TRANSFORMS:
            shown = name.get("Name", name) if isinstance(name, dict) else name
            raise Problem(
                ("Transform",),
                f"the transform {shown} is not implemented; {' and '.join(sorted(_TRANSFORMS))} are",
                "write out what the transform would make",
            )
    return frozenset(names)


def check_sections(data: Mapping[str, Any]) -> None:
    """Refuses unknown sections, and sections that are not mappings.

    Raises:
        Problems: all that is wrong at the top level.
    """
    problems: list[Problem] = []
    for name, content in data.items():
        if name in _REFUSED_SECTIONS:
            problems.append(
                Problem(
                    (name,), f"{_REFUSED_SECTIONS[name]} are not implemented", f"remove the section {name}"
                )
            )
        elif name not in _SECTIONS:
            hint = did_you_mean(str(name), _SECTIONS)
            problems.append(
                Problem((name,), f"{name} is not a section of a template.{hint}", "correct its name")
            )
        elif name not in {"AWSTemplateFormatVersion", "Description", "Transform"} and not isinstance(
            content, dict
        ):
            problems.append(Problem((name,), "it is not a mapping", "write it as `Name: …` entries"))
        elif len(content) > _MOST.get(name, len(content)):
            problems.append(
                Problem(
                    (name,), f"{len(content)} entries; at most {_MOST[name]} are taken", "split the stack"
                )
            )
    if "Resources" not in data or data["Resources"] == {}:
        problems.append(Problem(("Resources",), "it declares no resources", "declare at least one resource"))
    if problems:
        raise Problems(problems)


def read_template(data: Mapping[str, Any], source: Source) -> Template:
    """The declarations of a document (after the SAM transform); `source` is the text it came from.

    Raises:
        Problems: all that is wrong with their form.
    """
    check_sections(data)
    problems: list[Problem] = []
    resources: dict[str, ResourceDeclaration] = {}
    for logical_id, body in data["Resources"].items():
        try:
            resources[logical_id] = _resource(logical_id, body)
        except Problem as problem:
            problems.append(problem)
    outputs: dict[str, OutputDeclaration] = {}
    for name, body in data.get("Outputs", {}).items():
        try:
            outputs[name] = _output(name, body)
        except Problem as problem:
            problems.append(problem)
    for declaration in resources.values():
        for needed in declaration.depends_on:
            if needed not in resources:
                hint = did_you_mean(needed, resources)
                problems.append(
                    Problem(
                        ("Resources", declaration.logical_id, "DependsOn"),
                        f"there is no resource {needed}.{hint}",
                        "name a resource of this template",
                    )
                )
    if problems:
        raise Problems(problems)
    return Template(
        source,
        data.get("Parameters", {}),
        data.get("Mappings", {}),
        data.get("Conditions", {}),
        resources,
        outputs,
        data.get("Rules", {}),
        LANGUAGE_EXTENSIONS in transforms(source.data),
    )


def _resource(logical_id: str, body: Any) -> ResourceDeclaration:
    path: Path = ("Resources", logical_id)
    if not _LOGICAL_ID.fullmatch(logical_id):
        raise Problem(path, "a logical id has letters and digits only", "rename the resource")
    if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
        raise Problem(path, "it has no Type", "give its `Type:`, for example AWS::SQS::Queue")
    for key in body:
        if key in _REFUSED_RESOURCE_KEYS:
            raise Problem((*path, key), f"{key} is not implemented", "remove it")
        if key not in _RESOURCE_KEYS:
            hint = did_you_mean(key, _RESOURCE_KEYS) or " Properties belong under `Properties:`."
            raise Problem(
                (*path, key), f"{key} is not an attribute of a resource.{hint}", "correct or move it"
            )
    properties = body.get("Properties", {})
    if not isinstance(properties, dict):
        raise Problem((*path, "Properties"), "it is not a mapping", "write `Name: value` entries")
    needs = body.get("DependsOn", [])
    depends_on = (needs,) if isinstance(needs, str) else tuple(needs) if isinstance(needs, list) else (None,)
    if not all(isinstance(item, str) for item in depends_on):
        raise Problem((*path, "DependsOn"), "it is not a logical id or a list of them", "name resources")
    return ResourceDeclaration(
        logical_id,
        body["Type"],
        properties,
        depends_on,
        _condition_name(body, path),
        _policy(body, path, "DeletionPolicy"),
        _policy(body, path, "UpdateReplacePolicy"),
    )


def _policy(body: Mapping[str, Any], path: Path, key: str) -> str:
    policy = body.get(key, "Delete")
    if policy not in _DELETION_POLICIES or (
        policy == "RetainExceptOnCreate" and key == "UpdateReplacePolicy"
    ):
        raise Problem(
            (*path, key), f"{policy!r} is not a policy", f"use one of {', '.join(sorted(_DELETION_POLICIES))}"
        )
    return str(policy)


def _condition_name(body: Mapping[str, Any], path: Path) -> str | None:
    name = body.get("Condition")
    if name is not None and not isinstance(name, str):
        raise Problem(
            (*path, "Condition"), "it is not the name of a condition", "name one of the Conditions section"
        )
    return name


def _output(name: str, body: Any) -> OutputDeclaration:
    path: Path = ("Outputs", name)
    if not isinstance(body, dict) or "Value" not in body:
        raise Problem(path, "it has no Value", "give its `Value:`")
    for key in body:
        if key not in {"Value", "Description", "Condition", "Export"}:
            raise Problem((*path, key), f"{key} is not an attribute of an output", "remove it")
    export = body.get("Export")
    if export is not None and not (isinstance(export, dict) and set(export) == {"Name"}):
        raise Problem((*path, "Export"), "an export has exactly a Name", "write `Export: {Name: …}`")
    return OutputDeclaration(
        name,
        body["Value"],
        _condition_name(body, path),
        export["Name"] if export else None,
        str(body.get("Description", "")),
    )
