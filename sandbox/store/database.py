"""One SQLite database, written by one thread at a time (the event loop; for the journal's tables, a thread of
their own), committed once per turn of the loop.

WAL with `synchronous=NORMAL`: a commit survives the death of the process. Whoever answers a client awaits
`committed()` first, so nothing is acknowledged that is not stored.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar
from pathlib import Path
from typing import Any

from sandbox.errors import StoreError
from sandbox.store.format import FORMAT, refuse_another

_log = logging.getLogger("sandbox.store")
#: What SQLite says when the disk, and not the statement, is at fault.
_DISK = frozenset({"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN"})
#: Failed commits that are remembered, for requests that wrote and ask later.
_REMEMBERED = 1_000
#: The database and the commit that the current task wrote for last.
_written: ContextVar[tuple[Database, int] | None] = ContextVar("written", default=None)


class Database:
    """A database of the store.

    Args:
        path: the file, or None for one in memory (tests).

    Raises:
        StoreError: the file is not a database, or of another version's layout.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        #: Called right before each commit; the state commits after its journal this way.
        self.before_commit: Callable[[], None] | None = None
        #: Grows when something written was taken back, or everything was replaced: nothing that is remembered
        #: of rows holds any longer then.
        self.undone = 0
        self._listeners: list[Callable[[], None]] = []
        self._depth = 0
        #: Why the transaction of this turn cannot be committed any more: a part of it could not be written.
        self._spoilt = ""
        #: A transaction was begun and not ended by us: SQLite may have ended it by itself.
        self._begun = False
        #: Number of the next commit, and those that failed.
        self._turn = 0
        #: What says of a task that it wrote in this turn.
        self._mark = (self, 0)
        self._failed: dict[int, StoreError] = {}
        self._scheduled = False
        #: The loop of this turn: looking it up costs a call of the system each time.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._waiters: list[asyncio.Future[None]] = []
        self._connection = _open(path)

    @property
    def most_values(self) -> int:
        """Values that one statement takes at most; SQLite before 3.32 takes 999."""
        return self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)

    def define(self, schema: str) -> None:
        """Creates tables where they are missing; outside of the turn's transaction."""
        if schema:
            self.commit()
            self._connection.executescript(schema)

    def when_lost(self, listener: Callable[[], None]) -> None:
        """Has `listener` called, in a turn of its own, after each turn whose writes were lost: whoever
        remembers what it wrote has to look again. It must not write.
        """
        self._listeners.append(listener)

    # --- reading and writing -----------------------------------------------------------------------------
    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Runs one statement that writes, inside the transaction of this turn.

        Raises:
            StoreError: it could not be written (disk full): nothing of this turn will be kept.
        """
        try:
            self._begin()
            return self._connection.execute(sql, parameters)
        except sqlite3.OperationalError as error:
            self._check_disk(error)
            raise

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs one statement for each row, inside the transaction of this turn.

        Raises:
            StoreError: as `execute`.
        """
        try:
            self._begin()
            self._connection.executemany(sql, rows)
        except sqlite3.OperationalError as error:
            self._check_disk(error)
            raise

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query; sees what this turn wrote."""
        return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return found

    def each(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Iterator[sqlite3.Row]:
        """The rows of a query one by one: large ones are not in memory together. Write nothing meanwhile."""
        return self._connection.execute(sql, parameters)

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
            # A full disk may have ended the whole transaction already; `commit` tells then.
            self.undone += 1
            if self._connection.in_transaction:
                self._connection.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute(f"RELEASE {name}")
            self._depth -= 1

    # --- committing --------------------------------------------------------------------------------------
    async def committed(self) -> None:
        """Waits until everything written so far is on disk.

        Raises:
            StoreError: it could not be written (disk full): nothing of this turn was kept, or nothing of an
                earlier turn in which the task that asks has written.
        """
        mine = _written.get()
        if mine is not None and mine[0] is self and mine[1] in self._failed:
            raise self._failed[mine[1]]
        if not self._begun:
            return
        self._schedule()
        waiter: asyncio.Future[None] = (self._loop or asyncio.get_running_loop()).create_future()
        self._waiters.append(waiter)
        await waiter

    def commit(self) -> None:
        """Commits now and tells those who wait for it; otherwise the end of the turn does.

        Raises:
            StoreError: it could not be written; nothing that was not committed before is kept.
        """
        waiters, self._waiters = self._waiters, []
        try:
            self._commit()
        except StoreError as error:
            self._failed[self._turn] = error
            if len(self._failed) > _REMEMBERED:
                del self._failed[next(iter(self._failed))]
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_exception(error)
            raise
        finally:
            self._turn += 1
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # --- copies ------------------------------------------------------------------------------------------
    def copy_to(self, target: sqlite3.Connection) -> None:
        """Commits, and makes `target` the same as this database."""
        self.commit()
        self._connection.backup(target)

    def replace_by(self, source: sqlite3.Connection) -> None:
        """Commits, and makes this database the same as `source`: all of it, or nothing.

        Raises:
            StoreError: it could not be written; it is as it was.
        """
        self.commit()
        self.undone += 1
        try:
            source.backup(self._connection)
        except sqlite3.Error as error:
            raise _not_stored(str(error)) from error

    def abandon(self) -> None:
        """Gives up what was written since the last commit, of which nobody was told and nobody waits."""
        self.undone += 1
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._begun = False
        self._spoilt = ""

    def close(self) -> None:
        """Commits and closes.

        Raises:
            StoreError: the last changes could not be written; it is closed all the same.
        """
        try:
            self.commit()
        finally:
            self._closed = True
            self._connection.close()

    def _commit(self) -> None:
        try:
            if self.before_commit is not None:
                self.before_commit()
            if self._begun:
                self._check_alive()
                self._connection.execute("COMMIT")
        except Exception as error:  # whatever the journal raises: a turn that stays open ends all others
            self.undone += 1
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._tell_lost()
            if isinstance(error, StoreError):
                raise
            raise _not_stored(str(error)) from error
        finally:
            self._begun = False
            self._spoilt = ""

    def _begin(self) -> None:
        """Makes sure of a transaction, and of its end."""
        if self._begun:
            self._check_alive()
        else:
            self._connection.execute("BEGIN IMMEDIATE")
            self._begun = True
            self._mark = (self, self._turn)
        _written.set(self._mark)
        if not self._scheduled:
            self._schedule()

    def _check_alive(self) -> None:
        """A full disk may have ended the transaction of this turn, with what others had written in it."""
        if self._spoilt:
            raise _not_stored(self._spoilt)
        if not self._connection.in_transaction:
            raise _not_stored("SQLite gave the transaction up, most likely because the disk is full")

    def _check_disk(self, error: sqlite3.OperationalError) -> None:
        """A statement that the disk stopped takes its turn with it: half of what an operation writes is no
        state that anybody could go on with.

        Raises:
            StoreError: it was the disk.
        """
        if "_".join(error.sqlite_errorname.split("_")[:2]) in _DISK:
            self._spoilt = str(error) if self._begun else ""
            raise _not_stored(str(error)) from error

    def _tell_lost(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nothing runs that could remember
            return
        for listener in self._listeners:
            # What it begins is not of the task whose writes were lost.
            loop.call_soon(self._tell, listener, context=Context())

    def _tell(self, listener: Callable[[], None]) -> None:
        if not self._closed:
            listener()

    def _schedule(self) -> None:
        if self._scheduled:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # written before the loop runs: whoever does so commits by itself
            return
        self._scheduled = True
        self._loop = loop
        loop.call_soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        self._scheduled = False
        self._loop = None
        if self._closed:
            return
        try:
            self.commit()
        except StoreError as error:
            _log.error("%s", error)


def _open(path: Path | None) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, cached_statements=512, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise _unreadable(path, error) from error
    except StoreError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    connection.row_factory = sqlite3.Row
    refuse_another(connection, path)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
        # 32 MB: twice as often, the loop waits for the disk a third longer in all.
        "wal_autocheckpoint=8000",
        "busy_timeout=2000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA user_version={FORMAT}")


def _not_stored(why: str) -> StoreError:
    return StoreError(
        "the sandbox could not store a change",
        why,
        "free some disk space in the state folder; everything acknowledged before is kept",
    )


def _unreadable(path: Path | None, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"{path} cannot be read",
        f"SQLite says: {error}",
        "stop other programs that use the folder, or begin empty with `sandbox up --fresh`",
    )
