"""What API Gateway itself answers: "Gateway responses in API Gateway" of the API Gateway Developer Guide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.model.http import HttpResponse
from sandbox.services.apigateway.definition import Definition, GatewayResponse

#: Case -> status, `x-amzn-ErrorType`, message.
RESPONSE_TYPES: Mapping[str, tuple[int | None, str, str | None]] = {
    "ACCESS_DENIED": (403, "AccessDeniedException", "User is not authorized to access this resource"),
    "API_CONFIGURATION_ERROR": (500, "InternalServerErrorException", "Internal server error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "AuthorizerConfigurationException", None),
    "AUTHORIZER_FAILURE": (500, "AuthorizerConfigurationException", None),
    "BAD_REQUEST_BODY": (400, "BadRequestException", "Invalid request body"),
    "BAD_REQUEST_PARAMETERS": (400, "BadRequestException", "Missing required request parameters"),
    "DEFAULT_4XX": (None, "BadRequestException", "Bad Request"),
    "DEFAULT_5XX": (None, "InternalServerErrorException", "Internal server error"),
    "EXPIRED_TOKEN": (403, "ExpiredTokenException", "The security token included in the request is expired"),
    "INTEGRATION_FAILURE": (504, "InternalServerErrorException", "Internal server error"),
    "INTEGRATION_TIMEOUT": (504, "InternalServerErrorException", "Endpoint request timed out"),
    "INVALID_API_KEY": (403, "ForbiddenException", "Forbidden"),
    "INVALID_SIGNATURE": (403, "InvalidSignatureException", "The request signature does not match"),
    "MISSING_AUTHENTICATION_TOKEN": (
        403,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    ),
    "QUOTA_EXCEEDED": (429, "LimitExceededException", "Limit Exceeded"),
    "REQUEST_TOO_LARGE": (413, "RequestTooLargeException", "Request Too Long"),
    "RESOURCE_NOT_FOUND": (404, "NotFoundException", "Not Found"),
    "THROTTLED": (429, "TooManyRequestsException", "Too Many Requests"),
    "UNAUTHORIZED": (401, "UnauthorizedException", "Unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "BadRequestException", "Unsupported Media Type"),
    "WAF_FILTERED": (403, "ForbiddenException", "Forbidden"),
}
_PLAIN = '{"message":$context.error.messageString}'


class GatewayError(Exception):
    """A request that API Gateway answers itself.

    Args:
        kind: the case (`THROTTLED`).
        reason: for the execution log and the journal; never for the client.
        status, message: instead of the case's own.
    """

    def __init__(
        self, kind: str, reason: str = "", *, status: int | None = None, message: str | None = None
    ) -> None:
        own_status, self.error_type, own_message = RESPONSE_TYPES[kind]
        super().__init__(reason or own_message or kind)
        self.kind = kind
        self.reason = reason
        self.status = status or own_status or 500
        self.message = message if message is not None else own_message


def response_view(definition: Definition, kind: str) -> dict[str, Any]:
    """What is answered in a case, as the API shows it."""
    known = definition.gateway_responses.get(kind)
    status = RESPONSE_TYPES[kind][0]
    shown: dict[str, Any] = {
        "responseType": kind,
        "responseParameters": known.response_parameters if known else {},
        "responseTemplates": known.response_templates if known else {"application/json": _PLAIN},
        "defaultResponse": known is None,
    }
    code = (known.status_code if known else None) or (str(status) if status else None)
    return {**shown, "statusCode": code} if code else shown


def answer(
    error: GatewayError,
    definition: Definition,
    accept: str,
    expand: Callable[[str], str],
    render: Callable[[str], str],
) -> HttpResponse:
    """The answer to a request, as the API's gateway responses want it.

    Args:
        accept: the request's Accept header.
        expand: the value of a response parameter.
        render: a template's text.
    """
    known = definition.gateway_responses
    own = known.get(error.kind)
    custom = own or known.get("DEFAULT_4XX" if error.status < 500 else "DEFAULT_5XX")
    if custom is None:
        return plain(error)
    status = int(custom.status_code) if custom.status_code else error.status
    media, body = _body(error, custom, accept, render)
    headers = [("Content-Type", media), ("x-amzn-ErrorType", error.error_type)]
    for name, value in custom.response_parameters.items():
        place, _, header = name.removeprefix("gatewayresponse.").partition(".")
        if place == "header":
            headers = [pair for pair in headers if pair[0].lower() != header.lower()]
            headers.append((header, expand(value)))
    return HttpResponse(status, headers, body)


def plain(error: GatewayError) -> HttpResponse:
    """The answer where the API says nothing of its own."""
    # AWS writes the word with a capital letter in this one case.
    name = "Message" if error.kind == "ACCESS_DENIED" else "message"
    return HttpResponse(
        error.status,
        (("Content-Type", "application/json"), ("x-amzn-ErrorType", error.error_type)),
        msgspec.json.encode({name: error.message}),
    )


def _body(
    error: GatewayError, custom: GatewayResponse, accept: str, render: Callable[[str], str]
) -> tuple[str, bytes]:
    if not custom.response_templates:
        return "application/json", plain(error).body
    wanted = accept.split(",")[0].split(";")[0].strip().lower()
    templates = custom.response_templates
    media = wanted if wanted in templates else next(iter(templates))
    if "application/json" in templates and wanted not in templates:
        media = "application/json"
    return media, render(templates[media]).encode()
