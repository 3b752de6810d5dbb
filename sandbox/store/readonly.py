"""Read-only connections, for questions that take long: asked in a thread, they hold up nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sandbox.store.database import Database

T = TypeVar("T")


class Rows(Protocol):
    """What can be asked for rows: a database, or a read-only connection to its file."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        ...


class ReadOnly:
    """A read-only connection to the file of a database; sees what is committed."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA busy_timeout=2000")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._connection.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


async def aside(database: Database, question: Callable[[Rows], T]) -> T:
    """Asks a question in a thread, of what is committed; of a database in memory, at once and here."""
    path = database.path
    if path is None:
        return question(database)

    def ask() -> T:
        with closing(ReadOnly(path)) as connection:
            return question(connection)

    return await asyncio.to_thread(ask)
