"""Provisioned concurrency: environments that are started ahead of need, and kept.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sandbox.model.awserror import AwsError
from sandbox.model.ports import Executor, FunctionSpec, LogLines, LogSink
from sandbox.model.scope import Scope
from sandbox.services.base import Answer
from sandbox.services.lambda_.functions import Functions
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function, Provisioned
from sandbox.services.lambda_.specs import Specs
from sandbox.services.lambda_.tasks import Tasks


class Provisioning:
    """Has the runtime keep what functions ask for."""

    def __init__(
        self, functions: Functions, specs: Specs, executor: Executor, logs: LogSink, tasks: Tasks
    ) -> None:
        self._functions = functions
        self._specs = specs
        self._executor = executor
        self._logs = logs
        self._tasks = tasks
        self._asked: dict[str, int] = {}
        self._failures: dict[str, str] = {}

    def start(self, scopes: Sequence[Scope]) -> None:
        """Begins anew: nothing is kept yet."""
        self._asked.clear()
        self._failures.clear()
        for scope in scopes:
            for function in self._functions.of_scope(scope):
                self.reconcile(function)

    def forget(self, versions: Iterable[Function]) -> None:
        """Versions are gone, and what was kept for them."""
        for version in versions:
            self._asked.pop(str(version.arn), None)
            self._failures.pop(str(version.arn), None)

    def reconcile(self, function: Function) -> None:
        """Has as many environments kept of each version as the function asks for now."""
        wanted: Counter[str] = Counter()
        for key, kept in function.provisioned.items():
            alias = function.aliases.get(key)
            wanted[key if alias is None else alias.version] += kept.count
        for number, version in self._functions.versions(function).items():
            arn = str(version.arn)
            if wanted[number] != self._asked.get(arn, 0):
                self._asked[arn] = wanted[number]
                self._tasks.start(self._provide(version, wanted[number]), f"lambda-provision-{arn}")

    def describe(self, named: Qualified, kept: Provisioned) -> Answer:
        """How far it is, as the API answers it."""
        arn = str(named.main.arn)
        ready = min(kept.count, self._executor.provisioned(arn))
        answer: Answer = {
            "RequestedProvisionedConcurrentExecutions": kept.count,
            "AvailableProvisionedConcurrentExecutions": ready,
            "AllocatedProvisionedConcurrentExecutions": ready,
            "Status": "READY" if ready >= kept.count else "IN_PROGRESS",
        }
        if ready < kept.count and (reason := self._failures.get(arn)):
            answer |= {"Status": "FAILED", "StatusReason": reason}
        return answer

    async def _provide(self, version: Function, count: int) -> None:
        arn = str(version.arn)
        self._failures.pop(arn, None)
        try:
            spec = await self._specs.build(version)
            await self._executor.provision(spec, count, self._log(spec))
        except AwsError as error:
            self._failures[arn] = f"FUNCTION_ERROR_INIT_FAILURE: {error.message}"

    def _log(self, spec: FunctionSpec) -> LogLines:
        def write(stream: str, lines: Sequence[tuple[float, str]]) -> None:
            self._logs.write(spec.scope, spec.log_group, stream, lines)

        return write
