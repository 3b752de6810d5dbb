"""Turning the end of an invocation into what its caller and its log get."""

from __future__ import annotations

from sandbox.model.ports import FunctionSpec, InvocationRequest, Outcome
from sandbox.runtime.environment import Ending, EndKind, Environment
from sandbox.runtime.live_log import LiveLog
from sandbox.runtime.report import (
    TIMED_OUT,
    billed_milliseconds,
    end_line,
    error_document,
    init_start_line,
    report_line,
    timeout_line,
    timeout_text,
)


def cold_start_lines(spec: FunctionSpec) -> list[str]:
    """What the log of a new environment begins with."""
    return [init_start_line(spec.runtime, spec.scope.region)]


def outcome_of(
    environment: Environment,
    request: InvocationRequest,
    ending: Ending,
    log: LiveLog,
    init_ms: float | None,
    real_now: float,
) -> Outcome:
    """The outcome of an invocation, or of the initialisation that came before it and failed.

    Args:
        log: has everything the function wrote, and gets the closing lines.
        init_ms: milliseconds of the init phase, None when warm or when it was repeated inside the invocation.
        real_now: wall-clock seconds.
    """
    spec = environment.spec
    payload = ending.payload
    duration_ms = ending.duration_ms
    failed = ending.kind not in (EndKind.OK, EndKind.ERROR)
    if ending.error_type == TIMED_OUT:
        # The invocation's timeout, also where a repeated initialisation used up part of it.
        duration_ms = spec.timeout * 1000
        payload = error_document(TIMED_OUT, timeout_text(spec.timeout), request.request_id)
        log.add(timeout_line(request.request_id, spec.timeout, real_now))
    elif failed and ending.kind is not EndKind.INIT_ERROR:
        payload = error_document(ending.error_type, ending.message, request.request_id)
        log.add(f"RequestId: {request.request_id} Error: {ending.message}", ending.error_type)
    memory = environment.max_memory_mb()
    status = "" if not failed else ("timeout" if ending.error_type == TIMED_OUT else "error")
    log.add(
        end_line(request.request_id),
        report_line(
            request.request_id,
            duration_ms=duration_ms,
            init_ms=init_ms,
            memory_size=spec.memory,
            max_memory=memory,
            status=status,
            error_type=ending.error_type if status == "error" else "",
        ),
    )
    log.flush()
    return Outcome(
        payload=payload,
        error=None if ending.kind is EndKind.OK else "Unhandled",
        kind=ending.kind.value,
        duration_ms=duration_ms,
        billed_ms=billed_milliseconds(duration_ms, init_ms),
        max_memory_mb=memory,
        init_ms=init_ms,
        environment=environment.id,
        log_stream=environment.log_stream,
        log=log.lines,
    )
