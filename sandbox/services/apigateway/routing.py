"""Finds the method of a request: fixed parts win over `{name}`, and that over `{name+}`, part by part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.services.apigateway.definition import Method, Resource


@dataclass(frozen=True, slots=True)
class Match:
    """A method of a resource, and the values of its path variables, as they came (REST APIs decode none)."""

    resource: Resource
    method: Method
    parameters: dict[str, str]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    variable: tuple[str, _Node] | None = None
    greedy: tuple[str, _Node] | None = None
    resource: Resource | None = None


class Router:
    """The resource tree of one deployment."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._root = _Node()
        for resource in resources:
            if not resource.resource_methods:
                continue
            node = self._root
            for part in _parts(resource.path):
                node = _child(node, part)
            node.resource = resource

    def match(self, method: str, path: str) -> Match | None:
        """The method for a raw path without the stage, or None where API Gateway has none."""
        found = _find(self._root, _parts(path), {})
        if found is None:
            return None
        resource, parameters = found
        known = resource.resource_methods.get(method) or resource.resource_methods.get("ANY")
        return Match(resource, known, parameters) if known else None


def _parts(path: str) -> list[str]:
    stripped = path.strip("/")
    return stripped.split("/") if stripped else []


def _child(node: _Node, part: str) -> _Node:
    if part.endswith("+}"):
        if node.greedy is None:
            node.greedy = (part[1:-2], _Node())
        return node.greedy[1]
    if part.startswith("{"):
        if node.variable is None:
            node.variable = (part[1:-1], _Node())
        return node.variable[1]
    return node.fixed.setdefault(part, _Node())


def _find(
    node: _Node, parts: list[str], parameters: dict[str, str]
) -> tuple[Resource, dict[str, str]] | None:
    if not parts:
        return (node.resource, parameters) if node.resource else None
    head, rest = parts[0], parts[1:]
    if head in node.fixed and (found := _find(node.fixed[head], rest, parameters)):
        return found
    if node.variable and head:
        name, child = node.variable
        if found := _find(child, rest, {**parameters, name: head}):
            return found
    if node.greedy and node.greedy[1].resource:
        return node.greedy[1].resource, {**parameters, node.greedy[0]: "/".join(parts)}
    return None
