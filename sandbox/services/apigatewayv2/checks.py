"""What the parts of an HTTP API must be, with AWS's refusals of what they are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from sandbox.model.apis.access_log import check_format
from sandbox.model.apis.cors import Cors
from sandbox.model.apis.lambda_uri import function_in_uri
from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.services.apigatewayv2.definition import (
    AccessLogSettings,
    Authorizer,
    Integration,
    Route,
    RouteSettings,
)
from sandbox.services.apigatewayv2.mapping import check_request_parameters, check_response_parameters
from sandbox.services.apigatewayv2.service_calls import check_subtype

T = TypeVar("T")
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"})
_PART = re.compile(r"\{[\w.:-]+\+?\}|[^{}]*")
_STAGE_NAME = re.compile(r"\$default|[A-Za-z0-9_-]{1,128}")
_SOURCE = re.compile(
    r"\$request\.(header|querystring)\.[\w.!#%&'*+^`|~-]+|\$(context|stageVariables)\.[\w.-]+"
)


def bad(message: str) -> AwsError:
    """The refusal of a value as it is."""
    return AwsError("BadRequestException", message)


def _converted(value: Mapping[str, Any], kind: type[T]) -> T:
    """Members as they are given, as a value of their type.

    Raises:
        AwsError: `BadRequestException`: one is of another type.
    """
    try:
        return msgspec.convert(value, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise bad(f"Invalid value: {error}") from error


def normal_route_key(key: str) -> str:
    """A route key, checked.

    Raises:
        AwsError: `BadRequestException`.
    """
    if key == "$default":
        return key
    method, _, path = key.partition(" ")
    parts = path.split("/")[1:]
    if method not in METHODS or not path.startswith("/"):
        raise bad(
            f"The provided route key is not formatted properly for HTTP protocol. Format should be "
            f'"<HTTP METHOD> /<RESOURCE PATH>" or "$default": {key}'
        )
    names = [part[1:-1].removesuffix("+") for part in parts if part.startswith("{")]
    if len(set(names)) != len(names):
        raise bad(f"Path variables of the route key {key} must have different names")
    for index, part in enumerate(parts):
        if not _PART.fullmatch(part):
            raise bad(f"Unable to parse the route key {key}: a path variable is a whole part of the path")
        if part.endswith("+}") and index != len(parts) - 1:
            raise bad(f"Greedy path variable must be last in the route key {key}")
    return key


def check_route(identity: str, params: Mapping[str, Any], authorizers: Mapping[str, Authorizer]) -> Route:
    """A route of its members as they are given.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    if params.get("ApiKeyRequired"):
        raise bad("API keys are not supported for HTTP APIs")
    route = Route(
        route_id=identity,
        route_key=normal_route_key(params["RouteKey"]),
        target=params.get("Target"),
        authorization_type=params.get("AuthorizationType") or "NONE",
        authorizer_id=params.get("AuthorizerId") or None,
        authorization_scopes=params.get("AuthorizationScopes") or None,
        operation_name=params.get("OperationName"),
    )
    check_authorization(route, authorizers)
    return route


