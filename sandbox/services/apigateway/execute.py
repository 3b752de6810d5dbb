"""Serves requests to deployed stages: route, throttle, invoke, answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec

from sandbox.clock import Clock
from sandbox.model.apis.proxy_answer import MalformedAnswerError, read_rest_answer
from sandbox.model.apis.throttle import ACCOUNT_BURST, ACCOUNT_RATE, TokenBucket
from sandbox.model.arn import execute_api_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.model.ports import Invoker, InvokeResult, LogSink, Recorder
from sandbox.services.apigateway.live import LiveStage
from sandbox.services.apigateway.proxy import build_event
from sandbox.services.apigateway.routing import Match
from sandbox.services.invocations import Invocations

_LARGEST_BODY = 10 * 1024 * 1024
#: What the journal says of a client that closed the connection (nginx's number; nobody gets this answer).
_CLIENT_GONE = 499
#: Characters of a request's body that the journal keeps, and of a line of the execution log.
_KEPT_REQUEST = 4096
_LONGEST_LOG_LINE = 1024


@dataclass(slots=True)
class _Exchange:
    """One request on its way.

    Attributes:
        began: real seconds, of the clock's own origin.
        log: what the execution log says of what went wrong.
    """

    live: LiveStage
    match: Match | None
    request: HttpRequest
    request_id: str
    trace: str
    hop: int
    began: float
    log: list[str] = field(default_factory=list)


class Executor:
    """Answers HTTP requests of one live stage after another."""

    def __init__(self, clock: Clock, ids: Ids, recorder: Recorder, invoker: Invoker, logs: LogSink) -> None:
        self._clock = clock
        self._ids = ids
        self._recorder = recorder
        self._invocations = Invocations(invoker)
        self._logs = logs

    async def stop(self) -> None:
        """Ends the invocations that nobody waits for any more."""
        await self._invocations.stop()

    async def handle(self, live: LiveStage, request: HttpRequest) -> HttpResponse:
        """Answers one request; never raises for what a client or function did."""
        exchange = _Exchange(
            live=live,
            match=live.router.match(request.method, request.path),
            request=request,
            request_id=self._ids.uuid(),
            trace=self._trace(request),
            hop=self._recorder.reserve(),
            began=self._clock.elapsed(),
        )
        try:
            response = await self._answer(exchange)
        except asyncio.CancelledError:
            exchange.log.append("The client closed the connection before it had its answer")
            self._record(exchange, HttpResponse(_CLIENT_GONE))
            raise
        except Exception as failure:
            exchange.log.append(f"The sandbox failed: {type(failure).__name__}: {failure}")
            self._record(exchange, HttpResponse(500))
            raise
        response = HttpResponse(
            response.status,
            (
                *response.headers,
                ("x-amzn-RequestId", exchange.request_id),
                ("x-amz-apigw-id", exchange.request_id.replace("-", "")[:15] + "="),
                ("X-Amzn-Trace-Id", exchange.trace),
            ),
            response.body,
        )
        self._record(exchange, response)
        return response

    async def _answer(self, exchange: _Exchange) -> HttpResponse:
        live, match, request = exchange.live, exchange.match, exchange.request
        if match is None:
            return error(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
        if not self._admit(live, match):
            return error(429, "Too Many Requests", "TooManyRequestsException")
        if len(request.body) > _LARGEST_BODY:
            return error(413, "Request Too Long", "RequestTooLargeException")
        if match.route.integration_method != "POST":
            # AWS takes the definition and fails each request: Lambda's Invoke is a POST.
            exchange.log.append(
                f"Execution failed due to configuration error: {match.route.integration_method} is not the "
                "httpMethod of a Lambda integration, which is always POST"
            )
            return _failed(500)
        return await self._integrate(exchange, match)

    async def _integrate(self, exchange: _Exchange, match: Match) -> HttpResponse:
        """Invokes the function and makes an answer of its result."""
        request, stage, log = exchange.request, exchange.live.stage, exchange.log
        event = build_event(
            request,
            stage,
            match,
            request_id=exchange.request_id,
            trace=exchange.trace,
            now=self._clock.now(),
        )
        try:
            result = await self._invoke(exchange, match, event)
        except TimeoutError:
            log.append("Execution failed due to a timeout error")
            return error(504, "Endpoint request timed out", "InternalServerErrorException")
        except AwsError as refused:
            log.append(f"Execution failed due to configuration error: {refused}")
            return _failed(500)
        if result.function_error is not None:
            log.append(f"Lambda execution failed: {result.payload[:1024].decode(errors='replace')}")
            return _failed(502)
        try:
            return read_rest_answer(result.payload, request.header("accept"), stage.binary_types)
        except MalformedAnswerError as malformed:
            log.append(
                f"Execution failed due to configuration error: Malformed Lambda proxy response: {malformed}"
            )
            return _failed(502)

    async def _invoke(self, exchange: _Exchange, match: Match, event: bytes) -> InvokeResult:
        """Waits for the function as long as the route says. The function goes on when nobody waits any more:
        Lambda knows nothing of a client that left, or of a timeout here.

        Raises:
            TimeoutError: it takes longer.
            AwsError: it cannot be invoked.
        """
        return await self._invocations.invoke(
            parse_arn(match.route.function),
            event,
            cause=exchange.hop,
            trace=exchange.trace,
            timeout_ms=match.route.timeout_ms,
        )

    def _admit(self, live: LiveStage, match: Match) -> bool:
        key, settings = live.setting(match)
        bucket = live.buckets.get(key)
        now = self._clock.now()
        if bucket is None:
            rate = ACCOUNT_RATE if settings.rate is None else settings.rate
            burst = ACCOUNT_BURST if settings.burst is None else settings.burst
            bucket = live.buckets[key] = TokenBucket(rate, burst, burst, now)
        return bucket.take(now)

    def _trace(self, request: HttpRequest) -> str:
        given = request.header("x-amzn-trace-id")
        return given if "Root=" in given else f"Root=1-{int(self._clock.now()):08x}-{self._ids.hex(24)}"

    def _record(self, exchange: _Exchange, response: HttpResponse) -> None:
        stage, request = exchange.live.stage, exchange.request
        self._recorder.record(
            HopKind.HTTP_REQUEST,
            stage.scope,
            "apigateway",
            hop=exchange.hop,
            operation=f"{request.method} {request.path}",
            resource=str(
                execute_api_arn(stage.scope, stage.api_id, stage.name, request.method, request.path)
            ),
            status=_outcome(response.status),
            error=exchange.log[-1] if exchange.log else "",
            request_id=exchange.request_id,
            trace=exchange.trace,
            duration_ms=(self._clock.elapsed() - exchange.began) * 1000,
            detail={
                "http_status": response.status,
                "request": request.body[:_KEPT_REQUEST].decode(errors="replace"),
            },
            payload=response.body,
        )
        if exchange.match is not None:
            self._write_log(exchange, exchange.match, response)

    def _write_log(self, exchange: _Exchange, match: Match, response: HttpResponse) -> None:
        """The execution log of the stage, at the level it asks for."""
        _, settings = exchange.live.setting(match)
        if settings.log_level == "OFF" or (settings.log_level == "ERROR" and not exchange.log):
            return
        request, lines = exchange.request, []
        if settings.log_level == "INFO":
            lines = [
                f"Starting execution for request: {exchange.request_id}",
                f"HTTP Method: {request.method}, Resource Path: {match.route.path}",
            ]
            if settings.data_trace:
                lines.append(
                    f"Method request body before transformations: {request.body.decode(errors='replace')}"
                )
                lines.append(
                    f"Method response body after transformations: {response.body.decode(errors='replace')}"
                )
        lines.extend(exchange.log)
        lines.append(f"Method completed with status: {response.status}")
        now = self._clock.now()
        stage = exchange.live.stage
        self._logs.write(
            stage.scope,
            f"API-Gateway-Execution-Logs_{stage.api_id}/{stage.name}",
            stage.deployment_id,
            [(now, f"({exchange.request_id}) {line}"[:_LONGEST_LOG_LINE]) for line in lines],
            cause=exchange.hop,
        )


def _outcome(status: int) -> str:
    """The status of the hop that an HTTP status means: clients' mistakes are no failures of the flow."""
    if status == 429:
        return "throttled"
    if status == _CLIENT_GONE:
        return "client-gone"
    return "error" if status >= 500 else "ok"


def _failed(status: int) -> HttpResponse:
    return error(status, "Internal server error", "InternalServerErrorException")


def error(status: int, message: str, kind: str) -> HttpResponse:
    """An answer of API Gateway itself."""
    return HttpResponse(
        status,
        (("Content-Type", "application/json"), ("x-amzn-ErrorType", kind)),
        msgspec.json.encode({"message": message}),
    )
