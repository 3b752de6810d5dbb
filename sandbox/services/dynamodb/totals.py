"""How many items tables and indexes have, and their bytes: counted once, then kept up to date.

Counting a million items takes a second, so totals outlive a stop. They are stored when the service stops, and
taken out again before the first change after that: what a crash leaves is counted anew.
"""

from __future__ import annotations

import msgspec

from sandbox.services.dynamodb.definitions import Index, Table
from sandbox.store.database import Database

_OF_TABLE = "SELECT count(*), coalesce(sum(size), 0) FROM dynamodb_items WHERE tbl = ?"
_OF_INDEX = (
    "SELECT count(*), coalesce(sum(i.size), 0) FROM dynamodb_entries e "
    "JOIN dynamodb_items i ON i.id = e.entry WHERE e.idx = ?"
)


class Total(msgspec.Struct):
    """Items, and bytes of them with all their attributes."""

    items: int
    bytes: int


class Totals:
    """Totals of indexes by their ids, and of tables by `Table.own`, an id of the same kind."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, Total] = {}
        #: Whether there may be stored ones, and the state of the database that the known ones are of.
        self._stored = True
        self._undone = database.undone

    def rebuild(self) -> None:
        """Begins with what the last stop has stored."""
        rows = self._database.rows("SELECT id, items, bytes FROM dynamodb_totals")
        self._known = {row["id"]: Total(row["items"], row["bytes"]) for row in rows}
        self._stored = True
        self._undone = self._database.undone

    def keep(self) -> None:
        """Stores what is known, for the next start."""
        self._look()
        rows = [(id_, total.items, total.bytes) for id_, total in self._known.items()]
        with self._database.atomic():
            self._database.execute("DELETE FROM dynamodb_totals")
            self._database.executemany(
                "INSERT INTO dynamodb_totals (id, items, bytes) VALUES (?, ?, ?)", rows
            )
        self._stored = True

    def of_table(self, table: Table) -> Total:
        """What a table has."""
        return self._of(table.own, _OF_TABLE, table.id)

    def of_index(self, index: Index) -> Total:
        """What an index has."""
        return self._of(index.id, _OF_INDEX, index.id)

    def add(self, id_: int, items: int, size: int) -> None:
        """Counts a change: so many items and bytes more."""
        if self._stored or self._undone != self._database.undone:
            self._look()
            self._database.execute("DELETE FROM dynamodb_totals")
            self._stored = False
        total = self._known.get(id_)
        if total is not None:
            total.items += items
            total.bytes += size

    def forget(self, id_: int) -> None:
        """Drops the total of what was emptied, filled or removed as a whole."""
        self.add(id_, 0, 0)  # nothing stored may stay
        self._known.pop(id_, None)

    def _of(self, id_: int, count: str, rows_of: int) -> Total:
        self._look()
        total = self._known.get(id_)
        if total is None:
            row = self._database.row(count, (rows_of,))
            assert row is not None
            total = self._known[id_] = Total(*row)
        return total

    def _look(self) -> None:
        """Drops everything where writes were taken back that are counted here."""
        if self._undone != self._database.undone:
            self._undone = self._database.undone
            self._known.clear()
            self._stored = True
