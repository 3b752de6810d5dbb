"""How much of the past the journal keeps. The oldest hops go a few at a time, along with new ones coming."""

from __future__ import annotations

from sandbox.flow.lookup import Lookup
from sandbox.store.database import Database

#: So often (in hops recorded) the size on disk is looked at.
_LOOK = 1_000


class Retention:
    """Drops the oldest hops.

    Args:
        database: the journal's.
        lookup: its index of ids.
        limit: hops kept.
        max_bytes: bytes kept on disk; hops with long payloads reach it before `limit`.
    """

    def __init__(self, database: Database, lookup: Lookup, limit: int, max_bytes: int) -> None:
        self._database = database
        self._lookup = lookup
        self._limit = limit
        self._max_bytes = max_bytes
        self._looked = 0
        self._heavy = False
        #: The oldest hop that is kept.
        self.oldest = self._oldest()

    def reopen(self) -> None:
        """Says that hops came or went otherwise: a sweep was abandoned, the journal was taken back."""
        self.oldest = self._oldest()

    def sweep(self, newest: int, recorded: int) -> None:
        """Drops what is too old, in the transaction of the hops that came.

        Args:
            newest: the newest hop.
            recorded: how many came; twice as many go at most, so that a sweep costs no more than a recording.
        """
        if newest - self._looked >= _LOOK:
            self._looked = newest
            self._heavy = self._bytes() > self._max_bytes
        self.oldest = max(self.oldest, self._oldest())
        over = newest - self._limit - self.oldest + 1
        if over > 0:
            over -= self._lookup.never_given(self.oldest)
        if self._heavy:
            over = max(over, newest - self.oldest - recorded)
        if over <= 0:
            return
        self.oldest += min(over, max(2 * recorded, 50))
        self._database.execute("DELETE FROM hops WHERE id < ?", (self.oldest,))
        self._database.execute("DELETE FROM links WHERE hop < ?", (self.oldest,))
        self._database.execute("DELETE FROM keys WHERE hop < ?", (self.oldest,))
        self._lookup.forget_before(self.oldest)

    def _oldest(self) -> int:
        row = self._database.row("SELECT min(id) AS id FROM hops")
        return int((row["id"] if row else None) or 1)

    def _bytes(self) -> int:
        """Bytes of the file that hold something; pages that were freed are used again."""
        values = []
        for pragma in ("page_count", "freelist_count", "page_size"):
            row = self._database.row(f"PRAGMA {pragma}")
            values.append(int(row[0]) if row else 0)
        pages, free, size = values
        return (pages - free) * size
