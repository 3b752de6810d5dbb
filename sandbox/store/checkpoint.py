"""Checkpoints of a database in a thread: while much is written, they would hold up the loop in its commits.

SQLite copies the log into the file once it is 32 MB long, at the end of a commit, and waits for the disk.
https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sandbox.store.database import Database


async def checkpoint_aside(database: Database) -> None:
    """Copies what is committed from the log into the file, while the loop goes on and may write.

    It is over when this returns or raises, also where the waiting task is cancelled.
    """
    path = database.path
    if path is None:
        return
    copied = asyncio.ensure_future(asyncio.to_thread(_checkpoint, path))
    try:
        await asyncio.shield(copied)
    except asyncio.CancelledError:
        await asyncio.wait({copied})
        raise


def _checkpoint(path: Path) -> None:
    # Where it cannot be done, a commit will do it, and say so.
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
