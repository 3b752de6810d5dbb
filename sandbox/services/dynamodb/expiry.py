"""Time to live: items go when the time that they carry has come.

AWS takes up to a few days over it; here it happens at once, on the clock.
Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sandbox.clock import LATEST, Clock, Timer, TimerKind
from sandbox.model.dynamodb.values import Item
from sandbox.services.dynamodb.definitions import Table
from sandbox.services.dynamodb.items import Stored, unpack
from sandbox.store.database import Database

#: Items that expired longer ago than this are taken for a mistake and stay, as on AWS.
_TOO_OLD = 5 * 365 * 24 * 3600.0
#: Items that go in one turn of the loop.
_AT_ONCE = 200


class Expiry:
    """Deletes items as they expire.

    Args:
        table_of: a table by the id of its row.
        delete: removes an item as the service's own doing.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        table_of: Callable[[int], Table | None],
        delete: Callable[[Table, Stored], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._table_of = table_of
        self._delete = delete
        self._timer: Timer | None = None

    def time_of(self, table: Table, item: Item) -> float | None:
        """When an item expires, in seconds since the epoch; None: never."""
        name = table.definition.ttl
        if name is None or name not in item or "N" not in item[name]:
            return None
        when = Decimal(item[name]["N"])
        if not 0 < when < Decimal(LATEST) or float(when) < self._clock.now() - _TOO_OLD:
            return None
        return float(when)

    def expect(self, when: float | None) -> None:
        """Sees to it that what expires at `when` goes then."""
        if when is None or (self._timer is not None and self._timer.when <= when):
            return
        self.stop()
        self._timer = self._clock.call_at(when, self._fire, label="time to live", kind=TimerKind.EXPIRY)

    def rebuild(self) -> None:
        """Sets the timer by the store."""
        row = self._database.row("SELECT min(expires) AS next FROM dynamodb_items WHERE expires IS NOT NULL")
        self.expect(None if row is None else row["next"])

    def stop(self) -> None:
        """Drops the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        rows = self._database.rows(
            "SELECT id, tbl, item, size FROM dynamodb_items WHERE expires <= ? ORDER BY expires LIMIT ?",
            (self._clock.now(), _AT_ONCE),
        )
        for row in rows:
            table = self._table_of(row["tbl"])
            if table is not None and table.definition.ttl is not None and not table.deleting:
                self._delete(table, Stored(row["id"], unpack(row["item"]), row["size"]))
            else:  # the mark is left from before, and nobody has come to it yet
                self._database.execute("UPDATE dynamodb_items SET expires = NULL WHERE id = ?", (row["id"],))
        self.rebuild()
