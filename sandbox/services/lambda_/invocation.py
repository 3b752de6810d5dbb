"""One invocation from slot to answer: the throttle, the hops, the log, the run itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind, Link
from sandbox.model.lambda_async import error_text
from sandbox.model.lambda_errors import service_failure, throttled
from sandbox.model.lambda_limits import LOG_TAIL
from sandbox.model.lambda_trace import trace_header
from sandbox.model.ports import (
    Executor,
    FunctionSpec,
    InvocationRequest,
    InvokeResult,
    LogLines,
    LogSink,
    Outcome,
)
from sandbox.services.base import Kit
from sandbox.services.lambda_.concurrency import Concurrency, Slot
from sandbox.services.lambda_.faulty import InvocationFaults
from sandbox.services.lambda_.functions import Functions
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.specs import Specs


@dataclass(frozen=True, slots=True)
class Origin:
    """What an invocation comes from.

    Attributes:
        cause: the hop that led to it. links: further causes (messages of a batch).
        trace: the X-Ray header that came with it.
        request_id: the invocation's id; the retries of an event keep theirs.
        source: `Invoke`, `Event`, or the ARN of an event source mapping.
        attempt: 1 for the first run.
        client_context: JSON text, of synchronous invocations.
    """

    request_id: str
    cause: int | None = None
    links: Sequence[Link] = ()
    trace: str | None = None
    source: str = "Invoke"
    attempt: int = 1
    client_context: str | None = None


class Invocations:
    """Runs functions."""

    def __init__(
        self,
        kit: Kit,
        functions: Functions,
        executor: Executor,
        logs: LogSink,
        specs: Specs,
        concurrency: Concurrency,
    ) -> None:
        self._kit = kit
        self._functions = functions
        self._executor = executor
        self._logs = logs
        self._specs = specs
        self._concurrency = concurrency
        self._faults = InvocationFaults(kit.faults, executor)

    def take(self, qualified: Qualified, origin: Origin) -> Slot:
        """A slot for one run.

        Raises:
            AwsError: `TooManyRequestsException`; the refusal is in the journal.
        """
        function = qualified.function
        slot = self._concurrency.take(function)
        if slot is not None:
            return slot
        reason = self._concurrency.refusal(function) or ""
        arn = str(function.arn)
        self._kit.recorder.record(
            HopKind.INVOKE_THROTTLED,
            function.scope,
            "lambda",
            cause=origin.cause,
            links=origin.links,
            operation=origin.source,
            resource=qualified.arn,
            status="throttled",
            error=f"TooManyRequestsException: {reason}",
            request_id=origin.request_id,
            trace=origin.trace,
            function=arn,
            detail={"reason": reason, "running": self._concurrency.running(function)},
        )
        raise throttled(reason)

    async def invoke(self, qualified: Qualified, payload: bytes, origin: Origin) -> InvokeResult:
        """Takes a slot, runs the function and gives the slot back.

        Raises:
            AwsError: throttled, or the function cannot be run here.
        """
        return await self.run(qualified, payload, origin, self.take(qualified, origin))

    async def run(self, qualified: Qualified, payload: bytes, origin: Origin, slot: Slot) -> InvokeResult:
        """Runs the function in a slot that was taken before, and gives the slot back whatever happens.

        Raises:
            AwsError: the function cannot be run here.
        """
        try:
            spec = await self.prepare(qualified, origin)
            return await self.execute(spec, payload, origin, qualified.arn)
        finally:
            slot.release()

    async def prepare(self, qualified: Qualified, origin: Origin) -> FunctionSpec:
        """What the runtime has to run; that it cannot be said is in the journal.

        Raises:
            AwsError: the code is gone, or its dependencies cannot be prepared.
        """
        try:
            return await self._specs.build(self._functions.pick(qualified))
        except AwsError as error:
            self._kit.recorder.record(
                HopKind.DELIVERY_FAILED,
                qualified.function.scope,
                "lambda",
                cause=origin.cause,
                links=origin.links,
                operation=origin.source,
                resource=qualified.arn,
                status="error",
                error=str(error),
                request_id=origin.request_id,
                trace=origin.trace,
                function=str(qualified.function.arn),
            )
            raise

    async def execute(self, spec: FunctionSpec, payload: bytes, origin: Origin, invoked: str) -> InvokeResult:
        """Runs what the spec says and records it; the caller holds a slot.

        Args:
            invoked: the function's ARN as it was named.

        Raises:
            AwsError: the runtime cannot run it.
        """
        trace = trace_header(
            origin.trace, self._kit.clock.now(), self._kit.ids, active=spec.tracing == "Active"
        )
        start = self._record_start(spec, payload, origin, trace)
        try:
            spec = self._faults.wrong_clock(spec, start)
            doom = await self._faults.before(spec, start)
            request = InvocationRequest(
                origin.request_id, payload, start, trace, origin.client_context, invoked, doom
            )
            outcome = await self._executor.run(spec, request, self._log(spec, start))
        except asyncio.CancelledError:
            self._record_failure(spec, origin, start, trace, "stopped", "the sandbox stopped")
            raise
        except AwsError as error:
            self._record_failure(spec, origin, start, trace, "error", str(error))
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self._record_failure(spec, origin, start, trace, "error", why)
            raise service_failure(f"The sandbox could not run {spec.name}: {why}") from error
        end = self._record_end(spec, outcome, origin, start, trace)
        return InvokeResult(
            outcome.payload,
            outcome.error,
            log_tail(outcome.log),
            origin.request_id,
            end,
            spec.version,
        )

    def _record_start(self, spec: FunctionSpec, payload: bytes, origin: Origin, trace: str) -> int:
        return self._kit.recorder.record(
            HopKind.INVOKE_START,
            spec.scope,
            "lambda",
            cause=origin.cause,
            links=origin.links,
            operation=origin.source,
            resource=spec.arn,
            request_id=origin.request_id,
            trace=trace,
            function=spec.function,
            detail={"attempt": origin.attempt} if origin.attempt > 1 else None,
            payload=payload,
        )

    def _record_end(
        self, spec: FunctionSpec, outcome: Outcome, origin: Origin, start: int, trace: str
    ) -> int:
        return self._kit.recorder.record(
            HopKind.INVOKE_END,
            spec.scope,
            "lambda",
            cause=start,
            operation=origin.source,
            resource=spec.arn,
            status=outcome.kind,
            error=error_text(outcome.payload) if outcome.error else "",
            request_id=origin.request_id,
            trace=trace,
            function=spec.function,
            duration_ms=outcome.duration_ms,
            detail={
                "cold": outcome.init_ms is not None,
                "init_ms": outcome.init_ms,
                "billed_ms": outcome.billed_ms,
                "max_memory_mb": outcome.max_memory_mb,
                "environment": outcome.environment,
                "log_stream": outcome.log_stream,
                "attempt": origin.attempt,
            },
            payload=outcome.payload,
        )

    def _record_failure(
        self, spec: FunctionSpec, origin: Origin, start: int, trace: str, status: str, error: str
    ) -> None:
        self._kit.recorder.record(
            HopKind.INVOKE_END,
            spec.scope,
            "lambda",
            cause=start,
            operation=origin.source,
            resource=spec.arn,
            status=status,
            error=error,
            request_id=origin.request_id,
            trace=trace,
            function=spec.function,
            detail={"attempt": origin.attempt},
        )

    def _log(self, spec: FunctionSpec, start: int) -> LogLines:
        """Where the lines of an invocation go while it runs."""

        def write(stream: str, lines: Sequence[tuple[float, str]]) -> None:
            self._logs.write(spec.scope, spec.log_group, stream, lines, cause=start)

        return write


def log_tail(lines: Sequence[str]) -> str:
    """The last 4 KB of a log, for `LogResult`."""
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines).encode()
    return text[-LOG_TAIL:].decode("utf-8", "ignore")
