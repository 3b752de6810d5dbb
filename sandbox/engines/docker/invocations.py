"""The invocations that LocalStack runs, joined to what began them and to what their functions call.

An invocation has a request id, in LocalStack's log and in its container's, and an X-Ray trace, which
the SDK sends with every call (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.hops import HopKind, Link
from sandbox.model.ports import Recorder
from sandbox.model.recent import Recent

_KEPT = 4096


@dataclass(slots=True)
class Invocation:
    """One invocation.

    Attributes:
        request_id: LocalStack's.
        operation: `Invoke`, `Event`, or what else the journal calls its source.
        hop: of its beginning; None while it waits to begin.
        attempt: 1 for the first run.
        environment: id of its container, once it is known.
    """

    request_id: str
    function: Arn
    operation: str
    cause: int | None = None
    links: Sequence[Link] = ()
    trace: str = ""
    payload: str = ""
    hop: int | None = None
    began: float = 0.0
    attempt: int = 0
    running: bool = False
    environment: dict[str, str] = field(default_factory=dict)


class Invocations:
    """Records beginnings and ends.

    Args:
        recorder: the journal.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._by_request: Recent[str, Invocation] = Recent(_KEPT)
        self._by_trace: Recent[str, Invocation] = Recent(_KEPT)
        self._early: Recent[str, int] = Recent(_KEPT)

    def asked(self, invocation: Invocation, at: float) -> None:
        """An invocation was asked for; a synchronous one begins now, an asynchronous one when it is run."""
        self._by_request.put(invocation.request_id, invocation)
        root = trace_root(invocation.trace)
        if root:
            self._by_trace.put(root, invocation)
        if invocation.operation != "Event":
            self._begin(invocation, at)

    def running(self, request_id: str, environment: dict[str, str], at: float) -> int | None:
        """A container says that it runs an invocation; returns the hop of its beginning.

        Args:
            environment: facts about the container.
        """
        found = self._by_request.get(request_id)
        if found is None:
            return None
        found.environment = environment
        if not found.running:
            self._begin(found, at)
        return found.hop

    def of_call(self, trace: str) -> int | None:
        """The hop of the invocation that a call with such a trace belongs to.

        A call may be seen before LocalStack's log of the invocation that makes it: its hop is kept free.
        """
        root = trace_root(trace)
        if not root:
            return None
        found = self._by_trace.get(root)
        if found is not None and found.hop is not None:
            return found.hop
        early = self._early.get(root)
        if early is None:
            early = self._recorder.reserve()
            self._early.put(root, early)
        return early

    def ended(
        self, request_id: str, at: float, *, error: str, payload: str, refused: bool = False
    ) -> Invocation | None:
        """An invocation has ended.

        Args:
            error: what went wrong, empty where nothing did.
            refused: it never ran.
        """
        found = self._by_request.get(request_id)
        if found is None or (not found.running and not refused):
            return None
        found.running = False
        arn = str(found.function)
        throttled = refused and "TooManyRequests" in error
        self._recorder.record(
            HopKind.INVOKE_THROTTLED if throttled else HopKind.INVOKE_END,
            found.function.scope,
            "lambda",
            cause=found.hop if found.hop is not None else found.cause,
            operation=found.operation,
            resource=arn,
            status="throttled" if throttled else "error" if error else "ok",
            error=error,
            request_id=request_id,
            trace=found.trace,
            function=arn,
            duration_ms=max(0.0, at - found.began) * 1000,
            detail={**found.environment, "attempt": found.attempt},
            payload=payload or None,
        )
        return found

    def known(self, request_id: str) -> Invocation | None:
        """The invocation of a request id."""
        return self._by_request.get(request_id)

    def _begin(self, invocation: Invocation, at: float) -> None:
        invocation.attempt += 1
        invocation.running = True
        invocation.began = at
        again = invocation.attempt > 1
        arn = str(invocation.function)
        early = self._early.pop(trace_root(invocation.trace)) if not again else None
        detail: dict[str, Any] = dict(invocation.environment)
        if again:
            detail["attempt"] = invocation.attempt
        invocation.hop = self._recorder.record(
            HopKind.INVOKE_START,
            invocation.function.scope,
            "lambda",
            hop=early,
            cause=invocation.hop if again else invocation.cause,
            links=() if again else invocation.links,
            operation=invocation.operation,
            resource=arn,
            request_id=invocation.request_id,
            trace=invocation.trace,
            function=arn,
            detail=detail or None,
            payload=invocation.payload or None,
        )


def trace_root(trace: str) -> str:
    """The `Root` of an X-Ray header; empty where it has none."""
    for part in trace.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "Root":
            return value
    return ""


def bare_function(name: str, account: str, region: str) -> Arn:
    """The ARN of a function without its version, from any of the forms by which a call may name it."""
    if name.startswith("arn:"):
        arn = parse_arn(name)
        return Arn("lambda", arn.region, arn.account, ":".join(arn.resource.split(":")[:2]))
    plain = name.rpartition("function:")[2].split(":")[0]
    return Arn("lambda", region, account, f"function:{plain}")
