"""Requests find their routes."""

from __future__ import annotations

import pytest

from sandbox.services.apigateway.definition import Method, Resource
from sandbox.services.apigateway.routing import Router


def resources(*routes: tuple[str, str, str]) -> list[Resource]:
    """Resources whose methods carry a name."""
    found: dict[str, Resource] = {}
    for method, path, name in routes:
        resource = found.setdefault(path, Resource(id=path, path=path, resource_methods={}))
        resource.resource_methods[method] = Method(http_method=method, operation_name=name)
    return list(found.values())


ROUTES = resources(
    ("GET", "/", "root"),
    ("GET", "/notas", "list"),
    ("POST", "/notas", "create"),
    ("GET", "/notas/{id}", "show"),
    ("GET", "/notas/abertas", "open"),
    ("ANY", "/notas/{id}/itens", "items"),
    ("GET", "/arquivos/{caminho+}", "files"),
    ("ANY", "/{proxy+}", "rest"),
)


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        ("GET", "/", "root", {}),
        ("GET", "/notas", "list", {}),
        ("GET", "/notas/", "list", {}),
        ("POST", "/notas", "create", {}),
        ("GET", "/notas/7", "show", {"id": "7"}),
        ("GET", "/notas/abertas", "open", {}),
        ("DELETE", "/notas/7/itens", "items", {"id": "7"}),
        ("GET", "/notas/a%2Fb", "show", {"id": "a%2Fb"}),
        ("GET", "/arquivos/a/b//c", "files", {"caminho": "a/b//c"}),
        ("GET", "/outra/coisa", "rest", {"proxy": "outra/coisa"}),
        ("GET", "/notas/7/outra", "rest", {"proxy": "notas/7/outra"}),
        ("GET", "//notas", "list", {}),
    ],
)
def test_finds(method: str, path: str, function: str, parameters: dict[str, str]) -> None:
    match = Router(ROUTES).match(method, path)
    assert match is not None
    assert (match.method.operation_name, match.parameters) == (function, parameters)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/notas"), ("POST", "/"), ("GET", "/a/b")])
def test_finds_nothing(method: str, path: str) -> None:
    routes = resources(("GET", "/", "root"), ("GET", "/notas", "list"), ("GET", "/notas/{id}", "show"))
    assert Router(routes).match(method, path) is None


def test_a_method_that_is_missing_is_not_answered_by_the_greedy_route() -> None:
    # The resource /notas exists: API Gateway looks no further for one that has the method.
    assert Router(ROUTES).match("PUT", "/notas") is None
