"""`Fn::ForEach` of the transform `AWS::LanguageExtensions`: written out before resources are looked at.

Follows
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.source import Source
from sandbox.deploy.template.values import as_text

_LOOP = "Fn::ForEach::"
_FORM = "[identifier, [values], {key with ${identifier}: body}]"
#: Resolves the collection of a loop: it may refer to parameters and mappings.
Resolve = Callable[[Any, Path], Any]


def write_out_loops(source: Source, resolve: Resolve) -> Source:
    """The template with each loop replaced by what it makes; the lines of that are the line of the loop.

    Raises:
        Problem: a loop has another form, or makes a key that is there already.
    """
    lines = dict(source.lines)

    def walk(value: Any, path: Path) -> Any:
        if isinstance(value, list):
            return [walk(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        made: dict[str, Any] = {}
        for key, item in value.items():
            here = (*path, key)
            if not key.startswith(_LOOP):
                made[key] = walk(item, here)
                continue
            for name, body in _turns(item, here, resolve).items():
                if name in made or name in value:
                    raise Problem(here, f"{name} is there already", "let each turn make a key of its own")
                if here in lines:
                    lines[*path, name] = lines[here]
                made |= walk({name: body}, path)
        return made

    return replace(source, data=walk(source.data, ()), lines=lines)


def _turns(loop: Any, path: Path, resolve: Resolve) -> dict[str, Any]:
    if not (isinstance(loop, list) and len(loop) == 3 and isinstance(loop[2], dict)):
        raise Problem(path, f"a loop is a list of 3: {_FORM}", f"write {_FORM}")
    identifier, collection, body = loop
    if not isinstance(identifier, str) or not identifier.isalnum():
        raise Problem((*path, 0), "its identifier is not a text of letters and digits", f"write {_FORM}")
    values = resolve(collection, (*path, 1))
    if not isinstance(values, list) or any(isinstance(value, list | dict) for value in values):
        raise Problem((*path, 1), "it does not go over a list of texts", "give a list, or a list parameter")
    made: dict[str, Any] = {}
    for value in dict.fromkeys(as_text(item) for item in values):
        turn = _with(body, identifier, value)
        if twice := made.keys() & turn.keys():
            raise Problem(
                path,
                f"it makes {min(twice)} more than once",
                f"have ${{{identifier}}} in the key of its body",
            )
        made |= turn
    return made


def _with(body: Mapping[str, Any], identifier: str, value: str) -> dict[str, Any]:
    """The body of a loop for one value: `${X}` is the value, `&{X}` its letters and digits."""
    plain = re.sub(r"[^A-Za-z0-9]", "", value)

    def fill(part: Any) -> Any:
        if isinstance(part, str):
            return part.replace(f"${{{identifier}}}", value).replace(f"&{{{identifier}}}", plain)
        if isinstance(part, list):
            return [fill(item) for item in part]
        if not isinstance(part, dict):
            return part
        if part == {"Ref": identifier}:
            return value
        return {fill(key): fill(item) for key, item in part.items()}

    filled: dict[str, Any] = fill(body)
    return filled
