"""Questions to the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.store.database import Database


class FlowSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One flow in a list.

    Attributes:
        id: the hop that began it.
        began_at: virtual time, seconds since the epoch.
        what: how it began (`POST /api/v1/notas`, `PutEvents`, `rate(1 minute)`).
        hops: how many hops it has.
        errors: how many of them went wrong.
        dead_letters: how many messages of it are or were dead letters.
        keys: its business keys.
        last_at: virtual time of its newest hop.
    """

    id: int
    began_at: float
    last_at: float
    what: str
    status: str
    hops: int
    errors: int
    dead_letters: int
    keys: dict[str, str]


def flows(database: Database, *, limit: int = 50, schedules: bool = False) -> list[FlowSummary]:
    """The newest flows, newest first.

    Args:
        limit: how many.
        schedules: list flows that a schedule began too; they come every minute and mostly do nothing.
    """
    beginnings = (HopKind.HTTP_REQUEST, HopKind.EVENT_PUT, HopKind.MESSAGE_SENT, HopKind.INVOKE_START)
    kinds = [kind.value for kind in beginnings] + ([HopKind.SCHEDULE_FIRED.value] if schedules else [])
    roots = database.rows(
        f"SELECT * FROM hops WHERE id = flow AND kind IN ({', '.join('?' * len(kinds))}) "
        "ORDER BY id DESC LIMIT ?",
        (*kinds, limit),
    )
    return [_summary(database, _hop(root)) for root in roots]


def _summary(database: Database, root: Hop) -> FlowSummary:
    facts = database.row(
        "SELECT count(*) AS hops, sum(status != 'ok') AS errors, max(at) AS last_at, "
        "sum(kind = 'dead-lettered') AS dead FROM hops WHERE flow = ?",
        (root.id,),
    )
    keyed = database.rows("SELECT keys FROM hops WHERE flow = ? AND keys != '' LIMIT 5", (root.id,))
    keys: dict[str, str] = {}
    for row in keyed:
        keys.update(msgspec.json.decode(row["keys"], type=dict[str, str]))
    assert facts is not None
    return FlowSummary(
        id=root.id,
        began_at=root.at,
        last_at=facts["last_at"] or root.at,
        what=_what(root),
        status="dead-lettered" if facts["dead"] else "error" if facts["errors"] else "ok",
        hops=facts["hops"],
        errors=facts["errors"] or 0,
        dead_letters=facts["dead"] or 0,
        keys=keys,
    )


def _what(root: Hop) -> str:
    if root.kind is HopKind.HTTP_REQUEST:
        return root.operation
    return f"{root.operation or root.kind.value} {root.resource.rsplit(':', 1)[-1]}".strip()


def find_flow(database: Database, reference: str) -> int | None:
    """The flow that a reference means.

    Args:
        reference: a flow or hop id, an event, message or request id, or the value of a business key.
    """
    if reference.isdigit() and (row := database.row("SELECT flow FROM hops WHERE id = ?", (int(reference),))):
        return int(row["flow"])
    for sql in (
        "SELECT flow FROM keys WHERE value = ? LIMIT 1",
        "SELECT flow FROM hops WHERE event_id = ? LIMIT 1",
        "SELECT flow FROM hops WHERE message_id = ? LIMIT 1",
        "SELECT flow FROM hops WHERE request_id = ? LIMIT 1",
    ):
        row = database.row(sql, (reference,))
        if row is not None:
            return int(row["flow"])
    return None


def hops_of_flow(database: Database, flow: int) -> list[Hop]:
    """The hops of a flow, and those of other flows that served it (a batch shared with another flow)."""
    rows = database.rows("SELECT * FROM hops WHERE flow = ? ORDER BY id", (flow,))
    shared = database.rows(
        "WITH RECURSIVE mine(id) AS (SELECT hop FROM links JOIN hops ON hops.id = links.cause "
        "WHERE hops.flow = ? AND links.kind = 'batch') "
        "SELECT * FROM hops WHERE flow != ? AND (id IN (SELECT id FROM mine) OR "
        "(cause IN (SELECT id FROM mine) AND kind = 'invoke-end')) ORDER BY id",
        (flow, flow),
    )
    hops = [_hop(row) for row in (*rows, *shared)]
    links = _links(database, [hop.id for hop in hops])
    return sorted(
        (msgspec.structs.replace(hop, links=links.get(hop.id, ())) for hop in hops), key=lambda hop: hop.id
    )


def hops_after(database: Database, after: int, limit: int = 1000) -> list[Hop]:
    """Hops recorded after the one with id `after`, oldest first."""
    return [
        _hop(row)
        for row in database.rows("SELECT * FROM hops WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
    ]


def known_references(database: Database, limit: int = 500) -> list[str]:
    """Recent values a user may have meant, for "did you mean"."""
    keys = database.rows("SELECT value FROM keys ORDER BY hop DESC LIMIT ?", (limit,))
    return [row["value"] for row in keys]


def _links(database: Database, hops: Sequence[int]) -> dict[int, tuple[Link, ...]]:
    found: dict[int, tuple[Link, ...]] = {}
    for start in range(0, len(hops), 500):
        part = hops[start : start + 500]
        marks = ", ".join("?" * len(part))
        for row in database.rows(f"SELECT * FROM links WHERE hop IN ({marks})", part):
            link = Link(row["cause"], LinkKind(row["kind"]))
            found[row["hop"]] = (*found.get(row["hop"], ()), link)
    return found


def _hop(row: sqlite3.Row) -> Hop:
    values = dict(row)
    values["kind"] = HopKind(values["kind"])
    values["keys"] = msgspec.json.decode(values["keys"]) if values["keys"] else {}
    values["detail"] = msgspec.json.decode(values["detail"]) if values["detail"] else {}
    return Hop(**values)
