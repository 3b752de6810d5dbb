"""Where hops lie: in the tail at once, and in tables that questions are answered from.

Inserting a hop into the tables costs more than everything else of recording it. So they take over many at a
time, in a thread: SQLite works outside of Python's lock. Whoever asks for the tables gets them complete.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import StoreError
from sandbox.flow import keybook
from sandbox.flow.keybook import KeyBook
from sandbox.flow.lookup import Lookup
from sandbox.flow.retention import Retention
from sandbox.flow.schema import (
    COLUMNS,
    ID,
    INSERT_HOP,
    INSERT_LINK,
    REPLACE_HOP,
    SCHEMA,
    TOGETHER,
    Row,
    insert_hops,
)
from sandbox.flow.tail import Tail
from sandbox.store.database import Database

#: The tables take over so many hops at a time, or what fills so many bytes.
_TAKEN = 2_048
_TAKEN_BYTES = 4 * 1024**2
#: Hops, and bytes of them, that wait for the tables at most: then the loop waits for the thread.
_WAITING = 20_000
_WAITING_BYTES = 16 * 1024**2
#: Pages of the write-ahead log that are copied at once.
_LOG_PAGES = 1_000
#: Whether SQLite lets two threads use one connection, as is usual.
_THREADS = sqlite3.threadsafety == 3


class _Batch(NamedTuple):
    """What the tables take over at a time; `newest` is the newest hop that had an id then."""

    hops: list[Row]
    links: list[Row]
    keys: list[Row] | None
    newest: int


class Tables:
    """The hops, links and keys of one journal.

    Args:
        path: the journal's file, or None for one in memory, which has no tail.
        limit: hops kept.
        max_bytes: bytes kept on disk.

    Attributes:
        book: the business keys that are known.
        lookup: the index of ids.
    """

    def __init__(self, path: Path | None, limit: int, max_bytes: int) -> None:
        self._database = Database(path)
        self._database.rows(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self._database.define(SCHEMA)
        #: Hops that one statement inserts; older versions of SQLite take few values.
        self._together = min(TOGETHER, self._database.most_values // len(COLUMNS))
        self._insert_hops = insert_hops(self._together)
        self._tail = None if path is None else Tail(path)
        self.lookup = Lookup(self._database)
        self._recover()
        self.book = KeyBook(self._database)
        self._retention = Retention(self._database, self.lookup, limit, max_bytes)
        #: In the tail, and not given to the tables.
        self._hops: list[Row] = []
        self._links: list[Row] = []
        #: Whether it was so much after the last append that the tables should take it over.
        self._due = False
        self._worker: ThreadPoolExecutor | None = None
        #: What the thread is writing.
        self._work: tuple[_Batch, Future[None]] | None = None
        newest = self._database.row("SELECT max(id) AS id FROM hops")
        #: The newest hop that had an id when something was appended last.
        self.newest: int = (newest["id"] if newest else None) or 0

    def append(self, hops: Sequence[Row], links: Sequence[Row], newest: int) -> None:
        """Makes hops safe from the end of the process.

        Raises:
            StoreError: they could not be written (disk full), and are not kept.
        """
        if self._due and (
            len(self._hops) > _WAITING or (self._tail is not None and self._tail.size > _WAITING_BYTES)
        ):
            self.settle()
        try:
            if self._tail is not None:
                self._tail.append(hops, links)
        except OSError as error:
            raise _not_written(error) from error
        except UnicodeEncodeError:  # half of a surrogate pair, which the tables would not take either
            self.append([_as_unicode(row) for row in hops], links, newest)
            return
        self._hops += hops
        self._links += links
        self.newest = newest
        self._due = len(self._hops) >= _TAKEN or (self._tail is not None and self._tail.size >= _TAKEN_BYTES)
        if self._due:
            # What the tables cannot take now waits in the tail.
            with suppress(StoreError):
                self._hand_over()

    def flow_of(self, hop: int) -> int | None:
        """The flow of a hop that the tables have, or None."""
        row = self._database.row("SELECT flow FROM hops WHERE id = ?", (hop,))
        return int(row["flow"]) if row else None

    def settle(self) -> Database:
        """The tables, with everything that was appended.

        Raises:
            StoreError: they could not be written (disk full); nothing is lost.
        """
        self._finish_work()
        if self._hops:
            batch = self._batch()
            try:
                self._write(batch)
            except StoreError:
                self._take_back(batch)
                raise
            if self._tail is not None:
                self._tail.forget()
        return self._database

    def settle_keys(self) -> None:
        """Writes the business keys, too, however few are new.

        Raises:
            StoreError: they could not be written (disk full); nothing is lost.
        """
        self.settle()
        keys = self.book.due(self.newest, self._retention.oldest, now=True)
        if keys is not None:
            batch = _Batch([], [], keys, self.newest)
            try:
                self._write(batch)
            except StoreError:
                self._take_back(batch)
                raise

    def rewind(self, hop: int) -> None:
        """Forgets every hop after `hop`.

        Raises:
            StoreError: it could not be written (disk full); nothing is forgotten.
        """
        self.settle()
        with self._all_or_nothing():
            self._forget_after(hop)
        self._look_anew()

    def replace_by(self, hops: Sequence[Row], links: Sequence[Row], keys: Sequence[Row]) -> None:
        """Holds other rows instead of its own.

        Raises:
            StoreError: they could not be written (disk full); it holds its own.
        """
        self.settle()
        newest = max((row[ID] for row in hops), default=0)
        with self._all_or_nothing():
            self._forget_after(0)
            self._add(_Batch([*hops], [*links], [*keys], newest))
        self.newest = newest
        self._look_anew()

    def close(self) -> None:
        """Writes everything and closes the files."""
        try:
            self.settle_keys()
        finally:
            if self._worker is not None:
                self._worker.shutdown()
            if self._tail is not None:
                self._tail.close()
            self._database.close()

    # --- inside ------------------------------------------------------------------------------------------
    def _hand_over(self) -> None:
        """Lets the thread write what has gathered, unless it is at work."""
        if self._tail is None or not _THREADS:
            self.settle()
            return
        if self._work is not None:
            if not self._work[1].done():
                return
            self._finish_work()
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="journal-tables")
        batch = self._batch()
        self._tail.turn()
        self._work = (batch, self._worker.submit(self._write, batch))

    def _finish_work(self) -> None:
        """Waits for the thread. What it could not write is written by `settle`, or waits."""
        if self._work is None:
            return
        (batch, work), self._work = self._work, None
        if work.exception() is not None:
            self._take_back(batch)
            self.settle()
            return
        if self._tail is not None:
            self._tail.forget_before()

    def _batch(self) -> _Batch:
        keys = self.book.due(self.newest, self._retention.oldest)
        batch = _Batch(self._hops, self._links, keys, self.newest)
        self._hops, self._links = [], []
        return batch

    def _take_back(self, batch: _Batch) -> None:
        self._hops[:0] = batch.hops
        self._links[:0] = batch.links
        self.book.give_back(batch.keys or ())

    def _write(self, batch: _Batch) -> None:
        """Writes and commits; the only user of the connection that writes at that time."""
        with self._all_or_nothing():
            self._add(batch)
            self._retention.sweep(batch.newest, len(batch.hops))

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Commits what is written inside.

        Raises:
            StoreError: some of it could not be written, and nothing is.
        """
        try:
            yield
            self._database.commit()
        except (sqlite3.Error, StoreError) as error:
            self._database.abandon()
            self.lookup.reopen()
            self._retention.reopen()
            raise _not_written(error) from error

    def _add(self, batch: _Batch) -> None:
        self._insert(batch.hops)
        self._database.executemany(INSERT_LINK, batch.links)
        self.lookup.add(batch.hops)
        if batch.keys is not None:
            keybook.write(self._database, batch.keys, batch.newest)

    def _forget_after(self, hop: int) -> None:
        for table, column in (("hops", "id"), ("links", "hop"), ("keys", "hop")):
            self._database.execute(f"DELETE FROM {table} WHERE {column} > ?", (hop,))
        self._database.execute("UPDATE keys_written SET hop = min(hop, ?)", (hop,))
        self.lookup.rewind(hop)

    def _look_anew(self) -> None:
        """Rows came or went otherwise than by recording."""
        self.book = KeyBook(self._database)
        self._retention.reopen()

    def _insert(self, hops: Sequence[Row]) -> None:
        size = self._together
        together = len(hops) // size * size
        try:
            for start in range(0, together, size):
                values = [*chain.from_iterable(hops[start : start + size])]
                self._database.execute(self._insert_hops, values)
            self._database.executemany(INSERT_HOP, hops[together:])
        except sqlite3.IntegrityError:
            # Some of them were written by a commit that was said to have failed.
            self._database.executemany(REPLACE_HOP, hops)

    def _recover(self) -> None:
        """Takes over what a process that was killed had left in the tail: some of it may be in the tables."""
        if self._tail is None:
            return
        for hops, links in self._tail.records():
            self._database.executemany(REPLACE_HOP, hops)
            self._database.executemany(INSERT_LINK, links)
            self.lookup.add(hops)
        self._database.commit()
        self._tail.forget()


def _as_unicode(row: Row) -> Row:
    return tuple(
        value.encode(errors="replace").decode() if isinstance(value, str) else value for value in row
    )


def _not_written(error: Exception) -> StoreError:
    return StoreError(
        "the sandbox could not write its journal",
        error.why if isinstance(error, StoreError) else str(error),
        "free some disk space in the state folder; everything acknowledged before is kept",
    )
