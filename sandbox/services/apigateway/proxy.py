"""The event of a Lambda proxy integration.

Follows "Lambda proxy integrations in API Gateway" of the API Gateway Developer Guide (payload format 1.0).
"""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.apis.messages import (
    CONNECTION_HEADERS,
    body_text,
    clf_time,
    forwarded,
    matches_type,
    multi,
    named_headers,
)
from sandbox.model.http import HttpRequest
from sandbox.services.apigateway.request_context import Exchange
from sandbox.services.apigateway.routing import Match


def build_event(exchange: Exchange, match: Match) -> bytes:
    """The event document. Functions see the names of headers as the client wrote them."""
    event = common_event(exchange, match)
    request = exchange.request
    body: str | None = None
    binary = False
    if request.body:
        types = exchange.live.definition.binary_media_types
        binary = bool(types) and matches_type(request.header("content-type"), types)
        body = body_text(request.body, binary=binary)
    if exchange.authorizer is not None:
        event["requestContext"]["authorizer"] = dict(exchange.authorizer)
    event["body"] = body
    event["isBase64Encoded"] = binary
    return msgspec.json.encode(event)


def common_event(exchange: Exchange, match: Match) -> dict[str, Any]:
    """What the events of functions and of REQUEST authorizers share."""
    request, live = exchange.request, exchange.live
    headers = multi(
        (name, value) for lower, name, value in named_headers(request) if lower not in CONNECTION_HEADERS
    )
    headers["X-Amzn-Trace-Id"] = [exchange.trace]
    headers |= {name: [value] for name, value in forwarded(request).items()}
    query = exchange.query
    return {
        "resource": match.resource.path,
        "path": "/" + request.path.lstrip("/"),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.parameters or None,
        "stageVariables": dict(live.variables) or None,
        "requestContext": {
            "resourceId": match.resource.id,
            "resourcePath": match.resource.path,
            "httpMethod": request.method,
            "extendedRequestId": exchange.extended_id,
            "requestTime": clf_time(exchange.now),
            "path": exchange.stage_path,
            "accountId": live.scope.account,
            "protocol": "HTTP/1.1",
            "stage": live.name,
            "domainPrefix": live.api_id,
            "requestTimeEpoch": int(exchange.now * 1000),
            "requestId": exchange.request_id,
            "identity": _identity(exchange, request),
            "domainName": f"{live.api_id}.execute-api.{live.scope.region}.amazonaws.com",
            "deploymentId": live.deployment_id,
            "apiId": live.api_id,
        },
    }


def _identity(exchange: Exchange, request: HttpRequest) -> dict[str, str | None]:
    identity: dict[str, str | None] = {
        "cognitoIdentityPoolId": None,
        "accountId": None,
        "cognitoIdentityId": None,
        "caller": None,
        "sourceIp": request.source_ip,
        "principalOrgId": None,
        "accessKey": None,
        "cognitoAuthenticationType": None,
        "cognitoAuthenticationProvider": None,
        "userArn": None,
        "userAgent": request.header("user-agent") or None,
        "user": None,
    }
    if exchange.plan_key is not None:
        identity["apiKey"] = exchange.plan_key.key.value
        identity["apiKeyId"] = exchange.plan_key.key.id
    return identity
