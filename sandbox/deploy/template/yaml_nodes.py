"""YAML as CloudFormation reads it: version 1.1 without timestamps, with the short forms of the functions.

Built from the composed nodes rather than by a constructor, which knows the line of every value and nothing of
dates.
"""

from __future__ import annotations

from typing import Any

import yaml

from sandbox.deploy.template.problem import Path, Problem

#: Values a document may have once its aliases are expanded: an alias of an alias of an alias grows without
#: end.
MAX_NODES = 200_000
MAX_DEPTH = 100

_SCALARS = "tag:yaml.org,2002:"
_FUNCTIONS = frozenset(
    [
        "And",
        "Base64",
        "Cidr",
        "Equals",
        "FindInMap",
        "ForEach",
        "GetAZs",
        "GetAtt",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
    ]
)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> tuple[Any, dict[Path, int]]:
    """The document of `text` and the line of each path in it.

    Raises:
        Problem: it is not YAML that CloudFormation reads; its path is the line number.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
        reader = _Reader()
        data = None if node is None else reader.read(node, (), 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = " ".join(part for part in (error.context, error.problem) if part)
        raise Problem(
            (mark.line + 1,) if mark else (), f"it is not YAML: {why}", "correct the text there"
        ) from error
    except yaml.YAMLError as error:
        raise Problem((), f"it is not YAML: {error}", "correct the text") from error
    except RecursionError as error:
        raise Problem((), "it is nested too deeply", "flatten it") from error
    return data, reader.lines


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._nodes = 0
        self._scalars = yaml.SafeLoader("")

    def read(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _at(
                node, "its aliases or its nesting make it far too large", "write the values out, or split it"
            )
        if path not in self.lines:
            self.lines[path] = node.start_mark.line + 1
        if node.tag.startswith("!"):
            return self._function(node, path, depth)
        return self._plain(node, path, depth)

    def _plain(self, node: yaml.Node, path: Path, depth: int) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(_SCALARS)
        if kind in {"int", "float", "bool"}:
            try:
                return self._scalars.construct_object(node)
            except ValueError as error:
                raise _at(
                    node, f"{node.value!r} is not a number: {error}", "quote it if it is text"
                ) from error
        if kind == "null":
            return None
        if kind in {"str", "timestamp", "value"}:
            return node.value
        raise _at(node, f"the YAML tag !!{kind} is not read by CloudFormation", "write the value plainly")

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_SCALARS}merge":
                merged |= self._merge(value_node, path, depth)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise _at(key_node, "a key that is not a plain text", "use a text as the key")
            # `on:` and `200:` are texts to CloudFormation wherever they are keys.
            key = key_node.value
            if key in made:
                raise _at(key_node, f"the key {key!r} occurs twice in one mapping", "keep one of them")
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            made[key] = self.read(value_node, (*path, key), depth + 1)
        return {**merged, **made}

    def _merge(self, node: yaml.Node, path: Path, depth: int) -> dict[str, Any]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for part in reversed(parts):
            if not isinstance(part, yaml.MappingNode):
                raise _at(part, "`<<` merges something that is not a mapping", "point it to a mapping")
            merged |= self._mapping(part, path, depth + 1)
        return merged

    def _function(self, node: yaml.Node, path: Path, depth: int) -> dict[str, Any]:
        name = node.tag[1:]
        if name in {"Ref", "Condition"}:
            key = name
        elif name in _FUNCTIONS:
            key = f"Fn::{name}"
        else:
            raise _at(node, f"!{name} is not a function of CloudFormation", "use one of its functions")
        inner = (*path, key)
        self.lines[inner] = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            value: Any = node.value
        else:
            value = self._plain(node, inner, depth + 1)
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {key: value}


def _at(node: yaml.Node, why: str, remedy: str) -> Problem:
    return Problem((node.start_mark.line + 1,), why, remedy)
