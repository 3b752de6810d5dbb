"""The items of tables and their entries in secondary indexes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from sandbox.model.dynamodb.values import Item
from sandbox.model.recent import Recent
from sandbox.services.dynamodb.definitions import Index, Place, Table
from sandbox.services.dynamodb.totals import Totals
from sandbox.store.database import Database

_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Item] = msgspec.msgpack.Decoder(dict).decode
#: Items that are remembered, and bytes that one may have for it.
_REMEMBERED = 5_000
_SMALL = 4096
_FIND = "SELECT id, item, size FROM dynamodb_items WHERE tbl = ? AND bucket = ? AND pk = ? AND sk = ?"


class Stored(msgspec.Struct, frozen=True):
    """An item as it lies in the store.

    Attributes:
        size: bytes, as DynamoDB counts them.
    """

    id: int
    item: Item
    size: int


class Move(msgspec.Struct, frozen=True):
    """Where a write has an item leave an index and enter it; None: it was or will not be in it."""

    index: Index
    before: Place | None
    after: Place | None


def moves_of(table: Table, old: Item | None, new: Item | None) -> list[Move]:
    """What becomes of an item in each index of its table."""
    moves = []
    for index in table.indexes:
        before = None if old is None else index.place(old)
        if old is not None and new is not None and index.shares_key(old, new):
            after = before
        else:
            after = None if new is None else index.place(new)
        moves.append(Move(index, before, after))
    return moves


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
        self,
        table: Table,
        place: Place,
        old: Stored | None,
        item: Item,
        size: int,
        expires: float | None,
        moves: Sequence[Move] | None = None,
    ) -> Stored:
        """Writes an item in place of `old`, or anew.

        Args:
            moves: what `moves_of` says of it, where that is known already.
        """
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
        for move in moves_of(table, None if old is None else old.item, item) if moves is None else moves:
            self._enter(move, pk + sk, old, new)
        return new

    def delete(self, table: Table, place: Place, old: Stored, moves: Sequence[Move] | None = None) -> None:
        """Removes an item."""
        _, pk, sk = place
        self._database.execute("DELETE FROM dynamodb_items WHERE id = ?", (old.id,))
        self._lately.pop((table.id, place))
        self._count(table.own, old, None)
        for move in moves_of(table, old.item, None) if moves is None else moves:
            self._enter(move, pk + sk, old, None)

    def _count(self, id_: int, old: Stored | None, new: Stored | None) -> None:
        items = int(new is not None) - int(old is not None)
        size = (0 if new is None else new.size) - (0 if old is None else old.size)
        row = old if new is None else new
        assert row is not None
        self._totals.add(id_, row.id, items, size)

    def _enter(self, move: Move, tie: bytes, old: Stored | None, new: Stored | None) -> None:
        """Moves an item within an index, only where its key there changes."""
        index, before, after = move.index, move.before, move.after
        if before is None and after is None:
            return
        self._count(index.id, None if before is None else old, None if after is None else new)
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
