"""CORS of HTTP APIs and function URLs: preflights are answered before them, and every answer gets headers.

Follows "Configure CORS for HTTP APIs" of the API Gateway Developer Guide; function URLs work the same way.
"""

from __future__ import annotations

import re

import msgspec

from sandbox.model.http import HttpRequest, HttpResponse


class Cors(msgspec.Struct, kw_only=True, omit_defaults=True, rename="pascal", frozen=True):
    """The CORS configuration of an API or a function URL; `max_age` in seconds."""

    allow_origins: list[str] = []
    allow_methods: list[str] = []
    allow_headers: list[str] = []
    expose_headers: list[str] = []
    allow_credentials: bool | None = None
    max_age: int | None = None


def preflight(cors: Cors, request: HttpRequest) -> HttpResponse | None:
    """The answer to a preflight request; None for any other request.

    An origin, method or header that is not allowed gets 204 without CORS headers: the browser refuses it.
    """
    method = request.header("access-control-request-method")
    if request.method != "OPTIONS" or not method or not request.header("origin"):
        return None
    wanted = [one.strip().lower() for one in request.header("access-control-request-headers").split(",")]
    allowed = {one.lower() for one in cors.allow_headers}
    fits = _allows_method(cors, method) and ("*" in allowed or all(one in allowed for one in wanted if one))
    origin = _origin(cors, request.header("origin"))
    if not fits or origin is None:
        return HttpResponse(204)
    headers = [("access-control-allow-origin", origin)]
    if cors.allow_methods:
        headers.append(("access-control-allow-methods", ",".join(cors.allow_methods)))
    if cors.allow_headers:
        headers.append(("access-control-allow-headers", ",".join(cors.allow_headers)))
    if cors.max_age is not None:
        headers.append(("access-control-max-age", str(cors.max_age)))
    return HttpResponse(204, [*headers, *_shared(cors)])


def with_cors(cors: Cors, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An answer with the headers of the configuration in place of the backend's own CORS headers."""
    kept = [pair for pair in response.headers if not pair[0].lower().startswith("access-control-")]
    origin = _origin(cors, request.header("origin")) if request.header("origin") else None
    if origin is None:
        return HttpResponse(response.status, kept, response.body)
    return HttpResponse(
        response.status, [*kept, ("access-control-allow-origin", origin), *_shared(cors)], response.body
    )


def _shared(cors: Cors) -> list[tuple[str, str]]:
    headers = []
    if cors.expose_headers:
        headers.append(("access-control-expose-headers", ",".join(cors.expose_headers)))
    if cors.allow_credentials:
        headers.append(("access-control-allow-credentials", "true"))
    return headers


def _allows_method(cors: Cors, method: str) -> bool:
    return "*" in cors.allow_methods or method.upper() in cors.allow_methods


def _origin(cors: Cors, origin: str) -> str | None:
    """What `access-control-allow-origin` says to an origin; None where it is not allowed."""
    if "*" in cors.allow_origins:
        return "*"
    for allowed in cors.allow_origins:
        pattern = re.escape(allowed).replace(r"\*", "[^/]*")
        if re.fullmatch(pattern, origin, re.IGNORECASE):
            return origin
    return None
