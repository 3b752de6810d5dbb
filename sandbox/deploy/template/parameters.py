"""The parameters of a template: defaults, types, constraints.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.template.problem import Path, Problem, Problems
from sandbox.errors import UsageError

_KEYS = frozenset(
    [
        "Type",
        "Default",
        "Description",
        "AllowedPattern",
        "AllowedValues",
        "ConstraintDescription",
        "MaxLength",
        "MaxValue",
        "MinLength",
        "MinValue",
        "NoEcho",
    ]
)
_SSM_VALUE = "AWS::SSM::Parameter::Value<"


@dataclass(frozen=True, slots=True)
class ParameterValues:
    """What `Ref` of each parameter gives.

    Attributes:
        values: texts, or lists of texts for list types. A value that must be read from the Parameter Store is
        the
            parameter's name there, until it has been read.
        secrets: the names declared `NoEcho`.
        from_store: names whose value has to be read from the Parameter Store; True where it is a list.
    """

    values: Mapping[str, str | list[str]]
    secrets: frozenset[str]
    from_store: Mapping[str, bool]

    def secret_values(self) -> dict[str, str]:
        """The non-empty values that must not be shown or recorded, by name."""
        return {name: str(self.values[name]) for name in sorted(self.secrets) if self.values[name]}


def read_parameters(declared: Mapping[str, Any], given: Mapping[str, str]) -> ParameterValues:
    """Checks the given values against the declarations and completes them with the defaults.

    Args:
        declared: the Parameters section.
        given: values by name, as texts.

    Raises:
        Problems: declarations or values that are wrong.
        UsageError: a value is given for a parameter that the template does not have.
    """
    for name in given:
        if name not in declared:
            raise UsageError(
                f"the template has no parameter {name}",
                f"it declares {', '.join(sorted(declared)) or 'none'}.{did_you_mean(name, declared)}",
                "correct the name, declare it under Parameters, or give it to another system of the command: "
                f"--parameter SYSTEM.{name}=…",
            )
    problems: list[Problem] = []
    values: dict[str, str | list[str]] = {}
    for name, body in declared.items():
        try:
            values[name] = _value(("Parameters", name), body, given.get(name))
        except Problem as problem:
            problems.append(problem)
    if problems:
        raise Problems(problems)
    return ParameterValues(
        values,
        frozenset(name for name, body in declared.items() if _truth(body.get("NoEcho", False))),
        {
            name: "List<" in body["Type"] or "CommaDelimitedList" in body["Type"]
            for name, body in declared.items()
            if body["Type"].startswith(_SSM_VALUE)
        },
    )


def _value(path: Path, body: Any, given: str | None) -> str | list[str]:
    if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
        raise Problem(path, "it has no Type", "give its `Type:`, for example String")
    for key in body:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise Problem(
                (*path, key), f"{key} is not an attribute of a parameter.{hint}", "correct its name"
            )
    if given is None and "Default" not in body:
        raise Problem(
            path,
            "it has no default and no value was given",
            f"give it with --parameter {path[1]}=…, or in sandbox.toml under [parameters]",
        )
    raw = given if given is not None else body["Default"]
    if isinstance(raw, bool):
        raw = "true" if raw else "false"
    text = str(raw)
    kind: str = body["Type"]
    if kind.startswith(_SSM_VALUE):
        return text
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        items = [item.strip() for item in text.split(",")] if text else []
        for item in items:
            _check(path, body, "Number" if kind == "List<Number>" else "String", item)
        return items
    if kind not in {"String", "Number"} and not kind.startswith("AWS::"):
        raise Problem(
            (*path, "Type"), f"{kind} is not a type of parameter", "use String, Number, CommaDelimitedList, …"
        )
    _check(path, body, kind, text)
    return text


def _check(path: Path, body: Mapping[str, Any], kind: str, text: str) -> None:
    shown = "its value" if _truth(body.get("NoEcho", False)) else repr(text)
    why = _violation(path, body, kind, text)
    if why:
        constraint = body.get("ConstraintDescription")
        raise Problem(
            path, f"{shown} {why}" + (f" ({constraint})" if constraint else ""), "give another value"
        )


def _violation(path: Path, body: Mapping[str, Any], kind: str, text: str) -> str | None:
    if kind == "Number":
        try:
            number = float(text)
        except ValueError:
            return "is not a number"
        if number < _number(path, body, "MinValue", float("-inf")):
            return f"is less than {body['MinValue']}"
        if number > _number(path, body, "MaxValue", float("inf")):
            return f"is more than {body['MaxValue']}"
    else:
        if len(text) < _number(path, body, "MinLength", 0):
            return f"is shorter than {body['MinLength']} characters"
        if len(text) > _number(path, body, "MaxLength", float("inf")):
            return f"is longer than {body['MaxLength']} characters"
    allowed = body.get("AllowedValues")
    if isinstance(allowed, list) and text not in [_text(item) for item in allowed]:
        return f"is not one of the AllowedValues {', '.join(_text(item) for item in allowed)}"
    pattern = body.get("AllowedPattern")
    if pattern is not None:
        try:
            if not re.fullmatch(str(pattern), text):
                return f"does not match the AllowedPattern {pattern}"
        except re.error as error:
            raise Problem(
                (*path, "AllowedPattern"), f"not a regular expression: {error}", "correct it"
            ) from error
    return None


def _number(path: Path, body: Mapping[str, Any], key: str, default: float) -> float:
    try:
        return float(body.get(key, default))
    except (TypeError, ValueError):
        raise Problem((*path, key), f"{body[key]!r} is not a number", "give a number") from None


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"
