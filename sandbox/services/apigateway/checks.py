"""What the parts of a REST API must be, with AWS's refusals of what they are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sandbox.model.apis.lambda_uri import function_in_uri
from sandbox.model.arn import is_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.services.apigateway.definition import Authorizer, Definition, Integration, Method

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "ANY")
_PART = re.compile(r"\{[\w.-]+\+?\}|[\w.:$@~'()*,;=&!%+-]*")
_FROM_METHOD = re.compile(
    r"method\.request\.(path|querystring|multivaluequerystring|header|multivalueheader)\..+"
)
_SOURCES = re.compile(r"method\.request\.(header|querystring)\.[^,\s]+|(stageVariables|context)\.[^,\s]+")


def bad(message: str) -> AwsError:
    """The refusal of a value as it is."""
    return AwsError("BadRequestException", message)


def check_part(part: str) -> None:
    """Refuses parts of paths that API Gateway refuses.

    Raises:
        AwsError: `BadRequestException`.
    """
    if not part or not _PART.fullmatch(part):
        raise bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces "
            "at the beginning and the end."
        )


def check_paths(paths: Iterable[str]) -> None:
    """Refuses paths that API Gateway refuses: malformed parts, greedy variables that are not last, and two
    names for one path variable (a resource has one of each kind at most).

    Raises:
        AwsError: `BadRequestException`.
    """
    names: dict[str, str] = {}
    for path in paths:
        if not path.startswith("/"):
            raise bad(f"Invalid path {path!r}: it must begin with a slash.")
        parts = path.split("/")[1:]
        for index, part in enumerate(parts):
            if part:
                check_part(part)
            if part.endswith("+}") and index != len(parts) - 1:
                raise bad(f"Greedy path variable {part} must be last in {path}.")
            if not part.startswith("{"):
                continue
            place = "/".join("{}" if other.startswith("{") else other for other in parts[:index])
            kind = "+" if part.endswith("+}") else ""
            known = names.setdefault(f"{place}/{{{kind}}}", part)
            if known != part:
                raise bad(
                    f"A sibling ({known}) of this resource already has a variable path part -- only one is "
                    f"allowed: {part} in {path}"
                )


def check_uri(kind: str, uri: str | None) -> None:
    """Refuses URIs that integrations of a type do not have, worded as AWS does.

    Raises:
        AwsError: `BadRequestException`.
    """
    uri = uri or ""
    if kind in ("HTTP", "HTTP_PROXY"):
        if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", uri):
            raise bad("Invalid HTTP endpoint specified for URI")
        return
    if kind not in ("AWS", "AWS_PROXY"):
        return
    if not is_arn(uri):
        raise bad("Invalid ARN specified in the request")
    if "path/" not in uri and "action/" not in uri:
        raise bad("AWS ARN for integration must contain path or action")
    if kind == "AWS_PROXY" and function_in_uri(uri) is None:
        raise bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream "
            "invocations."
        )


def check_integration(integration: Integration) -> None:
    """Refuses integrations that are none.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    kind = integration.type
    if kind not in ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"):
        raise bad("Enumeration value for Integration.type must be AWS, AWS_PROXY, HTTP, HTTP_PROXY or MOCK")
    if integration.connection_type == "VPC_LINK":
        raise NotImplementedByName("apigateway", "VPC links of an integration")
    if kind != "MOCK" and not integration.http_method:
        raise bad("Enumeration value for HttpMethod must be non-empty")
    check_uri(kind, integration.uri)
    if not 50 <= integration.timeout_in_millis <= 29_000:
        raise bad("Timeout should be between 50 ms and 29000 ms")
    if integration.passthrough_behavior not in ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"):
        raise bad("Invalid passthrough behavior: WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER")
    for target, source in (integration.request_parameters or {}).items():
        if not target.startswith("integration.request."):
            raise bad(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
                f"[Invalid mapping expression specified: {target}]"
            )
        if source.startswith("method.request.") and not re.match(
            r"method\.request\.(body|path|querystring|multivaluequerystring|header|multivalueheader)", source
        ):
            raise bad(f"Invalid mapping expression parameter specified: {source}")


def check_method(method: Method, definition: Definition) -> None:
    """Refuses methods that are none.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    if method.http_method not in METHODS:
        raise bad(f"Invalid HTTP method {method.http_method}")
    kind = method.authorization_type
    if kind in ("AWS_IAM", "COGNITO_USER_POOLS"):
        raise NotImplementedByName("apigateway", f"authorizationType {kind} of a method")
    if kind not in ("NONE", "CUSTOM"):
        raise bad(f"Invalid authorization type specified {kind}")
    if kind == "CUSTOM" and (method.authorizer_id or "") not in definition.authorizers:
        raise bad(
            f"Invalid authorizer ID specified. Setting the authorization type to {kind} requires a valid "
            "authorizer."
        )
    for name in method.request_parameters or {}:
        if not _FROM_METHOD.fullmatch(name):
            raise bad(f"Invalid mapping expression specified: {name}")
    validator = method.request_validator_id
    if validator and validator not in definition.validators:
        raise bad("Invalid Request Validator identifier specified")
    for model in (method.request_models or {}).values():
        if model not in definition.models and model not in ("Empty", "Error"):
            raise bad(f"Invalid model identifier specified: {model}")


def check_authorizer(authorizer: Authorizer) -> None:
    """Refuses authorizers that are none.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    if authorizer.type == "COGNITO_USER_POOLS":
        raise NotImplementedByName("apigateway", "authorizers of type COGNITO_USER_POOLS")
    if authorizer.type not in ("TOKEN", "REQUEST"):
        raise bad("Authorizer type must be TOKEN, REQUEST or COGNITO_USER_POOLS")
    if not function_in_uri(authorizer.authorizer_uri or ""):
        raise bad("Invalid Authorizer URI: " + (authorizer.authorizer_uri or ""))
    ttl = authorizer.authorizer_result_ttl_in_seconds
    if ttl is not None and not 0 <= ttl <= 3600:
        raise bad("authorizerResultTtlInSeconds must be between 0 and 3600")
    sources = identity_sources(authorizer)
    if authorizer.type == "TOKEN" and not re.fullmatch(
        r"method\.request\.header\.[^,\s]+", authorizer.identity_source or ""
    ):
        raise bad("Invalid identity source: a TOKEN authorizer has one request header")
    if not all(_SOURCES.fullmatch(source) for source in sources):
        raise bad(f"Invalid identity source: {authorizer.identity_source}")
    if authorizer.type == "REQUEST" and not sources and ttl != 0:
        raise bad("Identity source is required when caching is enabled")
    if authorizer.identity_validation_expression:
        try:
            re.compile(authorizer.identity_validation_expression)
        except re.error as error:
            raise bad(f"Invalid identity validation expression: {error}") from error


def identity_sources(authorizer: Authorizer) -> list[str]:
    """The expressions of an identity source, one by one."""
    return [part.strip() for part in (authorizer.identity_source or "").split(",") if part.strip()]


def check_response_parameters(parameters: Mapping[str, object], prefix: str) -> None:
    """Refuses response parameters whose names do not begin with `prefix`.

    Raises:
        AwsError: `BadRequestException`.
    """
    for name in parameters:
        if not name.startswith(prefix):
            raise bad(f"Invalid mapping expression specified: {name}")
