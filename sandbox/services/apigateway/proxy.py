"""The event of a Lambda proxy integration, and the answer a function gives to it.

Follows "Lambda proxy integrations in API Gateway" of the API Gateway Developer Guide (payload format 1.0).
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope
from sandbox.services.apigateway.routing import Match

_ANSWER_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
#: Headers of the event that are not the client's, whatever it sends, and those of the connection.
_OWN_HEADERS = frozenset({"x-amzn-trace-id", "connection", "content-length", "transfer-encoding"})
#: Headers that API Gateway sets itself; those of a function reach the client under another name.
_REMAPPED = frozenset({"authorization", "connection", "date", "server", "www-authenticate"})
#: Headers that describe the function's own answer: API Gateway makes its own of what it sends.
_NOT_SENT = frozenset({"content-length", "transfer-encoding"})


class MalformedAnswerError(Exception):
    """The function's answer is not one of a proxy: API Gateway makes 502 of it."""


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
    names = request.names or [_cased(name) for name, _ in request.headers]
    headers = _multi(
        (name, value)
        for name, (lower, value) in zip(names, request.headers, strict=True)
        if lower not in _OWN_HEADERS
    )
    headers["X-Amzn-Trace-Id"] = [trace]
    headers.setdefault("X-Forwarded-For", [request.source_ip])
    headers.setdefault("X-Forwarded-Proto", ["http"])
    headers.setdefault("X-Forwarded-Port", [_port(request.header("host"))])
    query = _multi(parse_qsl(request.query, keep_blank_values=True))
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
            "requestTime": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
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


def read_answer(payload: bytes, accept: str, binary_types: Sequence[str]) -> HttpResponse:
    """The HTTP answer that a function's result means.

    Args:
        payload: what the function returned.
        accept: the request's Accept header; with `binary_types` it decides whether base64 is decoded.

    Raises:
        MalformedAnswerError: it is not an answer of a proxy.
    """
    try:
        answer = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise MalformedAnswerError("the function did not return JSON") from error
    if not isinstance(answer, dict) or not answer or not _ANSWER_MEMBERS.issuperset(answer):
        raise MalformedAnswerError(
            "the function must return an object with statusCode, headers, multiValueHeaders, body and "
            "isBase64Encoded, and nothing else"
        )
    headers = _answer_headers(answer)
    headers = [
        (f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value)
        for name, value in headers
        if name.lower() not in _NOT_SENT
    ]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return HttpResponse(_status(answer), headers, _answer_body(answer, accept, binary_types))


def matches_type(media_type: str, patterns: Sequence[str]) -> bool:
    """Whether a media type is one of a list that may hold `*/*` and `image/*`."""
    plain = media_type.split(";")[0].strip().lower()
    return any(
        pattern in ("*/*", plain) or (pattern.endswith("/*") and plain.startswith(pattern[:-1]))
        for pattern in patterns
    )


def _status(answer: Mapping[str, Any]) -> int:
    status = answer.get("statusCode", 200)
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedAnswerError(f"statusCode {status!r} is not an HTTP status")
    return status


def _answer_headers(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    single, multi = answer.get("headers"), answer.get("multiValueHeaders")
    single, multi = {} if single is None else single, {} if multi is None else multi
    if not isinstance(single, dict) or not isinstance(multi, dict):
        raise MalformedAnswerError("headers and multiValueHeaders must be objects")
    merged: list[tuple[str, str]] = []
    for name, values in multi.items():
        if not isinstance(values, list):
            raise MalformedAnswerError(f"multiValueHeaders.{name} must be a list")
        merged.extend((name, _text(value)) for value in values)
    merged.extend((name, _text(value)) for name, value in single.items() if value is not None)
    for name, value in merged:
        if any(character in name + value for character in "\r\n\0"):
            raise MalformedAnswerError(f"header {name!r} holds a line break")
    return merged


def _answer_body(answer: Mapping[str, Any], accept: str, binary_types: Sequence[str]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswerError("body must be text; encode objects as JSON first")
    if answer.get("isBase64Encoded") and matches_type(accept.split(",")[0], binary_types):
        try:
            return base64.b64decode(body, validate=True)
        except ValueError as error:  # also what binascii raises
            raise MalformedAnswerError("body is not valid base64") from error
    return body.encode()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise MalformedAnswerError("values of headers must be texts, numbers or booleans")


def _multi(pairs: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _cased(name: str) -> str:
    """The case in which most clients write header names, where the client's own is not known."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _port(host: str) -> str:
    port = host.rpartition(":")[2]
    return port if port.isdigit() else "80"


def _body(request: HttpRequest, binary_types: Sequence[str]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if matches_type(request.header("content-type"), binary_types):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode(errors="replace"), False


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
