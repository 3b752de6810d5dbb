"""One SQLite database, written by the event loop alone, committed once per turn of the loop.

WAL with `synchronous=NORMAL`: a commit survives the death of the process. Whoever answers a client awaits
`committed()` first, so nothing is acknowledged that is not stored.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.errors import StoreError

#: Raise when the layout of stored state changes in a way that older versions cannot read.
FORMAT = 1


class Database:
    """A database of the store.

    Args:
        path: the file, or None for one in memory (tests).

    Raises:
        StoreError: the file is not a database, or was written by a newer version.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        #: Called right before each commit; the state commits after its journal this way.
        self.before_commit: Callable[[], None] | None = None
        self._depth = 0
        self._scheduled = False
        self._closed = False
        self._waiters: list[asyncio.Future[None]] = []
        self._failed: StoreError | None = None
        self._connection = _open(path)

    def define(self, schema: str) -> None:
        """Creates tables where they are missing; outside of the turn's transaction."""
        if schema:
            self.commit()
            self._connection.executescript(schema)

    # --- reading and writing -----------------------------------------------------------------------------
    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Runs one statement that writes, inside the transaction of this turn."""
        self._begin()
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs one statement for each row, inside the transaction of this turn."""
        self._begin()
        self._connection.executemany(sql, rows)

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query; sees what this turn wrote."""
        return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return found

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing for the statements inside: an exception undoes them, and only them.

        There must be no `await` inside: other work of the loop would be undone with it.
        """
        self._begin()
        name = f"s{self._depth}"
        self._depth += 1
        self._connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._connection.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._connection.execute(f"RELEASE {name}")
            self._depth -= 1

    # --- committing --------------------------------------------------------------------------------------
    async def committed(self) -> None:
        """Waits until everything written so far is on disk.

        Raises:
            StoreError: it could not be written (disk full); nothing of this turn was kept.
        """
        if not self._connection.in_transaction:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._begin()  # what was written before the loop ran has no end of a turn to be committed at
        await waiter

    def commit(self) -> None:
        """Commits now; otherwise the end of the turn does."""
        if self.before_commit is not None:
            self.before_commit()
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Commits and closes."""
        self.commit()
        self._closed = True
        self._wake(None)
        self._connection.close()

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
        if not self._scheduled:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:  # written before the loop runs: whoever does so commits by itself
                return
            self._scheduled = True
            loop.call_soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        self._scheduled = False
        if self._closed:
            return
        try:
            self.commit()
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._wake(
                StoreError(
                    "the sandbox could not store a change",
                    str(error),
                    "free some disk space in the state folder; everything acknowledged before is kept",
                )
            )
        else:
            self._wake(None)

    def _wake(self, error: StoreError | None) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)


def _open(path: Path | None) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path or ":memory:", isolation_level=None, cached_statements=512)
        connection.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-16000",
            "wal_autocheckpoint=4000",
            "busy_timeout=2000",
        ):
            connection.execute(f"PRAGMA {pragma}")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} cannot be read",
            f"SQLite says: {error}",
            "stop other programs that use the folder, or begin empty with `sandbox up --fresh`",
        ) from error
    if version > FORMAT:
        connection.close()
        raise StoreError(
            f"{path} was written by a newer sandbox",
            f"its format is {version}, this version reads up to {FORMAT}",
            "update sandbox, or begin empty with `sandbox up --fresh`",
        )
    connection.execute(f"PRAGMA user_version={FORMAT}")
    return connection
