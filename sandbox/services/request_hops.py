"""What the journal says of requests to deployed APIs, REST and HTTP alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.model.arn import execute_api_arn
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.model.ports import Recorder
from sandbox.model.scope import Scope

#: What the journal says of a client that closed the connection (nginx's number; nobody gets this answer).
_CLIENT_GONE = 499
#: Bytes of a request's body that the journal keeps.
_KEPT_REQUEST = 4096


class Arrived(msgspec.Struct, frozen=True):
    """A request as it is known from its beginning.

    Attributes:
        stage: scope, API and name of the stage.
        hop: reserved for it.
        began: real seconds, of the clock's own origin.
        now: virtual seconds since the epoch.
    """

    scope: Scope
    api_id: str
    stage: str
    request: HttpRequest
    request_id: str
    trace: str
    hop: int
    began: float
    now: float
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


class RequestHops:
    """Records requests to deployed APIs.

    Args:
        service: whose they are (`apigateway`).
    """

    def __init__(self, service: str, clock: Clock, ids: Ids, recorder: Recorder) -> None:
        self._service = service
        self._clock = clock
        self._ids = ids
        self._recorder = recorder

    def arrived(
        self, scope: Scope, api_id: str, stage: str, request: HttpRequest, hop: int | None = None
    ) -> Arrived:
        """A request that has just come: its id, its hop, and its trace, which a client may have begun.

        Args:
            hop: of the call that made it; None reserves one of its own.
        """
        given, now = request.header("x-amzn-trace-id"), self._clock.now()
        return Arrived(
            scope=scope,
            api_id=api_id,
            stage=stage,
            request=request,
            request_id=self._ids.uuid(),
            trace=given if "Root=" in given else f"Root=1-{int(now):08x}-{self._ids.hex(24)}",
            hop=self._recorder.reserve(request.cause) if hop is None else hop,
            began=self._clock.elapsed(),
            now=now,
        )

    async def guarded(
        self,
        answer: Awaitable[HttpResponse],
        fail: Callable[[str], None],
        record: Callable[[HttpResponse], None],
    ) -> HttpResponse:
        """The answer; one that never comes is recorded before what stopped it is passed on.

        Args:
            fail: told what stopped it.
            record: records the request with an answer that nobody gets.
        """
        try:
            return await answer
        except asyncio.CancelledError:
            fail("The client closed the connection before it had its answer")
            record(HttpResponse(_CLIENT_GONE))
            raise
        except Exception as failure:
            fail(f"The sandbox failed: {type(failure).__name__}: {failure}")
            record(HttpResponse(500))
            raise

    def record(self, arrived: Arrived, response: HttpResponse, error: str) -> None:
        """Records a request with its answer.

        Args:
            error: what went wrong; empty where nothing did.
        """
        request = arrived.request
        arn = execute_api_arn(arrived.scope, arrived.api_id, arrived.stage, request.method, request.path)
        self._recorder.record(
            HopKind.HTTP_REQUEST,
            arrived.scope,
            self._service,
            hop=arrived.hop,
            cause=request.cause,
            operation=f"{request.method} {request.path}",
            resource=str(arn),
            status=_outcome(response.status),
            error=error,
            request_id=arrived.request_id,
            trace=arrived.trace,
            duration_ms=(self._clock.elapsed() - arrived.began) * 1000,
            detail={
                "http_status": response.status,
                "request": request.body[:_KEPT_REQUEST].decode(errors="replace"),
                **arrived.detail,
            },
            payload=response.body,
        )


def _outcome(status: int) -> str:
    """The status of the hop that an HTTP status means: clients' mistakes are no failures of the flow."""
    if status == 429:
        return "throttled"
    if status == _CLIENT_GONE:
        return "client-gone"
    return "error" if status >= 500 else "ok"
