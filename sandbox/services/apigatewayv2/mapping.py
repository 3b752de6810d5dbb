"""Parameter mapping of HTTP APIs: values taken from a request, response, context and stage variables.

Follows "Transform API requests and responses for HTTP APIs" of the API Gateway Developer Guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote

import msgspec

from sandbox.model.apis.access_log import lookup
from sandbox.model.apis.json_paths import lookup_json
from sandbox.model.apis.messages import query_pairs
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse

_KEY = re.compile(r"(append|overwrite|remove):(header|querystring)\.(.+)|overwrite:path")
_RESPONSE_KEY = re.compile(r"(append|overwrite|remove):header\.(.+)|overwrite:statuscode")
_WHOLE = re.compile(r"\$(request|response|context|stageVariables)\b(.*)", re.DOTALL)
_INSIDE = re.compile(r"\$\{((?:request|response|context|stageVariables)\b[^}]*)\}")
#: Headers that a mapping may not touch.
_RESERVED = re.compile(
    r"access-control-|apigw-|authorization$|connection$|content-(encoding|length|location)$|forwarded$|"
    r"keep-alive$|origin$|proxy-|te$|trailers?$|transfer-encoding$|upgrade$|x-amz|x-forwarded-|via$",
    re.IGNORECASE,
)


def check_request_parameters(parameters: Mapping[str, str]) -> None:
    """Refuses request parameters that are none.

    Raises:
        AwsError: `BadRequestException`.
    """
    for key in parameters:
        match = _KEY.fullmatch(key)
        if match is None:
            raise _bad(f"Invalid mapping expression specified: {key}")
        if match[2] == "header" and _RESERVED.match(match[3]):
            raise _bad(f"Operations on header {match[3]} are restricted")


def check_response_parameters(parameters: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses response parameters that are none.

    Raises:
        AwsError: `BadRequestException`.
    """
    for status, mappings in parameters.items():
        if not re.fullmatch(r"[2-5]\d\d", status):
            raise _bad(f"Invalid status code {status} of response parameters: 200 to 599")
        for key in mappings:
            match = _RESPONSE_KEY.fullmatch(key)
            if match is None:
                raise _bad(f"Invalid mapping expression specified: {key}")
            if match[2] and _RESERVED.match(match[2]):
                raise _bad(f"Operations on header {match[2]} are restricted")


@dataclass(slots=True)
class Sources:
    """Where values come from.

    Attributes:
        context: `$context`, by names with dots or nested.
        response: of the backend, once there is one.
    """

    request: HttpRequest
    path_parameters: Mapping[str, str]
    context: Mapping[str, Any]
    variables: Mapping[str, str]
    response: HttpResponse | None = None
    _bodies: dict[str, Any] = field(default_factory=dict)

    def value(self, text: str) -> str | None:
        """What a mapping's value means: an expression, text with `${expressions}`, or just text.

        Returns:
            None where an expression that stands alone has no value: the mapping is left out.
        """
        whole = _whole(text)
        if whole is not None:
            return self._expression(whole)
        return _INSIDE.sub(lambda match: self._expression(match[1]) or "", text)

    def _expression(self, text: str) -> str | None:
        kind, _, rest = text.partition(".")
        if kind == "context":
            return _shown(lookup(self.context, rest))
        if kind == "stageVariables":
            return self.variables.get(rest)
        if kind == "response":
            return self._response(rest)
        where, _, name = rest.partition(".")
        match where:
            case "header":
                return _joined(self.request.headers, name.lower())
            case "querystring":
                return _joined(query_pairs(self.request.query), name)
            case "path":
                return self.path_parameters.get(name) if name else unquote(self.request.path)
            case "body":
                return self._body("request", self.request.body, name)
        return None

    def _response(self, rest: str) -> str | None:
        if self.response is None:
            return None
        where, _, name = rest.partition(".")
        if where == "header":
            return _joined([(key.lower(), value) for key, value in self.response.headers], name.lower())
        return self._body("response", self.response.body, name) if where == "body" else None

    def _body(self, which: str, body: bytes, path: str) -> str | None:
        if not path:
            return body.decode(errors="replace")
        if which not in self._bodies:
            try:
                self._bodies[which] = msgspec.json.decode(body)
            except (msgspec.DecodeError, RecursionError):
                self._bodies[which] = None
        return _shown(lookup_json(self._bodies[which], path))


def map_request(request: HttpRequest, parameters: Mapping[str, str], sources: Sources) -> HttpRequest:
    """The request as a backend gets it."""
    headers = list(zip(request.names or [name for name, _ in request.headers], request.headers, strict=True))
    pairs, path, changed = query_pairs(request.query), request.path, False
    for key, text in parameters.items():
        match = _KEY.fullmatch(key)
        value = sources.value(text)
        if match is None or (value is None and match[1] != "remove"):
            continue
        if match[2] is None:
            path = value or "/"
        elif match[2] == "header":
            lower = match[3].lower()
            if match[1] != "append":
                headers = [entry for entry in headers if entry[1][0] != lower]
            if match[1] != "remove":
                headers.append((match[3], (lower, value or "")))
        else:
            changed = True
            if match[1] != "append":
                pairs = [pair for pair in pairs if pair[0] != match[3]]
            if match[1] != "remove":
                pairs.append((match[3], value or ""))
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    return msgspec.structs.replace(
        request,
        path=path,
        query=query if changed else request.query,
        headers=[pair for _, pair in headers],
        names=[name for name, _ in headers],
    )


def map_response(
    response: HttpResponse, parameters: Mapping[str, Mapping[str, str]] | None, sources: Sources
) -> HttpResponse:
    """The response as a client gets it."""
    mappings = (parameters or {}).get(str(response.status))
    if not mappings:
        return response
    sources = replace(sources, response=response, _bodies={})
    status, headers = response.status, list(response.headers)
    for key, text in mappings.items():
        value = sources.value(text)
        if key == "overwrite:statuscode":
            status = int(value) if value and re.fullmatch(r"[2-5]\d\d", value) else status
            continue
        match = _RESPONSE_KEY.fullmatch(key)
        if match is None or (value is None and match[1] != "remove"):
            continue
        if match[1] != "append":
            headers = [pair for pair in headers if pair[0].lower() != match[2].lower()]
        if match[1] != "remove":
            headers.append((match[2], value or ""))
    return HttpResponse(status, headers, response.body)


@lru_cache(maxsize=1024)
def _whole(text: str) -> str | None:
    """The expression that a mapping's value is as a whole, or None."""
    whole = _WHOLE.fullmatch(text)
    return None if whole is None or _INSIDE.search(text) else whole[1] + whole[2]


def _joined(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    values = [value for key, value in pairs if key == name]
    return ",".join(values) if values else None


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _bad(message: str) -> AwsError:
    return AwsError("BadRequestException", message)
