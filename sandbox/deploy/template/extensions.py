"""The functions of the transform `AWS::LanguageExtensions`, and those that only rules have.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
and https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.secret import SecretText
from sandbox.deploy.template.values import as_text, first_unknown

#: Functions that a template has only with the transform `AWS::LanguageExtensions`.
OF_THE_TRANSFORM = frozenset({"Fn::Length", "Fn::ToJsonString"})
#: Functions that only the section Rules has.
OF_RULES = frozenset({"Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn"})


def length(resolved: Any, path: Path) -> Any:
    """`Fn::Length`: how many items a list has."""
    if unknown := first_unknown(resolved):
        return unknown
    if not isinstance(resolved, list):
        raise Problem(path, "it counts something that is not a list", "give a list")
    return len(resolved)


def to_json_string(resolved: Any, path: Path) -> Any:
    """`Fn::ToJsonString`: a mapping or list as text; one that holds a secret is one."""
    if unknown := first_unknown(resolved):
        return unknown
    if not isinstance(resolved, list | dict):
        raise Problem(path, "it is neither a mapping nor a list", "give a mapping or a list")
    text = json.dumps(resolved, separators=(",", ":"), ensure_ascii=False)
    return SecretText(text) if any(isinstance(leaf, SecretText) for leaf in _leaves(resolved)) else text


def contains(resolved: Any, path: Path) -> bool:
    """`Fn::Contains`: whether a list of texts has a text."""
    texts, text = _two(resolved, path, "[[texts], text]")
    return as_text(text) in _texts(texts, path)


def each_member_equals(resolved: Any, path: Path) -> bool:
    """`Fn::EachMemberEquals`: whether every text of a list is the given one."""
    texts, text = _two(resolved, path, "[[texts], text]")
    return all(one == as_text(text) for one in _texts(texts, path))


def each_member_in(resolved: Any, path: Path) -> bool:
    """`Fn::EachMemberIn`: whether every text of a list is in another list."""
    texts, others = _two(resolved, path, "[[texts], [texts]]")
    return set(_texts(texts, path)) <= set(_texts(others, path))


def _two(value: Any, path: Path, form: str) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise Problem(path, f"it takes a list of 2: {form}", f"write {form}")
    return value[0], value[1]


def _texts(value: Any, path: Path) -> list[str]:
    if not isinstance(value, list):
        raise Problem(path, "it compares something that is not a list", "give a list of texts")
    return [as_text(item) for item in value]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value