def check_authorization(route: Route, authorizers: Mapping[str, Authorizer]) -> None:
    """Refuses authorization types without their authorizer, and AWS_IAM by name.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    kind = route.authorization_type
    if kind == "AWS_IAM":
        raise NotImplementedByName("apigatewayv2", "AuthorizationType AWS_IAM of a route")
    if kind == "NONE":
        return
    wanted = {"JWT": "JWT", "CUSTOM": "REQUEST"}.get(kind)
    if wanted is None:
        raise bad(f"Invalid authorization type {kind}: NONE, JWT or CUSTOM")
    authorizer = authorizers.get(route.authorizer_id or "")
    if authorizer is None:
        raise bad(
            f"Invalid authorizer ID specified. Setting the authorization type to {kind} requires a valid "
            "authorizer."
        )
    if authorizer.authorizer_type != wanted:
        raise bad(f"The authorizer {authorizer.name} is of type {authorizer.authorizer_type}, not {kind}")
    if route.authorization_scopes and kind != "JWT":
        raise bad("Authorization scopes need a JWT authorizer")


def is_function(uri: str) -> bool:
    """Whether the URI of an integration names a Lambda function."""
    if function_in_uri(uri):
        return True
    return is_arn(uri) and parse_arn(uri).service == "lambda"


def function_of(uri: str) -> str:
    """The ARN of the function that a URI names."""
    return function_in_uri(uri) or uri


def check_integration(identity: str, params: Mapping[str, Any]) -> Integration:
    """An integration of its members as they are given.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    _check_texts(params)
    kind, uri = params["IntegrationType"], params.get("IntegrationUri")
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        raise bad(f"HTTP APIs have integrations of type AWS_PROXY and HTTP_PROXY only, not {kind}")
    if params.get("ConnectionType") not in (None, "INTERNET") or params.get("ConnectionId"):
        raise NotImplementedByName("apigatewayv2", "VPC links of an integration")
    subtype = params.get("IntegrationSubtype")
    version = params.get("PayloadFormatVersion")
    if kind == "HTTP_PROXY":
        _check_http(params, uri)
        version = "1.0"
    elif subtype:
        check_subtype(subtype, params.get("RequestParameters") or {})
        version = "1.0"
    elif not uri or not is_function(uri):
        raise bad("Invalid function ARN or invalid uri")
    if version not in ("1.0", "2.0"):
        raise bad(
            "PayloadFormatVersion is a required parameter for integration of type AWS_PROXY: 1.0 or 2.0"
        )
    if not subtype:
        check_request_parameters(params.get("RequestParameters") or {})
    check_response_parameters(params.get("ResponseParameters") or {})
    return Integration(
        integration_id=identity,
        integration_type=kind,
        integration_uri=uri,
        integration_method=params.get("IntegrationMethod") or (None if subtype else "POST"),
        integration_subtype=subtype,
        payload_format_version=version,
        timeout_in_millis=check_timeout(params.get("TimeoutInMillis")),
        connection_type="INTERNET",
        credentials_arn=params.get("CredentialsArn"),
        description=params.get("Description"),
        request_parameters=params.get("RequestParameters") or None,
        response_parameters=params.get("ResponseParameters") or None,
    )


#: Members that are texts; a definition may hold anything in their place.
_TEXTS = (
    "IntegrationUri",
    "IntegrationMethod",
    "IntegrationSubtype",
    "PayloadFormatVersion",
    "ConnectionType",
    "ConnectionId",
    "CredentialsArn",
    "Description",
)


def _check_texts(params: Mapping[str, Any]) -> None:
    for name in _TEXTS:
        if not isinstance(params.get(name), str | None):
            raise bad(f"{name} of an integration is a text, not {params[name]!r}")
    if not isinstance(params.get("TimeoutInMillis"), int | None):
        raise bad(f"TimeoutInMillis of an integration is a whole number, not {params['TimeoutInMillis']!r}")


def _check_http(params: Mapping[str, Any], uri: str | None) -> None:
    if not uri or not re.fullmatch(r"https?://[^/\s]+(/\S*)?", uri):
        raise bad(f"Invalid HTTP endpoint specified for URI: {uri}")
    if params.get("IntegrationMethod") not in METHODS:
        raise bad("HTTP integrations need an IntegrationMethod")
    if params.get("PayloadFormatVersion") not in (None, "1.0"):
        raise bad("HTTP_PROXY integrations have payload format version 1.0")


def check_timeout(value: int | None) -> int:
    """Milliseconds that an integration may take; 30,000 where none are given.

    Raises:
        AwsError: `BadRequestException`.
    """
    if value is None:
        return 30_000
    if not 50 <= value <= 30_000:
        raise bad("Timeout should be between 50 ms and 30000 ms")
    return value


