"""Reads an OpenAPI 3 definition with API Gateway's extensions into an HTTP API.

Follows "Working with OpenAPI definitions for HTTP APIs" and "OpenAPI extensions for API Gateway" of the API
Gateway Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import yaml

from sandbox.model.apis.cors import Cors
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.ids import Ids
from sandbox.services.apigatewayv2.checks import (
    bad,
    check_authorizer,
    check_cors,
    check_integration,
    check_route,
)
from sandbox.services.apigatewayv2.definition import Authorizer, Definition, Integration

T = TypeVar("T")
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_METHODS = frozenset({"get", "post", "put", "delete", "patch", "head", "options"})
_HARMLESS = frozenset({"parameters", "summary", "description", "servers", "x-amazon-apigateway-cors"})
#: Members of an integration -> the API's own names.
_MEMBERS = {
    "uri": "IntegrationUri",
    "httpMethod": "IntegrationMethod",
    "integrationSubtype": "IntegrationSubtype",
    "payloadFormatVersion": "PayloadFormatVersion",
    "timeoutInMillis": "TimeoutInMillis",
    "connectionType": "ConnectionType",
    "connectionId": "ConnectionId",
    "credentials": "CredentialsArn",
    "description": "Description",
    "requestParameters": "RequestParameters",
    "responseParameters": "ResponseParameters",
}
#: Members of an integration that only REST APIs act on; HTTP APIs take them with a warning.
_OF_REST = frozenset(
    {
        "passthroughBehavior",
        "responses",
        "requestTemplates",
        "cacheNamespace",
        "cacheKeyParameters",
        "contentHandling",
    }
)


@dataclass(slots=True)
class Imported:
    """What a definition says."""

    name: str
    description: str | None
    version: str | None
    cors: Cors | None
    definition: Definition = field(default_factory=Definition)
    tags: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def parse_document(body: str) -> Mapping[str, Any]:
    """The document in a text, JSON or YAML.

    Raises:
        AwsError: `BadRequestException`.
    """
    try:
        try:
            document = msgspec.json.decode(body)
        except msgspec.DecodeError:
            document = yaml.safe_load(body)
    except (yaml.YAMLError, RecursionError) as problem:
        raise bad(f"Unable to parse the API definition: {problem}") from problem
    if not isinstance(document, Mapping):
        raise bad("Unable to parse API definition because of a malformed integration at path /: no mapping")
    return document


def read_document(document: Mapping[str, Any], ids: Ids) -> Imported:
    """The API that a document defines.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    if not str(document.get("openapi", "")).startswith("3."):
        raise bad("Invalid OpenAPI input: HTTP APIs are imported from OpenAPI 3.0 definitions")
    reader = _Reader(document, ids)
    reader.read()
    return reader.imported


