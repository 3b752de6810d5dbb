"""Capacity: what reads and writes consume.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.values import Item, item_size
from sandbox.services.base import Answer
from sandbox.services.dynamodb.definitions import Index, Table
from sandbox.services.dynamodb.items import Move, Stored

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


def index_writes(
    table: Table, move: Move, old: Stored | None, new: Item | None, size: int
) -> list[tuple[bytes, float]]:
    """Partition keys of an index that a write changes, with the units that it consumes at each: none where
    nothing of what the index keeps changes, two where an entry moves.

    Args:
        size: bytes of the new item.
    """
    index, there, here = move.index, move.before, move.after
    before = None if there is None or old is None else index.projected(old.item, table.schema)
    after = None if here is None or new is None else index.projected(new, table.schema)
    if before == after:
        return []
    if index.whole:
        was, will = 0 if old is None else old.size, size
    else:
        was, will = item_size(before or {}), item_size(after or {})
    if there is not None and there == here:
        return [(there[1], write_units(max(was, will)))]
    return [(place[1], write_units(bytes_)) for place, bytes_ in ((there, was), (here, will)) if place]


class Consumption(msgspec.Struct):
    """What one request consumes of one table.

    Attributes:
        indexes: units by index.
        keys: partition keys that are read or written, with the units of each: of an index, or (None) of the
            table itself.
    """

    table: Table
    read: float = 0.0
    write: float = 0.0
    indexes: dict[str, float] = {}
    keys: list[tuple[Index | None, bytes, float]] = []

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
