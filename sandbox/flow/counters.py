"""What happened since the sandbox started, counted from what is recorded; nobody adds up the journal.

Rates are the differences of these numbers; the newest durations give percentiles. Recording is on the way of
every call, so hops are counted some hundreds at a time, or when somebody asks.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sandbox.flow.schema import (
    CAUSE,
    DETAIL,
    DURATION,
    ERROR,
    FUNCTION,
    ID,
    KIND,
    OPERATION,
    RESOURCE,
    STATUS,
    Row,
)  # fmt: skip
from sandbox.model.hops import HopKind
from sandbox.model.recent import Recent

#: Durations of each function that percentiles are taken from.
_DURATIONS = 1_000
_REMEMBERED = 20_000
#: Hops that wait to be counted at most.
_WAITING = 512
#: Calls that change what resources hold, and no resources.
_DATA = frozenset(
    f"{verb}{noun}"
    for verb, nouns in {
        "": (
            "Invoke",
            "InvokeAsync",
            "Query",
            "Scan",
            "PutEvents",
            "Publish",
            "PublishBatch",
            "ReceiveMessage",
        ),
        "Send": ("Message", "MessageBatch"),
        "Delete": ("Message", "MessageBatch", "Item", "Object", "Objects"),
        "ChangeMessage": ("Visibility", "VisibilityBatch"),
        "Get": ("Item", "Object", "Records", "ShardIterator"),
        "Head": ("Object",),
        "Put": ("Item", "LogEvents", "Object"),
        "Copy": ("Object",),
        "Upload": ("Part",),
        "Update": ("Item",),
        "Batch": ("GetItem", "WriteItem"),
        "Transact": ("GetItems", "WriteItems"),
    }.items()
    for noun in nouns
)
_COLD = '"cold":true'


@dataclass(slots=True)
class FunctionCount:
    """One function.

    Attributes:
        running: invocations that began and have not ended.
        durations: of the newest invocations, real milliseconds.
        last_error: of the newest invocation that failed. last_failed: whether the newest one did.
    """

    invocations: int = 0
    errors: int = 0
    throttles: int = 0
    cold_starts: int = 0
    running: int = 0
    last_error: str = ""
    last_failed: bool = False
    durations: deque[float] = field(default_factory=lambda: deque(maxlen=_DURATIONS))

    def percentile(self, part: float) -> float | None:
        """The duration that `part` (0 to 1) of the newest invocations did not exceed; None without any."""
        if not self.durations:
            return None
        ordered = sorted(self.durations)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Counters:
    """Counts hops; give `take` to `Journal.observe`."""

    def __init__(self) -> None:
        #: Grows with whatever is recorded.
        self.revision = 0
        self._configured = 0
        self._functions: dict[str, FunctionCount] = {}
        self._published: Counter[tuple[str, str]] = Counter()
        self._waiting: list[Row] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._failed: Counter[tuple[str, str]] = Counter()
        self._matched: Counter[str] = Counter()
        self._puts: Recent[int, str] = Recent(_REMEMBERED)
        self._invocations: Recent[int, str] = Recent(_REMEMBERED)
        #: What was published in a call that is not recorded yet: a call is recorded when it ends.
        self._in_calls: Recent[int, tuple[str, ...]] = Recent(_REMEMBERED)
        self._changed: set[Callable[[int], None]] = set()

    @property
    def configured(self) -> int:
        """Grows when resources may have been made, changed or deleted."""
        self._settle()
        return self._configured

    @property
    def functions(self) -> dict[str, FunctionCount]:
        """The functions that were asked to run, by ARN."""
        self._settle()
        return self._functions

    @property
    def published(self) -> Counter[tuple[str, str]]:
        """What was published (a bus, a queue), by the function that did so."""
        self._settle()
        return self._published

    def count(self, kind: HopKind, resource: str) -> int:
        """Hops of a kind on a resource."""
        self._settle()
        return self._counts[kind.value, resource]

    def failed(self, kind: HopKind, resource: str) -> int:
        """Those of them that did not end well."""
        self._settle()
        return self._failed[kind.value, resource]

    def unmatched(self, bus: str) -> int:
        """Events of a bus (its ARN) that matched no rule."""
        self._settle()
        return self._counts[HopKind.EVENT_PUT.value, bus] - self._matched[bus]

    def resources(self, kind: HopKind) -> dict[str, int]:
        """Hops of a kind by resource."""
        self._settle()
        return {resource: count for (name, resource), count in self._counts.items() if name == kind.value}

    def subscribe(self, changed: Callable[[int], None]) -> Callable[[], None]:
        """Calls `changed` with each new revision; returns the function that stops it."""
        self._changed.add(changed)
        return lambda: self._changed.discard(changed)

    def rebuilt(self) -> None:
        """The state was replaced by another: resources may be others, and nothing runs."""
        self._settle()
        self._configured += 1
        for function in self._functions.values():
            function.running = 0
        self.touch()

    def touch(self) -> None:
        """Something changed that may be no hop."""
        self.revision += 1
        for changed in tuple(self._changed):
            changed(self.revision)

    def take(self, rows: Sequence[Row]) -> None:
        """Takes the hops of one turn of the loop."""
        self._waiting += rows
        if len(self._waiting) >= _WAITING:
            self._settle()
        self.touch()

    def _settle(self) -> None:
        """Counts what waits."""
        rows, self._waiting = self._waiting, []
        counts = self._counts
        for row in rows:
            kind, resource = row[KIND], row[RESOURCE]
            if kind == _HTTP:  # what is counted is the API: paths have no end
                resource = resource.split("/", 1)[0]
            counts[kind, resource] += 1
            if row[STATUS] != "ok":
                self._failed[kind, resource] += 1
            reader = _READERS.get(kind)
            if reader is not None:
                reader(self, row)

    # --- kinds that tell more ----------------------------------------------------------------------------
    def _function(self, row: Row) -> FunctionCount:
        arn = row[FUNCTION]
        found = self._functions.get(arn)
        if found is None:
            found = self._functions[arn] = FunctionCount()
        return found

    def _invoke_start(self, row: Row) -> None:
        function = self._function(row)
        function.invocations += 1
        function.running += 1
        self._invocations.put(row[ID], row[FUNCTION])

    def _invoke_end(self, row: Row) -> None:
        function = self._function(row)
        function.running = max(0, function.running - 1)
        function.last_failed = row[STATUS] != "ok"
        if row[DURATION] is not None:
            function.durations.append(row[DURATION])
        if _COLD in row[DETAIL]:
            function.cold_starts += 1
        if function.last_failed:
            function.errors += 1
            function.last_error = (row[ERROR] or row[STATUS]).split("\n", 1)[0]

    def _throttled(self, row: Row) -> None:
        self._function(row).throttles += 1

    def _event_put(self, row: Row) -> None:
        self._puts.put(row[ID], row[RESOURCE])
        self._publish(row)

    def _rule_matched(self, row: Row) -> None:
        bus = self._puts.pop(row[CAUSE]) if row[CAUSE] is not None else None
        if bus is not None:  # the first rule that matched this event
            self._matched[bus] += 1

    def _called(self, row: Row) -> None:
        # What configures may send as well: a bucket tries its destinations.
        self._configured += row[OPERATION] not in _DATA
        published = self._in_calls.pop(row[ID])
        if published and row[FUNCTION]:
            for resource in published:
                self._published[row[FUNCTION], resource] += 1

    def _publish(self, row: Row) -> None:
        cause = row[CAUSE]
        if cause is None:
            return
        function = self._invocations.get(cause)
        if function is not None:
            self._published[function, row[RESOURCE]] += 1
        else:
            self._in_calls.put(cause, (*(self._in_calls.get(cause) or ()), row[RESOURCE]))


_READERS: dict[str, Callable[[Counters, Row], None]] = {
    HopKind.INVOKE_START.value: Counters._invoke_start,
    HopKind.INVOKE_END.value: Counters._invoke_end,
    HopKind.INVOKE_THROTTLED.value: Counters._throttled,
    HopKind.EVENT_PUT.value: Counters._event_put,
    HopKind.RULE_MATCHED.value: Counters._rule_matched,
    HopKind.MESSAGE_SENT.value: Counters._publish,
    HopKind.PUBLISHED.value: Counters._publish,
    HopKind.API_CALL.value: Counters._called,
}
_HTTP = HopKind.HTTP_REQUEST.value
