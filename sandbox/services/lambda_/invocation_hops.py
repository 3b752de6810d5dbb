"""What the journal is told of invocations."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind, Link
from sandbox.model.lambda_async import error_text
from sandbox.model.ports import FunctionSpec, Outcome, Recorder
from sandbox.services.lambda_.qualified import Qualified


class Origin(msgspec.Struct, frozen=True):
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


class InvocationHops:
    """Records invocations."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def throttled(self, qualified: Qualified, origin: Origin, reason: str, running: int) -> None:
        """There was no slot for it.

        Args:
            running: invocations of the function that run now.
        """
        self._recorder.record(
            HopKind.INVOKE_THROTTLED,
            qualified.function.scope,
            "lambda",
            cause=origin.cause,
            links=origin.links,
            operation=origin.source,
            resource=qualified.arn,
            status="throttled",
            error=f"TooManyRequestsException: {reason}",
            request_id=origin.request_id,
            trace=origin.trace,
            function=str(qualified.function.arn),
            detail={"reason": reason, "running": running},
        )

    def refused(self, qualified: Qualified, origin: Origin, error: AwsError) -> None:
        """It cannot be run, or must not."""
        self._recorder.record(
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

    def start(self, spec: FunctionSpec, payload: bytes, origin: Origin, trace: str) -> int:
        """It begins."""
        return self._recorder.record(
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

    def end(self, spec: FunctionSpec, outcome: Outcome, origin: Origin, start: int, trace: str) -> int:
        """It has ended, one way or the other."""
        return self._recorder.record(
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

    def failed(
        self, spec: FunctionSpec, origin: Origin, start: int, trace: str, status: str, error: str
    ) -> None:
        """The sandbox could not run it to its end."""
        self._recorder.record(
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
