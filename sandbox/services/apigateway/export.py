"""Writes what a stage serves as OpenAPI 3.0 or Swagger 2.0."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml

from sandbox.model.scope import Scope
from sandbox.services.apigateway.definition import (
    Authorizer,
    Definition,
    Integration,
    Method,
    RequestValidator,
    view,
)

_X = "x-amazon-apigateway-"
_MODEL_URL = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/]+/models/(\w+)")
_PLACES = {"path": "path", "querystring": "query", "header": "header"}


def export_document(
    title: str,
    version: str,
    definition: Definition,
    scope: Scope,
    *,
    swagger: bool,
    extensions: bool,
    as_yaml: bool,
) -> bytes:
    """The document.

    Args:
        swagger: Swagger 2.0 instead of OpenAPI 3.0.
        extensions: write what only API Gateway understands too.
    """
    writer = _Writer(definition, swagger=swagger, extensions=extensions)
    document: dict[str, Any] = {"swagger": "2.0"} if swagger else {"openapi": "3.0.1"}
    document["info"] = {"title": title, "version": version or "1.0"}
    document["paths"] = writer.paths()
    schemas, schemes = writer.schemas(), writer.schemes()
    if swagger:
        document |= {"definitions": schemas} if schemas else {}
        document |= {"securityDefinitions": schemes} if schemes else {}
    elif schemas or schemes:
        document["components"] = {"schemas": schemas, "securitySchemes": schemes}
    if extensions:
        document |= writer.extras()
    if as_yaml:
        return yaml.safe_dump(document, sort_keys=False).encode()
    return msgspec.json.encode(document)


class _Writer:
    def __init__(self, definition: Definition, *, swagger: bool, extensions: bool) -> None:
        self._definition = definition
        self._swagger = swagger
        self._extensions = extensions

    def paths(self) -> dict[str, Any]:
        paths: dict[str, Any] = {}
        for resource, method in self._definition.methods():
            any_method = method.http_method == "ANY"
            name = f"{_X}any-method" if any_method else method.http_method.lower()
            if not any_method or self._extensions:
                paths.setdefault(resource.path, {})[name] = self._operation(method)
        return paths

    def schemas(self) -> dict[str, Any]:
        where = "#/definitions/" if self._swagger else "#/components/schemas/"
        return {
            name: msgspec.json.decode(_MODEL_URL.sub(lambda match: f"{where}{match[1]}", model.schema))
            for name, model in self._definition.models.items()
        }

    def schemes(self) -> dict[str, Any]:
        found = {one.name: self._scheme(one) for one in self._definition.authorizers.values()}
        if any(method.api_key_required for _, method in self._definition.methods()):
            found["api_key"] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
        return found

    def extras(self) -> dict[str, Any]:
        definition, extras = self._definition, dict[str, Any]()
        if definition.validators:
            extras[f"{_X}request-validators"] = {
                _named(one): {
                    "validateRequestBody": one.validate_request_body,
                    "validateRequestParameters": one.validate_request_parameters,
                }
                for one in definition.validators.values()
            }
        if definition.gateway_responses:
            extras[f"{_X}gateway-responses"] = {
                kind: {key: value for key, value in view(one).items() if key != "responseType"}
                for kind, one in definition.gateway_responses.items()
            }
        if definition.binary_media_types:
            extras[f"{_X}binary-media-types"] = definition.binary_media_types
        if definition.api_key_source != "HEADER":
            extras[f"{_X}api-key-source"] = definition.api_key_source
        return extras

    def _operation(self, method: Method) -> dict[str, Any]:
        operation: dict[str, Any] = {}
        if method.operation_name:
            operation["operationId"] = method.operation_name
        parameters = [
            self._parameter(name, required) for name, required in (method.request_parameters or {}).items()
        ]
        self._add_models(operation, parameters, method.request_models or {})
        if parameters:
            operation["parameters"] = parameters
        operation["responses"] = self._responses(method)
        security: list[dict[str, list[str]]] = []
        authorizer = self._definition.authorizers.get(method.authorizer_id or "")
        if authorizer is not None:
            security.append({authorizer.name: []})
        if method.api_key_required:
            security.append({"api_key": []})
        if security:
            operation["security"] = security
        validator = self._definition.validators.get(method.request_validator_id or "")
        if self._extensions and validator is not None:
            operation[f"{_X}request-validator"] = _named(validator)
        if self._extensions and method.method_integration is not None:
            operation[f"{_X}integration"] = _integration(method.method_integration)
        return operation

    def _parameter(self, name: str, required: bool) -> dict[str, Any]:
        place, _, key = name.removeprefix("method.request.").removeprefix("multivalue").partition(".")
        parameter: dict[str, Any] = {"name": key, "in": _PLACES.get(place, "query"), "required": required}
        return (
            {**parameter, "type": "string"} if self._swagger else {**parameter, "schema": {"type": "string"}}
        )

    def _add_models(
        self, operation: dict[str, Any], parameters: list[dict[str, Any]], models: dict[str, str]
    ) -> None:
        if not models:
            return
        if self._swagger:
            operation["consumes"] = list(models)
            schema = {"$ref": f"#/definitions/{next(iter(models.values()))}"}
            parameters.append({"in": "body", "name": "body", "required": True, "schema": schema})
        else:
            content = {
                media: {"schema": {"$ref": f"#/components/schemas/{name}"}} for media, name in models.items()
            }
            operation["requestBody"] = {"content": content, "required": True}

    def _responses(self, method: Method) -> dict[str, Any]:
        found: dict[str, Any] = {}
        kind: dict[str, Any] = {"type": "string"} if self._swagger else {"schema": {"type": "string"}}
        for status, response in (method.method_responses or {}).items():
            shown: dict[str, Any] = {"description": f"{status} response"}
            names = [name.rpartition(".")[2] for name in response.response_parameters or {}]
            if names:
                shown["headers"] = {name: kind for name in names}
            found[status] = shown
        return found or {"default": {"description": "Default response"}}

    def _scheme(self, authorizer: Authorizer) -> dict[str, Any]:
        header = (authorizer.identity_source or "").rpartition("header.")[2].partition(",")[0]
        name = header if authorizer.type == "TOKEN" else "Unused"
        scheme: dict[str, Any] = {"type": "apiKey", "name": name or "Authorization", "in": "header"}
        if self._extensions:
            skipped = ("id", "name", "authType")
            given = {key: value for key, value in view(authorizer).items() if key not in skipped}
            given["type"] = authorizer.type.lower()
            scheme[f"{_X}authtype"] = authorizer.auth_type or "custom"
            scheme[f"{_X}authorizer"] = given
        return scheme


def _named(validator: RequestValidator) -> str:
    return validator.name or validator.id


def _integration(integration: Integration) -> dict[str, Any]:
    shown = {name: value for name, value in view(integration).items() if name != "integrationResponses"}
    shown["type"] = integration.type.lower()
    shown["passthroughBehavior"] = integration.passthrough_behavior.lower()
    responses = integration.integration_responses or {}
    if responses:
        shown["responses"] = {
            one.selection_pattern or "default": {
                key: value for key, value in view(one).items() if key != "selectionPattern"
            }
            for one in responses.values()
        }
    return shown
