"""What stands around a service in its tests: the journal, the plan of faults, the logs, the functions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.model.arn import Arn
from sandbox.model.call import Call
from sandbox.model.hops import HopKind, Link
from sandbox.model.http import ForeignHostError, HttpRequest, HttpResponse
from sandbox.model.ports import InvokeResult
from sandbox.model.scope import Scope


@dataclass
class KeptHop:
    """A recorded hop, as it was given to the recorder."""

    id: int
    kind: HopKind
    scope: Scope
    cause: int | None
    links: tuple[Link, ...]
    operation: str
    resource: str
    status: str
    error: str
    request_id: str
    event_id: str
    message_id: str
    trace: str | None
    function: str
    duration_ms: float | None
    detail: Mapping[str, Any]
    payload: str | bytes | None


@dataclass
class KeptHops:
    """A recorder that keeps everything in memory."""

    hops: list[KeptHop] = field(default_factory=list)
    last: int = 0

    def reserve(self, cause: int | None = None) -> int:
        self.last += 1
        return self.last

    def record(
        self,
        kind: HopKind,
        scope: Scope,
        service: str,
        *,
        hop: int | None = None,
        cause: int | None = None,
        links: Sequence[Link] = (),
        operation: str = "",
        resource: str = "",
        status: str = "ok",
        error: str = "",
        request_id: str = "",
        event_id: str = "",
        message_id: str = "",
        trace: str | None = None,
        function: str = "",
        duration_ms: float | None = None,
        detail: Mapping[str, Any] | None = None,
        payload: str | bytes | None = None,
    ) -> int:
        number = self.reserve() if hop is None else hop
        kept = KeptHop(
            number,
            kind,
            scope,
            cause,
            tuple(links),
            operation,
            resource,
            status,
            error,
            request_id,
            event_id,
            message_id,
            trace,
            function,
            duration_ms,
            detail or {},
            payload,
        )
        self.hops.append(kept)
        return number

    def of(self, kind: HopKind) -> list[KeptHop]:
        return [hop for hop in self.hops if hop.kind is kind]

    def kinds(self) -> list[HopKind]:
        return [hop.kind for hop in self.hops]


@dataclass
class KeptLog:
    """One write to the log."""

    group: str
    stream: str
    lines: Sequence[tuple[float, str]]
    cause: int | None


@dataclass
class KeptLogs:
    """A log sink that keeps what is written."""

    writes: list[KeptLog] = field(default_factory=list)

    def write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: Sequence[tuple[float, str]],
        *,
        cause: int | None = None,
    ) -> None:
        self.writes.append(KeptLog(group, stream, lines, cause))


@dataclass
class FakeInvoker:
    """Functions as Python callables: what one returns is encoded as JSON, bytes are taken as they are.

    `hold` keeps invocations running until `release`; `refusal` is raised instead of running; `function_error`
    makes the result that of a function that failed.
    """

    answer: Callable[[Any], Any] = lambda event: {"statusCode": 200}
    refusal: Exception | None = None
    function_error: str | None = None
    events: list[Any] = field(default_factory=list)
    causes: list[int | None] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    finished: int = 0
    cancelled: int = 0
    gate: asyncio.Event | None = None

    def hold(self) -> None:
        self.gate = asyncio.Event()

    def release(self) -> None:
        assert self.gate is not None
        self.gate.set()

    async def invoke(
        self,
        function: Arn,
        payload: bytes,
        *,
        cause: int | None,
        links: Sequence[Link] = (),
        trace: str | None = None,
    ) -> InvokeResult:
        if self.refusal is not None:
            raise self.refusal
        event = json.loads(payload)
        self.events.append(event)
        self.causes.append(cause)
        self.functions.append(str(function))
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.finished += 1
        result = self.answer(event)
        encoded = result if isinstance(result, bytes) else json.dumps(result).encode()
        return InvokeResult(encoded, self.function_error, (), "r1", 99)

    def accept(self, function: Arn, payload: bytes, *, cause: int | None, trace: str | None = None) -> int:
        raise AssertionError("nothing is invoked asynchronously here")


@dataclass
class FakeSender:
    """HTTP servers on loopback as a Python callable."""

    answer: Callable[[str, HttpRequest], HttpResponse] = lambda url, request: HttpResponse(200)
    sent: list[tuple[str, HttpRequest]] = field(default_factory=list)

    async def send(self, url: str, request: HttpRequest, *, seconds: float) -> HttpResponse:
        if "127.0.0.1" not in url:
            raise ForeignHostError(f"{url} is not on loopback")
        self.sent.append((url, request))
        return self.answer(url, request)


@dataclass
class FakeAws:
    """AWS services as a Python callable."""

    answer: Callable[[str, HttpRequest], HttpResponse] = lambda service, request: HttpResponse(200)
    sent: list[tuple[str, HttpRequest, Call]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    async def send(self, service: str, request: HttpRequest, call: Call, action: str = "") -> HttpResponse:
        self.sent.append((service, request, call))
        self.actions.append(action)
        return self.answer(service, request)
