"""What a REST API consists of, in the names of the API Gateway REST API Reference.

All of it is one value: operations change it, a deployment freezes it, a stage serves what was frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


class IntegrationResponse(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How an integration's answer becomes the method's; no `selection_pattern` makes it the default."""

    status_code: str
    selection_pattern: str | None = None
    response_parameters: dict[str, str] | None = None
    response_templates: dict[str, str | None] | None = None
    content_handling: str | None = None


class Integration(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What answers a method; `timeout_in_millis` in milliseconds."""

    type: str
    http_method: str | None = None
    uri: str | None = None
    connection_type: str | None = None
    credentials: str | None = None
    request_parameters: dict[str, str] | None = None
    request_templates: dict[str, str | None] | None = None
    passthrough_behavior: str = "WHEN_NO_MATCH"
    content_handling: str | None = None
    timeout_in_millis: int = 29_000
    cache_namespace: str | None = None
    cache_key_parameters: list[str] = []
    integration_responses: dict[str, IntegrationResponse] | None = None


class MethodResponse(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A status that a method may answer with."""

    status_code: str
    response_parameters: dict[str, bool] | None = None
    response_models: dict[str, str] | None = None


class Method(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A method of a resource; `ANY` stands for those without one of their own."""

    http_method: str
    authorization_type: str = "NONE"
    authorizer_id: str | None = None
    api_key_required: bool = False
    request_validator_id: str | None = None
    operation_name: str | None = None
    request_parameters: dict[str, bool] | None = None
    request_models: dict[str, str] | None = None
    authorization_scopes: list[str] | None = None
    method_responses: dict[str, MethodResponse] | None = None
    method_integration: Integration | None = None


class Resource(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A path; the root has no parent and no part."""

    id: str
    path: str
    parent_id: str | None = None
    path_part: str | None = None
    resource_methods: dict[str, Method] = {}


class Model(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A JSON schema (draft 4) by name."""

    id: str
    name: str
    content_type: str
    description: str | None = None
    schema: str = "{}"


class RequestValidator(msgspec.Struct, kw_only=True, rename="camel"):
    """What of a request is checked."""

    id: str
    name: str = ""
    validate_request_body: bool = False
    validate_request_parameters: bool = False


class Authorizer(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A Lambda authorizer (`TOKEN`, `REQUEST`); `authorizer_result_ttl_in_seconds` of virtual time."""

    id: str
    name: str
    type: str
    auth_type: str | None = None
    authorizer_uri: str | None = None
    authorizer_credentials: str | None = None
    identity_source: str | None = None
    identity_validation_expression: str | None = None
    authorizer_result_ttl_in_seconds: int | None = None


class GatewayResponse(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What API Gateway itself answers in a case (`DEFAULT_4XX`, `UNAUTHORIZED`)."""

    response_type: str
    status_code: str | None = None
    response_parameters: dict[str, str] = {}
    response_templates: dict[str, str] = {}


class Definition(msgspec.Struct, kw_only=True):
    """All that a deployment freezes."""

    resources: dict[str, Resource]
    models: dict[str, Model] = {}
    validators: dict[str, RequestValidator] = {}
    authorizers: dict[str, Authorizer] = {}
    gateway_responses: dict[str, GatewayResponse] = {}
    binary_media_types: list[str] = []
    api_key_source: str = "HEADER"

    @property
    def root(self) -> Resource:
        """The resource `/`."""
        return next(resource for resource in self.resources.values() if resource.parent_id is None)

    def methods(self) -> Iterator[tuple[Resource, Method]]:
        """Every method with its resource."""
        for resource in self.resources.values():
            for method in resource.resource_methods.values():
                yield resource, method

    def at(self, path: str) -> Resource | None:
        """The resource of a path, or None."""
        return next((one for one in self.resources.values() if one.path == path), None)


def empty(root_id: str) -> Definition:
    """A definition without methods."""
    return Definition(resources={root_id: Resource(id=root_id, path="/")})


def view(value: msgspec.Struct) -> dict[str, Any]:
    """A value as answers show it: members that were never given are left out."""
    shown: dict[str, Any] = msgspec.to_builtins(value)
    return shown


def method_view(method: Method) -> dict[str, Any]:
    """A method as answers show it."""
    shown = {"authorizationType": "NONE", "apiKeyRequired": False, **view(method)}
    if method.method_integration is not None:
        shown["methodIntegration"] = integration_view(method.method_integration)
    return shown


def integration_view(integration: Integration) -> dict[str, Any]:
    """An integration as answers show it."""
    return {
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29_000,
        "cacheKeyParameters": [],
        **view(integration),
    }
