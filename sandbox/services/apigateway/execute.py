"""Serves requests to deployed stages: route, let in, have answered, log, record."""

from __future__ import annotations

from typing import Any

from sandbox.clock import Clock
from sandbox.model.apis.access_log import render as render_log
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import LogSink
from sandbox.services.apigateway.admission import Admission
from sandbox.services.apigateway.execution_log import LONGEST_LINE, ExecutionLog
from sandbox.services.apigateway.execution_words import begin
from sandbox.services.apigateway.gateway_responses import GatewayError, answer
from sandbox.services.apigateway.integrate import Integrations
from sandbox.services.apigateway.live import LiveStage
from sandbox.services.apigateway.parameters import Sources
from sandbox.services.apigateway.request_context import Exchange, context_of
from sandbox.services.apigateway.routing import Match
from sandbox.services.apigateway.templates import (
    Parameters,
    TemplateFailedError,
    Variables,
    as_java,
    render,
)
from sandbox.services.request_hops import RequestHops

#: Bytes of a body that a line of the execution log may show.
_KEPT = 4096


class Executor:
    """Answers HTTP requests of one live stage after another."""

    def __init__(
        self,
        clock: Clock,
        hops: RequestHops,
        logs: LogSink,
        admission: Admission,
        integrations: Integrations,
    ) -> None:
        self._clock = clock
        self._hops = hops
        self._logs = logs
        self._admission = admission
        self._integrations = integrations

    async def handle(self, live: LiveStage, request: HttpRequest) -> HttpResponse:
        """Answers one request; never raises for what a client or function did."""
        exchange = self.exchange(live, request, live.router.match(request.method, request.path))

        def record(response: HttpResponse) -> None:
            self._record(exchange, response)

        response = await self._hops.guarded(self.answer(exchange), exchange.log.fail, record)
        response = HttpResponse(
            response.status,
            (
                *response.headers,
                ("x-amzn-RequestId", exchange.request_id),
                ("x-amz-apigw-id", exchange.extended_id),
                ("X-Amzn-Trace-Id", exchange.trace),
            ),
            response.body,
        )
        record(response)
        return response

    def exchange(
        self, live: LiveStage, request: HttpRequest, match: Match | None, hop: int | None = None
    ) -> Exchange:
        """A request at the beginning of its way.

        Args:
            hop: of the call that made it, where that is recorded instead.
        """
        log = ExecutionLog()
        if match is not None and live.settings:
            _, settings = live.setting(match)
            log.informs = settings.log_level == "INFO"
            log.traces = log.informs and settings.data_trace
        arrived = self._hops.arrived(live.scope, live.api_id, live.name, request, hop)
        return Exchange(live, match, arrived, log)

    async def answer(self, exchange: Exchange) -> HttpResponse:
        """The answer, of the integration or of API Gateway itself."""
        try:
            if exchange.match is None:
                raise GatewayError("MISSING_AUTHENTICATION_TOKEN")
            return await self._serve(exchange, exchange.match)
        except GatewayError as error:
            if error.reason:
                exchange.log.fail(error.reason)
            exchange.error = (error.kind, error.message, error.reason)
            return self._own(exchange, error)

    async def _serve(self, exchange: Exchange, match: Match) -> HttpResponse:
        log = exchange.log
        if log.informs:
            begin(exchange, match)
        if not exchange.test:
            await self._admission.admit(exchange, match)
        elif match.method.request_validator_id:
            self._admission.validate(exchange, match.method)
        integration = match.method.method_integration
        if integration is None:
            raise GatewayError("API_CONFIGURATION_ERROR", "No integration defined for method")
        began = self._clock.elapsed()
        status = 500
        try:
            response = await self._integrations.answer(exchange, match, integration)
            status = response.status
        except GatewayError as error:
            status = error.status
            raise
        finally:
            exchange.integrated = (self._clock.elapsed() - began, status)
        if log.informs:
            shown = response.body[:_KEPT].decode(errors="replace")
            log.show(f"Method response body after transformations: {shown}")
        return response

    def _own(self, exchange: Exchange, error: GatewayError) -> HttpResponse:
        sources = Sources(exchange)

        def rendered(template: str) -> str:
            context = as_java(context_of(exchange))
            variables = Variables("", Parameters(), context, exchange.live.variables)
            try:
                return render(template, variables)
            except TemplateFailedError as failure:
                exchange.log.fail(f"the gateway response's template failed: {failure}")
                return ""

        return answer(
            error,
            exchange.live.definition,
            exchange.request.header("accept"),
            lambda expression: sources.value(expression) or "",
            rendered,
        )

    # --- what is kept of it ------------------------------------------------------------------------------
    def _record(self, exchange: Exchange, response: HttpResponse) -> None:
        live = exchange.live
        self._hops.record(exchange.arrived, response, exchange.log.error)
        if exchange.match is not None and live.settings:
            self._write_execution_log(exchange, exchange.match, response)
        if live.access_log is not None:
            self._write_access_log(exchange, live, response)

    def _write_execution_log(self, exchange: Exchange, match: Match, response: HttpResponse) -> None:
        """The execution log of the stage, at the level it asks for."""
        live, log = exchange.live, exchange.log
        _, settings = live.setting(match)
        if settings.log_level == "OFF" or (settings.log_level == "ERROR" and not log.failures):
            return
        now = self._clock.now()
        lines = [*log.lines, f"Method completed with status: {response.status}"]
        self._logs.write(
            live.scope,
            f"API-Gateway-Execution-Logs_{live.api_id}/{live.name}",
            live.deployment_id,
            [(now, f"({exchange.request_id}) {line}"[:LONGEST_LINE]) for line in lines],
            cause=exchange.hop,
        )

    def _write_access_log(self, exchange: Exchange, live: LiveStage, response: HttpResponse) -> None:
        if live.access_log is None:
            return
        arn, text = live.access_log
        values: dict[str, Any] = context_of(exchange)
        values |= {
            "status": response.status,
            "responseLength": len(response.body),
            "responseLatency": int((self._clock.elapsed() - exchange.arrived.began) * 1000),
        }
        if exchange.integrated is not None:
            took, status = exchange.integrated
            latency = int(took * 1000)
            values |= {
                "integrationLatency": latency,
                "integrationStatus": status,
                "integrationErrorMessage": exchange.log.error or None,
                "integration": {"latency": latency, "status": status, "error": exchange.log.error or None},
            }
        group = arn.resource.removeprefix("log-group:").removesuffix(":*")
        line = render_log(text, values)
        self._logs.write(
            arn.scope, group, f"{live.api_id}-{live.name}", [(exchange.now, line)], cause=exchange.hop
        )
