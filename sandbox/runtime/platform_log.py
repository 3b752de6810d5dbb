"""What Lambda itself writes into a function's log, as text or as JSON.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from sandbox.model.ports import FunctionSpec
from sandbox.runtime.report import (
    TIMED_OUT,
    billed_milliseconds,
    end_line,
    init_report_line,
    init_start_line,
    report_line,
    runtime_arn,
    runtime_version,
    start_line,
    timeout_line,
)

_LEVELS = ("DEBUG", "INFO", "WARN")


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an invocation, for its report.

    Attributes:
        status: `success`, `failure` (the handler raised), `error` (its environment failed) or `timeout`.
        error_type, message: of the environment where it failed.
        init_ms: milliseconds of the init phase, None when warm.
    """

    request_id: str
    duration_ms: float
    init_ms: float | None
    max_memory: int
    status: str
    error_type: str = ""
    message: str = ""


class PlatformLog(Protocol):
    """Makes the lines."""

    def init_start(self, kind: str) -> list[str]:
        """An environment starts; `kind` is how (`on-demand`, `provisioned-concurrency`)."""
        ...

    def init_failed(self, milliseconds: float, phase: str, error_type: str) -> list[str]:
        """Its initialisation failed, in the phase `init` or `invoke`."""
        ...

    def start(self, request_id: str) -> list[str]:
        """An invocation begins."""
        ...

    def end(self, ended: Ended, real_now: float) -> list[str]:
        """An invocation has ended; `real_now` are wall-clock seconds."""
        ...


def platform_log(spec: FunctionSpec, now: Callable[[], float]) -> PlatformLog:
    """The log in the format that the function has.

    Args:
        now: gives virtual time, seconds since the epoch.
    """
    return JsonLog(spec, now) if spec.log_format == "JSON" else TextLog(spec)


class TextLog:
    """INIT_START, START, END and REPORT."""

    def __init__(self, spec: FunctionSpec) -> None:
        self._spec = spec

    def init_start(self, kind: str) -> list[str]:
        """See `PlatformLog`."""
        return [init_start_line(self._spec.runtime, self._spec.scope.region)]

    def init_failed(self, milliseconds: float, phase: str, error_type: str) -> list[str]:
        """See `PlatformLog`."""
        if error_type == TIMED_OUT:
            return [init_report_line(milliseconds, phase, "timeout")]
        return [init_report_line(milliseconds, phase, "error", error_type)]

    def start(self, request_id: str) -> list[str]:
        """See `PlatformLog`."""
        return [start_line(request_id, self._spec.version)]

    def end(self, ended: Ended, real_now: float) -> list[str]:
        """See `PlatformLog`."""
        lines = []
        if ended.status == "timeout":
            lines.append(timeout_line(ended.request_id, self._spec.timeout, real_now))
        elif ended.status == "error" and ended.message:
            lines += [f"RequestId: {ended.request_id} Error: {ended.message}", ended.error_type]
        status = ended.status if ended.status in ("timeout", "error") else ""
        return [
            *lines,
            end_line(ended.request_id),
            report_line(
                ended.request_id,
                duration_ms=ended.duration_ms,
                init_ms=ended.init_ms,
                memory_size=self._spec.memory,
                max_memory=ended.max_memory,
                status=status,
                error_type=ended.error_type if status == "error" else "",
            ),
        ]


class JsonLog:
    """`platform.*` events, those that the function's system log level lets through."""

    def __init__(self, spec: FunctionSpec, now: Callable[[], float]) -> None:
        self._spec = spec
        self._now = now
        self._least = _LEVELS.index(spec.system_log_level)

    def init_start(self, kind: str) -> list[str]:
        """See `PlatformLog`."""
        spec = self._spec
        record = {
            "initializationType": kind,
            "phase": "init",
            "runtimeVersion": runtime_version(spec.runtime),
            "runtimeVersionArn": runtime_arn(spec.runtime, spec.scope.region),
            "functionName": spec.name,
            "functionVersion": spec.version,
        }
        return self._event("INFO", "platform.initStart", record)

    def init_failed(self, milliseconds: float, phase: str, error_type: str) -> list[str]:
        """See `PlatformLog`."""
        record = {
            "initializationType": "on-demand",
            "phase": phase,
            "status": "timeout" if error_type == TIMED_OUT else "error",
            "metrics": {"durationMs": round(milliseconds, 3)},
        }
        if error_type != TIMED_OUT:
            record["errorType"] = error_type
        return self._event("WARN", "platform.initReport", record)

    def start(self, request_id: str) -> list[str]:
        """See `PlatformLog`."""
        record = {"requestId": request_id, "version": self._spec.version}
        return self._event("INFO", "platform.start", record)

    def end(self, ended: Ended, real_now: float) -> list[str]:
        """See `PlatformLog`."""
        level = "INFO" if ended.status == "success" else "WARN"
        metrics: dict[str, Any] = {"durationMs": round(ended.duration_ms, 3)}
        done: dict[str, Any] = {"requestId": ended.request_id, "status": ended.status, "metrics": metrics}
        report: dict[str, Any] = {
            "requestId": ended.request_id,
            "status": ended.status,
            "metrics": {
                **metrics,
                "billedDurationMs": billed_milliseconds(ended.duration_ms, ended.init_ms),
                "memorySizeMB": self._spec.memory,
                "maxMemoryUsedMB": ended.max_memory,
            },
        }
        if ended.init_ms is not None:
            report["metrics"]["initDurationMs"] = round(ended.init_ms, 3)
        if ended.error_type and ended.status == "error":
            done["errorType"] = report["errorType"] = ended.error_type
        done_level = "DEBUG" if ended.status == "success" else "WARN"
        return [
            *self._event(done_level, "platform.runtimeDone", done),
            *self._event(level, "platform.report", report),
        ]

    def _event(self, level: str, kind: str, record: Mapping[str, Any]) -> list[str]:
        if _LEVELS.index(level) < self._least:
            return []
        moment = datetime.fromtimestamp(self._now(), UTC)
        time = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        return [msgspec.json.encode({"time": time, "type": kind, "record": record}).decode()]
