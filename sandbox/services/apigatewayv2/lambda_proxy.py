"""The events of functions behind an HTTP API, payload formats 2.0 and 1.0, and those of its authorizers.

Follows "Create AWS Lambda proxy integrations for HTTP APIs" and "Control access to HTTP APIs with AWS Lambda
authorizers" of the API Gateway Developer Guide. Both formats carry the path decoded, as HTTP APIs do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from sandbox.model.apis.messages import (
    CONNECTION_HEADERS,
    clf_time,
    event_body,
    forwarded,
    multi,
    named_headers,
    query_pairs,
)
from sandbox.model.http import HttpRequest
from sandbox.services.apigatewayv2.live import LiveStage
from sandbox.services.apigatewayv2.routing import Match


class Asked(msgspec.Struct, frozen=True):
    """A request whose route is known.

    Attributes:
        now: virtual time, seconds.
        authorizer: what `requestContext.authorizer` holds in format 2.0, where there was an authorizer.
        flat: the same in format 1.0.
    """

    live: LiveStage
    match: Match
    request: HttpRequest
    request_id: str
    trace: str
    now: float
    authorizer: Mapping[str, Any] | None = None
    flat: Mapping[str, Any] | None = None

    @property
    def path(self) -> str:
        """The path as events show it: with the stage, unless that is `$default`; decoded."""
        prefix = "" if self.live.stage.stage_name == "$default" else f"/{self.live.stage.stage_name}"
        return prefix + unquote(self.request.path)

    @property
    def domain(self) -> str:
        """The API's own host name on AWS."""
        return f"{self.live.api.api_id}.execute-api.{self.live.scope.region}.amazonaws.com"


def event_2(asked: Asked) -> dict[str, Any]:
    """The event in payload format 2.0; members without a value are left out."""
    event = _common_2(asked)
    if asked.authorizer is not None:
        event["requestContext"]["authorizer"] = asked.authorizer
    text = event_body(asked.request)
    if text is not None:
        event["body"] = text[0]
    event["isBase64Encoded"] = bool(text and text[1])
    return event


def event_1(asked: Asked) -> dict[str, Any]:
    """The event in payload format 1.0."""
    event = _common_1(asked)
    event["version"] = "1.0"
    event["requestContext"]["authorizer"] = asked.flat or {}
    text = event_body(asked.request)
    event["body"] = text[0] if text else None
    event["isBase64Encoded"] = bool(text and text[1])
    return event


def authorizer_event_2(asked: Asked, arn: str, identity: list[str] | None) -> dict[str, Any]:
    """What a Lambda authorizer gets in payload format 2.0."""
    return {
        **_common_2(asked),
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": arn,
        "identitySource": identity,
    }


def authorizer_event_1(asked: Asked, arn: str, identity: list[str] | None) -> dict[str, Any]:
    """What a Lambda authorizer gets in payload format 1.0."""
    source = ",".join(identity) if identity else None
    return {
        **_common_1(asked),
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": arn,
        "identitySource": source,
        "authorizationToken": source,
    }


def _common_2(asked: Asked) -> dict[str, Any]:
    request, live = asked.request, asked.live
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name not in _NOT_IN_2:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    for name, value in forwarded(request).items():
        headers[name.lower()] = value
    headers["x-amzn-trace-id"] = asked.trace
    headers.setdefault("content-length", str(len(request.body)))
    cookies = [part.strip() for part in request.header("cookie").split(";") if part.strip()]
    query = multi(query_pairs(request.query)) if request.query else {}
    path, route = asked.path, asked.match.route.route_key
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": request.query,
    }
    if cookies:
        event["cookies"] = cookies
    event["headers"] = headers
    if query:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in query.items()}
    if live.variables:
        event["stageVariables"] = dict(live.variables)
    if asked.match.parameters:
        event["pathParameters"] = asked.match.parameters
    event["requestContext"] = {
        "accountId": live.scope.account,
        "apiId": live.api.api_id,
        "domainName": asked.domain,
        "domainPrefix": live.api.api_id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "requestId": asked.request_id,
        "routeKey": route,
        "stage": live.stage.stage_name,
        "time": clf_time(asked.now),
        "timeEpoch": int(asked.now * 1000),
    }
    return event


#: The cookies of format 2.0 have a member of their own.
_NOT_IN_2 = frozenset({"x-amzn-trace-id", "connection", "transfer-encoding", "cookie"})


def _common_1(asked: Asked) -> dict[str, Any]:
    request, live, route = asked.request, asked.live, asked.match.route
    headers = multi(
        (name, value) for lower, name, value in named_headers(request) if lower not in CONNECTION_HEADERS
    )
    headers |= {name: [value] for name, value in forwarded(request).items()}
    headers["X-Amzn-Trace-Id"] = [asked.trace]
    headers["Content-Length"] = [str(len(request.body))]
    query = multi(query_pairs(request.query))
    resource = route.route_key.partition(" ")[2] or "$default"
    return {
        "resource": resource,
        "path": asked.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": asked.match.parameters or None,
        "stageVariables": dict(live.variables) or None,
        "requestContext": {
            "accountId": live.scope.account,
            "apiId": live.api.api_id,
            "domainName": asked.domain,
            "domainPrefix": live.api.api_id,
            "extendedRequestId": asked.request_id,
            "httpMethod": request.method,
            "identity": {
                "accessKey": None,
                "accountId": None,
                "caller": None,
                "cognitoAmr": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": request.source_ip,
                "user": None,
                "userAgent": request.header("user-agent"),
                "userArn": None,
            },
            "path": asked.path,
            "protocol": "HTTP/1.1",
            "requestId": asked.request_id,
            "requestTime": clf_time(asked.now),
            "requestTimeEpoch": int(asked.now * 1000),
            "resourceId": route.route_key,
            "resourcePath": resource,
            "stage": live.stage.stage_name,
        },
    }
