"""Serves requests to the stages of HTTP APIs: CORS, route, throttle, authorizer, integration, access log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.model.apis.access_log import render
from sandbox.model.apis.cors import preflight, with_cors
from sandbox.model.apis.messages import clf_time
from sandbox.model.apis.throttle import WHY_EMPTY
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import LogSink
from sandbox.services.apigatewayv2.authorizing import Authorizing, RefusedError
from sandbox.services.apigatewayv2.integrate import IntegrationFailedError, Integrations
from sandbox.services.apigatewayv2.lambda_proxy import Asked
from sandbox.services.apigatewayv2.live import LiveStage
from sandbox.services.apigatewayv2.mapping import Sources
from sandbox.services.apigatewayv2.routing import Match
from sandbox.services.request_hops import Arrived, RequestHops

_LARGEST_BODY = 10 * 1024 * 1024
_MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(slots=True)
class _Exchange:
    """One request on its way.

    Attributes:
        error: what went wrong, for the journal and the access log.
        integrated: real seconds that the integration took, and the status that it gave.
        authorizer: how the authorizer's answer reads in the access log.
        context: `$context` as far as it is known before there is an answer.
    """

    live: LiveStage
    match: Match | None
    arrived: Arrived
    error: str = ""
    integrated: tuple[float, int] | None = None
    authorizer: dict[str, Any] | None = None
    context: dict[str, Any] = field(default_factory=dict)

    def fail(self, why: str) -> None:
        """Notes what stopped it."""
        self.error = why


class Executor:
    """Answers HTTP requests of one live stage after another."""

    def __init__(
        self,
        clock: Clock,
        hops: RequestHops,
        logs: LogSink,
        authorizing: Authorizing,
        integrations: Integrations,
    ) -> None:
        self._clock = clock
        self._hops = hops
        self._logs = logs
        self._authorizing = authorizing
        self._integrations = integrations

    async def handle(self, live: LiveStage, request: HttpRequest) -> HttpResponse:
        """Answers one request; never raises for what a client or function did."""
        match = live.router.match(request.method, request.path)
        arrived = self._hops.arrived(live.scope, live.api.api_id, live.stage.stage_name, request)
        arrived.detail["route"] = match.route.route_key if match else ""
        exchange = _Exchange(live, match, arrived)
        exchange.context = _context(exchange)

        def record(response: HttpResponse) -> None:
            self._record(exchange, response)

        cors = live.api.cors_configuration
        response = preflight(cors, request) if cors is not None else None
        if response is None:
            response = await self._hops.guarded(self._answer(exchange), exchange.fail, record)
            response = response if cors is None else with_cors(cors, request, response)
        response = HttpResponse(
            response.status,
            (*response.headers, ("apigw-requestid", exchange.context["extendedRequestId"])),
            response.body,
        )
        record(response)
        return response

    async def _answer(self, exchange: _Exchange) -> HttpResponse:
        live, match, arrived = exchange.live, exchange.match, exchange.arrived
        request = arrived.request
        if match is None:
            return error(404)
        if not live.admits(match.route, arrived.now):
            exchange.error = WHY_EMPTY
            return error(429)
        if len(request.body) > _LARGEST_BODY:
            return error(413)
        asked = Asked(live, match, request, arrived.request_id, arrived.trace, arrived.now)
        sources = Sources(request, match.parameters, exchange.context, live.variables)
        try:
            asked = await self._authorizing.admit(asked, sources, arrived.hop)
        except RefusedError as refused:
            exchange.error = refused.reason
            challenge = (("www-authenticate", refused.challenge),) if refused.challenge else ()
            return error(refused.status, challenge)
        if asked.flat is not None:
            exchange.authorizer = exchange.context["authorizer"] = dict(asked.flat)
        return await self._integrate(exchange, asked, sources)

    async def _integrate(self, exchange: _Exchange, asked: Asked, sources: Sources) -> HttpResponse:
        integration = exchange.live.definition.integrations.get(asked.match.route.integration_id)
        if integration is None:
            exchange.error = "the route has no integration"
            return error(500)
        began = self._clock.elapsed()
        try:
            response = await self._integrations.answer(integration, asked, sources, exchange.arrived.hop)
        except IntegrationFailedError as failure:
            exchange.error = str(failure)
            response = error(failure.status)
        exchange.integrated = (self._clock.elapsed() - began, response.status)
        return response

    def _record(self, exchange: _Exchange, response: HttpResponse) -> None:
        live, arrived = exchange.live, exchange.arrived
        self._hops.record(arrived, response, exchange.error)
        settings = live.stage.access_log_settings
        if live.log_group is not None and settings is not None and settings.format:
            line = render(settings.format, self._logged(exchange, response))
            group = live.log_group.resource.removeprefix("log-group:").removesuffix(":*")
            self._logs.write(
                live.log_group.scope, group, _stream(live), [(arrived.now, line)], cause=arrived.hop
            )

    def _logged(self, exchange: _Exchange, response: HttpResponse) -> dict[str, Any]:
        """The values of the access log that are known only now."""
        values = dict(exchange.context)
        elapsed = int((self._clock.elapsed() - exchange.arrived.began) * 1000)
        refused = response.status in (401, 403, 500) and exchange.integrated is None
        values |= {
            "status": response.status,
            "responseLength": len(response.body),
            "responseLatency": elapsed,
            "error": {
                "message": exchange.error or None,
                "messageString": f'"{exchange.error}"' if exchange.error else None,
                "responseType": None,
            },
        }
        if exchange.integrated is not None:
            took, status = exchange.integrated
            latency = int(took * 1000)
            values["integration"] = {
                "latency": latency,
                "status": status,
                "integrationStatus": status,
                "error": exchange.error or None,
            }
            values |= {"integrationLatency": latency, "integrationStatus": status}
            values["integrationErrorMessage"] = exchange.error or None
        if refused and exchange.match is not None:
            values["authorizer"] = {**(exchange.authorizer or {}), "error": exchange.error or None}
        return values


def _context(exchange: _Exchange) -> dict[str, Any]:
    """`$context` as far as it is known before there is an answer."""
    live, match, arrived = exchange.live, exchange.match, exchange.arrived
    request = arrived.request
    stage = live.stage.stage_name
    return {
        "accountId": live.scope.account,
        "apiId": live.api.api_id,
        "domainName": f"{live.api.api_id}.execute-api.{live.scope.region}.amazonaws.com",
        "domainPrefix": live.api.api_id,
        "authorizer": {},
        "awsEndpointRequestId": None,
        "extendedRequestId": _short_id(arrived.request_id),
        "httpMethod": request.method,
        "identity": {"sourceIp": request.source_ip, "userAgent": request.header("user-agent") or None},
        "path": request.path if stage == "$default" else f"/{stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": arrived.request_id,
        "requestTime": clf_time(arrived.now),
        "requestTimeEpoch": int(arrived.now * 1000),
        "routeKey": match.route.route_key if match else None,
        "stage": stage,
    }


def _stream(live: LiveStage) -> str:
    return f"{live.api.api_id}-{live.stage.stage_name.replace('$', '')}"


def _short_id(request_id: str) -> str:
    return request_id.replace("-", "")[:15] + "="


def error(status: int, headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    """An answer of API Gateway itself."""
    return HttpResponse(
        status,
        (("content-type", "application/json"), *headers),
        msgspec.json.encode({"message": _MESSAGES[status]}),
    )
