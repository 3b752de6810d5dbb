"""The event of a Lambda proxy integration.

Follows "Lambda proxy integrations in API Gateway" of the API Gateway Developer Guide (payload format 1.0).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from sandbox.model.apis.messages import (
    CONNECTION_HEADERS,
    body_text,
    clf_time,
    forwarded,
    matches_type,
    multi,
    named_headers,
    query_pairs,
)
from sandbox.model.http import HttpRequest
from sandbox.model.scope import Scope
from sandbox.services.apigateway.routing import Match


@dataclass(frozen=True, slots=True)
class Stage:
    """What a request needs to know of the stage it came through."""

    scope: Scope
    api_id: str
    name: str
    deployment_id: str
    variables: Mapping[str, str]
    binary_types: Sequence[str]


def build_event(
    request: HttpRequest, stage: Stage, match: Match, *, request_id: str, trace: str, now: float
) -> bytes:
    """The event document.

    Args:
        request: path begins after the stage. Functions see the names of headers as the client wrote them.
        now: virtual time, seconds.
    """
    headers = multi(
        (name, value) for lower, name, value in named_headers(request) if lower not in CONNECTION_HEADERS
    )
    headers["X-Amzn-Trace-Id"] = [trace]
    headers |= {name: [value] for name, value in forwarded(request).items()}
    query = multi(query_pairs(request.query))
    body, encoded = _body(request, stage.binary_types)
    domain = f"{stage.api_id}.execute-api.{stage.scope.region}.amazonaws.com"
    event = {
        "resource": match.route.path,
        "path": "/" + request.path.lstrip("/"),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.parameters or None,
        "stageVariables": dict(stage.variables) or None,
        "requestContext": {
            "resourceId": f"{zlib.crc32(match.route.path.encode()):08x}"[:6],
            "resourcePath": match.route.path,
            "httpMethod": request.method,
            "extendedRequestId": request_id.replace("-", "")[:15] + "=",
            "requestTime": clf_time(now),
            "path": f"/{stage.name}{request.path}",
            "accountId": stage.scope.account,
            "protocol": "HTTP/1.1",
            "stage": stage.name,
            "domainPrefix": stage.api_id,
            "requestTimeEpoch": int(now * 1000),
            "requestId": request_id,
            "identity": _identity(request),
            "domainName": domain,
            "deploymentId": stage.deployment_id,
            "apiId": stage.api_id,
        },
        "body": body,
        "isBase64Encoded": encoded,
    }
    return msgspec.json.encode(event)


def _body(request: HttpRequest, binary_types: Sequence[str]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    binary = matches_type(request.header("content-type"), binary_types)
    return body_text(request.body, binary=binary), binary


def _identity(request: HttpRequest) -> dict[str, str | None]:
    return {
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
