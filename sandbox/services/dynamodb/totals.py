"""How many items tables and indexes have, and their bytes: counted once, then kept up to date.

Counting a million items takes seconds, so totals outlive a stop. They are stored when the service stops, and
taken out again before the first change after that: what a crash leaves is counted anew.
"""

from __future__ import annotations

import msgspec

from sandbox.services.dynamodb.walk import LAST
from sandbox.store.database import Database


class Total(msgspec.Struct):
    """Items, and bytes of them with all their attributes.

    Attributes:
        upto: the row id up to which items are counted: changes of those beyond it will be seen by the count
            that is under way.
    """

    items: int = 0
    bytes: int = 0
    upto: int = LAST


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
        rows = [(id_, total.items, total.bytes) for id_, total in self._known.items() if total.upto == LAST]
        with self._database.atomic():
            self._database.execute("DELETE FROM dynamodb_totals")
            self._database.executemany(
                "INSERT INTO dynamodb_totals (id, items, bytes) VALUES (?, ?, ?)", rows
            )
        self._stored = True

    def known(self, id_: int) -> Total | None:
        """The total, as far as it is counted; None: nobody has begun to."""
        self._look()
        return self._known.get(id_)

    def begin(self, id_: int) -> Total:
        """A total of which nothing is counted yet; the caller counts, and moves `upto`."""
        self._look()
        total = self._known[id_] = Total(upto=0)
        return total

    def add(self, id_: int, item: int, items: int, size: int) -> None:
        """Counts a change: so many items and bytes more.

        Args:
            item: the row id of the item that was changed.
        """
        if self._stored or self._undone != self._database.undone:
            self._look()
            self._database.execute("DELETE FROM dynamodb_totals")
            self._stored = False
        total = self._known.get(id_)
        if total is not None and item <= total.upto:
            total.items += items
            total.bytes += size

    def forget(self, id_: int) -> None:
        """Drops the total of what was emptied, filled or removed as a whole."""
        self.add(id_, 0, 0, 0)  # nothing stored may stay
        self._known.pop(id_, None)

    def _look(self) -> None:
        """Drops everything where writes were taken back that are counted here."""
        if self._undone != self._database.undone:
            self._undone = self._database.undone
            self._known.clear()
            self._stored = True
