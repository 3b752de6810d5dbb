"""Tells whether something was changed since the last look: by journal and databases."""

from __future__ import annotations

from sandbox.engines.base import Engine
from sandbox.flow.recorder import Journal

#: Operations that change nothing begin with these words.
_READS = (
    "Get",
    "List",
    "Describe",
    "Query",
    "Scan",
    "BatchGet",
    "Head",
    "Select",
    "Search",
    "Lookup",
    "Filter",
)
_SILENT = (
    "'http-request', 'invoke-start', 'invoke-end', 'invoke-retry', 'log-line', 'rule-not-matched',"
    " 'fault-injected'"
)


class Effects:
    """Counts writes.

    What the engine does on its own way from a schedule to a function is no write: only what functions do, or
    clients from outside.

    Args:
        engine: its databases count their writes.
        journal: has everything else.
    """

    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self._hop = 0
        self._writes = -1

    async def look(self, *, clients: bool) -> bool:
        """Whether anything was written since the last look.

        Args:
            clients: count what came from outside, too.
        """
        writes = await self._engine.databases.writes()
        seen, self._hop = self._hop, self._journal.newest
        changed, self._writes = writes != self._writes, writes
        return changed or self._by_functions(seen) or (clients and self._by_anybody(seen))

    def forget(self) -> None:
        """The past was replaced: the next look finds something changed."""
        self._hop = 0
        self._writes = -1

    def _by_functions(self, after: int) -> bool:
        rows = self._journal.database.rows(
            "SELECT DISTINCT hops.kind, hops.operation FROM hops"
            " JOIN hops AS causes ON causes.id = hops.cause"
            f" WHERE hops.id > ? AND causes.kind = 'invoke-start' AND hops.kind NOT IN ({_SILENT})",
            (after,),
        )
        return any(_is_write(row["kind"], row["operation"]) for row in rows)

    def _by_anybody(self, after: int) -> bool:
        rows = self._journal.database.rows(
            f"SELECT DISTINCT kind, operation FROM hops WHERE id > ? AND kind NOT IN ({_SILENT})", (after,)
        )
        return any(_is_write(row["kind"], row["operation"]) for row in rows)


def _is_write(kind: str, operation: str) -> bool:
    return kind != "api-call" or not operation.startswith(_READS)
