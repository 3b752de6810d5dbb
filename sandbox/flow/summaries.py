"""Flows in a few figures each, many at a time and taken from indexes."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.flow.queries import chunks, marks
from sandbox.flow.schema import hop_of
from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.flows import FlowSummary
from sandbox.store.database import Database

#: Written exactly as the partial index of these hops has it, or SQLite does not use it.
_DEAD = "kind IN ('dead-lettered', 'redriven')"


def summary(database: Database, flow: int) -> FlowSummary | None:
    """One flow in a few figures; None where the journal has none of its hops any more."""
    return next(iter(summaries(database, [flow])), None)


def summaries(database: Database, flows: Sequence[int]) -> list[FlowSummary]:
    """Flows in a few figures each, in the order given; those of which nothing is left are left out."""
    found: dict[int, FlowSummary] = {}
    for part in chunks(flows):
        found |= _of(database, part)
    return [found[flow] for flow in flows if flow in found]


def what_began(root: Hop) -> str:
    """How a flow began, in a few words."""
    if root.kind is HopKind.HTTP_REQUEST:
        return root.operation
    return f"{root.operation or root.kind.value} {root.resource.rsplit(':', 1)[-1]}".strip()


def _of(database: Database, flows: Sequence[int]) -> dict[int, FlowSummary]:
    places = marks(flows)
    counted = {
        row["flow"]: row
        for row in database.rows(
            "SELECT flow, count(*) AS hops, min(id) AS first, max(id) AS last FROM hops"
            f" WHERE flow IN ({places}) AND flow != id GROUP BY flow",
            flows,
        )
    }
    roots = _roots(database, flows, {flow: int(row["first"]) for flow, row in counted.items()})
    ends = _times(database, {flow: int(row["last"]) for flow, row in counted.items()})
    errors = _counts(database, "status != 'ok'", flows)
    dead = _counts(database, f"{_DEAD} AND kind = 'dead-lettered'", flows)
    redriven = _counts(database, f"{_DEAD} AND kind = 'redriven'", flows)
    keys = _keys(database, roots)
    return {
        flow: FlowSummary(
            id=flow,
            began_at=root.at,
            last_at=max(root.at, ends.get(flow, root.at)),
            what=what_began(root),
            status=_status(dead.get(flow, 0) - redriven.get(flow, 0), errors.get(flow, 0)),
            hops=(counted[flow]["hops"] if flow in counted else 0) + (root.id == flow),
            errors=errors.get(flow, 0),
            dead_letters=dead.get(flow, 0),
            keys=keys.get(flow, {}),
            http_status=root.detail.get("http_status"),
        )
        for flow, root in roots.items()
    }


def _status(dead: int, errors: int) -> str:
    return "dead-lettered" if dead > 0 else "error" if errors else "ok"


def _roots(database: Database, flows: Sequence[int], first: dict[int, int]) -> dict[int, Hop]:
    """The first hop of each flow; the first that is left where the beginning is past the journal's memory."""
    rows = database.rows(f"SELECT * FROM hops WHERE id IN ({marks(flows)})", flows)
    roots = {row["flow"]: hop_of(row) for row in rows if row["flow"] == row["id"]}
    lost = [first[flow] for flow in flows if flow not in roots and flow in first]
    if lost:
        for row in database.rows(f"SELECT * FROM hops WHERE id IN ({marks(lost)})", lost):
            roots[row["flow"]] = hop_of(row)
    return roots


def _times(database: Database, last: dict[int, int]) -> dict[int, float]:
    """The time of the newest hop of each flow."""
    ids = list(last.values())
    rows = database.rows(f"SELECT flow, at FROM hops WHERE id IN ({marks(ids)})", ids)
    return {row["flow"]: row["at"] for row in rows}


def _counts(database: Database, condition: str, flows: Sequence[int]) -> dict[int, int]:
    sql = (
        f"SELECT flow, count(*) AS number FROM hops WHERE flow IN ({marks(flows)}) AND {condition}"
        " GROUP BY flow"
    )
    return {row["flow"]: row["number"] for row in database.rows(sql, flows)}


def _keys(database: Database, roots: dict[int, Hop]) -> dict[int, dict[str, str]]:
    """The business keys first seen in each flow, and those that its first hop carries."""
    keys: dict[int, dict[str, str]] = {flow: dict(root.keys) for flow, root in roots.items()}
    flows = list(roots)
    for row in database.rows(
        f"SELECT flow, name, value FROM keys WHERE flow IN ({marks(flows)}) ORDER BY hop", flows
    ):
        keys[row["flow"]].setdefault(row["name"], row["value"])
    return {flow: found for flow, found in keys.items() if found}
