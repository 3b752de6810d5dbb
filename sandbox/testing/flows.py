"""Flows in a test: let them come to rest, and say where they went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from sandbox.errors import SandboxError
from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.flows import BranchView, FlowView
from sandbox.testing.artifact import write_flows
from sandbox.testing.control import Control
from sandbox.testing.errors import FlowAssertionError, NotSettledError, report, section

T = TypeVar("T")
_HORIZON = timedelta(hours=1)
#: Real seconds to wait for one piece of work while settling.
_PATIENCE = 60.0
_SHOWN_LINES = 40
_LONGEST_LINE = 240
_PLATFORM = ("INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: ")


class Flow:
    """One flow: everything that one beginning led to, as it was when it was asked for.

    Attributes:
        reference: what it was asked by.
        id: id of the hop that began it.
        hops: its steps, in order.
    """

    def __init__(self, reference: str, view: FlowView) -> None:
        self.reference = reference
        self.id = view.summary.id
        self._branches = [branch for root in view.tree for branch in _walk(root)]
        self._lines = [line for root in view.tree for line in _drawn(root, "", "")]
        self.hops: list[Hop] = sorted((one.hop for one in self._branches), key=lambda hop: hop.id)

    @property
    def tree(self) -> str:
        """The tree of the flow, as `sandbox flow show` prints it."""
        return "\n".join(self._lines)

    @property
    def log(self) -> list[str]:
        """The log lines of its invocations, in order."""
        return [line for one in sorted(self._branches, key=lambda one: one.hop.id) for line in one.log]

    @property
    def events(self) -> list[str]:
        """Detail types of the events that were published, in order."""
        return [name_of(hop) for hop in self.hops if hop.kind is HopKind.EVENT_PUT]

    @property
    def path(self) -> list[str]:
        """The names of everything it passed, in order: routes, functions, events, rules, queues."""
        return [name for hop in self.hops if (name := name_of(hop))]

    def assert_went(self, *names: str) -> None:
        """The flow passed these, in this order; others may lie between.

        Args:
            names: detail types of events, names of queues, functions or rules, routes (`POST /notas`).

        Raises:
            FlowAssertionError: with the tree, the log lines and the dead letters of the flow.
        """
        left = iter(self.path)
        for place, name in enumerate(names):
            if not any(passed == name for passed in left):
                after = f" after {names[place - 1]}" if place else ""
                early = ", only before" if place and name in self.path else ""
                self._fail(f"the flow did not go {' → '.join(names)}: {name} did not come{after}{early}")

    def assert_not_went(self, *names: str) -> None:
        """The flow passed none of these.

        Raises:
            FlowAssertionError: as `assert_went`.
        """
        passed = [name for name in names if name in self.path]
        if passed:
            self._fail(f"the flow went through {', '.join(passed)}")

    def explain(self) -> str:
        """All that helps to see what happened: what was published, the tree, log lines, dead letters."""
        dead = [
            f"message {one.message_id} in {name_of(one)}"
            for one in self.hops
            if one.kind is HopKind.DEAD_LETTERED
        ]
        return report(
            section("events", [" → ".join(self.events) or "none was published"]),
            section(f"flow {self.id}", self._lines),
            section("log lines", _last_lines(self.log)),
            section("dead letters", dead),
        )

    def _fail(self, headline: str) -> NoReturn:
        raise FlowAssertionError(report(headline, self.explain()))


class Flows:
    """The flows of the sandbox.

    Args:
        control: asks the sandbox.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    def settle(self, horizon: timedelta | float = _HORIZON, *, patience: float = _PATIENCE) -> timedelta:
        """Moves time until nothing is due and nothing runs.

        Time stands while a function runs. It is moved to timers that carry work, never for retention or
        expiry; a schedule has settled when one firing after the last change anywhere changed nothing.

        Args:
            horizon: virtual time to go at most, in seconds or as a timedelta.
            patience: real seconds to wait for one invocation.

        Returns:
            How far time was moved.

        Raises:
            NotSettledError: something goes on and on: with what runs, is due and lies in queues.
            SandboxError: the sandbox's time runs by itself.
        """
        seconds = horizon.total_seconds() if isinstance(horizon, timedelta) else float(horizon)
        answer = self._control.call("flow_settle", horizon=seconds, patience=patience)
        outcome = answer["outcome"]
        if not outcome["settled"]:
            raise NotSettledError(_picture(outcome, answer["picture"]))
        return timedelta(seconds=outcome["advanced"])

    def of(self, reference: object) -> Flow:
        """The flow that something belongs to.

        Args:
            reference: value of a business key, or id of an event, message, request or hop.

        Raises:
            SandboxError: nothing is known by it.
        """
        return flow_of(self._control, str(reference))

    def wait_for(self, condition: Callable[[], T], *, timeout: float = 30.0) -> T:
        """Waits in real time until a condition holds: for sandboxes whose time runs by itself.

        It is asked again whenever something was recorded in the journal.

        Args:
            condition: what must become true.
            timeout: real seconds.

        Returns:
            What the condition returned.

        Raises:
            NotSettledError: it did not become true in time.
        """
        deadline = time.monotonic() + timeout
        hop = 0
        while not (value := condition()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotSettledError(f"the condition did not become true within {timeout:g} real seconds")
            hop = self._control.call("test_hop_after", hop=hop, seconds=left)
        return value

    def write(self, folder: Path, title: str) -> Path:
        """Writes all flows into a file of the folder, which `sandbox flow show --file` reads.

        Raises:
            OSError: it cannot be written.
        """
        return write_flows(self._control, folder, title)

    def queues(self) -> list[dict[str, Any]]:
        """Every queue of the sandbox, with the number of its messages in each state."""
        found: list[dict[str, Any]] = self._control.call("test_queues")
        return found

    def dead_letters(self) -> list[str]:
        """The dead letters that lie in dead-letter queues, a line each."""
        lines = []
        for queue in self._control.call("test_queues"):
            if queue["holds_dead_letters"] and queue["visible"] + queue["in_flight"] + queue["delayed"]:
                found = self._control.call("test_messages", queue=queue["arn"], limit=20)
                lines += [f"{queue['name']}: {one['message_id']} {one['body'][:300]}" for one in found]
        return lines

    def assert_no_dead_letters(self) -> None:
        """No dead-letter queue holds a message.

        Raises:
            FlowAssertionError: with the messages, and the flows that they come from.
        """
        lines = self.dead_letters()
        if lines:
            raise FlowAssertionError(
                report("there are dead letters", section("messages", lines), *self._origins())
            )

    def _origins(self) -> Iterator[str]:
        for queue in self._control.call("test_queues"):
            if queue["holds_dead_letters"]:
                for one in self._control.call("test_messages", queue=queue["arn"], limit=3):
                    try:
                        yield flow_of(self._control, one["message_id"]).explain()
                    except SandboxError:
                        continue


def flow_of(control: Control, reference: str) -> Flow:
    """The flow that a reference means; see `Flows.of`."""
    return Flow(reference, msgspec.convert(control.call("flow_show", reference=reference), FlowView))


def name_of(hop: Hop) -> str:
    """What people call what the hop passed; empty for hops between."""
    match hop.kind:
        case HopKind.EVENT_PUT:
            return str(hop.detail.get("detailType", ""))
        case HopKind.HTTP_REQUEST:
            return hop.operation
        case HopKind.INVOKE_START:
            return _last(hop.function)
        case HopKind.MESSAGE_SENT | HopKind.RULE_MATCHED | HopKind.DEAD_LETTERED:
            return _last(hop.resource)
        case _:
            return ""


def _walk(branch: BranchView) -> Iterator[BranchView]:
    yield branch
    for child in branch.children:
        yield from _walk(child)


def _drawn(branch: BranchView, first: str, others: str) -> Iterator[str]:
    yield f"{first}{branch.line}"
    for place, child in enumerate(branch.children, 1):
        last = place == len(branch.children)
        yield from _drawn(child, others + ("└─ " if last else "├─ "), others + ("   " if last else "│  "))


def _last_lines(messages: list[str]) -> list[str]:
    """The end of a log, short enough to be read in a failure, without what Lambda itself logs."""
    told = [message for message in messages if not message.startswith(_PLATFORM)]
    lines = [line for message in told for line in message.splitlines()]
    cut = [line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…" for line in lines]
    return cut[-_SHOWN_LINES:]


def _last(arn: str) -> str:
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _picture(outcome: dict[str, Any], picture: dict[str, Any]) -> str:
    timers = [
        f"in {timer['in_seconds']:g} s: {timer['label']} ({timer['kind']})" for timer in picture["timers"]
    ]
    queues = [
        f"{one['name']}: {one['visible']} visible, {one['in_flight']} in flight, {one['delayed']} delayed"
        for one in picture["queues"]
    ]
    moved = f"time was moved {outcome['advanced']:g} s in {outcome['steps']} steps"
    return report(
        f"the sandbox does not come to rest ({moved})",
        section("because", outcome["why"]),
        section("running", picture["running"]),
        section("timers", timers),
        section("queues", queues),
    )