def check_authorizer(identity: str, params: Mapping[str, Any]) -> Authorizer:
    """An authorizer of its members as they are given.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    kind = params["AuthorizerType"]
    sources = list(params.get("IdentitySource") or [])
    for source in sources:
        if not _SOURCE.fullmatch(source):
            raise bad(f"Invalid mapping expression specified: {source}")
    authorizer = _converted({**params, "AuthorizerId": identity, "IdentitySource": sources}, Authorizer)
    if kind == "JWT":
        _check_jwt(authorizer)
    elif kind == "REQUEST":
        _check_lambda(authorizer)
    else:
        raise bad(f"Invalid authorizer type {kind}: JWT or REQUEST")
    return authorizer


def _check_jwt(authorizer: Authorizer) -> None:
    jwt, sources = authorizer.jwt_configuration, authorizer.identity_source
    if jwt is None or not jwt.issuer:
        raise bad("JWT authorizers need a JwtConfiguration with an Issuer")
    if not jwt.audience:
        raise bad("JWT authorizers need an Audience")
    if len(sources) > 1 or (sources and not sources[0].startswith("$request.")):
        raise bad("JWT authorizers have one identity source, a header or a parameter of the query")
    authorizer.identity_source = sources or ["$request.header.Authorization"]


def _check_lambda(authorizer: Authorizer) -> None:
    if not function_in_uri(authorizer.authorizer_uri or ""):
        raise bad("Authorizer URI must be a valid API Gateway ARN of a Lambda function")
    if authorizer.authorizer_payload_format_version not in ("1.0", "2.0"):
        raise bad("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer: 1.0 or 2.0")
    if authorizer.enable_simple_responses and authorizer.authorizer_payload_format_version == "1.0":
        raise bad("Simple responses need AuthorizerPayloadFormatVersion 2.0")
    ttl = authorizer.authorizer_result_ttl_in_seconds or 0
    if not 0 <= ttl <= 3600:
        raise bad("AuthorizerResultTtlInSeconds must be between 0 and 3600")
    if ttl and not authorizer.identity_source:
        raise bad("Caching needs an identity source")


def check_cors(value: Mapping[str, Any]) -> Cors:
    """A CORS configuration.

    Raises:
        AwsError: `BadRequestException`.
    """
    cors = _converted(value, Cors)
    if cors.allow_credentials and "*" in cors.allow_origins:
        raise bad("allowCredentials can not be true if allowOrigins contains *")
    for method in cors.allow_methods:
        if method != "*" and method not in METHODS - {"ANY"}:
            raise bad(f"Invalid method in allowMethods: {method}")
    for origin in cors.allow_origins:
        if origin != "*" and not re.fullmatch(r"[\w+.-]+://[^/\s]+", origin):
            raise bad(f"Invalid format for origin {origin}: it has a scheme and no path")
    if cors.max_age is not None and not -1 <= cors.max_age <= 86_400:
        raise bad("maxAge must be between -1 and 86400")
    return cors


def check_stage_name(name: str) -> str:
    """A stage's name.

    Raises:
        AwsError: `BadRequestException`.
    """
    if not _STAGE_NAME.fullmatch(name):
        raise bad("Stage name only allows a-zA-Z0-9_- or $default")
    return name


def check_settings(value: Mapping[str, Any]) -> RouteSettings:
    """Settings of a route.

    Raises:
        AwsError: `BadRequestException`; logging and data trace are of WebSocket APIs.
    """
    if value.get("DataTraceEnabled") or value.get("LoggingLevel") not in (None, "OFF"):
        raise bad("Execution logs are not supported on protocolType HTTP")
    settings = _converted(value, RouteSettings)
    if (settings.throttling_rate_limit or 0) < 0 or (settings.throttling_burst_limit or 0) < 0:
        raise bad("Throttling limits must not be negative")
    return settings


def check_access_log(value: Mapping[str, Any] | None) -> AccessLogSettings | None:
    """Settings of the access log.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    if not value:
        return None
    settings = _converted(value, AccessLogSettings)
    arn = settings.destination_arn or ""
    if not is_arn(arn) or parse_arn(arn).service not in ("logs", "firehose"):
        raise bad("Invalid log destination ARN: a CloudWatch Logs log group")
    if parse_arn(arn).service == "firehose":
        raise NotImplementedByName("apigatewayv2", "access logs to Firehose")
    check_format(settings.format or "")
    return settings
