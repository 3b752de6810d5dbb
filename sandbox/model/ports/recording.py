"""The journal, as services see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sandbox.model.hops import HopKind, Link
from sandbox.model.scope import Scope


class Recorder(Protocol):
    """Where every hop is recorded (implemented by `flow`)."""

    def reserve(self, cause: int | None = None) -> int:
        """An id for a hop that is recorded when its outcome is known; what it causes can name it before.

        Args:
            cause: what led to it, so that hops caused by it join the same flow from the start.
        """
        ...

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
        """Records one hop and returns its id (`hop` where it was reserved before).

        Args:
            duration_ms: real milliseconds.
            payload: what was carried; searched for business keys, then bounded and masked.
        """
        ...


class LogSink(Protocol):
    """Where functions and services write log lines (implemented by the CloudWatch Logs service)."""

    def write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: Sequence[tuple[float, str]],
        *,
        cause: int | None = None,
    ) -> None:
        """Appends lines, each with its virtual time in seconds; creates group and stream where missing."""
        ...
