"""What differs between two snapshots, or between a snapshot and now."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

#: Tables that change all the time and say nothing.
_LEFT_OUT = frozenset({"session_clock", "journal_identity"})


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one table differs.

    Attributes:
        where: `state`, or the name of a database.
        table: its name.
        before, after: its rows; None where it is missing.
        added, removed: rows that only one side has; a changed row counts on both. None where that is not
            known: digests alone are compared.
    """

    where: str
    table: str
    before: int | None
    after: int | None
    added: int | None = None
    removed: int | None = None


Tables = Mapping[str, Mapping[str, tuple[int, str]]]


def compare_states(before: sqlite3.Connection, after: sqlite3.Connection) -> list[Difference]:
    """The tables of the store that differ."""
    found = []
    names = sorted((_tables(before) | _tables(after)) - _LEFT_OUT)
    for name in names:
        old, new = _rows(before, name), _rows(after, name)
        if old == new:
            continue
        found.append(
            Difference(
                where="state",
                table=name,
                before=None if old is None else len(old),
                after=None if new is None else len(new),
                added=len((new or set()) - (old or set())),
                removed=len((old or set()) - (new or set())),
            )
        )
    return found


def compare_databases(before: Tables, after: Tables) -> list[Difference]:
    """The tables of the databases that differ.

    Args:
        before, after: rows and digest by table, by database.
    """
    found = []
    for database in sorted(before.keys() | after.keys()):
        old, new = before.get(database, {}), after.get(database, {})
        for table in sorted(old.keys() | new.keys()):
            if old.get(table) != new.get(table):
                rows = [side[table][0] if table in side else None for side in (old, new)]
                found.append((database, table, rows))
    return [
        Difference(where=where, table=table, before=before_rows, after=after_rows)
        for where, table, (before_rows, after_rows) in found
    ]


def _tables(state: sqlite3.Connection) -> set[str]:
    rows = state.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name for (name,) in rows}


def _rows(state: sqlite3.Connection, table: str) -> set[tuple[object, ...]] | None:
    if table not in _tables(state):
        return None
    return {tuple(row) for row in state.execute(f'SELECT * FROM "{table}"')}
