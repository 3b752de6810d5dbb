"""Requests and answers through mapping templates and parameter mappings: integrations that are no proxies.

Follows "Data transformations in API Gateway" of the API Gateway Developer Guide.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from sandbox.model.apis.messages import body_text, matches_type, plain_type
from sandbox.model.http import HttpResponse
from sandbox.services.apigateway.definition import Integration, IntegrationResponse, Method
from sandbox.services.apigateway.gateway_responses import GatewayError
from sandbox.services.apigateway.parameters import Sources
from sandbox.services.apigateway.request_context import Exchange, context_of
from sandbox.services.apigateway.templates import (
    JavaMap,
    Parameters,
    TemplateFailedError,
    Variables,
    as_java,
    render,
)

_REQUEST = re.compile(r"integration\.request\.(path|querystring|header)\.(.+)")


@dataclass(slots=True)
class Outgoing:
    """What an integration is sent.

    Attributes:
        media: content type of the body.
        context: `$context` after the request's template, which may have set overrides in it.
    """

    body: bytes
    media: str
    context: JavaMap
    path: dict[str, str] = field(default_factory=dict)
    querystring: dict[str, str] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)


def outgoing(exchange: Exchange, integration: Integration) -> Outgoing:
    """The request that an integration gets.

    Raises:
        GatewayError: no template fits, or one fails.
    """
    request = exchange.request
    context = _context(exchange)
    media = plain_type(request.header("content-type")) or "application/json"
    made = Outgoing(request.body, request.header("content-type") or "application/json", context)
    sources = Sources(exchange)
    for target, expression in (integration.request_parameters or {}).items():
        found = _REQUEST.fullmatch(target)
        value = sources.value(expression)
        if found and value is not None:
            getattr(made, found[1])[found[2]] = value
    template = _request_template(integration, media)
    text = _request_text(exchange, integration, media)
    if template is not None:
        made.body = _rendered(exchange, template, text, context).encode(errors="replace")
    elif integration.content_handling or _is_binary(exchange, media):
        made.body = _converted(text, integration.content_handling, request.body)
    override = context["requestOverride"]
    for place in ("path", "querystring", "header"):
        getattr(made, place).update({name: str(value) for name, value in override[place].items()})
    return made


def incoming(
    exchange: Exchange,
    method: Method,
    integration: Integration,
    response: HttpResponse,
    selector: str,
    context: JavaMap | None = None,
) -> HttpResponse:
    """The method's answer that an integration's answer means.

    Args:
        selector: what selection patterns are matched with: an error's message, or a status; empty takes the
            default.
        context: `$context` as the request's template left it.

    Raises:
        GatewayError: no integration response fits, or a template fails.
    """
    chosen = _chosen(integration, selector)
    declared = (method.method_responses or {}).get(chosen.status_code)
    if declared is None:
        raise _misconfigured(f"Output mapping refers to an invalid method response: {chosen.status_code}")
    context = _context(exchange) if context is None else context
    sources = Sources(exchange, response)
    headers: list[tuple[str, str]] = []
    for target, expression in (chosen.response_parameters or {}).items():
        value = sources.value(expression)
        if value is not None:
            headers.append((target.removeprefix("method.response.header."), value))
    media, body = _response_body(exchange, chosen, response, context)
    override = context["responseOverride"]
    changed = {str(name).lower(): (str(name), str(value)) for name, value in override["header"].items()}
    headers = [pair for pair in headers if pair[0].lower() not in changed] + list(changed.values())
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", media))
    status = override.get("status") or chosen.status_code
    if not re.fullmatch(r"[1-5]\d\d", str(status)):
        raise _misconfigured(f"the status {status!r} is none")
    return HttpResponse(int(str(status)), headers, body)


def _context(exchange: Exchange) -> JavaMap:
    context: JavaMap = as_java(context_of(exchange))
    context["requestOverride"] = as_java({"path": {}, "querystring": {}, "header": {}})
    context["responseOverride"] = as_java({"header": {}})
    return context


def _request_template(integration: Integration, media: str) -> str | None:
    """The template for a media type; None passes the body through.

    Raises:
        GatewayError: `UNSUPPORTED_MEDIA_TYPE`.
    """
    templates = {
        plain_type(name): text for name, text in (integration.request_templates or {}).items() if text
    }
    if media in templates:
        return templates[media]
    behaviour = integration.passthrough_behavior
    if behaviour == "NEVER" or (behaviour == "WHEN_NO_TEMPLATES" and templates):
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", f"no template for {media}")
    return None


def _request_text(exchange: Exchange, integration: Integration, media: str) -> str:
    binary = _is_binary(exchange, media) or integration.content_handling == "CONVERT_TO_TEXT"
    return body_text(exchange.request.body, binary=binary and integration.content_handling is not None)


def _is_binary(exchange: Exchange, media: str) -> bool:
    return matches_type(media, exchange.live.definition.binary_media_types)


def _converted(text: str, handling: str | None, body: bytes) -> bytes:
    """A body that no template changes, as the integration wants it: text, bytes, or as it is."""
    if handling == "CONVERT_TO_TEXT":
        return text.encode()
    if handling == "CONVERT_TO_BINARY":
        try:
            return base64.b64decode(body, validate=True)
        except ValueError as error:
            raise _misconfigured("the body is no base64") from error
    return body


def _chosen(integration: Integration, selector: str) -> IntegrationResponse:
    default: IntegrationResponse | None = None
    for response in (integration.integration_responses or {}).values():
        if not response.selection_pattern:
            default = response
        elif selector and _matches(response.selection_pattern, selector):
            return response
    if default is None:
        raise _misconfigured("No match for output mapping and no default output mapping configured")
    return default


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return False


def _response_body(
    exchange: Exchange, chosen: IntegrationResponse, response: HttpResponse, context: JavaMap
) -> tuple[str, bytes]:
    templates = {name: text for name, text in (chosen.response_templates or {}).items() if text}
    if not templates:
        return _passed(exchange, chosen, response)
    accept = plain_type(exchange.request.header("accept").split(",")[0])
    media = next((name for name in templates if plain_type(name) == accept), "")
    media = media or ("application/json" if "application/json" in templates else next(iter(templates)))
    text = response.body.decode(errors="replace")
    return media, _rendered(exchange, templates[media], text, context).encode(errors="replace")


def _passed(exchange: Exchange, chosen: IntegrationResponse, response: HttpResponse) -> tuple[str, bytes]:
    """An answer that no template changes."""
    body = response.body
    if chosen.content_handling == "CONVERT_TO_TEXT":
        body = base64.b64encode(body)
    elif chosen.content_handling == "CONVERT_TO_BINARY":
        try:
            body = base64.b64decode(body, validate=True)
        except ValueError as error:
            raise _misconfigured("the integration's answer is no base64") from error
    return "application/json", body


def _rendered(exchange: Exchange, template: str, body: str, context: JavaMap) -> str:
    places = exchange.parameters
    names = exchange.request.names or [name for name, _ in exchange.request.headers]
    header = {name: value for name, (_, value) in zip(names, exchange.request.headers, strict=True)}
    parameters = Parameters(places["path"], places["querystring"], header)
    try:
        return render(template, Variables(body, parameters, context, exchange.live.variables))
    except TemplateFailedError as error:
        raise _misconfigured(f"the mapping template failed: {error}") from error


def _misconfigured(reason: str) -> GatewayError:
    return GatewayError("API_CONFIGURATION_ERROR", f"Execution failed due to configuration error: {reason}")
