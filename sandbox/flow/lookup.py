"""Finds hops by their ids and flows by what they touched.

Ids of requests, events and messages are random: an ordered index over them changes all over with every
hop, and writing its pages would cost more than the hop itself. So a row beside the hops says of about a
thousand of them at a time what they mention. A question reads through these rows, and then only the hops of
those that mention what it asks for. They may say too much (of hops that are gone), never too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sandbox.flow.schema import EVENT, FLOW, FUNCTION, ID, KIND, MESSAGE, REQUEST, RESOURCE, TRACE, Row
from sandbox.store.database import Database

#: Hops that one row of `mentions` is about, or few more.
TOGETHER = 1_024
#: The last characters of an id are kept of it: 48 random bits of a UUID or trace id.
_TAIL = 12
#: The root of an X-Ray trace header: as SQL, its beginning, and its length.
_ROOT = "substr(trace, instr(trace, 'Root=') + 5, 35)"
_BEGINNING, _LENGTH = "Root=", 35
_HAS_ID = (
    "(request_id = :id OR event_id = :id OR message_id = :id"
    f" OR (trace != '' AND (trace = :id OR {_ROOT} = :id)))"
)
_WRITE = "INSERT OR REPLACE INTO mentions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class _Mentions:
    """What some hops mention; a row of the table."""

    row: int
    first: int
    last: int
    oldest_flow: int
    hops: int = 0
    roots: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def add(self, hops: Sequence[Row]) -> None:
        numbers = [hop[ID] for hop in hops]
        self.first = min(self.first, *numbers)
        self.last = max(self.last, *numbers)
        self.oldest_flow = min(self.oldest_flow, *[hop[FLOW] for hop in hops])
        self.hops += len(hops)
        self.roots.update({hop[KIND] for hop in hops if hop[FLOW] == hop[ID]})
        for column in (RESOURCE, FUNCTION):
            self.names.update({name.lower() for name in {hop[column] for hop in hops}})
        for column in (REQUEST, EVENT, MESSAGE):
            self.ids.update({hop[column][-_TAIL:] for hop in hops})
        self.ids.update({_root(trace)[-_TAIL:] for trace in {hop[TRACE] for hop in hops}})

    def values(self) -> tuple[int | str | bytes, ...]:
        texts = (_joined(self.roots), _joined(self.names), _joined(self.ids).encode())
        return (self.row, self.first, self.last, self.oldest_flow, self.hops, *texts)


class Lookup:
    """The index of one journal; reads and writes along with its tables.

    Args:
        journal: the journal's database.
    """

    def __init__(self, journal: Database) -> None:
        self._journal = journal
        #: What is written of the newest hops, as long as they are few.
        self._open: _Mentions | None = None
        self._add_missing()

    def add(self, hops: Sequence[Row]) -> None:
        """Writes what hops mention, in the transaction that writes them.

        Raises:
            StoreError: the disk is full; the transaction is to be abandoned, and `reopen` called.
        """
        for start in range(0, len(hops), TOGETHER):
            part = hops[start : start + TOGETHER]
            mentions = self._open or self._newest() or self._begin(part[0])
            if mentions.hops >= TOGETHER:
                mentions = self._begin(part[0], mentions.row + 1)
            mentions.add(part)
            self._open = mentions
            self._journal.execute(_WRITE, mentions.values())

    def rewind(self, hop: int) -> None:
        """Forgets the hops after `hop`, in the transaction that does."""
        self._journal.execute("DELETE FROM mentions WHERE first > ?", (hop,))
        self._journal.execute("UPDATE mentions SET last = min(last, ?)", (hop,))
        self._open = None

    def reopen(self) -> None:
        """Says that the transaction was abandoned."""
        self._open = None

    # --- asking ------------------------------------------------------------------------------------------
    def hop(self, identity: str) -> int | None:
        """The first hop that carries an id of a request, event, message or trace, or None."""
        wanted = f"\n{_root(identity)[-_TAIL:]}\n".encode()
        rows = self._journal.each("SELECT first, last, ids FROM mentions ORDER BY row")
        found = (
            self._journal.row(
                f"SELECT min(id) AS id FROM hops WHERE id BETWEEN :first AND :last AND {_HAS_ID}",
                {"first": first, "last": last, "id": identity},
            )
            for first, last, ids in rows
            if wanted in ids
        )
        return next((int(row["id"]) for row in found if row and row["id"] is not None), None)

    def flows_touching(self, name: str, before: int, limit: int) -> list[int]:
        """The newest flows smaller than `before` in which a resource or function took part, newest first.

        Args:
            name: part of its ARN or name, in any case.
        """
        rows = self._journal.rows(
            "SELECT first, last FROM mentions WHERE oldest_flow < ? AND instr(names, ?) ORDER BY last DESC",
            (before, name.lower()),
        )
        sql = (
            "SELECT DISTINCT flow FROM hops WHERE id BETWEEN :first AND :last AND flow < :before"
            " AND (instr(lower(resource), :name) OR instr(lower(function), :name))"
        )
        parameters: dict[str, int | str] = {"before": before, "name": name.lower()}
        return self._newest_of(((row["first"], row["last"]) for row in rows), sql, parameters, limit)

    def roots(self, kinds: Sequence[str], before: int, limit: int) -> list[int]:
        """The newest flows smaller than `before` that began with one of these kinds of hop, newest first."""
        rows = self._journal.rows(
            "SELECT first, last, roots FROM mentions WHERE first < ? ORDER BY last DESC", (before,)
        )
        wanted = {kind: f"kind{number}" for number, kind in enumerate(kinds)}
        places = ", ".join(f":{place}" for place in wanted.values())
        sql = (
            "SELECT id FROM hops WHERE id BETWEEN :first AND :last AND id < :before"
            f" AND flow = id AND kind IN ({places})"
        )
        parameters: dict[str, int | str] = {
            "before": before,
            **{place: kind for kind, place in wanted.items()},
        }
        ranges = (
            (row["first"], row["last"]) for row in rows if not wanted.keys().isdisjoint(_parts(row["roots"]))
        )
        return self._newest_of(ranges, sql, parameters, limit)

    # --- inside ------------------------------------------------------------------------------------------
    def _newest_of(
        self, ranges: Iterable[tuple[int, int]], sql: str, parameters: dict[str, int | str], limit: int
    ) -> list[int]:
        """The largest flows that a statement finds in ranges of hops; the range that ends last is first."""
        found: list[int] = []
        for first, last in ranges:
            # A flow has the number of its first hop, so no flow of these is larger than `last`.
            if len(found) == limit and found[-1] > last:
                break
            rows = self._journal.rows(sql, parameters | {"first": first, "last": last})
            found = sorted({*found, *(int(row[0]) for row in rows)}, reverse=True)[:limit]
        return found

    def _begin(self, hop: Row, row: int = 1) -> _Mentions:
        return _Mentions(row, hop[ID], hop[ID], hop[FLOW])

    def _newest(self) -> _Mentions | None:
        row = self._journal.row("SELECT * FROM mentions ORDER BY row DESC LIMIT 1")
        if row is None:
            return None
        number, first, last, oldest_flow, hops, roots, names, ids = row
        texts = (set(_parts(text)) for text in (roots, names, ids.decode()))
        return _Mentions(number, first, last, oldest_flow, hops, *texts)

    def _add_missing(self) -> None:
        """Adds the hops of a file that is older than the table."""
        for rows in self._missing():
            self.add(rows)
        self._journal.commit()

    def _missing(self) -> Iterator[list[Row]]:
        sql = (
            "SELECT * FROM hops WHERE id > (SELECT coalesce(max(last), 0) FROM mentions) ORDER BY id LIMIT ?"
        )
        while rows := self._journal.rows(sql, (TOGETHER,)):
            yield [tuple(row) for row in rows]


def _root(trace: str) -> str:
    """The root of a trace header; what is none stays as it is."""
    _, beginning, rest = trace.partition(_BEGINNING)
    return rest[:_LENGTH] if beginning else trace


def _joined(texts: Iterable[str]) -> str:
    """Texts as they are stored: each between two ends of lines."""
    return "\n".join(("", *filter(None, texts), ""))


def _parts(text: str) -> list[str]:
    return text.split("\n")[1:-1]
