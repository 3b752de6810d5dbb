"""Questions to the journal about one flow. Its figures are in `summaries`, lists of flows in `listing`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from sandbox.flow.recorder import Journal
from sandbox.flow.schema import hop_of
from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.store.database import Database

#: Business keys may be longer numbers (an NF-e's access key has 44 digits): those are no hops.
_HOP_ID = re.compile(r"[0-9]{1,18}")
#: Hops of one flow that are shown.
MOST_HOPS = 5_000
_CHUNK = 500
#: Events that a text is looked for in.
_SEARCHED = 20_000
_NEAR = 16


def find_flow(journal: Journal, reference: str, account: str | None = None) -> int | None:
    """The flow that a reference means.

    Args:
        reference: a flow or hop id; the id of an event, message, request or trace; or the value of a business
            key.
        account: the one that a business key is of; None for any. Ids are nobody else's.
    """
    journal.settle()
    database = journal.database
    if _HOP_ID.fullmatch(reference):
        row = database.row("SELECT flow FROM hops WHERE id = ?", (int(reference),))
        if row is not None:
            return int(row["flow"])
    row = database.row(
        "SELECT flow FROM keys WHERE value = ? AND account = coalesce(?, account) ORDER BY hop LIMIT 1",
        (reference, account),
    )
    if row is not None:
        return int(row["flow"])
    hop = journal.lookup.hop(reference)
    return None if hop is None else flow_of(database, hop)


def flow_of(database: Database, hop: int) -> int | None:
    """The flow that a hop belongs to, or None where the journal does not have it."""
    row = database.row("SELECT flow FROM hops WHERE id = ?", (hop,))
    return int(row["flow"]) if row else None


def hop_by_id(database: Database, hop: int) -> Hop | None:
    """One hop with its links, or None."""
    row = database.row("SELECT * FROM hops WHERE id = ?", (hop,))
    return None if row is None else _linked(database, [hop_of(row)])[0]


def hops_of_flow(database: Database, flow: int, limit: int = MOST_HOPS) -> list[Hop]:
    """The hops of a flow, oldest first, and those of other flows that served it (a batch shared with
    another flow, a dead letter that was edited into another flow's message).

    Args:
        limit: how many at most.
    """
    rows = database.rows(
        "SELECT * FROM (SELECT * FROM hops WHERE id = ? AND flow = id"
        " UNION ALL SELECT * FROM hops WHERE flow = ? AND flow != id) ORDER BY id LIMIT ?",
        (flow, flow, limit),
    )
    hops = [hop_of(row) for row in rows]
    hops += _shared(database, flow, [hop.id for hop in hops]) + _sent_anew(database, hops)
    return sorted(_linked(database, hops), key=lambda hop: hop.id)


def way_to(database: Database, hop: int, limit: int = 100) -> list[Hop]:
    """A hop, its cause, the cause of that, and so on: the newest first."""
    way: list[Hop] = []
    wanted: int | None = hop
    while wanted is not None and len(way) < limit:
        row = database.row("SELECT * FROM hops WHERE id = ?", (wanted,))
        if row is None:
            break
        way.append(hop_of(row))
        wanted = way[-1].cause
    return way


def caused_by(database: Database, hop: Hop) -> list[Hop]:
    """What a hop caused in its own flow, and the invocations of batches that it was part of."""
    rows = database.rows(
        "SELECT * FROM hops WHERE flow = ? AND cause = ? AND flow != id"
        " UNION SELECT theirs.* FROM links JOIN hops AS theirs ON theirs.id = links.hop"
        " WHERE links.cause = ? AND links.kind = 'batch' ORDER BY id",
        (hop.flow, hop.id, hop.id),
    )
    return [hop_of(row) for row in rows]


def events_of(database: Database, bus: str, limit: int, match: str = "") -> list[tuple[Hop, list[str]]]:
    """The newest events of a bus, newest first, each with the names of the rules that matched it.

    Args:
        bus: its ARN.
        match: text that the event or its keys must have; it is looked for in the newest 20,000.
    """
    rows = database.rows(
        "SELECT * FROM (SELECT * FROM hops WHERE kind = 'event-put' AND resource = :bus"
        " ORDER BY id DESC LIMIT :most)"
        " WHERE :match = '' OR instr(lower(payload || keys || detail || event_id), lower(:match))"
        " LIMIT :limit",
        {"bus": bus, "limit": limit, "match": match, "most": _SEARCHED if match else limit},
    )
    found = []
    for row in rows:
        put = hop_of(row)
        matches = database.rows(
            "SELECT resource FROM hops WHERE flow = ? AND cause = ? AND flow != id AND kind = 'rule-matched'",
            (put.flow, put.id),
        )
        found.append((put, [str(match["resource"]).rsplit("/", 1)[-1] for match in matches]))
    return found


def hops_after(database: Database, after: int, limit: int = 1000) -> list[Hop]:
    """Hops recorded after the one with id `after`, oldest first."""
    rows = database.rows("SELECT * FROM hops WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
    return [hop_of(row) for row in rows]


def known_references(database: Database, limit: int = 500) -> list[str]:
    """Recent values a user may have meant, for "did you mean"."""
    keys = database.rows("SELECT value FROM keys ORDER BY hop DESC LIMIT ?", (limit,))
    ids = database.rows(
        "SELECT event_id, message_id FROM hops WHERE id > (SELECT max(id) FROM hops) - ?", (limit * 4,)
    )
    found = [row["value"] for row in keys]
    found += [value for row in ids for value in (row["event_id"], row["message_id"]) if value]
    return list(dict.fromkeys(found))


# --- inside ----------------------------------------------------------------------------------------------
def _shared(database: Database, flow: int, mine: Sequence[int]) -> list[Hop]:
    """Invocations of other flows whose batch held a message of this one, with their ends."""
    starts: list[Hop] = []
    for part in chunks(mine):
        rows = database.rows(
            "SELECT DISTINCT theirs.* FROM links JOIN hops AS theirs ON theirs.id = links.hop"
            f" WHERE links.cause IN ({marks(part)}) AND links.kind = 'batch' AND theirs.flow != ?",
            (*part, flow),
        )
        starts.extend(hop_of(row) for row in rows)
    ends = [
        hop_of(row)
        for start in starts
        for row in database.rows(
            "SELECT * FROM hops WHERE flow = ? AND cause = ? AND flow != id AND kind = 'invoke-end'",
            (start.flow, start.id),
        )
    ]
    return [*starts, *ends]


def _sent_anew(database: Database, hops: Sequence[Hop]) -> list[Hop]:
    """Messages sent in the place of dead letters that joined another flow, by the business key of an edit."""
    found: list[Hop] = []
    for redriven in hops:
        if redriven.kind is HopKind.REDRIVEN:
            # Redriven and sent are recorded in one go: the ids are next to each other.
            rows = database.rows(
                "SELECT * FROM hops WHERE id BETWEEN ? AND ? AND cause = ? AND flow != ?",
                (redriven.id + 1, redriven.id + _NEAR, redriven.id, redriven.flow),
            )
            found.extend(hop_of(row) for row in rows)
    return found


def _linked(database: Database, hops: Sequence[Hop]) -> list[Hop]:
    """The hops, each with its links."""
    found: dict[int, tuple[Link, ...]] = {}
    for part in chunks([hop.id for hop in hops]):
        for row in database.rows(f"SELECT * FROM links WHERE hop IN ({marks(part)})", part):
            link = Link(row["cause"], LinkKind(row["kind"]))
            found[row["hop"]] = (*found.get(row["hop"], ()), link)
    return [msgspec.structs.replace(hop, links=found[hop.id]) if hop.id in found else hop for hop in hops]


def chunks(values: Sequence[int]) -> list[Sequence[int]]:
    """The values in parts that fit into one statement."""
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]


def marks(values: Sequence[object]) -> str:
    """Places for values in a statement."""
    return ", ".join("?" * len(values))


def last_hop(database: Database) -> int:
    """The id of the newest hop; 0 where there is none."""
    row = database.row("SELECT max(id) AS last FROM hops")
    return 0 if row is None or row["last"] is None else int(row["last"])


def failed_calls(database: Database, since: int) -> list[dict[str, Any]]:
    """API calls after a hop that failed: how many by service, operation, resource and error code."""
    rows = database.rows(
        "SELECT service, operation, resource, error, count(*) AS count FROM hops "
        "WHERE id > ? AND kind = 'api-call' AND status != 'ok' "
        "GROUP BY service, operation, resource, error ORDER BY count DESC LIMIT 1000",
        (since,),
    )
    return [dict(row) for row in rows]
