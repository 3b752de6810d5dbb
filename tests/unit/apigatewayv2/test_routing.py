"""Which route a request gets: "Create routes for HTTP APIs"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.services.apigatewayv2.definition import Route
from sandbox.services.apigatewayv2.routing import Router


def router(*keys: str) -> Router:
    return Router(Route(route_id=str(number), route_key=key) for number, key in enumerate(keys))


DOCUMENTED = router(
    "GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"
)


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST", "/test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("GET", "/", "$default", {}),
        ("PUT", "/pets/dog/1", "ANY /{proxy+}", {"proxy": "pets/dog/1"}),
        ("GET", "/pets/dog/2/", "GET /pets/{proxy+}", {"proxy": "dog/2/"}),
    ],
)
def test_the_examples_of_the_documentation(
    method: str, path: str, key: str, parameters: dict[str, str]
) -> None:
    found = DOCUMENTED.match(method, path)
    assert found is not None
    assert (found.route.route_key, found.parameters) == (key, parameters)


def test_a_route_for_the_method_wins_over_any() -> None:
    routes = router("ANY /a", "GET /a", "ANY /{x}", "GET /{x}")
    for method, path, key in (
        ("GET", "/a", "GET /a"),
        ("PUT", "/a", "ANY /a"),
        ("GET", "/b", "GET /{x}"),
        ("PUT", "/b", "ANY /{x}"),
    ):
        found = routes.match(method, path)
        assert found is not None
        assert found.route.route_key == key


def test_names_of_variables_are_those_of_the_route() -> None:
    routes = router("GET /{a}/x", "GET /{b}/y")
    for path, parameters in (("/1/x", {"a": "1"}), ("/1/y", {"b": "1"})):
        found = routes.match("GET", path)
        assert found is not None
        assert found.parameters == parameters


def test_slashes_count() -> None:
    routes = router("GET /a", "GET /b/")
    assert routes.match("GET", "/a/") is None
    assert routes.match("GET", "/b") is None
    assert routes.match("GET", "/b/") is not None
    assert routes.match("GET", "//a") is None


@given(st.text(), st.sampled_from(["GET", "PUT", ""]))
def test_any_path_is_answered(path: str, method: str) -> None:
    assert DOCUMENTED.match(method, path) is not None
