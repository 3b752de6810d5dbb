"""Paths and hosts of deployed APIs and function URLs."""

from __future__ import annotations

import pytest

from sandbox.gateway import routes
from sandbox.gateway.routes import ApiRequest, api_request

URL = "a" * 32


@pytest.mark.parametrize(
    ("path", "host", "found"),
    [
        (f"/_aws/lambda-url/{URL}/notas/1", "127.0.0.1:4566", ApiRequest(URL, "", "/notas/1")),
        (f"/_aws/lambda-url/{URL}", "127.0.0.1:4566", ApiRequest(URL, "", "")),
        ("/notas", f"{URL}.lambda-url.us-east-1.localhost:4566", ApiRequest(URL, "", "/notas")),
        ("/_aws/execute-api/abc/dev/x", "127.0.0.1:4566", ApiRequest("abc", "dev", "/x")),
        ("/_aws/lambda-url/", "127.0.0.1:4566", None),
        ("/2015-03-31/functions", "127.0.0.1:4566", None),
    ],
)
def test_requests_to_apis_and_urls(path: str, host: str, found: ApiRequest | None) -> None:
    assert api_request(path, host) == found


def test_a_long_path_is_not_remembered() -> None:
    before = routes._known.cache_info().currsize
    found = api_request("/_aws/execute-api/abc/dev/" + "x" * 5000, "127.0.0.1:4566")
    assert found == ApiRequest("abc", "dev", "/" + "x" * 5000)
    assert routes._known.cache_info().currsize == before
