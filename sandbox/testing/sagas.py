"""Sagas in a test: how they ended, and whether their invariants hold."""

from __future__ import annotations

from typing import Any

from sandbox.errors import SandboxError
from sandbox.testing.control import Control
from sandbox.testing.errors import FlowAssertionError, report, section
from sandbox.testing.flows import flow_of


class Sagas:
    """The sagas that the deployed system declares.

    Args:
        control: asks the sandbox.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    def of(self, saga_id: object) -> dict[str, Any]:
        """One saga as `sandbox saga show --json` prints it.

        Raises:
            SandboxError: nobody knows the id.
        """
        found: dict[str, Any] = self._control.call("saga_show", saga_id=str(saga_id))
        return found

    def assert_completed(self, saga_id: object) -> None:
        """The saga reached its good end.

        Raises:
            FlowAssertionError: it has another outcome: with its flow.
        """
        self._assert_outcome(saga_id, "completed", "completed")

    def assert_compensated(self, saga_id: object) -> None:
        """The saga failed, and what it had done was compensated.

        Raises:
            FlowAssertionError: it has another outcome: with its flow.
        """
        self._assert_outcome(saga_id, "compensated", "compensated")

    def assert_invariants(self) -> None:
        """Every invariant of the declaration holds.

        Raises:
            FlowAssertionError: with the rows that break them.
        """
        check = self._control.call("saga_check")
        if check["violations"]:
            broken = [
                f"{one['invariant']} ({one['description']}): {one.get('error') or one['rows']}"
                for one in check["violations"]
            ]
            raise FlowAssertionError(report("invariants of the saga do not hold", section("broken", broken)))

    def _assert_outcome(self, saga_id: object, expected: str, word: str) -> None:
        saga = self.of(saga_id)
        summary = saga["saga"]
        if summary["outcome"] == expected:
            return
        try:
            explained = flow_of(self._control, str(saga_id)).explain()
        except SandboxError as unknown:
            explained = str(unknown)
        state = f"its state is {summary['state']}, its outcome {summary['outcome']}"
        raise FlowAssertionError(report(f"the saga {saga_id} was not {word}: {state}", explained))
