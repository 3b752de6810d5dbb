"""What answers a route: a function, an HTTP server on loopback, or an AWS service."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from sandbox.model.apis.lambda_uri import function_in_uri, with_variables
from sandbox.model.apis.proxy_answer import MalformedAnswerError, read_http_answer
from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.http import ForeignHostError, HttpRequest, HttpResponse, HttpSender
from sandbox.model.ports import AwsHttp
from sandbox.model.scope import Scope
from sandbox.services.apigatewayv2.definition import Integration
from sandbox.services.apigatewayv2.lambda_proxy import Asked, event_1, event_2
from sandbox.services.apigatewayv2.mapping import Sources, map_request, map_response
from sandbox.services.apigatewayv2.service_calls import SUBTYPES, MappedValueError, service_request
from sandbox.services.invocations import Invocations

_encode = msgspec.json.Encoder().encode
_VARIABLE = re.compile(r"\{([\w.:-]+)\+?\}")
#: Headers of the connection to the client, and what the sender makes itself.
_NOT_PASSED = frozenset({"host", "connection", "content-length", "transfer-encoding", "keep-alive"})


class IntegrationFailedError(Exception):
    """There is no answer to pass on.

    Args:
        status: what the client gets, 500 or 503.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Integrations:
    """Has routes answered.

    Args:
        invocations: runs functions.
        sender: reaches HTTP servers on loopback.
        aws: reaches AWS services.
    """

    def __init__(self, invocations: Invocations, sender: HttpSender, aws: AwsHttp) -> None:
        self._invocations = invocations
        self._sender = sender
        self._aws = aws

    async def answer(
        self, integration: Integration, asked: Asked, sources: Sources, hop: int
    ) -> HttpResponse:
        """The answer to a request that was let in.

        Raises:
            IntegrationFailedError: there is none.
        """
        if integration.integration_subtype:
            response = await self._service(integration, asked, sources, hop)
        elif integration.integration_type == "HTTP_PROXY":
            response = await self._http(integration, asked, sources)
        else:
            response = await self._function(integration, asked, sources, hop)
        return map_response(response, integration.response_parameters, sources)

    async def _function(
        self, integration: Integration, asked: Asked, sources: Sources, hop: int
    ) -> HttpResponse:
        version = integration.payload_format_version or "2.0"
        if integration.request_parameters:
            request = map_request(asked.request, integration.request_parameters, sources)
            asked = _with_request(asked, request)
        event = _encode(event_1(asked) if version == "1.0" else event_2(asked))
        uri = with_variables(integration.integration_uri or "", asked.live.variables)
        try:
            result = await self._invocations.invoke(
                parse_arn(function_in_uri(uri) or uri),
                event,
                cause=hop,
                trace=asked.trace,
                timeout_ms=integration.timeout_in_millis,
            )
        except TimeoutError as error:
            raise IntegrationFailedError(503, "the function took too long") from error
        except (AwsError, ValueError) as error:
            raise IntegrationFailedError(500, str(error)) from error
        if result.function_error is not None:
            raise IntegrationFailedError(
                500, f"the function failed: {result.payload[:1024].decode(errors='replace')}"
            )
        try:
            return read_http_answer(result.payload, version)
        except MalformedAnswerError as error:
            raise IntegrationFailedError(500, f"the function's answer is none: {error}") from error

    async def _http(self, integration: Integration, asked: Asked, sources: Sources) -> HttpResponse:
        request = map_request(asked.request, integration.request_parameters or {}, sources)
        method = integration.integration_method or "ANY"
        uri = with_variables(integration.integration_uri or "", asked.live.variables)
        path = (integration.request_parameters or {}).get("overwrite:path")
        url = _VARIABLE.sub(
            lambda match: quote(asked.match.parameters.get(match[1], ""), safe="/@:+,;=~!$&'()*"), uri
        )
        if path is not None:
            url = re.sub(r"^(https?://[^/?]+).*$", r"\1", url) + quote(request.path, safe="/@:+,;=~!$&'()*%")
        if request.query:
            url += ("&" if "?" in url else "?") + request.query
        outgoing = HttpRequest(
            request.method if method == "ANY" else method,
            request.path,
            headers=[
                *((name, value) for name, value in request.headers if name not in _NOT_PASSED),
                (
                    "forwarded",
                    f"by=127.0.0.1;for={request.source_ip};host={request.header('host')};proto=http",
                ),
                ("x-amzn-trace-id", asked.trace),
            ],
            body=request.body,
        )
        try:
            response = await self._sender.send(url, outgoing, seconds=integration.timeout_in_millis / 1000)
        except ForeignHostError as error:
            raise IntegrationFailedError(503, str(error)) from error
        except TimeoutError as error:
            raise IntegrationFailedError(503, f"{uri} took too long") from error
        except ConnectionError as error:
            raise IntegrationFailedError(503, f"nobody answers at {uri}: {error}") from error
        headers = [pair for pair in response.headers if pair[0].lower() not in _NOT_PASSED]
        return HttpResponse(response.status, headers, response.body)

    async def _service(
        self, integration: Integration, asked: Asked, sources: Sources, hop: int
    ) -> HttpResponse:
        name, live = integration.integration_subtype or "", asked.live
        found = {key: sources.value(text) for key, text in (integration.request_parameters or {}).items()}
        values = {key: value for key, value in found.items() if value is not None}
        scope = Scope(live.scope.account, values.get("Region") or live.scope.region)
        call = Call(scope=scope, request_id=asked.request_id, hop=hop, trace=asked.trace)
        try:
            request = service_request(name, values)
            response = await self._aws.send(SUBTYPES[name].service, request, call)
        except MappedValueError as error:
            raise IntegrationFailedError(400, f"{name}: {error}") from error
        kept = [pair for pair in response.headers if pair[0].lower() == "content-type"]
        return HttpResponse(response.status, kept, response.body)


def _with_request(asked: Asked, request: HttpRequest) -> Asked:
    return Asked(
        asked.live,
        asked.match,
        request,
        asked.request_id,
        asked.trace,
        asked.now,
        asked.authorizer,
        asked.flat,
    )
