"""What an HTTP API consists of, in the names of the API Gateway Version 2 API Reference."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.apis.cors import Cors


class Route(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal"):
    """A route; `target` is `integrations/ID`."""

    route_id: str
    route_key: str
    target: str | None = None
    authorization_type: str = "NONE"
    authorizer_id: str | None = None
    authorization_scopes: list[str] | None = None
    operation_name: str | None = None
    api_gateway_managed: bool | None = None

    @property
    def integration_id(self) -> str:
        """The id in the target."""
        return (self.target or "").removeprefix("integrations/")


class Integration(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal"):
    """What answers a route; `timeout_in_millis` in milliseconds."""

    integration_id: str
    integration_type: str
    integration_uri: str | None = None
    integration_method: str | None = None
    integration_subtype: str | None = None
    payload_format_version: str | None = None
    timeout_in_millis: int = 30_000
    connection_type: str | None = None
    credentials_arn: str | None = None
    description: str | None = None
    request_parameters: dict[str, str] | None = None
    response_parameters: dict[str, dict[str, str]] | None = None
    api_gateway_managed: bool | None = None


class JwtConfiguration(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal"):
    """Whose tokens an authorizer takes; `issuer` may hold `{{sandbox:…}}` tokens."""

    issuer: str
    audience: list[str] = []


class Authorizer(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal"):
    """A JWT or Lambda (`REQUEST`) authorizer; `authorizer_result_ttl_in_seconds` of virtual time."""

    authorizer_id: str
    name: str
    authorizer_type: str
    identity_source: list[str] = []
    jwt_configuration: JwtConfiguration | None = None
    authorizer_uri: str | None = None
    authorizer_payload_format_version: str | None = None
    authorizer_result_ttl_in_seconds: int | None = None
    authorizer_credentials_arn: str | None = None
    enable_simple_responses: bool | None = None


class Definition(msgspec.Struct, kw_only=True):
    """All that a deployment freezes."""

    routes: dict[str, Route] = {}
    integrations: dict[str, Integration] = {}
    authorizers: dict[str, Authorizer] = {}


class Api(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal"):
    """An API beside its routes; `created_date` in virtual seconds since the epoch."""

    api_id: str
    name: str
    protocol_type: str = "HTTP"
    description: str | None = None
    version: str | None = None
    cors_configuration: Cors | None = None
    disable_execute_api_endpoint: bool = False
    ip_address_type: str = "ipv4"
    created_date: float
    tags: dict[str, str] = {}


class RouteSettings(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal", frozen=True):
    """Throttling of a route in requests per second, and at once; None leaves the account's."""

    throttling_rate_limit: float | None = None
    throttling_burst_limit: int | None = None
    detailed_metrics_enabled: bool | None = None


class AccessLogSettings(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal", frozen=True):
    """Where requests are logged (ARN of a log group), and how."""

    destination_arn: str | None = None
    format: str | None = None


class Stage(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal"):
    """A stage; times in virtual seconds since the epoch."""

    stage_name: str
    description: str | None = None
    deployment_id: str | None = None
    auto_deploy: bool = False
    stage_variables: dict[str, str] = {}
    default_route_settings: RouteSettings = RouteSettings()
    route_settings: dict[str, RouteSettings] = {}
    access_log_settings: AccessLogSettings | None = None
    api_gateway_managed: bool | None = None
    created_date: float
    last_updated_date: float
    last_deployment_status_message: str | None = None
    tags: dict[str, str] = {}


class Deployment(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal"):
    """A deployment beside what it froze."""

    deployment_id: str
    description: str | None = None
    auto_deployed: bool = False
    created_date: float


def view(value: msgspec.Struct) -> dict[str, Any]:
    """A value as answers show it: members that were never given are left out."""
    shown: dict[str, Any] = msgspec.to_builtins(value)
    return shown
