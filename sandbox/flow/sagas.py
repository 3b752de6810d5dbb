"""What the journal knows of sagas: by the values of their business key, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from sandbox.flow import queries
from sandbox.flow.schema import hop_of
from sandbox.model.hops import Hop, HopKind
from sandbox.model.saga.progress import Trace
from sandbox.model.saga.stretches import brief, short
from sandbox.model.scope import DEFAULT_ACCOUNT
from sandbox.store.database import Database
from sandbox.store.readonly import Rows

#: Values bound in one statement.
_CHUNK = 500
#: Hops looked at again: one that was reserved early may have been recorded late.
_AGAIN = 2_000
#: Flows whose facts are kept.
_KEPT = 20_000
_Facts = dict[int, dict[str, Any]]


class TraceBook:
    """What the journal knows of sagas; what it answered before is kept and only asked again where hops came.

    Not to be asked by two threads at once.
    """

    def __init__(self) -> None:
        self._facts: _Facts = {}
        self._upto = 0

    def newest(self, journal: Rows, key: str, limit: int, account: str = DEFAULT_ACCOUNT) -> list[Trace]:
        """The newest sagas of an account, newest first.

        Args:
            key: name of the business key.
        """
        found = journal.rows(
            "SELECT value, flow FROM keys WHERE name = ? AND account = ? ORDER BY hop DESC LIMIT ?",
            (key, account, limit),
        )
        return self._traces(journal, {row["value"]: row["flow"] for row in found})

    def known(
        self, journal: Rows, key: str, values: Sequence[str], account: str = DEFAULT_ACCOUNT
    ) -> dict[str, Trace]:
        """What is known of sagas, by the value of their key; those the journal does not know are missing."""
        if not values:
            return {}
        pairs: dict[str, int] = {}
        for part in _chunks(values):
            rows = journal.rows(
                f"SELECT value, flow FROM keys WHERE value IN ({_marks(part)}) AND name = ? AND account = ?",
                (*part, key, account),
            )
            pairs |= {row["value"]: row["flow"] for row in rows}
        return {trace.key: trace for trace in self._traces(journal, pairs)}

    def _traces(self, journal: Rows, pairs: dict[str, int]) -> list[Trace]:
        self._forget_changed(journal)
        for part in _chunks([flow for flow in dict.fromkeys(pairs.values()) if flow not in self._facts]):
            self._facts |= _facts(journal, part)
        return [
            msgspec.convert({**self._facts[flow], "key": key, "flow": flow}, Trace)
            for key, flow in pairs.items()
            if flow in self._facts
        ]

    def _forget_changed(self, journal: Rows) -> None:
        """Forgets flows that have new hops, or messages in a new batch of another flow."""
        newest = journal.rows("SELECT max(id) AS id FROM hops")[0]["id"] or 0
        since = self._upto - _AGAIN
        if newest < self._upto or len(self._facts) > _KEPT:
            self._facts.clear()
        elif self._facts:
            changed = journal.rows(
                "SELECT DISTINCT flow FROM hops WHERE id > ? UNION SELECT mine.flow FROM links"
                " JOIN hops AS mine ON mine.id = links.cause WHERE links.hop > ? AND links.kind = 'batch'",
                (since, since),
            )
            for row in changed:
                self._facts.pop(row["flow"], None)
        self._upto = newest


def hops_of(database: Database, flow: int) -> tuple[list[Hop], dict[int, Hop]]:
    """The hops of a saga's flow, and hops of other flows that published its events, by id."""
    hops = queries.hops_of_flow(database, flow)
    own = {hop.id for hop in hops}
    around: dict[int, Hop] = {}
    wanted = {hop.cause for hop in hops if hop.kind is HopKind.EVENT_PUT}
    wanted |= {link.cause for hop in hops for link in hop.links}
    for _ in range(2):  # the call of PutEvents, then the invocation that made it
        missing = [one for one in wanted if one is not None and one not in own and one not in around]
        found = [
            hop_of(row)
            for part in _chunks(missing)
            for row in database.rows(f"SELECT * FROM hops WHERE id IN ({_marks(part)})", part)
        ]
        around |= {hop.id: hop for hop in found}
        wanted = {hop.cause for hop in found}
    return hops, around


def _facts(journal: Rows, flows: Sequence[int]) -> _Facts:
    facts: _Facts = {}
    _count(journal, flows, facts)
    _count_shared(journal, flows, facts)
    _count_dead(journal, flows, facts)
    _find_newest(journal, flows, facts)
    _find_events(journal, flows, facts)
    return facts


