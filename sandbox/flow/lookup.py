"""Finds hops by their ids and flows by what they touched, in a file beside the journal.

Ids of requests, events and messages are random: an index over them changes all over with every hop, and
writing its pages would cost more than the hop itself. So it follows: a thread takes over some thousands of
hops at a time (`lookup_file`), and what it has not reached yet is searched in the journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.flow.lookup_file import (
    BATCH,
    IDS,
    ROOT,
    ROOTS,
    TAIL,
    TOUCHED,
    Writer,
    connect,
    progress,
    remove,
)
from sandbox.store.database import Database

#: Hops looked at again after a start: one that was reserved early and recorded late may be missing.
_AGAIN = 4 * BATCH
_MENTIONS = (
    "(request_id = :id OR event_id = :id OR message_id = :id"
    f" OR (trace != '' AND (trace = :id OR {ROOT} = :id)))"
)


class Lookup:
    """The index of one journal.

    Args:
        journal: the journal's database; one in memory is small, and searched without an index.
    """

    def __init__(self, journal: Database) -> None:
        self._journal = journal
        self._path = None if journal.path is None else journal.path.absolute().with_suffix(".lookup")
        self._reader: sqlite3.Connection | None = None
        self._writer: Writer | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._work: Future[int] | None = None
        self._late: list[int] = []
        self._taken: list[int] = []
        #: Hops up to this one can be found in the index.
        self.upto = 0
        #: Hops up to this one have been read by the thread, or will have been when its work is done.
        self.passed = 0
        if self._path is not None:
            self._open(self._path)

    # --- following the journal ---------------------------------------------------------------------------
    def missed(self, hop: int) -> None:
        """Says that a hop was recorded after the index had passed it."""
        if self._path is not None:
            self._late.append(hop)

    def follow(self, newest: int, oldest: int) -> None:
        """Says how far the journal is; begins to take over what has gathered, when it is enough.

        Args:
            newest, oldest: hops of the journal that are committed.
        """
        if self._path is None or newest - self.passed < BATCH:
            return
        if self._work is not None:
            if not self._work.done():
                return
            self.settle()
            if newest - self.passed < BATCH:
                return
        if self._worker is None:
            assert self._journal.path is not None
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="journal-lookup")
            self._writer = Writer(self._path, self._journal.path.absolute())
        assert self._writer is not None
        self._taken, self._late = self._late, []
        self._work = self._worker.submit(self._writer.take_over, self.passed, newest, oldest, self._taken)
        self.passed = newest

    def settle(self) -> None:
        """Waits for the work under way; one that failed (disk full) is done again with the next hops."""
        work, self._work = self._work, None
        if work is None:
            return
        if work.exception() is None:
            self.upto = work.result()
            self._taken = []
        else:
            self._late.extend(self._taken)
        self.passed = self.upto

    def rewind(self, hop: int) -> None:
        """Begins anew where the index knows hops after `hop`, which the journal has forgotten."""
        if self._path is None or self.passed <= hop:
            return
        self.close()
        remove(self._path)
        self._late, self._taken = [], []
        self._open(self._path)

    def close(self) -> None:
        """Ends the work under way and closes the file."""
        if self._worker is not None and self._writer is not None:
            self._writer.interrupt()
            self._worker.shutdown(wait=True)
            self._writer.close()
            self._worker = self._writer = self._work = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    # --- asking ------------------------------------------------------------------------------------------
    def hop(self, identity: str) -> int | None:
        """The first hop that carries an id of a request, event, message or trace, or None."""
        with self._snapshot():
            candidates = [
                hop
                for part in self._parts(IDS)
                for (hop,) in self._ask(f"SELECT hop FROM {part} WHERE key = ?", identity[-TAIL:])
            ]
        for hop in candidates:
            sql = f"SELECT id FROM hops WHERE id = :hop AND {_MENTIONS}"
            if self._journal.row(sql, {"hop": hop, "id": identity}) is not None:
                return int(hop)
        found = self._journal.row(
            f"SELECT id FROM hops WHERE {self._behind()} AND {_MENTIONS} ORDER BY id LIMIT 1",
            {"id": identity},
        )
        return int(found["id"]) if found else None

    def flows_touching(self, name: str, before: int, limit: int) -> list[int]:
        """The newest flows smaller than `before` in which a resource or function took part, newest first.

        Args:
            name: part of its ARN or name, in any case.
        """
        part_of_name = name.lower()
        rows = self._journal.rows(
            f"SELECT DISTINCT flow FROM hops WHERE {self._behind()} AND flow < :before"
            " AND (instr(lower(resource), :name) OR instr(lower(function), :name))",
            {"before": before, "name": part_of_name},
        )
        found = {int(row["flow"]) for row in rows}
        with self._snapshot():
            known = self._ask("SELECT id, name FROM resources")
            numbers = [number for number, full in known if part_of_name in full.lower()]
            for part in self._parts(TOUCHED):
                sql = f"SELECT flow FROM {part} WHERE resource = ? AND flow < ? ORDER BY flow DESC LIMIT ?"
                for number in numbers:
                    found.update(flow for (flow,) in self._ask(sql, number, before, limit))
        return sorted(found, reverse=True)[:limit]

    def roots(self, kinds: Sequence[str], before: int, limit: int) -> list[int]:
        """The newest flows smaller than `before` that began with one of these kinds of hop, newest first."""
        marks = ", ".join("?" * len(kinds))
        rows = self._journal.rows(
            f"SELECT id FROM hops WHERE {self._behind()} AND id < ? AND flow = id AND kind IN ({marks})"
            " ORDER BY id DESC LIMIT ?",
            (before, *kinds, limit),
        )
        indexed: list[int] = []
        with self._snapshot():
            for part in reversed(self._parts(ROOTS)):
                if len(indexed) >= limit:
                    break
                sql = f"SELECT id FROM {part} WHERE id < ? AND kind IN ({marks}) ORDER BY id DESC LIMIT ?"
                indexed += [hop for (hop,) in self._ask(sql, before, *kinds, limit)]
        # Hops recorded late lie anywhere, and what is taken over at this moment may be in both.
        return sorted({*indexed, *(int(row["id"]) for row in rows)}, reverse=True)[:limit]

    # --- inside ------------------------------------------------------------------------------------------
    def _open(self, path: Path) -> None:
        row = self._journal.row("SELECT max(id) AS id FROM hops")
        newest = (row["id"] if row else None) or 0
        try:
            self._reader = connect(path)
            upto = progress(self._reader)
        except sqlite3.DatabaseError:  # damaged
            upto = newest + 1
        if upto > newest:  # or of another journal
            if self._reader is not None:
                self._reader.close()
            remove(path)
            self._reader = connect(path)
            upto = 0
        self.upto = self.passed = max(0, upto - _AGAIN)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """One picture of the file for several questions: the thread may drop a part between them."""
        if self._reader is None:
            yield
            return
        self._reader.execute("BEGIN")
        try:
            yield
        finally:
            self._reader.execute("COMMIT")

    def _behind(self) -> str:
        """Which hops the index does not have yet, as SQL: the newest, and those that were recorded late."""
        late = ", ".join(map(str, [*self._taken, *self._late]))
        return f"(id > {self.upto} OR id IN ({late}))" if late else f"id > {self.upto}"

    def _parts(self, prefix: str) -> list[str]:
        """The tables of one kind, the oldest first."""
        names = [str(name) for (name,) in self._ask("SELECT name FROM sqlite_master WHERE type = 'table'")]
        parts = [name for name in names if name.startswith(prefix)]
        return sorted(parts, key=lambda name: int(name.removeprefix(prefix)))

    def _ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._reader.execute(sql, parameters).fetchall() if self._reader is not None else []
