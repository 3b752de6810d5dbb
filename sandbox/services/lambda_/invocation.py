"""One invocation from slot to answer: the throttle, the hops, the log, the run itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sandbox.model.awserror import AwsError
from sandbox.model.lambda_errors import recursive, service_failure, throttled
from sandbox.model.lambda_trace import RECURSIONS, has_lineage, trace_header, visited, visits
from sandbox.model.ports import (
    Executor,
    FunctionSpec,
    InvocationRequest,
    InvokeResult,
    LogLines,
    LogSink,
)
from sandbox.services.base import Kit
from sandbox.services.lambda_.concurrency import Concurrency, Slot
from sandbox.services.lambda_.faulty import InvocationFaults
from sandbox.services.lambda_.functions import Functions
from sandbox.services.lambda_.invocation_hops import InvocationHops, Origin
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function
from sandbox.services.lambda_.specs import Specs


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
        self._hops = InvocationHops(kit.recorder)
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
        self._hops.throttled(qualified, origin, reason, self._concurrency.running(function))
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
            return await self.in_slot(qualified, payload, origin)
        finally:
            slot.release()

    async def in_slot(self, qualified: Qualified, payload: bytes, origin: Origin) -> InvokeResult:
        """Runs the function in a slot that the caller has, and gives back.

        Raises:
            AwsError: the function cannot be run here.
        """
        spec = await self.prepare(qualified, origin)
        return await self.execute(spec, payload, origin, qualified.arn)

    async def prepare(self, qualified: Qualified, origin: Origin) -> FunctionSpec:
        """What the runtime has to run; that it cannot be said is in the journal.

        Raises:
            AwsError: the code is gone, its dependencies cannot be prepared, or the function is in a loop.
        """
        function = qualified.function
        try:
            if _loops(function, origin.trace):
                raise recursive()
            return await self._specs.build(self._functions.pick(qualified))
        except AwsError as error:
            self._hops.refused(qualified, origin, error)
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
        start = self._hops.start(spec, payload, origin, trace)
        try:
            spec = self._faults.wrong_clock(spec, start)
            doom = await self._faults.before(spec, start)
            request = InvocationRequest(
                origin.request_id,
                payload,
                start,
                visited(trace, spec.function),
                origin.client_context,
                invoked,
                doom,
            )
            outcome = await self._executor.run(spec, request, self._log(spec, start))
        except asyncio.CancelledError:
            self._hops.failed(spec, origin, start, trace, "stopped", "the sandbox stopped")
            raise
        except AwsError as error:
            self._hops.failed(spec, origin, start, trace, "error", str(error))
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self._hops.failed(spec, origin, start, trace, "error", why)
            raise service_failure(f"The sandbox could not run {spec.name}: {why}") from error
        end = self._hops.end(spec, outcome, origin, start, trace)
        return InvokeResult(
            outcome.payload,
            outcome.error,
            outcome.log,
            origin.request_id,
            end,
            spec.version,
        )

    def _log(self, spec: FunctionSpec, start: int) -> LogLines:
        """Where the lines of an invocation go while it runs."""

        def write(stream: str, lines: Sequence[tuple[float, str]]) -> None:
            self._logs.write(spec.scope, spec.log_group, stream, lines, cause=start)

        return write


def _loops(function: Function, trace: str | None) -> bool:
    """Whether the function has run too often in the chain that it is called by."""
    if not has_lineage(trace) or function.recursive_loop == "Allow":
        return False
    return visits(trace, str(function.arn)) >= RECURSIONS
