"""The items of tables and their entries in secondary indexes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sandbox.model.dynamodb.values import Item
from sandbox.services.dynamodb.definitions import Index, Table
from sandbox.store.database import Database

_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Item] = msgspec.msgpack.Decoder(dict).decode
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
    """Reads and writes items by key; entries of indexes follow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, table: Table, place: Place) -> Stored | None:
        """The item in that place."""
        row = self._database.row(
            "SELECT id, item, size FROM dynamodb_items WHERE tbl = ? AND bucket = ? AND pk = ? AND sk = ?",
            (table.id, *place),
        )
        if row is None:
            return None
        id_, blob, size = row
        return Stored(id_, _decode(blob), size)

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
        for index in table.indexes:
            self._enter(index, pk + sk, id_, None if old is None else old.item, item)

    def delete(self, table: Table, place: Place, old: Stored) -> None:
        """Removes an item."""
        _, pk, sk = place
        self._database.execute("DELETE FROM dynamodb_items WHERE id = ?", (old.id,))
        for index in table.indexes:
            self._enter(index, pk + sk, old.id, old.item, None)

    def _enter(self, index: Index, tie: bytes, id_: int, old: Item | None, new: Item | None) -> None:
        """Moves an item within an index, only where its key there changes."""
        before = index.schema.encode(old) if old is not None and index.holds(old) else None
        after = index.schema.encode(new) if new is not None and index.holds(new) else None
        if before == after:
            return
        if before is not None:
            self._database.execute(
                "DELETE FROM dynamodb_entries WHERE idx = ? AND bucket = ? AND pk = ? AND sk = ? AND tie = ?",
                (index.id, *before, tie),
            )
        if after is not None:
            self._database.execute(
                "INSERT INTO dynamodb_entries (idx, bucket, pk, sk, tie, entry) VALUES (?, ?, ?, ?, ?, ?)",
                (index.id, *after, tie, id_),
            )

    def fill(self, table: Table, index: Index) -> None:
        """Enters every item of a table into a new index; items whose attribute has another type stay out."""
        kinds = {part.name: part.kind for part in index.schema.parts}
        for row in self._database.rows(
            "SELECT id, pk, sk, item FROM dynamodb_items WHERE tbl = ?", (table.id,)
        ):
            item = _decode(row["item"])
            if all(name in item and kind in item[name] for name, kind in kinds.items()):
                self._enter(index, row["pk"] + row["sk"], row["id"], None, item)

    def empty(self, index: Index) -> None:
        """Removes every entry of an index."""
        self._database.execute("DELETE FROM dynamodb_entries WHERE idx = ?", (index.id,))


def unpack(blob: bytes) -> Item:
    """An item from its bytes in the store."""
    return _decode(blob)
