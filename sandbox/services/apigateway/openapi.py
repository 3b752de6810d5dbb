"""Reads an OpenAPI 3 or Swagger 2 definition with API Gateway's extensions into routes.

Follows "Working with API Gateway extensions to OpenAPI" of the API Gateway Developer Guide. Integrations
other than Lambda proxies, authorizers, validators and models are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from sandbox.model.arn import is_arn
from sandbox.model.awserror import AwsError, NotImplementedByName

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH")
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_LAMBDA_URI = re.compile(r"arn:aws[\w-]*:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(.+)/invocations")
_INTEGRATION_MEMBERS = frozenset(
    {"type", "uri", "httpMethod", "passthroughBehavior", "credentials", "responses", "timeoutInMillis"}
)
_REFUSED_TOP = (
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-policy",
    "x-amazon-apigateway-request-validator",
    "x-amazon-apigateway-authorizer",
    "security",
)
_REFUSED_METHOD = ("x-amazon-apigateway-request-validator", "x-amazon-apigateway-auth", "security")


class Route(msgspec.Struct, frozen=True):
    """A method of a resource and the function that answers it.

    Attributes:
        method: upper case; `ANY` stands for those without a route of their own.
        path: with its variables.
        function: ARN.
        timeout_ms: how long API Gateway waits for the function.
        integration_method: `httpMethod` of the integration; anything but POST fails each request.
    """

    method: str
    path: str
    function: str
    timeout_ms: int = 29_000
    integration_method: str = "POST"


def read_definition(document: Mapping[str, Any]) -> list[Route]:
    """The routes of a definition.

    Args:
        document: the parsed OpenAPI document.

    Raises:
        AwsError: `BadRequestException` for what is malformed; refused by name for what is not implemented.
    """
    if "openapi" not in document and "swagger" not in document:
        raise AwsError("BadRequestException", "Invalid OpenAPI input: neither openapi nor swagger is given.")
    for name in _REFUSED_TOP:
        if document.get(name):
            raise NotImplementedByName("apigateway", f"{name} in an OpenAPI body")
    paths = document.get("paths", {})
    if not isinstance(paths, Mapping):
        raise AwsError("BadRequestException", "Invalid OpenAPI input: paths is not a mapping.")
    routes: list[Route] = []
    for path, item in paths.items():
        if not isinstance(path, str):
            raise AwsError("BadRequestException", f"Invalid OpenAPI input: the path {path!r} is not a text.")
        check_path(path)
        for method, operation in _methods(path, item):
            routes.append(_route(method, path, operation))
    check_variables(route.path for route in routes)
    return routes


def check_path(path: str) -> None:
    """Refuses resource paths that API Gateway refuses.

    Raises:
        AwsError: `BadRequestException`.
    """
    parts = path.split("/")[1:]
    if not path.startswith("/"):
        raise AwsError("BadRequestException", f"Invalid path {path!r}: it must begin with a slash.")
    for index, part in enumerate(parts):
        if part.endswith("+}") and index != len(parts) - 1:
            raise AwsError("BadRequestException", f"Greedy path variable {part} must be last in {path}.")
        if not re.fullmatch(r"\{[\w.-]+\+?\}|[\w.:$@~'()*,;=&!-]*", part):
            raise AwsError(
                "BadRequestException",
                "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly "
                f"braces at the beginning and the end: {part}.",
            )


def check_variables(paths: Iterable[str]) -> None:
    """Refuses two names for one path variable, as API Gateway does: a resource has one of each kind at most.

    Raises:
        AwsError: `BadRequestException`.
    """
    names: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")[1:]
        for index, part in enumerate(parts):
            if not part.startswith("{"):
                continue
            place = "/".join("{}" if other.startswith("{") else other for other in parts[:index])
            kind = "+" if part.endswith("+}") else ""
            known = names.setdefault(f"{place}/{{{kind}}}", part)
            if known != part:
                raise AwsError(
                    "BadRequestException",
                    f"A sibling ({known}) of this resource already has a variable path part -- only one is "
                    f"allowed: {part} in {path}",
                )


def function_of_uri(uri: str) -> str:
    """The function's ARN in the URI of a Lambda integration.

    Raises:
        AwsError: `BadRequestException`, worded as AWS does.
    """
    match = _LAMBDA_URI.fullmatch(uri)
    if match and is_arn(match.group(1)):
        return match.group(1)
    if not is_arn(uri):
        raise AwsError("BadRequestException", "Invalid ARN specified in the request")
    if "path/" not in uri and "action/" not in uri:
        raise AwsError("BadRequestException", "AWS ARN for integration must contain path or action")
    raise AwsError(
        "BadRequestException",
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream "
        "invocations.",
    )


def _methods(path: str, item: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(item, Mapping):
        raise AwsError("BadRequestException", f"Invalid OpenAPI input: {path} is not a mapping.")
    for name, operation in item.items():
        if not isinstance(name, str):
            raise AwsError("BadRequestException", f"Invalid OpenAPI input: {name!r} of {path} is not a text.")
        if name == _ANY:
            yield "ANY", operation
        elif name.upper() in METHODS:
            yield name.upper(), operation
        elif name not in ("parameters", "summary", "description", "servers"):
            raise NotImplementedByName("apigateway", f"{name} of path {path} in an OpenAPI body")


def _route(method: str, path: str, operation: Mapping[str, Any]) -> Route:
    where = f"{method} {path}"
    if not isinstance(operation, Mapping) or not isinstance(operation.get(_INTEGRATION), Mapping):
        raise AwsError("BadRequestException", f"No integration defined for method {where}")
    for name in _REFUSED_METHOD:
        if operation.get(name):
            raise NotImplementedByName("apigateway", f"{name} of {where}")
    integration = operation[_INTEGRATION]
    kind = str(integration.get("type", "")).lower()
    if kind != "aws_proxy":
        raise NotImplementedByName("apigateway", f"integration type {kind or 'none'} of {where}")
    for name in integration:
        if name not in _INTEGRATION_MEMBERS:
            raise NotImplementedByName("apigateway", f"integration property {name} of {where}")
    timeout = integration.get("timeoutInMillis", 29_000)
    if not isinstance(timeout, int) or isinstance(timeout, bool) or not 50 <= timeout <= 29_000:
        raise AwsError("BadRequestException", "Timeout should be between 50 ms and 29000 ms")
    function = function_of_uri(str(integration.get("uri", "")))
    return Route(method, path, function, timeout, str(integration.get("httpMethod", "POST")).upper())
