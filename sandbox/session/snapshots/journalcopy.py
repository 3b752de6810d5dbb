"""The journal in a snapshot: its newest hops go along, so that flows can be shown where it is loaded."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from sandbox.errors import StoreError
from sandbox.flow.recorder import Journal
from sandbox.store.database import Database

#: Hops that are taken along at most: the newest.
MOST = 50_000
_SCHEMA = "CREATE TABLE IF NOT EXISTS journal_identity (id TEXT NOT NULL);"
_TABLES = {"hops": "id", "links": "hop", "keys": "hop"}


def identity(database: Database) -> str:
    """The name that a journal keeps for good; given when it is first asked for."""
    database.define(_SCHEMA)
    row = database.row("SELECT id FROM journal_identity")
    if row is not None:
        return str(row["id"])
    name = uuid.uuid4().hex
    database.execute("INSERT INTO journal_identity VALUES (?)", (name,))
    database.commit()
    return name


def copy(journal: Path, target: Path, hop: int) -> int:
    """Writes the newest hops up to `hop` into a file of their own. Blocks: use a thread.

    Returns:
        How many.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("ATTACH ? AS source", (f"{journal.resolve().as_uri()}?mode=ro",))
        connection.execute("BEGIN")
        (count,) = connection.execute(
            "SELECT count(*) FROM source.hops WHERE id BETWEEN ? AND ?", (hop - MOST + 1, hop)
        ).fetchone()
        for table, column in _TABLES.items():
            connection.execute(
                f"CREATE TABLE {table} AS SELECT * FROM source.{table} WHERE {column} BETWEEN ? AND ?",
                (hop - MOST + 1, hop),
            )
        connection.execute("COMMIT")
    return int(count)


def put_back(journal: Journal, name: str, hop: int, copied: Path) -> None:
    """Makes the journal what it was: by forgetting what came after, or by the hops of the file."""
    database = journal.database
    journal.settle()
    here = identity(database) == name and database.row("SELECT 1 FROM hops WHERE id = ?", (hop,)) is not None
    if here:
        journal.rewind(hop)
        return
    with closing(sqlite3.connect(copied, isolation_level=None)) as connection:
        rows = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}
    journal.replace_by(rows["hops"], rows["links"], rows["keys"])


def check(copied: Path) -> None:
    """Refuses a file that holds no journal.

    Raises:
        StoreError: it does not.
    """
    try:
        with closing(sqlite3.connect(copied, isolation_level=None)) as connection:
            for table in _TABLES:
                connection.execute(f"SELECT count(*) FROM {table}")
    except sqlite3.Error as error:
        raise StoreError(
            "the journal of the snapshot cannot be read", str(error), "save the snapshot again"
        ) from error
