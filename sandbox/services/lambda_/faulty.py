"""What goes wrong with invocations when a fault says so."""

from __future__ import annotations

from dataclasses import replace

from sandbox.model.ports import Doom, Executor, Fault, FaultPoint, FunctionSpec

#: Variable that `runtime` reads: seconds that the clock of an execution environment is wrong.
CLOCK_SKEW = "_SANDBOX_CLOCK_SKEW"
_DOOMS = {"kill": "crash", "timeout": "timeout"}


class InvocationFaults:
    """Asks the plan of faults about invocations.

    Args:
        faults: the plan.
        executor: ends execution environments.
    """

    def __init__(self, faults: FaultPoint, executor: Executor) -> None:
        self._faults = faults
        self._executor = executor

    def wrong_clock(self, spec: FunctionSpec, start: int) -> FunctionSpec:
        """The spec with a wrong clock, where a fault says so: an execution environment of its own runs it."""
        if not self._faults.planned("clock-skew") or not spec.runtime.startswith("python"):
            return spec
        fault = self._due("clock-skew", spec, start)
        if fault is None:
            return spec
        skew = (CLOCK_SKEW, str(fault.settings["seconds"]))
        return replace(spec, environment=(*spec.environment, skew))

    async def before(self, spec: FunctionSpec, start: int) -> Doom | None:
        """What is to happen to an invocation that is about to run; None where it may run as it likes.

        Args:
            start: the hop of its start.
        """
        if not self._faults.planned("cold-start", *_DOOMS):
            return None
        if self._due("cold-start", spec, start):
            await self._executor.retire(spec.arn)
        for kind, ending in _DOOMS.items():
            for at in ("start", "end"):
                if self._due(kind, spec, start, at):
                    return Doom(ending, at)
        return None

    def _due(self, kind: str, spec: FunctionSpec, start: int, at: str = "") -> Fault | None:
        return self._faults.check(
            kind, spec.scope, service="lambda", cause=start, function=spec.function, at=at
        )
