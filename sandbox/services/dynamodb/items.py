"""The items of tables and their entries in secondary indexes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sandbox.model.dynamodb.values import Item
from sandbox.model.recent import Recent
from sandbox.services.dynamodb.definitions import Index, Table
from sandbox.services.dynamodb.totals import Totals
from sandbox.store.database import Database

_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Item] = msgspec.msgpack.Decoder(dict).decode
#: Items that are remembered, and bytes that one may have for it.
_REMEMBERED = 5_000
_SMALL = 4096
_FIND = "SELECT id, item, size FROM dynamodb_items WHERE tbl = ? AND bucket = ? AND pk = ? AND sk = ?"
#: Bucket, partition key and sort key of an item: what it is found by.
Place = tuple[int, bytes, bytes]


class Stored(msgspec.Struct, frozen=True):
    """An item as it lies in the store.

    Attributes:
        size: bytes, as DynamoDB counts them.
    """

    id: int
    item: Item
    size: int


class ItemStore:
    """Reads and writes items by key; entries of indexes and totals follow."""

    def __init__(self, database: Database, totals: Totals) -> None:
        self._database = database
        self._totals = totals
        #: What was read or written lately, as it lies in the store: a third of what finding it there takes.
        self._lately: Recent[tuple[int, Place], tuple[int, bytes, int]] = Recent(_REMEMBERED)
        self._undone = database.undone

    def get(self, table: Table, place: Place) -> Stored | None:
        """The item in that place."""
        if self._undone != self._database.undone:
            self._undone = self._database.undone
            self._lately.clear()
        found = self._lately.get((table.id, place))
        if found is None:
            row = self._database.row(_FIND, (table.id, *place))
            if row is None:
                return None
            found = tuple(row)
            self._remember(table, place, *found)
        id_, blob, size = found
        return Stored(id_, _decode(blob), size)

    def _remember(self, table: Table, place: Place, id_: int, blob: bytes, size: int) -> None:
        if len(blob) <= _SMALL:
            self._lately.put((table.id, place), (id_, blob, size))
        else:
            self._lately.pop((table.id, place))

    def put(
        self, table: Table, place: Place, old: Stored | None, item: Item, size: int, expires: float | None
    ) -> None:
        """Writes an item in place of `old`, or anew."""
        bucket, pk, sk = place
        blob = _encode(item)
        if old is None:
            cursor = self._database.execute(
                "INSERT INTO dynamodb_items (tbl, bucket, pk, sk, size, expires, item) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (table.id, bucket, pk, sk, size, expires, blob),
            )
            id_ = cursor.lastrowid
            assert id_ is not None
        else:
            id_ = old.id
            self._database.execute(
                "UPDATE dynamodb_items SET size = ?, expires = ?, item = ? WHERE id = ?",
                (size, expires, blob, id_),
            )
        self._remember(table, place, id_, blob, size)
        new = Stored(id_, item, size)
        self._count(table.own, old, new)
        for index in table.indexes:
            self._enter(index, pk + sk, old, new)

    def delete(self, table: Table, place: Place, old: Stored) -> None:
        """Removes an item."""
        _, pk, sk = place
        self._database.execute("DELETE FROM dynamodb_items WHERE id = ?", (old.id,))
        self._lately.pop((table.id, place))
        self._count(table.own, old, None)
        for index in table.indexes:
            self._enter(index, pk + sk, old, None)

    def _count(self, id_: int, old: Stored | None, new: Stored | None) -> None:
        items = int(new is not None) - int(old is not None)
        size = (0 if new is None else new.size) - (0 if old is None else old.size)
        row = old if new is None else new
        assert row is not None
        self._totals.add(id_, row.id, items, size)

    def _enter(self, index: Index, tie: bytes, old: Stored | None, new: Stored | None) -> None:
        """Moves an item within an index, only where its key there changes."""
        old = old if old is not None and index.holds(old.item) else None
        new = new if new is not None and index.holds(new.item) else None
        if old is None and new is None:
            return
        self._count(index.id, old, new)
        before = None if old is None else index.schema.encode(old.item)
        after = None if new is None else index.schema.encode(new.item)
        if before == after:
            return
        if before is not None:
            self._database.execute(
                "DELETE FROM dynamodb_entries WHERE idx = ? AND bucket = ? AND pk = ? AND sk = ? AND tie = ?",
                (index.id, *before, tie),
            )
        if after is not None and new is not None:
            self._database.execute(
                "INSERT INTO dynamodb_entries (idx, bucket, pk, sk, tie, entry) VALUES (?, ?, ?, ?, ?, ?)",
                (index.id, *after, tie, new.id),
            )


def unpack(blob: bytes) -> Item:
    """An item from its bytes in the store."""
    return _decode(blob)