def _mine(flows: Sequence[int], columns: str) -> tuple[str, list[int]]:
    """A table `mine` of the hops of flows. The first hop of a flow is found by its id."""
    marks = _marks(flows)
    return (
        f"WITH mine AS (SELECT {columns} FROM hops WHERE id IN ({marks}) AND flow = id UNION ALL"
        f" SELECT {columns} FROM hops WHERE flow IN ({marks}) AND flow != id)",
        [*flows, *flows],
    )


def _count(journal: Rows, flows: Sequence[int], facts: _Facts) -> None:
    table, values = _mine(flows, "flow, at, kind")
    rows = journal.rows(
        f"{table} SELECT flow, min(at) AS began_at, max(at) AS last_at,"
        " sum(kind = 'invoke-start') AS attempts FROM mine GROUP BY flow",
        values,
    )
    for row in rows:
        facts[row["flow"]] = {name: row[name] for name in ("began_at", "last_at", "attempts")}


def _count_shared(journal: Rows, flows: Sequence[int], facts: _Facts) -> None:
    """Invocations of other flows whose batch held a message of this one."""
    table, values = _mine(flows, "id, flow")
    rows = journal.rows(
        f"{table} SELECT mine.flow AS flow, count(DISTINCT links.hop) AS shared FROM mine"
        " JOIN links ON links.cause = mine.id AND links.kind = 'batch'"
        " JOIN hops AS theirs ON theirs.id = links.hop"
        " WHERE theirs.flow != mine.flow AND theirs.kind = 'invoke-start' GROUP BY mine.flow",
        values,
    )
    for row in rows:
        facts[row["flow"]]["attempts"] += row["shared"]


def _count_dead(journal: Rows, flows: Sequence[int], facts: _Facts) -> None:
    """Messages whose latest fate is to be a dead letter: nobody has redriven or deleted them since."""
    table, values = _mine(flows, "id, flow, kind, message_id")
    rows = journal.rows(
        f"{table} SELECT flow, max(CASE kind WHEN 'dead-lettered' THEN id END) AS dead,"
        " max(CASE kind WHEN 'dead-lettered' THEN 0 ELSE id END) AS gone FROM mine"
        " WHERE kind IN ('dead-lettered', 'redriven', 'message-deleted') GROUP BY flow, message_id"
        " HAVING dead > gone",
        values,
    )
    for row in rows:
        facts[row["flow"]]["dead_letters"] = facts[row["flow"]].get("dead_letters", 0) + 1


def _find_newest(journal: Rows, flows: Sequence[int], facts: _Facts) -> None:
    """The newest message with its event, the newest request, and the newest error of an invocation."""
    table, values = _mine(flows, "id, flow, kind, status")
    rows = journal.rows(
        f"{table} SELECT hop.flow, hop.kind, hop.operation, hop.resource, hop.error, put.detail AS event"
        " FROM (SELECT max(id) AS id FROM mine WHERE kind IN ('http-request', 'message-sent')"
        " OR (kind = 'invoke-end' AND status != 'ok') GROUP BY flow, kind) AS newest"
        " JOIN hops AS hop ON hop.id = newest.id"
        " LEFT JOIN hops AS delivered ON delivered.id = hop.cause"
        " LEFT JOIN hops AS rule ON rule.id = delivered.cause"
        " LEFT JOIN hops AS put ON put.id = rule.cause AND put.kind = 'event-put'",
        values,
    )
    for row in rows:
        fact = facts[row["flow"]]
        if row["kind"] == HopKind.INVOKE_END:
            fact["error"] = brief(row["error"])
        elif row["kind"] == HopKind.HTTP_REQUEST:
            fact["last_request"] = row["operation"]
        else:
            fact["last_queue"] = short(row["resource"])
            fact["last_event"] = _detail_type(row["event"])


def _find_events(journal: Rows, flows: Sequence[int], facts: _Facts) -> None:
    table, values = _mine(flows, "flow, kind, detail")
    for row in journal.rows(
        f"{table} SELECT DISTINCT flow, detail FROM mine WHERE kind = 'event-put'", values
    ):
        fact = facts[row["flow"]]
        fact["events"] = [*fact.get("events", ()), _detail_type(row["detail"])]


def _detail_type(detail: str | None) -> str:
    return str(msgspec.json.decode(detail).get("detailType", "")) if detail else ""


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
