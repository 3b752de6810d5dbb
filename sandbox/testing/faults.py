"""Faults in a test: what is to go wrong, where, and how often.

Every method plans one kind of fault and returns it. What they share:

- names are those of queues, functions, rules, …: in full, as logical ids, or patterns with `*`;
- `times`: strikes at most, 1 by default; None for no end;
- `nth`: it strikes from the nth match on;
- `probability` and `seed`: each strike is left to dice that fall the same way for the same seed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypedDict, Unpack

from sandbox.testing.control import Control
from sandbox.testing.errors import FlowAssertionError, report, section

#: What is chosen by the name of a resource, which may be its logical id.
_RESOURCES = ("queue", "function", "rule", "target", "resource")
Moment = Literal["start", "end"]
KillMoment = Literal["start", "before-commit", "after-commit", "end"]
DatabaseMoment = Literal["statement", "before-commit", "after-commit"]


class When(TypedDict, total=False):
    """When a fault strikes; see the module."""

    times: int | None
    nth: int
    probability: float
    seed: int


class PlannedFault:
    """A fault that was planned.

    Attributes:
        id: what `sandbox faults ls` lists it as.
        kind: `duplicate`, `kill`, …
    """

    def __init__(self, control: Control, view: Mapping[str, Any]) -> None:
        self._control = control
        self.id: str = view["id"]
        self.kind: str = view["kind"]

    def __repr__(self) -> str:
        return f"PlannedFault({self.kind!r}, {self.id!r})"

    @property
    def struck(self) -> int:
        """How often it struck; nothing after it was removed."""
        return int(self._view().get("struck", 0))

    def remove(self) -> None:
        """Takes it out of the plan."""
        self._control.call("fault_rm", ids=[self.id])

    def assert_struck(self, times: int | None = None) -> None:
        """It struck, so many times where a number is given.

        Raises:
            FlowAssertionError: with what it was planned for.
        """
        view = self._view()
        struck = view.get("struck", 0)
        if struck == times or (times is None and struck):
            return
        wanted = "it did not" if times is None else f"it was to strike {times} times, and struck {struck}"
        facts = [f"{name}: {view[name]}" for name in ("match", "settings", "nth", "times", "matched") if view]
        raise FlowAssertionError(report(f"the fault {self.kind}: {wanted}", section("planned", facts)))

    def _view(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = self._control.call("fault_ls")
        return next((view for view in found if view["id"] == self.id), {})


class Faults:
    """Plans faults.

    Args:
        control: asks the sandbox.
        resources: type and physical id of the stack's resources, by logical id.
    """

    def __init__(self, control: Control, resources: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._control = control
        self._resources = resources or {}

    # --- messages ----------------------------------------------------------------------------------------
    def duplicate(self, *, queue: str, after: float = 1.0, **when: Unpack[When]) -> PlannedFault:
        """Messages that are received come once more, with the same message id.

        A copy that is received counts as well: `times=3` has a message that is alone come four times.

        Args:
            after: virtual seconds until the copy can be received; 0 for at once, beside the first.
        """
        return self._plan("duplicate", {"queue": queue}, {"after": after}, when)

    def delay(self, *, queue: str, seconds: float = 60.0, **when: Unpack[When]) -> PlannedFault:
        """Messages that are sent become visible later, by virtual seconds: later ones overtake them."""
        return self._plan("delay", {"queue": queue}, {"seconds": seconds}, when)

    def reorder(self, *, queue: str, **when: Unpack[When]) -> PlannedFault:
        """Messages that are visible together are received in another order, chosen by `seed`."""
        return self._plan("reorder", {"queue": queue}, {}, when)

    def split(self, *, queue: str, size: int = 1, **when: Unpack[When]) -> PlannedFault:
        """A batch of several messages reaches its function in invocations of at most `size` messages."""
        return self._plan("split", {"queue": queue}, {"size": size}, when)

    def poison(self, *, queue: str, body: str = "", **when: Unpack[When]) -> PlannedFault:
        """Messages that are sent arrive damaged: as `body`, or as the first half of their own."""
        return self._plan("poison", {"queue": queue}, {"body": body}, when)

    # --- events ------------------------------------------------------------------------------------------
    def fail_entries(
        self,
        *,
        event: str | None = None,
        bus: str | None = None,
        function: str | None = None,
        code: str = "InternalFailure",
        **when: Unpack[When],
    ) -> PlannedFault:
        """Entries of PutEvents fail (`FailedEntryCount`), the others of their call do not.

        Args:
            event: their detail type. bus: the bus they are for. function: the function that puts them.
        """
        match = {"event": event, "resource": bus, "function": function}
        return self._plan("fail-entries", match, {"code": code}, when)

    def fail_delivery(
        self,
        *,
        rule: str | None = None,
        target: str | None = None,
        event: str | None = None,
        code: str = "InternalFailure",
        status: int = 500,
        **when: Unpack[When],
    ) -> PlannedFault:
        """A target does not take events: tried again after 5xx and throttling, else dead-lettered."""
        match = {"rule": rule, "target": target, "event": event}
        return self._plan("fail-delivery", match, {"code": code, "status": status}, when)

    # --- calls -------------------------------------------------------------------------------------------
    def throttle(
        self,
        *,
        service: str,
        operation: str | None = None,
        resource: str | None = None,
        function: str | None = None,
        **when: Unpack[When],
    ) -> PlannedFault:
        """Calls are refused as throttled, with the code of their service.

        Args:
            service: botocore's name; `execute-api` for requests to deployed APIs.
            operation: `PutEvents`, or `POST /api/v1/notas`.
            resource: what is called: a queue, a bus, …
            function: the function that calls.
        """
        match = {"service": service, "operation": operation, "resource": resource, "function": function}
        return self._plan("throttle", match, {}, when)

    def error(
        self,
        *,
        service: str,
        operation: str | None = None,
        resource: str | None = None,
        function: str | None = None,
        status: int = 500,
        code: str = "",
        done: bool = False,
        **when: Unpack[When],
    ) -> PlannedFault:
        """Calls fail with an HTTP status.

        Args:
            service, operation, resource, function: as for `throttle`.
            code: by default the service's own for that status.
            done: the service does its work first; only its answer is lost.
        """
        match = {"service": service, "operation": operation, "resource": resource, "function": function}
        return self._plan("error", match, {"status": status, "code": code, "done": done}, when)

    def latency(
        self,
        *,
        service: str,
        operation: str | None = None,
        resource: str | None = None,
        function: str | None = None,
        seconds: float = 1.0,
        **when: Unpack[When],
    ) -> PlannedFault:
        """Calls take longer, by real seconds: functions live in real time."""
        match = {"service": service, "operation": operation, "resource": resource, "function": function}
        return self._plan("latency", match, {"seconds": seconds}, when)

    # --- invocations -------------------------------------------------------------------------------------
    def kill(self, *, function: str, at: KillMoment = "start", **when: Unpack[When]) -> PlannedFault:
        """The process of an invocation is killed.

        Args:
            at: `start`, before the handler has the event; `before-commit`, when it is about to commit in
                PostgreSQL; `after-commit`, when PostgreSQL has committed and the handler does not know yet;
                `end`, when all that it did is done, and only its answer is lost.
        """
        return self._plan("kill", {"function": function}, {"at": at}, when)

    def timeout(self, *, function: str, at: Moment = "start", **when: Unpack[When]) -> PlannedFault:
        """An invocation runs into its timeout, without a test waiting for it; `at` as for `kill`."""
        return self._plan("timeout", {"function": function}, {"at": at}, when)

    def cold_start(self, *, function: str, **when: Unpack[When]) -> PlannedFault:
        """An invocation gets a new execution environment; those that are warm are ended."""
        return self._plan("cold-start", {"function": function}, {}, when)

    def skew_clock(self, *, function: str, seconds: float = -300.0, **when: Unpack[When]) -> PlannedFault:
        """Invocations run where the clock is wrong: `nth=2` sets it wrong between a try and its retry.

        Args:
            function: a Python function.
            seconds: how far its clock is ahead; behind where negative.
        """
        return self._plan("clock-skew", {"function": function}, {"seconds": seconds}, when)

    # --- databases ---------------------------------------------------------------------------------------
    def refuse_connection(
        self, *, function: str = "*", code: Literal["53300", "57P03"] = "53300", **when: Unpack[When]
    ) -> PlannedFault:
        """PostgreSQL does not let functions connect.

        Args:
            code: SQLSTATE: 53300, too many clients, or 57P03, the server is starting.
        """
        return self._plan("refuse-connection", {"function": function}, {"code": code}, when)

    def lose_connection(
        self, *, function: str = "*", at: DatabaseMoment = "statement", **when: Unpack[When]
    ) -> PlannedFault:
        """Functions lose their connection to PostgreSQL.

        Args:
            at: instead of a `statement`; `before-commit`, so that the transaction is rolled back;
                `after-commit`, so that it is kept and the function does not know.
        """
        return self._plan("lose-connection", {"function": function}, {"at": at}, when)

    # --- the plan ----------------------------------------------------------------------------------------
    def clear(self) -> None:
        """Takes every fault out of the plan."""
        self._control.call("fault_clear")

    def _plan(
        self, kind: str, match: Mapping[str, str | None], settings: Mapping[str, Any], when: When
    ) -> PlannedFault:
        named = {
            name: self._physical(value) if name in _RESOURCES else value
            for name, value in match.items()
            if value is not None
        }
        view = self._control.call("fault_add", kind=kind, match=named, settings=dict(settings), **when)
        return PlannedFault(self._control, view)

    def _physical(self, name: str) -> str:
        """The name of a resource that was named by its logical id; any other name as it is."""
        if name not in self._resources:
            return name
        physical = self._resources[name][1]
        return re.split(r"[/:|]", physical)[-1]
