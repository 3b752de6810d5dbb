"""Which layouts of stored state this version reads: its own, and no other.

There are no migrations: a state folder is made again from the templates in seconds, and reading another
layout by guess would spoil what somebody still wants to look at with the version that wrote it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sandbox.errors import StoreError

#: Raise when a table's columns change, or what is written into them. `tests/architecture/schemas.json` has
#: the tables of this format and some keys of items; a test compares.
FORMAT = 3


def refuse_another(connection: sqlite3.Connection, path: Path | None) -> None:
    """Refuses a file of another layout; one without tables is new.

    Raises:
        StoreError: the file has another format; it is as it was.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == FORMAT or (version < FORMAT and not tables):
        return
    raise StoreError(
        f"{path} was written by {'a newer' if version > FORMAT else 'an older'} sandbox",
        f"its format is {version}, this version reads format {FORMAT} alone",
        "go on with the version that wrote it, name another folder with --state DIR, or begin empty with"
        " `sandbox up --fresh`: what is lost are stacks, messages, items, rows of databases and flows; saved"
        " snapshots stay",
    )
