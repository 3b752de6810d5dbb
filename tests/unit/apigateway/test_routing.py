"""Requests find their routes."""

from __future__ import annotations

import pytest

from sandbox.services.apigateway.openapi import Route
from sandbox.services.apigateway.routing import Router

ROUTES = [
    Route("GET", "/", "root"),
    Route("GET", "/notas", "list"),
    Route("POST", "/notas", "create"),
    Route("GET", "/notas/{id}", "show"),
    Route("GET", "/notas/abertas", "open"),
    Route("ANY", "/notas/{id}/itens", "items"),
    Route("GET", "/arquivos/{caminho+}", "files"),
    Route("ANY", "/{proxy+}", "rest"),
]


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
    assert (match.route.function, match.parameters) == (function, parameters)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/notas"), ("POST", "/"), ("GET", "/a/b")])
def test_finds_nothing(method: str, path: str) -> None:
    assert Router(ROUTES[:4]).match(method, path) is None


def test_a_method_that_is_missing_is_not_answered_by_the_greedy_route() -> None:
    # The resource /notas exists: API Gateway looks no further for one that has the method.
    assert Router(ROUTES).match("PUT", "/notas") is None
