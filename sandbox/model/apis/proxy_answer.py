"""The answer that a function gives through a Lambda proxy integration, payload formats 1.0 and 2.0.

Follows "Lambda proxy integrations in API Gateway" and "Create AWS Lambda proxy integrations for HTTP APIs" of
the API Gateway Developer Guide.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sandbox.model.apis.messages import matches_type
from sandbox.model.http import HttpResponse

_ANSWER_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
#: Headers that API Gateway sets itself; those of a function reach the client under another name (REST APIs).
_REMAPPED = frozenset({"authorization", "connection", "date", "server", "www-authenticate"})
#: Headers that describe the function's own answer: API Gateway makes its own of what it sends.
_NOT_SENT = frozenset({"content-length", "transfer-encoding"})
_ENDS_LINE = re.compile(r"[\r\n\0]")


class MalformedAnswerError(Exception):
    """The function's answer is not one of a proxy: API Gateway makes 502 (HTTP APIs: 500) of it."""


def read_rest_answer(payload: bytes, accept: str, binary_types: Sequence[str]) -> HttpResponse:
    """The HTTP answer that a function's result means to a REST API.

    Args:
        payload: what the function returned.
        accept: the request's Accept header; with `binary_types` it decides whether base64 is decoded.

    Raises:
        MalformedAnswerError: it is not an answer of a proxy.
    """
    answer = _decoded(payload)
    if not isinstance(answer, dict) or not answer or not _ANSWER_MEMBERS.issuperset(answer):
        raise MalformedAnswerError(
            "the function must return an object with statusCode, headers, multiValueHeaders, body and "
            "isBase64Encoded, and nothing else"
        )
    headers = [
        (f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value)
        for name, value in _sent(_single_and_multi(answer))
    ]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    decode = matches_type(accept.split(",")[0], binary_types)
    return HttpResponse(_status(answer.get("statusCode", 200)), headers, _body(answer, decode=decode))


def read_http_answer(payload: bytes, version: str) -> HttpResponse:
    """The HTTP answer that a function's result means to an HTTP API: base64 is always decoded, and format 2.0
    takes a result without `statusCode` for the body of a 200.

    Args:
        version: payload format, `1.0` or `2.0`.

    Raises:
        MalformedAnswerError: it is not an answer of a proxy.
    """
    answer = _decoded(payload)
    structured = isinstance(answer, dict) and "statusCode" in answer
    if version == "2.0" and not structured:
        body = answer.encode() if isinstance(answer, str) else payload
        return HttpResponse(200, [("content-type", "application/json")], body)
    if not structured:
        raise MalformedAnswerError("the function must return an object with statusCode")
    if version == "2.0":
        headers = _sent([(name, _text(value)) for name, value in _mapping(answer, "headers").items()])
        headers += [("set-cookie", cookie) for cookie in _cookies(answer)]
    else:
        headers = _sent(_single_and_multi(answer))
    if "content-type" not in [name.lower() for name, _ in headers]:
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return HttpResponse(_status(answer["statusCode"]), headers, _body(answer, decode=True))


def _decoded(payload: bytes) -> Any:
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedAnswerError("the function did not return JSON") from error


def _status(status: Any) -> int:
    if isinstance(status, str) and status.isdigit() and len(status) < 5:
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedAnswerError(f"statusCode {str(status)[:50]!r} is not an HTTP status")
    return status


def _mapping(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = answer.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedAnswerError(f"{name} must be an object")
    return {key: entry for key, entry in value.items() if entry is not None}


def _single_and_multi(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    single, multi = _mapping(answer, "headers"), _mapping(answer, "multiValueHeaders")
    merged: list[tuple[str, str]] = []
    for name, values in multi.items():
        if not isinstance(values, list):
            raise MalformedAnswerError(f"multiValueHeaders.{name} must be a list")
        merged.extend((name, _text(value)) for value in values)
    merged.extend((name, _text(value)) for name, value in single.items())
    return merged


def _sent(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    for name, value in headers:
        if _ENDS_LINE.search(name) or _ENDS_LINE.search(value):
            raise MalformedAnswerError(f"header {name!r} holds a line break")
    return [(name, value) for name, value in headers if name.lower() not in _NOT_SENT]


def _cookies(answer: Mapping[str, Any]) -> list[str]:
    cookies = answer.get("cookies")
    if cookies is None:
        return []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedAnswerError("cookies must be a list of texts")
    return [cookie.replace("\r", " ").replace("\n", " ") for cookie in cookies]


def _body(answer: Mapping[str, Any], *, decode: bool) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswerError("body must be text; encode objects as JSON first")
    if answer.get("isBase64Encoded") and decode:
        try:
            return base64.b64decode(body, validate=True)
        except ValueError as error:  # also what binascii raises
            raise MalformedAnswerError("body is not valid base64") from error
    return body.encode(errors="replace")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise MalformedAnswerError("values of headers must be texts, numbers or booleans")
