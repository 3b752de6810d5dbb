"""The running sandbox as values that go over the control socket."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from sandbox.clock import Clock
from sandbox.control.protocol import ClockView, ProcessView, StatusView
from sandbox.flow.tree import Branch, describe
from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.flows import BranchView

if TYPE_CHECKING:
    from sandbox.session.session import Session

_NEXT_TIMERS = 5


def clock_view(clock: Clock) -> ClockView:
    """The clock, with the timers that are due next."""
    now = clock.now()
    return ClockView(
        now=now,
        iso=iso(now),
        speed=clock.speed,
        offset_seconds=round(clock.offset, 3),
        next=[
            {"label": timer.label, "kind": timer.kind.value, "in_seconds": round(timer.when - now, 3)}
            for timer in clock.pending()[:_NEXT_TIMERS]
        ],
    )


def status_view(session: Session) -> StatusView:
    """Everything `status` shows."""
    return StatusView(
        endpoint=session.endpoint,
        engine=session.engine.name,
        state=str(session.folder.path),
        pid=os.getpid(),
        ready_seconds=round(session.ready_seconds, 3),
        uptime_seconds=round(time.monotonic() - session.began, 1),
        clock=clock_view(session.clock),
        postgres=session.postgres,
        stacks=session.deployment.views(),
        processes=[
            ProcessView("sandbox", os.getpid()),
            *(ProcessView(name, pid) for name, pid in session.engine.processes()),
        ],
        functions=[
            {
                "function": view.function,
                "environment": view.environment,
                "pid": view.pid,
                "state": view.state,
                "invocations": view.invocations,
                "memory_mb": view.memory_mb,
            }
            for view in session.engine.environments()
        ],
        notices=list(session.notices),
        version=version("sandbox"),
    )


def branch_view(
    branch: Branch, began: float, log: Callable[[int], list[str]], error: Callable[[Hop], str]
) -> BranchView:
    """A branch of a flow's tree, with the log lines of its invocations.

    Args:
        began: virtual time from which the lines count.
        log: gives the log lines that an invocation wrote, by the hop of its start.
        error: gives what failed the message of a dead letter.
    """
    hop = branch.hop
    line = describe(branch, began)
    failed_by = error(hop) if hop.kind is HopKind.DEAD_LETTERED else ""
    if failed_by:
        line = f"{line} [{failed_by}]"
    return BranchView(
        hop=hop,
        line=line,
        children=[branch_view(child, began, log, error) for child in branch.children],
        inferred=branch.inferred,
        via=branch.via,
        log=log(hop.id) if hop.kind is HopKind.INVOKE_START else [],
        failed_by=failed_by,
    )


def iso(moment: float) -> str:
    """A virtual time, as ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
