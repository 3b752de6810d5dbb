"""Parameter mapping of REST APIs: `method.request.…`, `integration.response.…`, `context.…`, `'text'`.

Follows "API request and response data mapping reference" of the API Gateway Developer Guide.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.apis.access_log import lookup
from sandbox.model.apis.json_paths import JsonPathError, find_json
from sandbox.model.apis.messages import multi
from sandbox.model.http import HttpResponse
from sandbox.services.apigateway.request_context import Exchange, context_of

_SEVERAL = ("multivalueheader", "multivaluequerystring")


class Sources:
    """Where values come from.

    Args:
        exchange: the request.
        response: of the integration, once there is one.
    """

    def __init__(self, exchange: Exchange, response: HttpResponse | None = None) -> None:
        self._exchange = exchange
        self._response = response

    def value(self, expression: str) -> str | None:
        """What an expression means, or None where it has no value; several values are joined by commas."""
        if expression.startswith("'") and expression.endswith("'") and len(expression) > 1:
            return expression[1:-1]
        head, _, rest = expression.partition(".")
        if head == "context":
            return _text(lookup(context_of(self._exchange), rest))
        if head == "stageVariables":
            return self._exchange.live.variables.get(rest)
        if expression.startswith("method.request."):
            return self._of_request(expression.removeprefix("method.request."))
        if expression.startswith("integration.response.") and self._response is not None:
            return self._of_response(self._response, expression.removeprefix("integration.response."))
        return None

    def _of_request(self, rest: str) -> str | None:
        place, _, name = rest.partition(".")
        exchange = self._exchange
        if place == "body":
            return _of_body(exchange.request.body, name)
        if place == "path":
            return exchange.parameters["path"].get(name)
        headers = place in ("header", "multivalueheader")
        values = multi(exchange.request.headers) if headers else exchange.query
        found = values.get(name.lower() if headers else name)
        if not found:
            return None
        return ",".join(found) if place in _SEVERAL else found[-1]

    @staticmethod
    def _of_response(response: HttpResponse, rest: str) -> str | None:
        place, _, name = rest.partition(".")
        if place == "body":
            return _of_body(response.body, name)
        found = multi((key.lower(), value) for key, value in response.headers).get(name.lower())
        if not found:
            return None
        return ",".join(found) if place in _SEVERAL else found[-1]


def _of_body(body: bytes, path: str) -> str | None:
    if not path:
        return body.decode(errors="replace")
    try:
        return _text(find_json(msgspec.json.decode(body), path if path.startswith("$") else f"$.{path}"))
    except (msgspec.DecodeError, RecursionError, JsonPathError):
        return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
