"""Requests to deployed APIs: answered by LocalStack, recorded here."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from sandbox.clock import Clock
from sandbox.engines.docker.hearing import Hearing
from sandbox.engines.docker.upstream import HOST, ContainerUpstream
from sandbox.model.arn import execute_api_arn
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.model.ports import Recorder
from sandbox.model.scope import Scope
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service

#: Bytes of a request's body that the journal keeps.
_KEPT = 4096
_TRACE = "x-amzn-trace-id"


class ContainerExecuteApi:
    """Implements `ExecuteApi` over LocalStack's own path for it, `/_aws/execute-api/API/STAGE/…`."""

    def __init__(
        self,
        upstream: ContainerUpstream,
        recorder: Recorder,
        clock: Clock,
        ids: Ids,
        hearing: Hearing,
        http_apis: ApiGatewayV2Service,
    ) -> None:
        self._hearing = hearing
        self._upstream = upstream
        self._recorder = recorder
        self._clock = clock
        self._ids = ids
        self._http_apis = http_apis

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request whose path begins after the stage.

        Raises:
            AwsError: LocalStack does not answer.
        """
        if self._http_apis.has(api_id):
            return await self._http_apis.handle(api_id, stage, request, endpoint)
        hop = self._recorder.reserve()
        began = self._clock.elapsed()
        passed = replace(
            request,
            path=f"/_aws/execute-api/{api_id}/{stage}{request.path or '/'}",
            # LocalStack would look for a stage in the path of a request that names the API by its host.
            headers=[
                *(pair for pair in request.headers if pair[0] != "host"),
                ("host", HOST),
                *self._trace(request, hop),
            ],
        )
        response = await self._upstream.send("apigateway", f"{request.method} {request.path}", passed)
        failed = response.status >= 500
        headers = dict(response.headers)
        record = partial(
            self._recorder.record,
            HopKind.HTTP_REQUEST,
            Scope(),
            "apigateway",
            hop=hop,
            operation=f"{request.method} {request.path}",
            resource=str(execute_api_arn(Scope(), api_id, stage, request.method, request.path)),
            status="error" if failed else "ok",
            error=f"HTTP {response.status}" if failed else "",
            request_id=headers.get("x-amzn-requestid") or self._ids.uuid(),
            trace=headers.get("x-amzn-trace-id"),
            duration_ms=(self._clock.elapsed() - began) * 1000,
            detail={"http_status": response.status, "request": request.body[:_KEPT].decode(errors="replace")},
            payload=response.body,
        )
        self._hearing.answered(hop, record)
        return response

    def _trace(self, request: HttpRequest, hop: int) -> list[tuple[str, str]]:
        """A header that the invocation will carry on; API Gateway adds one where the client sends none.

        Page: https://docs.aws.amazon.com/xray/latest/devguide/xray-services-apigateway.html
        """
        given = request.header(_TRACE)
        trace = given or f"Root=1-{int(self._clock.real_now()):08x}-{self._ids.uuid().replace('-', '')[:24]}"
        self._hearing.request(trace, hop)
        return [] if given else [(_TRACE, trace)]
