"""What answers a method: a function, an AWS service, an HTTP server on loopback, or the API itself (mock)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

import msgspec

from sandbox.model.apis.lambda_uri import with_variables
from sandbox.model.apis.proxy_answer import MalformedAnswerError, read_rest_answer
from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.http import ForeignHostError, HttpRequest, HttpResponse, HttpSender
from sandbox.model.ports import AwsHttp, InvokeResult
from sandbox.model.scope import Scope
from sandbox.services.apigateway.definition import Integration
from sandbox.services.apigateway.execution_log import shown_map
from sandbox.services.apigateway.execution_words import from_function, text, to_function
from sandbox.services.apigateway.gateway_responses import GatewayError
from sandbox.services.apigateway.proxy import build_event
from sandbox.services.apigateway.query_answers import as_json_answer
from sandbox.services.apigateway.request_context import Exchange
from sandbox.services.apigateway.routing import Match
from sandbox.services.apigateway.transforming import Outgoing, incoming, outgoing
from sandbox.services.invocations import Invocations

_SERVICE = re.compile(
    r"arn:aws[\w-]*:apigateway:([\w-]+):(?:[\w-]+\.)?([\w-]+):(path|action)/(.*)", re.DOTALL
)
_PATH_VARIABLE = re.compile(r"\{([\w.-]+)\+?\}")
#: Headers of the connection to the client, and what the sender makes itself.
_NOT_PASSED = frozenset({"host", "connection", "content-length", "transfer-encoding", "keep-alive"})
_SAFE = "/@:+,;=~!$&'()*%"


class Integrations:
    """Has methods answered.

    Args:
        invocations: runs functions.
        sender: reaches HTTP servers on loopback.
        aws: reaches AWS services.
        elapsed: real seconds.
    """

    def __init__(
        self, invocations: Invocations, sender: HttpSender, aws: AwsHttp, elapsed: Callable[[], float]
    ) -> None:
        self._elapsed = elapsed
        self._invocations = invocations
        self._sender = sender
        self._aws = aws

    async def answer(self, exchange: Exchange, match: Match, integration: Integration) -> HttpResponse:
        """The answer to a request that was let in.

        Raises:
            GatewayError: there is none.
        """
        kind = integration.type
        if kind == "AWS_PROXY":
            return await self._proxy(exchange, match, integration)
        if kind == "HTTP_PROXY":
            return await self._http(exchange, integration, _passed_on(exchange, integration))
        made = outgoing(exchange, integration)
        if kind == "MOCK":
            response, selector = _mocked(made)
        elif kind == "HTTP":
            response = await self._http(exchange, integration, made)
            selector = str(response.status)
        else:
            response, selector = await self._aws_service(exchange, integration, made)
        return incoming(exchange, match.method, integration, response, selector, made.context)

    # --- functions ---------------------------------------------------------------------------------------
    async def _proxy(self, exchange: Exchange, match: Match, integration: Integration) -> HttpResponse:
        function = self._function(exchange, integration)
        event = build_event(exchange, match)
        result = await self._invoke(exchange, function, event, integration)
        if result.function_error is not None:
            raise _bad_gateway(f"Lambda execution failed: {text(result.payload)}")
        types = exchange.live.definition.binary_media_types
        try:
            return read_rest_answer(result.payload, exchange.request.header("accept"), types)
        except MalformedAnswerError as malformed:
            raise _bad_gateway(
                f"Execution failed due to configuration error: Malformed Lambda proxy response: {malformed}"
            ) from malformed

    def _function(self, exchange: Exchange, integration: Integration) -> Arn:
        if integration.http_method != "POST":
            # AWS takes the definition and fails each request: Lambda's Invoke is a POST.
            raise GatewayError(
                "API_CONFIGURATION_ERROR",
                f"Execution failed due to configuration error: {integration.http_method} is not the "
                "httpMethod of a Lambda integration, which is always POST",
            )
        function = exchange.live.function(integration.uri or "")
        if function is None:
            raise GatewayError(
                "API_CONFIGURATION_ERROR",
                f"Execution failed due to configuration error: {integration.uri} names no function",
            )
        return function

    async def _invoke(
        self, exchange: Exchange, function: Arn, event: bytes, integration: Integration
    ) -> InvokeResult:
        to_function(exchange, function, event)
        began = self._elapsed()
        try:
            result = await self._invocations.invoke(
                function,
                event,
                cause=exchange.hop,
                trace=exchange.trace,
                timeout_ms=integration.timeout_in_millis,
            )
        except TimeoutError as error:
            raise GatewayError("INTEGRATION_TIMEOUT", "Execution failed due to a timeout error") from error
        except AwsError as refused:
            raise GatewayError(
                "API_CONFIGURATION_ERROR", f"Execution failed due to configuration error: {refused}"
            ) from refused
        from_function(exchange, result, (self._elapsed() - began) * 1000)
        return result

    # --- AWS services ------------------------------------------------------------------------------------
    async def _aws_service(
        self, exchange: Exchange, integration: Integration, made: Outgoing
    ) -> tuple[HttpResponse, str]:
        if exchange.live.function(integration.uri or "") is not None:
            return await self._plain_function(exchange, integration, made)
        uri = _SERVICE.fullmatch(with_variables(integration.uri or "", exchange.live.variables))
        if uri is None:
            raise GatewayError("API_CONFIGURATION_ERROR", f"{integration.uri} names no service")
        region, service, kind, rest = uri.groups()
        action = rest.partition("&")[0] if kind == "action" else ""
        path = "/" if kind == "action" else "/" + _filled(rest, made.path)
        path, _, query = path.partition("?")
        query = "&".join(part for part in (query, urlencode(made.querystring)) if part)
        headers = {"content-type": made.media} | {name.lower(): text for name, text in made.header.items()}
        request = HttpRequest(
            integration.http_method or "POST", path, query, list(headers.items()), made.body
        )
        call = Call(
            scope=Scope(exchange.live.scope.account, region),
            request_id=exchange.request_id,
            hop=exchange.hop,
            trace=exchange.trace,
        )
        response = await self._aws.send(service, request, call, action)
        response = as_json_answer(response)
        return response, str(response.status)

    async def _plain_function(
        self, exchange: Exchange, integration: Integration, made: Outgoing
    ) -> tuple[HttpResponse, str]:
        function = self._function(exchange, integration)
        kinds = {name.lower(): value for name, value in made.header.items()}
        if kinds.get("x-amz-invocation-type") == "Event":
            try:
                self._invocations.accept(function, made.body, cause=exchange.hop, trace=exchange.trace)
            except AwsError as refused:
                raise GatewayError("API_CONFIGURATION_ERROR", str(refused)) from refused
            return HttpResponse(202), ""
        result = await self._invoke(exchange, function, made.body or b"{}", integration)
        selector = ""
        if result.function_error is not None:
            exchange.log.say(f"Lambda invocation failed with status: 200. {text(result.payload)}")
            selector = _error_message(result.payload)
        return HttpResponse(200, [("x-amzn-requestid", result.request_id)], result.payload), selector

    # --- HTTP servers ------------------------------------------------------------------------------------
    async def _http(self, exchange: Exchange, integration: Integration, made: Outgoing) -> HttpResponse:
        url = _filled(with_variables(integration.uri or "", exchange.live.variables), made.path)
        query = urlencode(made.querystring) if integration.type == "HTTP" else _query(exchange, made)
        if query:
            url += ("&" if "?" in url else "?") + query
        method = integration.http_method or "ANY"
        headers = list(made.header.items())
        if integration.type == "HTTP" and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("content-type", made.media))
        request = HttpRequest(
            exchange.request.method if method == "ANY" else method, "/", headers=headers, body=made.body
        )
        exchange.log.say(f"Sending request to {url}")
        exchange.log.show(f"Endpoint request headers: {shown_map(dict(headers))}")
        try:
            response = await self._sender.send(url, request, seconds=integration.timeout_in_millis / 1000)
        except TimeoutError as error:
            raise GatewayError("INTEGRATION_TIMEOUT", "Execution failed due to a timeout error") from error
        except ForeignHostError as error:
            raise GatewayError("API_CONFIGURATION_ERROR", str(error)) from error
        except ConnectionError as error:
            raise GatewayError(
                "INTEGRATION_FAILURE",
                f"Execution failed due to a network error communicating with endpoint: {error}",
            ) from error
        kept = [pair for pair in response.headers if pair[0].lower() not in _NOT_PASSED]
        return HttpResponse(response.status, kept, response.body)


def _passed_on(exchange: Exchange, integration: Integration) -> Outgoing:
    """The request as an HTTP proxy passes it on: all of it, with the mapped parameters added."""
    plain = msgspec.structs.replace(integration, request_templates=None, passthrough_behavior="WHEN_NO_MATCH")
    made = outgoing(exchange, plain)
    request = exchange.request
    given = {name: value for name, value in request.headers if name not in _NOT_PASSED}
    mapped = {name.lower(): value for name, value in made.header.items()}
    own = {
        "x-forwarded-for": request.source_ip,
        "x-amzn-trace-id": exchange.trace,
        "user-agent": given.get("user-agent", f"AmazonAPIGateway_{exchange.live.api_id}"),
    }
    made.header = {**given, **own, **mapped}
    return made


def _query(exchange: Exchange, made: Outgoing) -> str:
    added = urlencode(made.querystring)
    return "&".join(part for part in (exchange.request.query, added) if part)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """A URI with its path variables; one without a mapping stays."""
    return _PATH_VARIABLE.sub(
        lambda match: quote(values[match[1]], safe=_SAFE) if match[1] in values else match[0], text
    )


def _mocked(made: Outgoing) -> tuple[HttpResponse, str]:
    """What a mock answers: its request template says the status.

    Raises:
        GatewayError: the template gives none.
    """
    try:
        document = msgspec.json.decode(made.body)
        status = int(document["statusCode"])
    except (msgspec.DecodeError, RecursionError, TypeError, KeyError, ValueError) as error:
        raise GatewayError(
            "API_CONFIGURATION_ERROR",
            "Execution failed due to configuration error: Unable to parse statusCode. It should be an "
            "integer defined in the request template.",
        ) from error
    return HttpResponse(status), str(status)


def _error_message(payload: bytes) -> str:
    try:
        document = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return ""
    return str(document.get("errorMessage", "")) if isinstance(document, dict) else ""


def _bad_gateway(reason: str) -> GatewayError:
    return GatewayError("DEFAULT_5XX", reason, status=502)
