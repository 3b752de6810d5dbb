"""Turning the end of an invocation into what its caller and its log get."""

from __future__ import annotations

from sandbox.model.ports import InvocationRequest, Outcome
from sandbox.runtime.environment import Ending, EndKind, Environment
from sandbox.runtime.live_log import LiveLog
from sandbox.runtime.platform_log import Ended, PlatformLog
from sandbox.runtime.report import TIMED_OUT, billed_milliseconds, error_document, timeout_text


def outcome_of(
    environment: Environment,
    request: InvocationRequest,
    ending: Ending,
    log: LiveLog,
    platform: PlatformLog,
    init_ms: float | None,
    real_now: float,
) -> Outcome:
    """The outcome of an invocation, or of the initialisation that came before it and failed.

    Args:
        platform: makes the closing lines.
        log: has everything the function wrote, and gets the closing lines.
        init_ms: milliseconds of the init phase, None when warm or when it was repeated inside the invocation.
        real_now: wall-clock seconds.
    """
    spec = environment.spec
    payload, message = ending.payload, ""
    duration_ms = ending.duration_ms
    failed = ending.kind not in (EndKind.OK, EndKind.ERROR)
    if ending.error_type == TIMED_OUT:
        # The invocation's timeout, also where a repeated initialisation used up part of it.
        duration_ms = spec.timeout * 1000
        payload = error_document(TIMED_OUT, timeout_text(spec.timeout), request.request_id)
    elif failed and ending.kind is not EndKind.INIT_ERROR:
        message = ending.message
        payload = error_document(ending.error_type, message, request.request_id)
    memory = environment.max_memory_mb()
    if failed:
        status = "timeout" if ending.error_type == TIMED_OUT else "error"
    else:
        status = "success" if ending.kind is EndKind.OK else "failure"
    ended = Ended(
        request.request_id, duration_ms, init_ms, memory, status, ending.error_type if failed else "", message
    )
    log.extend(platform.end(ended, real_now))
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