class _Reader:
    def __init__(self, document: Mapping[str, Any], ids: Ids) -> None:
        info = _mapping(document.get("info", {}), "info")
        self._document = document
        self._ids = ids
        self._components = _mapping(document.get("components", {}), "components")
        self._named: dict[str, Authorizer] = {}
        cors = document.get("x-amazon-apigateway-cors")
        self.imported = Imported(
            name=str(info.get("title") or "Created by AWS"),
            description=_text(info.get("description")),
            version=_text(info.get("version")),
            cors=check_cors(_pascal(_mapping(cors, "x-amazon-apigateway-cors"))) if cors else None,
            tags=_tags(document.get("tags")),
        )

    def read(self) -> None:
        """Reads authorizers, then routes."""
        schemes = _mapping(self._components.get("securitySchemes", {}), "securitySchemes")
        for name, scheme in schemes.items():
            self._authorizer(str(name), _mapping(scheme, f"the security scheme {name}"))
        for path, item in _mapping(self._document.get("paths", {}), "paths").items():
            for method, operation in self._operations(str(path), item):
                self._route(method, str(path), operation)

    def _authorizer(self, name: str, scheme: Mapping[str, Any]) -> None:
        given = scheme.get("x-amazon-apigateway-authorizer")
        if given is None:
            self.imported.warnings.append(f"The security scheme {name} has no authorizer and is not used")
            return
        given = _mapping(given, f"the authorizer {name}")
        kind = str(given.get("type", "")).upper()
        source = given.get("identitySource")
        params = {
            "Name": name,
            "AuthorizerType": kind,
            "IdentitySource": [part.strip() for part in source.split(",")]
            if isinstance(source, str)
            else source,
            "AuthorizerUri": given.get("authorizerUri"),
            "AuthorizerPayloadFormatVersion": _version(given.get("authorizerPayloadFormatVersion")),
            "AuthorizerResultTtlInSeconds": given.get("authorizerResultTtlInSeconds"),
            "AuthorizerCredentialsArn": given.get("authorizerCredentials"),
            "EnableSimpleResponses": given.get("enableSimpleResponses"),
        }
        if "jwtConfiguration" in given:
            params["JwtConfiguration"] = _pascal(_mapping(given["jwtConfiguration"], "jwtConfiguration"))
        made = _checked(lambda: check_authorizer(self._ids.short(6), _given(params)))
        self.imported.definition.authorizers[made.authorizer_id] = made
        self._named[name] = made

    def _operations(self, path: str, item: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, operation in _mapping(item, f"the path {path}").items():
            if name == _ANY or name in _METHODS:
                yield "ANY" if name == _ANY else name.upper(), _mapping(operation, f"{name} {path}")
            elif name not in _HARMLESS:
                raise NotImplementedByName("apigatewayv2", f"{name} of path {path} in an OpenAPI body")

    def _route(self, method: str, path: str, operation: Mapping[str, Any]) -> None:
        key = "$default" if path in ("$default", "/$default") else f"{method} {path}"
        integration = self._integration(key, operation.get(_INTEGRATION))
        params: dict[str, Any] = {
            "RouteKey": key,
            "OperationName": _text(operation.get("operationId")),
            "Target": f"integrations/{integration.integration_id}" if integration else None,
            **self._security(key, operation.get("security", self._document.get("security"))),
        }
        definition = self.imported.definition
        route = check_route(self._ids.short(7), _given(params), definition.authorizers)
        definition.routes[route.route_id] = route

    def _security(self, key: str, security: Any) -> dict[str, Any]:
        if not security:
            return {}
        if not isinstance(security, list) or not all(isinstance(one, Mapping) for one in security):
            raise bad(f"Unable to parse the security of {key}: a list of mappings")
        for requirement in security:
            for name, scopes in requirement.items():
                authorizer = self._named.get(str(name))
                if name == "NONE":  # what SAM writes for a route that the default authorizer leaves alone
                    continue
                if authorizer is None:
                    self.imported.warnings.append(f"The security scheme {name} of {key} has no authorizer")
                    continue
                if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
                    raise bad(f"Unable to parse the security of {key}: the scopes are no list of texts")
                jwt = authorizer.authorizer_type == "JWT"
                return {
                    "AuthorizationType": "JWT" if jwt else "CUSTOM",
                    "AuthorizerId": authorizer.authorizer_id,
                    "AuthorizationScopes": scopes if jwt else None,
                }
        return {}

    def _integration(self, key: str, given: Any) -> Integration | None:
        if isinstance(given, Mapping) and "$ref" in given:
            name = str(given["$ref"]).rpartition("/")[2]
            shared = _mapping(self._components.get("x-amazon-apigateway-integrations", {}), "integrations")
            given = shared.get(name)
        if given is None:
            self.imported.warnings.append(f"No integration defined for route {key}")
            return None
        given = _mapping(given, f"the integration of {key}")
        params: dict[str, Any] = {"IntegrationType": str(given.get("type", "")).upper()}
        for name, value in given.items():
            if name in _MEMBERS:
                params[_MEMBERS[name]] = _version(value) if name == "payloadFormatVersion" else value
            elif name in _OF_REST:
                self.imported.warnings.append(f"{name} of {key} is not supported for HTTP APIs and ignored")
            elif name not in ("type", "$ref"):
                raise NotImplementedByName("apigatewayv2", f"integration property {name} of {key}")
        if params["IntegrationType"] == "AWS_PROXY" and not params.get("IntegrationSubtype"):
            params.setdefault("PayloadFormatVersion", "1.0")
        made = _checked(lambda: check_integration(self._ids.short(7), _given(params)))
        self.imported.definition.integrations[made.integration_id] = made
        return made


def _checked(make: Callable[[], T]) -> T:
    """What `make` makes; values of the wrong type are the document's fault."""
    try:
        return make()
    except (msgspec.ValidationError, TypeError, AttributeError) as error:
        raise bad(f"Unable to parse the API definition: {error}") from error


def _version(value: Any) -> Any:
    """A format's version; `2.0` without quotes is a number in YAML."""
    return f"{float(value):.1f}" if isinstance(value, int | float) else value


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _pascal(value: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name)[:1].upper() + str(name)[1:]: entry for name, entry in value.items()}


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise AwsError("BadRequestException", f"Unable to parse the API definition: {what} is no mapping")
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _tags(value: Any) -> dict[str, str]:
    """The document's tags; those with `x-amazon-apigateway-tag-value` become tags of the API."""
    if not isinstance(value, list):
        return {}
    return {
        str(tag["name"]): str(tag.get("x-amazon-apigateway-tag-value", ""))
        for tag in value
        if isinstance(tag, Mapping) and "name" in tag
    }
