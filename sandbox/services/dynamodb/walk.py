"""The items of a table, a few at a time: there may be more of them than memory holds.

Items of a large table are read in the order of their row ids, which is the order of the file: one after
another by key, each would be a page of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Row

from sandbox.services.dynamodb.pace import Pace
from sandbox.store.database import Database

#: Comes after the id of every item.
LAST = 1 << 63


def walk(database: Database, table: int, columns: str, pace: Pace) -> Iterator[tuple[int, list[Row]]]:
    """All items of a table, those that come while it is walked included.

    Args:
        table: its id.
        columns: of `dynamodb_items`.

    Yields:
        Rows, and the id up to which all were seen: `LAST` where they are the whole table.
    """
    if _is_small(database, table, pace):
        yield LAST, database.rows(f"SELECT {columns} FROM dynamodb_items WHERE tbl = ?", (table,))
        return
    for low, high in _stretches(database, pace):
        # The `+` keeps SQLite from finding them by the key and sorting all of them each time.
        rows = database.rows(
            f"SELECT {columns} FROM dynamodb_items WHERE id > ? AND id <= ? AND +tbl = ? ORDER BY id",
            (low, high, table),
        )
        yield high, rows


def _is_small(database: Database, table: int, pace: Pace) -> bool:
    """Whether the items of a table are no work worth dividing."""
    row = database.row(
        "SELECT count(*) AS items, coalesce(sum(size), 0) AS bytes FROM "
        "(SELECT size FROM dynamodb_items WHERE tbl = ? LIMIT ?)",
        (table, pace.small + 1),
    )
    return row is not None and row["items"] <= pace.small and row["bytes"] <= pace.small_bytes


def _stretches(database: Database, pace: Pace) -> Iterator[tuple[int, int]]:
    """Ranges of row ids that hold a few items of any table each: after the first, up to the second."""
    low = 0
    while True:
        size, high = 0, low
        for row in database.rows(
            "SELECT id, size FROM dynamodb_items WHERE id > ? ORDER BY id LIMIT ?", (low, pace.few)
        ):
            high = row["id"]
            size += row["size"]
            if size > pace.few_bytes:
                break
        if high == low:
            return
        yield low, high
        low = high
