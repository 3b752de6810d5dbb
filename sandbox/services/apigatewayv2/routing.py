"""Selects the route of a request to an HTTP API.

Follows "Create routes for HTTP APIs" of the API Gateway Developer Guide: a full match wins over a greedy one,
that over `$default`; fixed parts win over variables, and a route for the method over `ANY`. Trailing slashes
count: `/pets` and `/pets/` are two paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

import msgspec

from sandbox.services.apigatewayv2.definition import Route


class Match(msgspec.Struct, frozen=True):
    """A route, and the decoded values of its path variables."""

    route: Route
    parameters: dict[str, str]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    variables: _Node | None = None
    greedy: dict[str, Route] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """The routes of one deployment."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._default: Route | None = None
        for route in routes:
            if route.route_key == "$default":
                self._default = route
                continue
            method, _, path = route.route_key.partition(" ")
            self._place(method, path, route)

    def match(self, method: str, path: str) -> Match | None:
        """The route for a method and a path after the stage, or None."""
        parts = path.split("/")[1:] if path.startswith("/") else [path]
        found = _full(self._root, parts, 0, method) or _greedy(self._root, parts, 0, method) or self._default
        if found is None:
            return None
        return Match(found, _values(found, parts))

    def _place(self, method: str, path: str, route: Route) -> None:
        node = self._root
        for part in path.split("/")[1:]:
            if part.endswith("+}"):
                node.greedy[method] = route
                return
            if part.startswith("{"):
                node.variables = node.variables or _Node()
                node = node.variables
            else:
                node = node.fixed.setdefault(part, _Node())
        node.routes[method] = route


def _pick(routes: dict[str, Route], method: str) -> Route | None:
    return routes.get(method) or routes.get("ANY")


def _full(node: _Node, parts: list[str], at: int, method: str) -> Route | None:
    if at == len(parts):
        return _pick(node.routes, method)
    part = parts[at]
    if part in node.fixed and (found := _full(node.fixed[part], parts, at + 1, method)):
        return found
    if part and node.variables is not None:
        return _full(node.variables, parts, at + 1, method)
    return None


def _greedy(node: _Node, parts: list[str], at: int, method: str) -> Route | None:
    """The most special greedy route: the deepest whose fixed and variable parts match."""
    if at == len(parts):
        return None
    part = parts[at]
    if part in node.fixed and (found := _greedy(node.fixed[part], parts, at + 1, method)):
        return found
    if part and node.variables is not None and (found := _greedy(node.variables, parts, at + 1, method)):
        return found
    return _pick(node.greedy, method) if any(parts[at:]) else None


def _values(route: Route, parts: list[str]) -> dict[str, str]:
    if "{" not in route.route_key:
        return {}
    values: dict[str, str] = {}
    for index, part in enumerate(route.route_key.partition(" ")[2].split("/")[1:]):
        if part.endswith("+}"):
            values[part[1:-2]] = unquote("/".join(parts[index:]))
        elif part.startswith("{"):
            values[part[1:-1]] = unquote(parts[index])
    return values
