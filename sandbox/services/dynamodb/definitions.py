"""What a table is: keys, indexes, throughput, stream; as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.arn import stream_arn
from sandbox.model.dynamodb.keys import KeyPart, KeySchema
from sandbox.model.dynamodb.values import Item
from sandbox.model.scope import scope_of

#: Bucket, partition key and sort key of an item: what it is found by.
Place = tuple[int, bytes, bytes]
#: What a request asks of a table's throughput.
READ, WRITE = "read", "write"
PROVISIONED = "PROVISIONED"
ON_DEMAND = "PAY_PER_REQUEST"


#: Numbers of indexes that a table can give, from 1 on.
NUMBERS = 1000


class Throughput(msgspec.Struct, frozen=True):
    """Provisioned units per second; zeros on demand."""

    read: int = 0
    write: int = 0


class IndexDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A secondary index.

    Attributes:
        number: its own within the table, never given twice.
        key: names and roles (`HASH`, `RANGE`) of its key attributes.
        projection: `ALL`, `KEYS_ONLY` or `INCLUDE` (with `included`).
        on_demand: MaxReadRequestUnits and MaxWriteRequestUnits, where given.
        filling: it was made later, and not all items of the table are entered yet.
    """

    number: int
    name: str
    local: bool
    key: tuple[tuple[str, str], ...]
    projection: str = "ALL"
    included: tuple[str, ...] = ()
    throughput: Throughput = Throughput()
    on_demand: Mapping[str, int] | None = None
    filling: bool = False


class StreamDefinition(msgspec.Struct, frozen=True):
    """The stream of a table: its label, and the row of `dynamodb_streams`."""

    id: int
    label: str
    view: str
    enabled: bool = True


class Definition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table, without its name.

    Attributes:
        attributes: types of the key attributes, in the order of the request.
        next_index: number of the next index.
        recovery_days: days of point-in-time recovery, where it is asked for.
        ttl: the attribute that says when an item expires.
        billing_changed: when it was last put on demand.
        deleting: it was deleted, and some of its items are there still.
        leaving: indexes that were deleted, some of whose entries are there still.
        ttl_marking: the attribute for which TTL was switched on or off, while not all items are marked.
    """

    table_id: str
    attributes: Mapping[str, str]
    key: tuple[tuple[str, str], ...]
    indexes: tuple[IndexDefinition, ...] = ()
    next_index: int = 1
    billing: str = PROVISIONED
    billing_changed: float | None = None
    throughput: Throughput = Throughput()
    on_demand: Mapping[str, int] | None = None
    table_class: str = "STANDARD"
    deletion_protection: bool = False
    sse: Mapping[str, Any] | None = None
    stream: StreamDefinition | None = None
    ttl: str | None = None
    recovery_days: int | None = None
    deleting: bool = False
    leaving: tuple[IndexDefinition, ...] = ()
    ttl_marking: str | None = None


def index_id(table: int, definition: IndexDefinition) -> int:
    """`dynamodb_entries.idx` of an index."""
    return table * NUMBERS + definition.number


class Index:
    """A secondary index, ready for use.

    Attributes:
        id: `dynamodb_entries.idx`.
        whole: it keeps all attributes of its items.
    """

    def __init__(self, table: int, definition: IndexDefinition, attributes: Mapping[str, str]) -> None:
        self.id = index_id(table, definition)
        self.definition = definition
        self.name = definition.name
        self.local = definition.local
        self.schema = _schema(definition.key, attributes)
        self.whole = definition.projection == "ALL"
        self._names = self.schema.names
        self._parts = tuple((part.name, part.kind) for part in self.schema.parts)

    def holds(self, item: Item) -> bool:
        """Whether an item is in the index: it has all its key attributes. Of another type, or empty, one may
        be in an item that is older than the index.
        """
        for name, kind in self._parts:
            value = item.get(name)
            if value is None or not value.get(kind):
                return False
        return True

    def place(self, item: Item) -> Place | None:
        """Where an item lies in the index; None: it is not in it."""
        return self.schema.encode(item) if self.holds(item) else None

    def shares_key(self, one: Item, other: Item) -> bool:
        """Whether two items have the very same values for the key of the index, as an update leaves them;
        equal ones that are others do not count.
        """
        return all(one.get(name) is other.get(name) for name in self._names)

    def projected(self, item: Item, table_key: KeySchema) -> Item:
        """What the index keeps of an item."""
        if self.whole:
            return item
        kept = {*self._names, *table_key.names, *self.definition.included}
        return {name: value for name, value in item.items() if name in kept}


class Table:
    """A table, ready for use. Its row is replaced, never changed.

    Attributes:
        own: what stands for the table itself among the ids of its indexes.
        scope: account and region.
        deleting: only operations on tables know it still.
        stream_arn: the ARN of its latest stream; empty where it never had one.
        limits: units a second by READ and WRITE, of the table ("") and of its global indexes by name, where
            there is a limit.
    """

    def __init__(
        self, id_: int, account: str, region: str, name: str, definition: Definition, created: float
    ) -> None:
        self.id = id_
        self.own = id_ * NUMBERS
        self.account = account
        self.region = region
        self.scope = scope_of(account, region)
        self.name = name
        self.definition = definition
        self.created = created
        self.deleting = definition.deleting
        stream = definition.stream
        self.stream_arn = "" if stream is None else str(stream_arn(self.scope, name, stream.label))
        self.schema = _schema(definition.key, definition.attributes)
        self.indexes = tuple(Index(id_, index, definition.attributes) for index in definition.indexes)
        self.by_name = {index.name: index for index in self.indexes}
        self.limits = {kind: _limits(definition, kind) for kind in (READ, WRITE)}


def _limits(definition: Definition, kind: str) -> dict[str, int]:
    """On-demand tables have limits where a maximum is set."""
    found = {"": _rate(definition.billing, definition.throughput, definition.on_demand, kind)}
    for index in definition.indexes:
        if not index.local:
            found[index.name] = _rate(definition.billing, index.throughput, index.on_demand, kind)
    return {name: rate for name, rate in found.items() if rate is not None}


def _rate(billing: str, throughput: Throughput, on_demand: Mapping[str, int] | None, kind: str) -> int | None:
    """Units per second; None: no limit."""
    if billing == PROVISIONED:
        return throughput.read if kind == READ else throughput.write
    name = "MaxReadRequestUnits" if kind == READ else "MaxWriteRequestUnits"
    limit = (on_demand or {}).get(name)
    return limit if limit is not None and limit > 0 else None


def _schema(key: tuple[tuple[str, str], ...], attributes: Mapping[str, str]) -> KeySchema:
    return KeySchema(tuple(KeyPart(name, attributes[name], role) for name, role in key))
