"""Finds hops by their ids and flows by what they touched.

Ids of requests, events and messages are random: an ordered index over them changes all over with every
hop, and writing its pages would cost more than the hop itself. So a row beside the hops says of about a
thousand of them at a time what they mention. A question reads through these rows, and then only the hops of
those that mention what it asks for. They may say too much (of hops that are gone), never too little.

A row is about hops that lie close together, or a question would read all that lies between them: a hop that
was reserved long before it is recorded (a call that took long) goes to the row of those around it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest

from sandbox.flow.schema import EVENT, FLOW, FUNCTION, ID, KIND, MESSAGE, REQUEST, RESOURCE, TRACE, Row
from sandbox.store.database import Database

#: Hops that one row of `mentioned` is about, or few more.
TOGETHER = 1_024
#: Rows of hops by which one may be behind the newest and still go to their row.
_BEHIND = 8
#: The last characters of an id are kept of it: 48 random bits of a UUID or trace id.
_TAIL = 12
#: The root of an X-Ray trace header: as SQL, its beginning, and its length.
_ROOT = "substr(trace, instr(trace, 'Root=') + 5, 35)"
_BEGINNING, _LENGTH = "Root=", 35
_HAS_ID = (
    "(request_id = :id OR event_id = :id OR message_id = :id"
    f" OR (trace != '' AND (trace = :id OR {_ROOT} = :id)))"
)
_WRITE = "INSERT OR REPLACE INTO mentioned VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class _Mentions:
    """What some hops mention; a row of the table."""

    row: int
    first: int
    last: int
    oldest_flow: int
    newest_flow: int
    hops: int = 0
    roots: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def add(self, hops: Sequence[Row]) -> None:
        numbers = [hop[ID] for hop in hops]
        flows = [hop[FLOW] for hop in hops]
        self.first = min(self.first, *numbers)
        self.last = max(self.last, *numbers)
        self.oldest_flow = min(self.oldest_flow, *flows)
        self.newest_flow = max(self.newest_flow, *flows)
        self.hops += len(hops)
        self.roots.update({hop[KIND] for hop in hops if hop[FLOW] == hop[ID]})
        for column in (RESOURCE, FUNCTION):
            self.names.update(_lines({_small(name) for name in {hop[column] for hop in hops}}))
        for column in (REQUEST, EVENT, MESSAGE):
            self.ids.update(_lines({hop[column][-_TAIL:] for hop in hops}))
        self.ids.update(_lines({_root(trace)[-_TAIL:] for trace in {hop[TRACE] for hop in hops}}))

    def values(self) -> tuple[int | str | bytes, ...]:
        numbers = (self.row, self.first, self.last, self.oldest_flow, self.newest_flow, self.hops)
        return (*numbers, _joined(self.roots), _joined(self.names), _joined(self.ids).encode())


class Lookup:
    """The index of one journal; reads and writes along with its tables.

    Args:
        journal: the journal's database.
        together: hops that one row is about, or few more.
    """

    def __init__(self, journal: Database, together: int = TOGETHER) -> None:
        self._journal = journal
        self._together = together
        #: What is written of the newest hops, as long as they are few.
        self._open: _Mentions | None = None
        #: Numbers between rows that leap: from, and up to.
        self._leaps: list[tuple[int, int]] | None = None
        self._add_missing()

    def add(self, hops: Sequence[Row]) -> None:
        """Writes what hops mention, in the transaction that writes them.

        Raises:
            StoreError: the disk is full; the transaction is to be abandoned, and `reopen` called.
        """
        for start in range(0, len(hops), self._together):
            newest = self._open or self._read("ORDER BY row DESC LIMIT 1")
            edge = 0 if newest is None else newest.last - _BEHIND * self._together
            part = hops[start : start + self._together]
            near = [hop for hop in part if hop[ID] > edge]
            if near:
                leaps = newest is not None and self._is_leap(newest.last, min(hop[ID] for hop in near))
                if leaps:
                    self._leaps = None
                if newest is None or newest.hops >= self._together or leaps:
                    newest = _begun_by(near[0], 1 if newest is None else newest.row + 1)
                newest.add(near)
                self._write(newest)
            self._open = newest
            if len(near) < len(part):
                self._add_late([hop for hop in part if hop[ID] <= edge])

    def rewind(self, hop: int) -> None:
        """Forgets the hops after `hop`, in the transaction that does."""
        self._journal.execute("DELETE FROM mentioned WHERE first > ?", (hop,))
        self._journal.execute("UPDATE mentioned SET last = min(last, ?)", (hop,))
        self.reopen()

    def forget_before(self, hop: int) -> None:
        """Forgets older hops than `hop`, in the transaction that does."""
        # The newest row is still written on.
        self._journal.execute(
            "DELETE FROM mentioned WHERE last < ? AND row < (SELECT max(row) FROM mentioned)", (hop,)
        )

    def never_given(self, after: int) -> int:
        """How many numbers between `after` and the newest hop were left out, or their hops taken back: where
        they are many.
        """
        if self._leaps is None:
            self._leaps = self._find_leaps()
        return sum(max(0, end - max(start, after)) for start, end in self._leaps)

    def reopen(self) -> None:
        """Says that the transaction was abandoned."""
        self._open = None
        self._leaps = None

    # --- asking ------------------------------------------------------------------------------------------
    def hop(self, identity: str) -> int | None:
        """The first hop that carries an id of a request, event, message or trace, or None."""
        wanted = [f"\n{tail}\n".encode() for tail in _lines({identity[-_TAIL:], _root(identity)[-_TAIL:]})]
        ranges = sorted(
            (first, last)
            for first, last, ids in self._journal.each("SELECT first, last, ids FROM mentioned")
            if any(tail in ids for tail in wanted)
        )
        found: int | None = None
        for first, last in ranges:
            if found is not None and found < first:
                break
            sql = f"SELECT min(id) AS id FROM hops WHERE id BETWEEN :first AND :last AND {_HAS_ID}"
            row = self._journal.row(sql, {"first": first, "last": last, "id": identity})
            if row is not None and row["id"] is not None:
                found = min(row["id"], found or row["id"])
        return found

    def flows_touching(self, name: str, before: int, limit: int) -> list[int]:
        """The newest flows smaller than `before` in which a resource or function took part, newest first.

        Args:
            name: part of its ARN or name; ASCII letters in any case.
        """
        rows = self._journal.rows(
            "SELECT first, last, newest_flow FROM mentioned WHERE oldest_flow < ? AND instr(names, ?)"
            " ORDER BY newest_flow DESC",
            (before, _plain(_small(name))),
        )
        sql = (
            "SELECT DISTINCT flow FROM hops WHERE id BETWEEN :first AND :last AND flow < :before"
            " AND (instr(lower(resource), :name) OR instr(lower(function), :name))"
        )
        parameters: dict[str, int | str] = {"before": before, "name": _small(name)}
        return self._newest_of((tuple(row) for row in rows), sql, parameters, limit)

    def roots(self, kinds: Sequence[str], before: int, limit: int) -> list[int]:
        """The newest flows smaller than `before` that began with one of these kinds of hop, newest first."""
        rows = self._journal.rows(
            "SELECT first, last, newest_flow, roots FROM mentioned WHERE first < ? ORDER BY newest_flow DESC",
            (before,),
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
            (row["first"], row["last"], row["newest_flow"])
            for row in rows
            if not wanted.keys().isdisjoint(_parts(row["roots"]))
        )
        return self._newest_of(ranges, sql, parameters, limit)

    # --- inside ------------------------------------------------------------------------------------------
    def _newest_of(
        self, ranges: Iterable[tuple[int, int, int]], sql: str, parameters: dict[str, int | str], limit: int
    ) -> list[int]:
        """The largest flows that a statement finds in ranges of hops.

        Args:
            ranges: each with the largest flow that is there; the range of the largest of all first.
        """
        found: set[int] = set()
        for first, last, newest_flow in ranges:
            # Sorted only when there are enough: limits of thousands meet dozens of ranges.
            if len(found) >= limit and not any(flow <= newest_flow for flow in nlargest(limit, found)):
                break
            rows = self._journal.rows(sql, parameters | {"first": first, "last": last})
            found.update(int(row[0]) for row in rows)
        return nlargest(limit, found)

    def _add_late(self, hops: Sequence[Row]) -> None:
        """Has the rows of the hops around them say what hops mention that come late."""
        rows = self._journal.rows("SELECT first, row FROM mentioned ORDER BY first")
        begins = [row["first"] for row in rows]
        around: dict[int, list[Row]] = {}
        for hop in hops:
            place = max(0, bisect_right(begins, hop[ID]) - 1)
            around.setdefault(rows[place]["row"], []).append(hop)
        for row, late in around.items():
            newest = self._open if self._open is not None and self._open.row == row else None
            mentions = newest or self._read(f"WHERE row = {row}")
            if mentions is not None:
                mentions.add(late)
                self._write(mentions)

    def _find_leaps(self) -> list[tuple[int, int]]:
        found, reached = [], None
        for first, last in self._journal.rows("SELECT first, last FROM mentioned ORDER BY first"):
            if reached is not None and self._is_leap(reached, first):
                found.append((reached + 1, first))
            reached = max(last, reached or last)
        return found

    def _is_leap(self, last: int, first: int) -> bool:
        """Whether so many numbers were left out between hops that those were taken back which had them."""
        return first > last + self._together

    def _write(self, mentions: _Mentions) -> None:
        self._journal.execute(_WRITE, mentions.values())

    def _read(self, which: str) -> _Mentions | None:
        row = self._journal.row(f"SELECT * FROM mentioned {which}")
        if row is None:
            return None
        *numbers, roots, names, ids = row
        return _Mentions(*numbers, *(set(_parts(text)) for text in (roots, names, ids.decode())))

    def _add_missing(self) -> None:
        """Adds the hops of a file that is older than the table."""
        for rows in self._missing():
            self.add(rows)
        self._journal.commit()

    def _missing(self) -> Iterator[list[Row]]:
        sql = (
            "SELECT * FROM hops WHERE id > (SELECT coalesce(max(last), 0) FROM mentioned) ORDER BY id LIMIT ?"
        )
        while rows := self._journal.rows(sql, (self._together,)):
            yield [tuple(row) for row in rows]


def _begun_by(hop: Row, row: int) -> _Mentions:
    return _Mentions(row, hop[ID], hop[ID], hop[FLOW], hop[FLOW])


def _root(trace: str) -> str:
    """The root of a trace header; what is none stays as it is."""
    _, beginning, rest = trace.partition(_BEGINNING)
    return rest[:_LENGTH] if beginning else trace


def _small(text: str) -> str:
    """In small letters as SQLite's `lower` has them: those beyond ASCII stay as they are."""
    return text.lower() if text.isascii() else text.encode().lower().decode()


def _plain(text: str) -> str:
    """A text without the ends of lines that would divide it from the next one."""
    return text.replace("\n", " ")


def _lines(texts: set[str]) -> set[str]:
    """Texts without ends of lines; few have any."""
    return {_plain(text) for text in texts} if "\n" in "".join(texts) else texts


def _joined(texts: Iterable[str]) -> str:
    """Texts as they are stored: each between two ends of lines."""
    return "\n".join(("", *filter(None, texts), ""))


def _parts(text: str) -> list[str]:
    return text.split("\n")[1:-1]
