"""What is done to all items of a table, step by step: deleting them, an index made later, TTL, counting.

The definition of a table says what is under way, so a start goes on with it: from the first item, since each
step is done as well twice as once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from sqlite3 import Row
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.services.dynamodb.changes import with_used_attributes
from sandbox.services.dynamodb.chores import Chores
from sandbox.services.dynamodb.definitions import NUMBERS, Definition, Index, Table, index_id
from sandbox.services.dynamodb.expiry import Expiry
from sandbox.services.dynamodb.items import unpack
from sandbox.services.dynamodb.pace import Pace
from sandbox.services.dynamodb.tables import TableStore
from sandbox.services.dynamodb.totals import Total, Totals
from sandbox.services.dynamodb.walk import LAST, walk
from sandbox.store.database import Database

replace = msgspec.structs.replace


class Upkeep:
    """Works on whole tables, and knows what is left to do."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tables: TableStore,
        totals: Totals,
        expiry: Expiry,
        pace: Pace,
    ) -> None:
        self._database = database
        self._pace = pace
        self._chores = Chores(database, clock, pace)
        self._tables = tables
        self._totals = totals
        self._expiry = expiry
        #: Counts that are under way, by table, with those who wait for their end.
        self._counts: dict[int, asyncio.Event] = {}

    # --- life --------------------------------------------------------------------------------------------
    def resume(self) -> None:
        """Begins everything that is not done yet, from the store."""
        self.drop()
        for table in self._tables.all():
            if table.definition.deleting:
                self.delete(table)
                continue
            for index in table.indexes:
                if index.definition.filling:
                    self.fill(table, index)
            for left in table.definition.leaving:
                self.empty(table, index_id(table.id, left))
            if table.definition.ttl_marking is not None:
                self.mark(table)

    def work(self) -> set[asyncio.Task[Any]]:
        """The task that works now, while it does."""
        return self._chores.work()

    def drop(self) -> None:
        """Forgets what is under way; who waits for a count asks again."""
        self._chores.drop()
        self._release()

    async def stop(self) -> None:
        """Ends what is under way; `resume` goes on with it."""
        await self._chores.stop()
        self._release()

    def _release(self) -> None:
        counts, self._counts = self._counts, {}
        for done in counts.values():
            done.set()

    # --- what there is to do -----------------------------------------------------------------------------
    def delete(self, table: Table) -> None:
        """Removes a table that is being deleted, with its items and indexes."""
        for id_ in (table.own, *(index.id for index in table.indexes)):
            self._totals.forget(id_)
        self._chores.begin(self._deletion(table))

    def fill(self, table: Table, index: Index) -> None:
        """Enters every item of a table into an index that was made later."""
        self._chores.begin(self._filling(table.id, index.id))

    def empty(self, table: Table, index: int) -> None:
        """Removes the entries of an index that was deleted, by its id."""
        self._totals.forget(index)
        self._chores.begin(self._emptying(table.id, index))

    def mark(self, table: Table) -> None:
        """Works out anew when the items of a table expire: its TTL attribute was changed."""
        self._chores.begin(self._marking(table.id))

    def count(self, table: Table) -> asyncio.Event | None:
        """Sees to it that a table and its indexes are counted.

        Returns:
            What is set at the end of the count; None: nothing is left to count.
        """
        if table.id not in self._counts and self._uncounted(table):
            done = self._counts[table.id] = asyncio.Event()
            self._chores.begin(self._counting(table.id, done))
        return self._counts.get(table.id)

    # --- steps -------------------------------------------------------------------------------------------
    def _deletion(self, table: Table) -> Iterator[None]:
        yield from self._without_entries(table.own, table.own + NUMBERS - 1)
        for high, rows in self._walk(table.id, "id"):
            if high == LAST:
                self._database.execute("DELETE FROM dynamodb_items WHERE tbl = ?", (table.id,))
            elif rows:
                self._database.execute(
                    "DELETE FROM dynamodb_items WHERE id >= ? AND id <= ? AND +tbl = ?",
                    (rows[0]["id"], rows[-1]["id"], table.id),
                )
            if high != LAST:
                yield
        self._tables.remove(table)

    def _emptying(self, table_id: int, id_: int) -> Iterator[None]:
        yield from self._without_entries(id_, id_)

        def without(definition: Definition) -> Definition:
            left = tuple(one for one in definition.leaving if index_id(table_id, one) != id_)
            return with_used_attributes(replace(definition, leaving=left))

        self._change(table_id, without)

    def _without_entries(self, first: int, last: int) -> Iterator[None]:
        """Removes the entries of indexes in their order."""
        while True:
            row = self._database.row(
                "SELECT * FROM dynamodb_entries WHERE idx BETWEEN ? AND ? "
                "ORDER BY idx, bucket, pk, sk, tie LIMIT 1 OFFSET ?",
                (first, last, self._pace.entries - 1),
            )
            if row is None:
                self._database.execute(
                    "DELETE FROM dynamodb_entries WHERE idx BETWEEN ? AND ?", (first, last)
                )
                return
            self._database.execute(
                "DELETE FROM dynamodb_entries "
                "WHERE idx >= ? AND (idx, bucket, pk, sk, tie) <= (?, ?, ?, ?, ?)",
                (first, *(row[name] for name in ("idx", "bucket", "pk", "sk", "tie"))),
            )
            yield

    def _filling(self, table_id: int, id_: int) -> Iterator[None]:
        total = self._totals.begin(id_)
        for high, rows in self._walk(table_id, "id, pk, sk, size, item"):
            index = self._filled(table_id, id_)
            if index is None:
                return
            entries = []
            for row in rows:
                item = unpack(row["item"])
                if index.holds(item):
                    entries.append((id_, *index.schema.encode(item), row["pk"] + row["sk"], row["id"]))
                    total.items += 1
                    total.bytes += row["size"]
            # What was written meanwhile is there already.
            self._database.executemany(
                "INSERT OR IGNORE INTO dynamodb_entries (idx, bucket, pk, sk, tie, entry) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                entries,
            )
            total.upto = high
            if high != LAST:
                yield
        total.upto = LAST

        def filled(definition: Definition) -> Definition:
            indexes = tuple(
                replace(one, filling=False) if index_id(table_id, one) == id_ else one
                for one in definition.indexes
            )
            return replace(definition, indexes=indexes)

        self._change(table_id, filled)

    def _filled(self, table_id: int, id_: int) -> Index | None:
        """The index that is being filled, as it is now; None: it was deleted meanwhile."""
        table = self._tables.by_id(table_id)
        indexes = () if table is None else table.indexes
        return next((index for index in indexes if index.id == id_), None)

    def _marking(self, table_id: int) -> Iterator[None]:
        for high, rows in self._walk(table_id, "id, expires, item"):
            table = self._tables.by_id(table_id)
            if table is None or table.deleting:
                return
            times = [(self._expiry.time_of(table, unpack(row["item"])), row["id"]) for row in rows]
            changes = [
                (when, id_) for (when, id_), row in zip(times, rows, strict=True) if when != row["expires"]
            ]
            self._database.executemany("UPDATE dynamodb_items SET expires = ? WHERE id = ?", changes)
            self._expiry.expect(min((when for when, _ in changes if when is not None), default=None))
            if high != LAST:
                yield
        self._change(table_id, lambda definition: replace(definition, ttl_marking=None))

    def _change(self, table_id: int, change: Callable[[Definition], Definition]) -> None:
        """Gives a table the definition that it has when something is done."""
        table = self._tables.by_id(table_id)
        if table is not None:
            self._tables.change(table, change(table.definition))

    def _walk(self, table: int, columns: str) -> Iterator[tuple[int, list[Row]]]:
        return walk(self._database, table, columns, self._pace)

    # --- counting ----------------------------------------------------------------------------------------
    def _uncounted(self, table: Table) -> list[int]:
        """Ids of table and indexes of which nobody knows how many items they have; an index that is being
        filled is counted on the way.
        """
        if table.deleting:
            return []
        ids = [table.own, *(index.id for index in table.indexes if not index.definition.filling)]
        return [id_ for id_ in ids if (known := self._totals.known(id_)) is None or known.upto != LAST]

    def _counting(self, table_id: int, done: asyncio.Event) -> Iterator[None]:
        """Counts until all is counted: whatever takes writes back makes it begin again."""
        while (table := self._tables.by_id(table_id)) is not None and (ids := self._uncounted(table)):
            totals = {id_: self._totals.begin(id_) for id_ in ids}
            yield from self._count_once(table, totals)
        if self._counts.get(table_id) is done:
            del self._counts[table_id]
        done.set()

    def _count_once(self, table: Table, totals: dict[int, Total]) -> Iterator[None]:
        indexes = [index for index in table.indexes if index.id in totals]
        for high, rows in self._walk(table.id, "size, item" if indexes else "size"):
            if any(self._totals.known(id_) is not total for id_, total in totals.items()):
                return
            own = totals.get(table.own)
            for row in rows:
                size = row["size"]
                if own is not None:
                    own.items += 1
                    own.bytes += size
                if indexes:
                    item = unpack(row["item"])
                    for index in indexes:
                        if index.holds(item):
                            totals[index.id].items += 1
                            totals[index.id].bytes += size
            for total in totals.values():
                total.upto = high
            if high != LAST:
                yield
        for total in totals.values():
            total.upto = LAST
