"""Capacity: what reads and writes consume, and provisioned tables that have no more of it.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.model.arn import table_arn
from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.values import Item, item_size
from sandbox.model.scope import Scope
from sandbox.services.base import Answer
from sandbox.services.dynamodb.definitions import PROVISIONED, Index, Table, Throughput

#: Seconds of unused capacity that a table keeps for a burst.
_BURST = 300
_READ_UNIT, _WRITE_UNIT = 4096, 1024


def read_units(size: int, *, consistent: bool, factor: float = 1.0) -> float:
    """Units that reading `size` bytes in one go consumes (at least one block).

    Args:
        factor: 2 in a transaction.
    """
    return max(1, -(-size // _READ_UNIT)) * (1.0 if consistent else 0.5) * factor


def write_units(size: int, factor: float = 1.0) -> float:
    """Units that writing an item of `size` bytes consumes."""
    return max(1, -(-size // _WRITE_UNIT)) * factor


def index_write_units(table: Table, index: Index, old: Item | None, new: Item | None) -> float:
    """Units that a write consumes at an index: none where nothing of what it keeps changes."""
    before = index.projected(old, table.schema) if old is not None and index.holds(old) else None
    after = index.projected(new, table.schema) if new is not None and index.holds(new) else None
    if before == after:
        return 0.0
    if before is not None and after is not None:
        if index.schema.encode(before) == index.schema.encode(after):
            return write_units(max(item_size(before), item_size(after)))
        return write_units(item_size(before)) + write_units(item_size(after))
    one = before if before is not None else after
    assert one is not None
    return write_units(item_size(one))


@dataclass(slots=True)
class Consumption:
    """What one request consumes of one table.

    Attributes:
        indexes: units by index.
    """

    table: Table
    read: float = 0.0
    write: float = 0.0
    indexes: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All units, those of indexes included."""
        return self.read + self.write + sum(self.indexes.values())

    def add(self, other: Consumption) -> None:
        """Counts what else was consumed of the same table."""
        self.read += other.read
        self.write += other.write
        for name, units in other.indexes.items():
            self.indexes[name] = self.indexes.get(name, 0.0) + units

    def report(self, wanted: str | None) -> Answer:
        """ConsumedCapacity, as `ReturnConsumedCapacity` asks for it (`TOTAL` or `INDEXES`)."""
        answer: Answer = {"TableName": self.table.name, "CapacityUnits": self.total}
        if wanted != "INDEXES":
            return answer
        answer["Table"] = {"CapacityUnits": self.read + self.write}
        for kind, local in (("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False)):
            units = {
                name: {"CapacityUnits": amount}
                for name, amount in self.indexes.items()
                if amount and self.table.by_name[name].local is local
            }
            if units:
                answer[kind] = units
        return answer


def reports(consumed: Iterable[Consumption], wanted: str) -> list[Answer]:
    """ConsumedCapacity of a request on several tables: one report a table."""
    by_table: dict[int, Consumption] = {}
    for one in consumed:
        total = by_table.setdefault(one.table.id, Consumption(one.table))
        total.add(one)
    return [total.report(wanted) for total in by_table.values()]


def wants_capacity(params: Mapping[str, object]) -> str | None:
    """What ReturnConsumedCapacity asks for; None: nothing.

    Raises:
        AwsError: ValidationException.
    """
    wanted = params.get("ReturnConsumedCapacity")
    if wanted in (None, "NONE"):
        return None
    if wanted in ("TOTAL", "INDEXES"):
        return str(wanted)
    raise AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{wanted}' at 'returnConsumedCapacity' failed to satisfy "
        "constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
    )


@dataclass(slots=True)
class _Bucket:
    units: float
    at: float


class Limiter:
    """Provisioned capacity as buckets on the clock: full ones hold five minutes of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[int, str, str], _Bucket] = {}

    def forget(self) -> None:
        """Fills every bucket: the store was put back, or a throughput changed."""
        self._buckets.clear()

    def check(self, table: Table, kind: str, indexes: Iterable[Index] = ()) -> None:
        """Refuses a request while a bucket that it needs is empty.

        Args:
            kind: `read` or `write`.
            indexes: the global indexes that are read or written.

        Raises:
            AwsError: ProvisionedThroughputExceededException, ThrottlingException on demand.
        """
        for name, rate in self._rates(table, kind, indexes):
            if rate is not None and self._bucket(table.id, name, kind, rate).units <= 0:
                raise _throttled(table, name, kind)

    def take(self, consumed: Consumption, kind: str) -> None:
        """Takes what a request consumed out of the buckets; they may go below zero."""
        table = consumed.table
        indexes = [table.by_name[name] for name in consumed.indexes]
        for name, rate in self._rates(table, kind, indexes):
            if rate is None:
                continue
            amount = consumed.indexes[name] if name else consumed.total - _global_units(consumed)
            self._bucket(table.id, name, kind, rate).units -= amount

    def _rates(self, table: Table, kind: str, indexes: Iterable[Index]) -> Iterable[tuple[str, int | None]]:
        definition = table.definition
        yield "", _rate(definition.billing, definition.throughput, definition.on_demand, kind)
        for index in indexes:
            if not index.local:
                own = index.definition
                yield index.name, _rate(definition.billing, own.throughput, own.on_demand, kind)

    def _bucket(self, table: int, name: str, kind: str, rate: int) -> _Bucket:
        now = self._clock.now()
        bucket = self._buckets.get((table, name, kind))
        if bucket is None:
            bucket = self._buckets[(table, name, kind)] = _Bucket(rate * _BURST, now)
        else:
            bucket.units = min(rate * _BURST, bucket.units + (now - bucket.at) * rate)
            bucket.at = now
        return bucket


def _global_units(consumed: Consumption) -> float:
    return sum(units for name, units in consumed.indexes.items() if not consumed.table.by_name[name].local)


def _rate(billing: str, throughput: Throughput, on_demand: Mapping[str, int] | None, kind: str) -> int | None:
    """Units per second; None: no limit that a table of this sandbox could reach."""
    if billing == PROVISIONED:
        return throughput.read if kind == "read" else throughput.write
    name = "MaxReadRequestUnits" if kind == "read" else "MaxWriteRequestUnits"
    limit = (on_demand or {}).get(name)
    return limit if limit is not None and limit > 0 else None


def _throttled(table: Table, index: str, kind: str) -> AwsError:
    provisioned = table.definition.billing == PROVISIONED
    arn = str(table_arn(Scope(table.account, table.region), table.name)) + (
        f"/index/{index}" if index else ""
    )
    what = "Index" if index else "Table"
    reason = f"{what}{kind.title()}" + (
        "ProvisionedThroughputExceeded" if provisioned else "MaxOnDemandThroughputExceeded"
    )
    reasons = [{"reason": reason, "resource": arn}]
    if provisioned:
        return AwsError(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing "
            "your provisioning level with the UpdateTable API.",
            fields={"ThrottlingReasons": reasons},
        )
    return AwsError(
        "ThrottlingException",
        "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
        fields={"throttlingReasons": reasons},
    )
