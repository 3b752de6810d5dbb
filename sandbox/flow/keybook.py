"""The business keys that are known, and the flow in which each was first seen.

Every hop carries the keys found in it, so the table of keys can follow in batches: what a crash kept out of
it is read off the hops at the next start.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sandbox.flow.schema import INSERT_KEY, Row
from sandbox.flow.seen import Seen
from sandbox.model.recent import Recent
from sandbox.store.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys_written (one INTEGER PRIMARY KEY CHECK (one = 1), hop INTEGER NOT NULL);
"""
_REMEMBERED = 50_000
#: Keys of an earlier process that are read at a start, at most: with more, every new key is looked for in the
#: table, which may wait for the thread that writes there.
_READ = 100_000
#: The table follows when so many keys, or so many hops, have gathered.
_KEYS = 500
_HOPS = 10_000

#: Name, value and account of a key.
Key = tuple[str, str, str]


def write(database: Database, rows: Sequence[Row], newest: int) -> None:
    """Writes rows that are due, and how far the hops are of which all keys are there."""
    database.executemany(INSERT_KEY, rows)
    database.execute("INSERT OR REPLACE INTO keys_written VALUES (1, ?)", (newest,))


class KeyBook:
    """Keys by name, value and account.

    Args:
        database: the journal's.
        remembered: keys that are held in memory.
        read: keys of an earlier process that are read at the start, at most.
    """

    def __init__(self, database: Database, remembered: int = _REMEMBERED, read: int = _READ) -> None:
        self._database = database
        self._known: Recent[Key, tuple[int, int]] = Recent(remembered)
        self._new: dict[Key, tuple[int, int]] = {}
        self._written = 0
        self._seen: Seen | None = None
        database.define(SCHEMA)
        self._catch_up()
        self._seen = self._all_seen(read)

    def find(self, key: Key) -> tuple[int, int] | None:
        """The flow in which a key was first seen, and the hop that carried it; None when it is new."""
        known = self._known.get(key)
        if known is not None:
            return known
        if self._seen is not None and not self._seen.maybe(key):
            return None
        row = self._database.row(
            "SELECT flow, hop FROM keys WHERE value = ? AND name = ? AND account = ?",
            (key[1], key[0], key[2]),
        )
        if row is None:
            return None
        found = (int(row["flow"]), int(row["hop"]))
        self._known.put(key, found)
        return found

    def learn(self, key: Key, flow: int, hop: int) -> None:
        """A key was seen for the first time."""
        self._known.put(key, (flow, hop))
        self._new[key] = (flow, hop)
        if self._seen is not None:
            self._seen.add(key)

    def due(self, newest: int, oldest: int, *, now: bool = False) -> list[Row] | None:
        """Rows of the table of keys to be written, when enough has gathered; they count as written.

        Args:
            newest, oldest: the hops that are written and kept; keys of older ones are forgotten.
            now: however little it is.

        Returns:
            The rows; None when there is no need to write.
        """
        if not self._new if now else len(self._new) < _KEYS and newest - self._written < _HOPS:
            return None
        rows: list[Row] = [(*key, flow, hop) for key, (flow, hop) in self._new.items() if hop >= oldest]
        rows.sort(key=lambda row: row[1])
        self._new.clear()
        self._written = newest
        return rows

    def give_back(self, rows: Sequence[Row]) -> None:
        """Rows that were due could not be written."""
        for name, value, account, flow, hop in rows:
            self._new.setdefault((name, value, account), (flow, hop))

    def _all_seen(self, limit: int) -> Seen | None:
        """The keys of the table; None where they are too many to read them now."""
        rows = self._database.rows("SELECT name, value, account FROM keys LIMIT ?", (limit + 1,))
        if len(rows) > limit:
            return None
        seen = Seen()
        for row in rows:
            seen.add(tuple(row))
        return seen

    def _catch_up(self) -> None:
        row = self._database.row("SELECT hop FROM keys_written")
        self._written = int(row["hop"]) if row else 0
        found = self._database.rows(
            "SELECT id, flow, account, keys FROM hops WHERE id > ? AND keys != '' ORDER BY id",
            (self._written,),
        )
        for hop in found:
            for name, value in msgspec.json.decode(hop["keys"], type=dict[str, str]).items():
                key = (name, value, hop["account"])
                if key not in self._new:
                    self._new[key] = (hop["flow"], hop["id"])
        if found:
            write(self._database, self.due(found[-1]["id"], 0, now=True) or (), found[-1]["id"])
            self._database.commit()
