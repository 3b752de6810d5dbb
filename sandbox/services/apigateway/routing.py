"""Finds the route of a request: fixed parts win over `{name}`, and that over `{name+}`, part by part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.services.apigateway.openapi import Route


@dataclass(frozen=True, slots=True)
class Match:
    """A route, and the values of its path variables (not decoded, as API Gateway passes them on)."""

    route: Route
    parameters: dict[str, str]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    variable: tuple[str, _Node] | None = None
    greedy: tuple[str, _Node] | None = None
    methods: dict[str, Route] = field(default_factory=dict)


class Router:
    """The resource tree of one deployment."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for part in _parts(route.path):
                node = _child(node, part)
            node.methods[route.method] = route

    def match(self, method: str, path: str) -> Match | None:
        """The route for a method and a raw path without the stage, or None where API Gateway has none."""
        found = _find(self._root, _parts(path), {})
        if found is None:
            return None
        node, parameters = found
        route = node.methods.get(method) or node.methods.get("ANY")
        return Match(route, parameters) if route else None


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/") if path.strip("/") else []


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


def _find(node: _Node, parts: list[str], parameters: dict[str, str]) -> tuple[_Node, dict[str, Any]] | None:
    if not parts:
        return (node, parameters) if node.methods else None
    head, rest = parts[0], parts[1:]
    if head in node.fixed and (found := _find(node.fixed[head], rest, parameters)):
        return found
    if node.variable and head:
        name, child = node.variable
        if found := _find(child, rest, {**parameters, name: head}):
            return found
    if node.greedy:
        name, child = node.greedy
        return (child, {**parameters, name: "/".join(parts)}) if child.methods else None
    return None
