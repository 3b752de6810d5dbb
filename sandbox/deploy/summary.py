"""What a template says of itself, for who asks before deploying it.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.deploy.template.declarations import check_sections
from sandbox.deploy.template.problem import Problem, Problems
from sandbox.deploy.template.source import parse_source
from sandbox.model.stacks import TemplateParameter, TemplateSummary

_NAMES = ("RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName")


def summarize(text: str) -> TemplateSummary:
    """Reads a template's text.

    Raises:
        TemplateError: it is not a template.
    """
    source = parse_source(text, Path("template"))
    data = source.data
    try:
        check_sections(data)
    except (Problem, Problems) as found:
        raise source.error(found) from found
    transform = data.get("Transform", [])
    resources = {name: body for name, body in data["Resources"].items() if isinstance(body, dict)}
    return TemplateSummary(
        str(data.get("Description", "")),
        str(data.get("AWSTemplateFormatVersion", "2010-09-09")),
        tuple(str(name) for name in (transform if isinstance(transform, list) else [transform])),
        tuple(_parameter(name, body) for name, body in data.get("Parameters", {}).items()),
        {name: str(body.get("Type", "")) for name, body in resources.items()},
        frozenset(name for name, body in resources.items() if _is_named(body)),
        data.get("Outputs", {}),
    )


def _parameter(name: str, body: Any) -> TemplateParameter:
    declared: Mapping[str, Any] = body if isinstance(body, dict) else {}
    default = declared.get("Default")
    allowed = declared.get("AllowedValues")
    return TemplateParameter(
        name,
        str(declared.get("Type", "String")),
        None if default is None else _text(default),
        _text(declared.get("NoEcho", False)).lower() == "true",
        str(declared.get("Description", "")),
        tuple(_text(value) for value in allowed) if isinstance(allowed, list) else (),
    )


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _is_named(body: Mapping[str, Any]) -> bool:
    properties = body.get("Properties")
    return (
        str(body.get("Type", "")).startswith("AWS::IAM::")
        and isinstance(properties, dict)
        and any(name in properties for name in _NAMES)
    )
