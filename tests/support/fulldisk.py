"""A disk without space, as SQLite tells of it: by a statement, or not before the commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.store.database import Database

#: Where a full disk shows.
WAYS = ("statement", "commit")
#: More than fits into the pages that a database has in reserve.
LARGE = "x" * 100_000


@contextmanager
def full(database: Database, way: str) -> Iterator[None]:
    """The disk is full meanwhile.

    Args:
        way: one of `WAYS`. By a statement, only what needs further pages fails: write `LARGE` things.
    """
    if way == "commit":

        def fail() -> None:
            raise sqlite3.OperationalError("database or disk is full")

        database.before_commit = fail
        try:
            yield
        finally:
            database.before_commit = None
        return
    database.commit()
    (pages,) = database.rows("PRAGMA page_count")[0]
    (most,) = database.rows("PRAGMA max_page_count")[0]
    database.rows(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        database.rows(f"PRAGMA max_page_count = {most}")
