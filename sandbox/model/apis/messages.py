"""What both kinds of APIs read off a request: headers, query, media types, body."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from sandbox.model.http import HttpRequest

#: Headers of an event that are not the client's, whatever it sends, and those of the connection.
CONNECTION_HEADERS = frozenset({"x-amzn-trace-id", "connection", "content-length", "transfer-encoding"})


_FORWARDED = {name.lower(): name for name in ("X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto")}


def multi(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Values by name, in order."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The decoded parameters of a query string, in order; more than can be honest are cut off."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=10_000)
    except ValueError:
        return []


def named_headers(request: HttpRequest) -> list[tuple[str, str, str]]:
    """Each header as its lower-case name, the name as the client wrote it, and its value."""
    names = request.names or [_cased(name) for name, _ in request.headers]
    return [(lower, name, value) for name, (lower, value) in zip(names, request.headers, strict=True)]


def forwarded(request: HttpRequest) -> dict[str, str]:
    """What API Gateway adds to the headers, where the client did not send it."""
    own = {
        "X-Forwarded-For": request.source_ip,
        "X-Forwarded-Port": _port(request.header("host")),
        "X-Forwarded-Proto": "http",
    }
    for name, _ in request.headers:
        if name in _FORWARDED:
            own.pop(_FORWARDED[name], None)
    return own


def matches_type(media_type: str, patterns: Sequence[str]) -> bool:
    """Whether a media type is one of a list that may hold `*/*` and `image/*`."""
    plain = plain_type(media_type)
    return any(
        pattern in ("*/*", plain) or (pattern.endswith("/*") and plain.startswith(pattern[:-1]))
        for pattern in patterns
    )


@lru_cache(maxsize=256)
def plain_type(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.split(";")[0].strip().lower()


def body_text(body: bytes, *, binary: bool) -> str:
    """The body as an event carries it: base64 for binary, else UTF-8 with replacements for what is none."""
    return base64.b64encode(body).decode() if binary else body.decode(errors="replace")


#: Bodies of any other media type, or of none, are base64 in the events of HTTP APIs and function URLs.
_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})


def event_body(request: HttpRequest) -> tuple[str, bool] | None:
    """The body as an event of an HTTP API or a function URL carries it, and whether it is base64."""
    if not request.body:
        return None
    kind = plain_type(request.header("content-type"))
    binary = not (kind.startswith("text/") or kind in _TEXT_TYPES)
    return body_text(request.body, binary=binary), binary


def clf_time(now: float) -> str:
    """A moment in the Common Log Format, as `requestTime` has it."""
    return _clf_second(int(now // 1))


@lru_cache(maxsize=16)
def _clf_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _cased(name: str) -> str:
    """The case in which most clients write header names, where the client's own is not known."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _port(host: str) -> str:
    port = host.rpartition(":")[2]
    return port if port.isdigit() else "80"
