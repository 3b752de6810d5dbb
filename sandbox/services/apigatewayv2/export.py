"""Writes an HTTP API as OpenAPI 3.0, with API Gateway's extensions or without."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from sandbox.services.apigatewayv2.definition import Api, Authorizer, Definition, Integration, Route, view

_NAMES = {
    "IntegrationUri": "uri",
    "IntegrationMethod": "httpMethod",
    "IntegrationSubtype": "integrationSubtype",
    "PayloadFormatVersion": "payloadFormatVersion",
    "TimeoutInMillis": "timeoutInMillis",
    "ConnectionType": "connectionType",
    "CredentialsArn": "credentials",
    "Description": "description",
    "RequestParameters": "requestParameters",
    "ResponseParameters": "responseParameters",
}


def export_document(api: Api, definition: Definition, output: str, *, extensions: bool) -> bytes:
    """The document.

    Args:
        output: `JSON` or `YAML`.
        extensions: write what only API Gateway understands too.
    """
    document: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": {"title": api.name, "version": api.version or "1.0"},
        "paths": _paths(definition, extensions=extensions),
    }
    if api.description:
        document["info"]["description"] = api.description
    if extensions:
        schemes = {one.name: _scheme(one) for one in definition.authorizers.values()}
        if schemes:
            document["components"] = {"securitySchemes": schemes}
        if api.cors_configuration is not None:
            document["x-amazon-apigateway-cors"] = _camel(view(api.cors_configuration))
        document["x-amazon-apigateway-importexport-version"] = "1.0"
    if output.upper() == "YAML":
        return yaml.safe_dump(document, sort_keys=False).encode()
    return msgspec.json.encode(document)


def _paths(definition: Definition, *, extensions: bool) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in definition.routes.values():
        method, _, path = route.route_key.partition(" ")
        path, method = (path, method.lower()) if path else ("/$default", "any")
        name = "x-amazon-apigateway-any-method" if method == "any" else method
        if name in paths.setdefault(path, {}) or (method == "any" and not extensions):
            continue
        paths[path][name] = _operation(route, definition, extensions=extensions)
    return paths


def _operation(route: Route, definition: Definition, *, extensions: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "responses": {"default": {"description": f"Default response for {route.route_key}"}}
    }
    if route.operation_name:
        operation["operationId"] = route.operation_name
    if not extensions:
        return operation
    authorizer = definition.authorizers.get(route.authorizer_id or "")
    if authorizer is not None:
        operation["security"] = [{authorizer.name: route.authorization_scopes or []}]
    integration = definition.integrations.get(route.integration_id)
    if integration is not None:
        operation["x-amazon-apigateway-integration"] = _integration(integration)
    if route.route_key == "$default":
        operation["isDefaultRoute"] = True
    return operation


def _integration(integration: Integration) -> dict[str, Any]:
    shown = view(integration)
    return {
        "type": integration.integration_type.lower(),
        "timeoutInMillis": integration.timeout_in_millis,
        **{_NAMES[name]: value for name, value in shown.items() if name in _NAMES},
    }


def _scheme(authorizer: Authorizer) -> dict[str, Any]:
    given = _camel(view(authorizer))
    for name in ("authorizerId", "name"):
        given.pop(name, None)
    given["type"] = given.pop("authorizerType").lower()
    given["identitySource"] = ",".join(given.get("identitySource", []))
    if "jwtConfiguration" in given:
        given["jwtConfiguration"] = _camel(given["jwtConfiguration"])
        return {"type": "oauth2", "x-amazon-apigateway-authorizer": given, "flows": {}}
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authorizer": given,
    }


def _camel(value: dict[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: entry for name, entry in value.items()}
