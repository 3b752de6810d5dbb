"""Serves requests to deployed stages: route, throttle, invoke, answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from sandbox.clock import Clock
from sandbox.model.arn import execute_api_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.model.ports import Invoker, LogSink, Recorder
from sandbox.services.apigateway.proxy import MalformedAnswerError, Stage, build_event, read_answer
from sandbox.services.apigateway.routing import Match, Router
from sandbox.services.apigateway.throttle import TokenBucket

#: Limits of an account where a stage sets none: 10,000 requests per second, 5,000 at once.
ACCOUNT_RATE, ACCOUNT_BURST = 10_000.0, 5_000.0
_LARGEST_BODY = 10 * 1024 * 1024


class MethodSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a stage sets for a method, or for all (`*/*`).

    Attributes:
        rate, burst: throttling in requests per second, and at once; None leaves the account's.
        log_level: `OFF`, `ERROR` or `INFO`: what is written to the stage's execution log.
        data_trace: log request and response bodies too.
    """

    rate: float | None = None
    burst: float | None = None
    log_level: str = "OFF"
    data_trace: bool = False


@dataclass(slots=True)
class LiveStage:
    """A stage ready to serve: its router, settings and token buckets."""

    stage: Stage
    router: Router
    settings: dict[str, MethodSettings]
    buckets: dict[str, TokenBucket]

    def setting(self, match: Match) -> tuple[str, MethodSettings]:
        """The most special settings for a method, and the name of the bucket they share."""
        path = match.route.path.lstrip("/").replace("/", "~1")
        for key in (f"{path}/{match.route.method}", f"{path}/*", f"*/{match.route.method}", "*/*"):
            if key in self.settings:
                return key, self.settings[key]
        return "", MethodSettings()


class Executor:
    """Answers HTTP requests of one live stage after another."""

    def __init__(self, clock: Clock, ids: Ids, recorder: Recorder, invoker: Invoker, logs: LogSink) -> None:
        self._clock = clock
        self._ids = ids
        self._recorder = recorder
        self._invoker = invoker
        self._logs = logs

    async def handle(self, live: LiveStage, request: HttpRequest) -> HttpResponse:
        """Answers one request; never raises for what a client or function did."""
        request_id, began = self._ids.uuid(), self._clock.elapsed()
        trace = self._trace(request)
        hop = self._recorder.reserve()
        match = live.router.match(request.method, request.path)
        log: list[str] = []
        if match is None:
            response = error(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
        else:
            response = await self._run(live, match, request, request_id, trace, hop, log)
        response = HttpResponse(
            response.status,
            (
                *response.headers,
                ("x-amzn-RequestId", request_id),
                ("x-amz-apigw-id", request_id.replace("-", "")[:15] + "="),
                ("X-Amzn-Trace-Id", trace),
            ),
            response.body,
        )
        self._record(live, match, request, response, hop, request_id, trace, began, log)
        return response

    async def _run(
        self,
        live: LiveStage,
        match: Match,
        request: HttpRequest,
        request_id: str,
        trace: str,
        hop: int,
        log: list[str],
    ) -> HttpResponse:
        if not self._admit(live, match):
            return error(429, "Too Many Requests", "TooManyRequestsException")
        if len(request.body) > _LARGEST_BODY:
            return error(413, "Request Too Long", "RequestTooLargeException")
        event = build_event(
            request, live.stage, match, request_id=request_id, trace=trace, now=self._clock.now()
        )
        try:
            # A client waits in real time, so the integration's timeout is real too.
            async with asyncio.timeout(match.route.timeout_ms / 1000):
                result = await self._invoker.invoke(
                    parse_arn(match.route.function), event, cause=hop, trace=trace
                )
        except TimeoutError:
            log.append("Execution failed due to a timeout error")
            return error(504, "Endpoint request timed out", "GatewayTimeoutException")
        except AwsError as refused:
            log.append(f"Execution failed due to configuration error: {refused}")
            return error(500, "Internal server error", "InternalServerErrorException")
        if result.function_error is not None:
            log.append(f"Lambda execution failed: {result.payload[:1024].decode(errors='replace')}")
            return error(502, "Internal server error", "InternalServerErrorException")
        try:
            return read_answer(result.payload, request.header("accept"), live.stage.binary_types)
        except MalformedAnswerError as malformed:
            log.append(
                f"Execution failed due to configuration error: Malformed Lambda proxy response: {malformed}"
            )
            return error(502, "Internal server error", "InternalServerErrorException")

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

    def _record(
        self,
        live: LiveStage,
        match: Match | None,
        request: HttpRequest,
        response: HttpResponse,
        hop: int,
        request_id: str,
        trace: str,
        began: float,
        log: list[str],
    ) -> None:
        stage = live.stage
        failed = response.status >= 500 or response.status == 429
        self._recorder.record(
            HopKind.HTTP_REQUEST,
            stage.scope,
            "apigateway",
            hop=hop,
            operation=f"{request.method} {request.path}",
            resource=str(
                execute_api_arn(stage.scope, stage.api_id, stage.name, request.method, request.path)
            ),
            status=("throttled" if response.status == 429 else "error") if failed else "ok",
            error=log[-1] if log else "",
            request_id=request_id,
            trace=trace,
            duration_ms=(self._clock.elapsed() - began) * 1000,
            detail={"http_status": response.status, "request": request.body[:4096].decode(errors="replace")},
            payload=response.body,
        )
        if match is not None:
            self._write_log(live, match, request, response, request_id, log, hop)

    def _write_log(
        self,
        live: LiveStage,
        match: Match,
        request: HttpRequest,
        response: HttpResponse,
        request_id: str,
        log: list[str],
        hop: int,
    ) -> None:
        """The execution log of the stage, at the level it asks for."""
        _, settings = live.setting(match)
        if settings.log_level == "OFF" or (settings.log_level == "ERROR" and not log):
            return
        lines = []
        if settings.log_level == "INFO":
            lines = [
                f"Starting execution for request: {request_id}",
                f"HTTP Method: {request.method}, Resource Path: {match.route.path}",
            ]
            if settings.data_trace:
                lines.append(
                    f"Method request body before transformations: {request.body.decode(errors='replace')}"
                )
                lines.append(
                    f"Method response body after transformations: {response.body.decode(errors='replace')}"
                )
        lines.extend(log)
        lines.append(f"Method completed with status: {response.status}")
        now = self._clock.now()
        stage = live.stage
        self._logs.write(
            stage.scope,
            f"API-Gateway-Execution-Logs_{stage.api_id}/{stage.name}",
            stage.deployment_id,
            [(now, f"({request_id}) {line}") for line in lines],
            cause=hop,
        )


def error(status: int, message: str, kind: str) -> HttpResponse:
    """An answer of API Gateway itself."""
    return HttpResponse(
        status,
        (("Content-Type", "application/json"), ("x-amzn-ErrorType", kind)),
        msgspec.json.encode({"message": message}),
    )
