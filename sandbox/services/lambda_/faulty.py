"""What goes wrong with invocations when a fault says so."""

from __future__ import annotations

from sandbox.model.ports import Doom, Executor, Fault, FaultPoint, FunctionSpec

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

    async def before(self, spec: FunctionSpec, start: int) -> Doom | None:
        """What is to happen to an invocation that is about to run; None where it may run as it likes.

        Args:
            start: the hop of its start.
        """
        if not self._faults.planned("cold-start", *_DOOMS):
            return None
        if self._due("cold-start", spec, start):
            await self._executor.retire(spec.function)
        for kind, ending in _DOOMS.items():
            if fault := self._due(kind, spec, start):
                return Doom(ending, fault.settings["at"])
        return None

    def _due(self, kind: str, spec: FunctionSpec, start: int) -> Fault | None:
        return self._faults.check(kind, spec.scope, service="lambda", cause=start, function=spec.function)
