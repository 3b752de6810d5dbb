"""`TestInvokeMethod`: one method of an API as it is now, without a deployment, with its execution log.

Authorizers, API keys and throttling are not asked, as on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.apigateway.definition import Definition, Method, Resource
from sandbox.services.apigateway.execution_log import shown_map
from sandbox.services.apigateway.request_context import Exchange
from sandbox.services.apigateway.routing import Match, Router

#: The stage that a test has.
STAGE = "test-invoke-stage"


def request_of(method: str, resource: Resource, params: Mapping[str, Any]) -> HttpRequest:
    """The request that the parameters of `TestInvokeMethod` mean."""
    path, _, query = str(params.get("pathWithQueryString") or resource.path).partition("?")
    pairs = [(name, str(value)) for name, value in (params.get("headers") or {}).items()]
    for name, values in (params.get("multiValueHeaders") or {}).items():
        pairs.extend((name, str(value)) for value in values)
    return HttpRequest(
        method,
        path,
        query,
        [(name.lower(), value) for name, value in pairs],
        str(params.get("body") or "").encode(),
        "test-invoke-source-ip",
        [name for name, _ in pairs],
    )


def match_of(definition: Definition, resource: Resource, method: Method, path: str) -> Match:
    """The method, with the path variables that a path has for its resource."""
    alone = Resource(id=resource.id, path=resource.path, resource_methods={"ANY": method})
    found = Router([alone]).match("ANY", path)
    return Match(resource, method, found.parameters if found else {})


def log_text(exchange: Exchange, response: HttpResponse, now: float) -> str:
    """The whole log of a test."""
    headers = shown_map(dict(response.headers))
    good = not exchange.log.failures
    lines: Sequence[str] = [
        *exchange.log.lines,
        f"Method response headers: {headers}",
        *(["Successfully completed execution"] if good else []),
        f"Method completed with status: {response.status}",
    ]
    at = datetime.fromtimestamp(now, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    first = f"Execution log for request {exchange.request_id}"
    return "\n".join([first, *(f"{at} : {line}" for line in lines), ""])
