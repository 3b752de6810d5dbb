"""The file of `lookup`: its layout, and the thread's work on it.

It is cut into parts by hop, and a part whose hops are gone is dropped whole. The statements that take hops
over run outside of Python's lock and write sorted. The file holds nothing that the journal does not: one
that is lost or damaged is made anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

#: So many hops are taken over at a time: fewer cost more each, more would be long to search until then.
BATCH = 16_384
#: Hops of one part of the index.
PART = 131_072
#: The last characters of an id are kept of it: 48 random bits of a UUID or trace id.
TAIL = 12
#: Tables: id -> first hop, resource -> flows, and the hops that begin a flow.
IDS, TOUCHED, ROOTS = "ids_", "touched_", "roots_"
#: Of the file's layout; one of another version is made anew.
_VERSION = 2
#: The root of an X-Ray trace header, as SQL.
ROOT = "substr(trace, instr(trace, 'Root=') + 5, 35)"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), upto INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS resources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
"""
_NEW_PARTS = (
    f"CREATE TABLE IF NOT EXISTS {IDS}{{part}} (key TEXT PRIMARY KEY, hop INTEGER NOT NULL) WITHOUT ROWID",
    f"CREATE TABLE IF NOT EXISTS {TOUCHED}{{part}} (resource INTEGER NOT NULL, flow INTEGER NOT NULL,"
    " PRIMARY KEY (resource, flow)) WITHOUT ROWID",
    f"CREATE TABLE IF NOT EXISTS {ROOTS}{{part}} (id INTEGER PRIMARY KEY, kind TEXT NOT NULL)",
)


def _keyed(expression: str, column: str) -> str:
    return (
        f"SELECT substr({expression}, -{TAIL}) AS key, id AS hop FROM journal.hops"
        f" WHERE id BETWEEN :first AND :last AND {column} != ''"
    )


_TAKE_OVER = (
    f"INSERT OR IGNORE INTO {IDS}{{part}} SELECT key, hop FROM ("
    + " UNION ALL ".join(
        _keyed(*pair)
        for pair in (
            ("request_id", "request_id"),
            ("event_id", "event_id"),
            ("message_id", "message_id"),
            (ROOT, "trace"),
        )
    )
    + ") ORDER BY key, hop",
    "INSERT OR IGNORE INTO resources (name)"
    " SELECT resource FROM journal.hops WHERE id BETWEEN :first AND :last AND resource != ''"
    " UNION SELECT function FROM journal.hops WHERE id BETWEEN :first AND :last AND function != ''",
    f"INSERT OR IGNORE INTO {TOUCHED}{{part}}"
    " SELECT known.id, hop.flow FROM journal.hops AS hop JOIN resources AS known ON known.name = hop.resource"
    " WHERE hop.id BETWEEN :first AND :last"
    " UNION"
    " SELECT known.id, hop.flow FROM journal.hops AS hop JOIN resources AS known ON known.name = hop.function"
    " WHERE hop.id BETWEEN :first AND :last",
    f"INSERT OR IGNORE INTO {ROOTS}{{part}}"
    " SELECT id, kind FROM journal.hops WHERE id BETWEEN :first AND :last AND flow = id",
)


def connect(path: Path) -> sqlite3.Connection:
    """Opens the file, made where it is missing.

    Raises:
        sqlite3.DatabaseError: it is damaged, or of another version.
    """
    connection = sqlite3.connect(path.as_uri(), uri=True, isolation_level=None, check_same_thread=False)
    try:
        # A file that can be made anew need not survive the machine's sudden end, only the process's.
        for pragma in ("synchronous=OFF", "journal_mode=WAL", "cache_size=-16000", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if tables and version != _VERSION:
            raise sqlite3.DatabaseError(f"the file has version {version}, not {_VERSION}")
        connection.executescript(f"PRAGMA user_version = {_VERSION};{_SCHEMA}")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def progress(connection: sqlite3.Connection) -> int:
    """The hop up to which the file follows the journal."""
    row = connection.execute("SELECT upto FROM progress").fetchone()
    return int(row[0]) if row else 0


def remove(path: Path) -> None:
    """Deletes the file, with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


class Writer:
    """Takes hops over into the file; lives in the thread of its owner.

    Args:
        path: the file. journal: the journal's.
    """

    def __init__(self, path: Path, journal: Path) -> None:
        self._path = path
        self._journal = journal
        self._stopped = False
        self._opened: sqlite3.Connection | None = None

    def interrupt(self) -> None:
        """Ends the statement that runs; what was begun is undone."""
        self._stopped = True
        if self._opened is not None:
            self._opened.interrupt()

    def close(self) -> None:
        """Closes the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def take_over(self, upto: int, newest: int, oldest: int, late: Sequence[int]) -> int:
        """Takes over the hops after `upto`, in slices; returns how far it got.

        Args:
            newest, oldest: hops of the journal.
            late: hops recorded after they had been passed.
        """
        for hop in late:
            with self._transaction():
                self._slice(hop, hop)
        while upto < newest and not self._stopped:
            first = max(upto + 1, oldest)
            last = min(newest, first + BATCH - 1, (first // PART + 1) * PART - 1)
            with self._transaction():
                self._slice(first, last)
                self._connection.execute("INSERT OR REPLACE INTO progress VALUES (1, ?)", (last,))
            upto = last
        self._drop_parts(oldest // PART)
        return upto

    @property
    def _connection(self) -> sqlite3.Connection:
        """Opened when first used, and so by the thread."""
        if self._opened is None:
            self._opened = connect(self._path)
            self._opened.execute("ATTACH ? AS journal", (f"{self._journal.as_uri()}?mode=ro",))
        return self._opened

    def _slice(self, first: int, last: int) -> None:
        part = first // PART
        for sql in _NEW_PARTS:
            self._connection.execute(sql.format(part=part))
        for sql in _TAKE_OVER:
            self._connection.execute(sql.format(part=part), {"first": first, "last": last})

    def _drop_parts(self, before: int) -> None:
        tables = self._connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        for name in [str(row[0]) for row in tables.fetchall()]:
            for prefix in (IDS, TOUCHED, ROOTS):
                number = name.removeprefix(prefix)
                if name != number and number.isdigit() and int(number) < before:
                    self._connection.execute(f"DROP TABLE {name}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
