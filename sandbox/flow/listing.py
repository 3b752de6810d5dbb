"""Lists of flows: the newest first, by what they touched, how they went, and their business keys.

A question is answered in steps of some milliseconds, so that the loop does other things between them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sandbox.flow.queries import chunks, find_flow, marks
from sandbox.flow.recorder import Journal
from sandbox.flow.summaries import summaries
from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.flows import FlowFilter, FlowSummary
from sandbox.store.database import Database

#: How a flow begins that is listed though nothing was asked for: not by calls that only configure.
_BEGINNINGS = (
    HopKind.HTTP_REQUEST,
    HopKind.EVENT_PUT,
    HopKind.PUBLISHED,
    HopKind.MESSAGE_SENT,
    HopKind.INVOKE_START,
)
#: Calls that a stream or a bucket told of.
_TOLD = (
    "service IN ('dynamodb', 's3') AND EXISTS (SELECT 1 FROM hops told WHERE told.flow = hops.id"
    " AND told.cause = hops.id AND told.flow != told.id AND told.service = hops.service"
    " AND told.kind IN ('item-changed', 'delivered', 'delivery-failed'))"
)
_CALLS = ("Invoke", "InvokeAsync", "PutEvents", "StartExecution")
#: Flows are looked at in pages of so many, and so many at most.
_PAGE = 500
_MOST = 5_000
#: Beginnings of flows that a text is looked for in, and in one step.
_SEARCHED = 20_000
_STEP = 2_000
_END = 2**62


async def flows(journal: Journal, wanted: FlowFilter) -> list[FlowSummary]:
    """The newest flows that a filter lets through, newest first; those that begin meanwhile may be left out.

    Raises:
        ValueError: the filter's status is none that a flow has.
    """
    if wanted.status not in (None, "ok", "error", "dead-lettered"):
        raise ValueError(f"{wanted.status!r} is no status of a flow: it is ok, error or dead-lettered")
    journal.settle()
    found: list[FlowSummary] = []
    seen = 0
    before = _END if wanted.before is None else wanted.before
    while seen < _MOST and (page := await _page(journal, wanted, before)):
        seen += len(page)
        before = page[-1]
        for one in summaries(journal.database, page):
            if wanted.since is not None and one.began_at < wanted.since:
                return found  # flows are numbered in the order of their beginnings
            if wanted.until is not None and one.began_at > wanted.until:
                continue
            if _fits(journal.database, wanted, one):
                found.append(one)
            if len(found) == wanted.limit:
                return found
        await asyncio.sleep(0)
    return found


async def _page(journal: Journal, wanted: FlowFilter, before: int) -> list[int]:
    """The next flows that may fit, newest first: found by what restricts most."""
    database = journal.database
    touched = wanted.queue if wanted.queue is not None else wanted.function
    size = min(max(wanted.limit, 20), _PAGE)
    if wanted.match:
        return await _matching(journal, wanted, before, size)
    if wanted.key is not None:
        return _numbers(database, _BY_KEY, wanted.key, before, size)
    if wanted.status == "error":
        return _numbers(database, _FAILED, before, size)
    if wanted.status == "dead-lettered":
        return _numbers(database, _DEAD, before, size)
    if touched is not None:
        return journal.lookup.flows_touching(touched, before, size)
    return _roots(journal, wanted, before, size)


_FAILED = "SELECT DISTINCT flow FROM hops WHERE status != 'ok' AND flow < ? ORDER BY flow DESC LIMIT ?"
_DEAD = (
    "SELECT DISTINCT flow FROM hops WHERE kind IN ('dead-lettered', 'redriven') AND flow < ?"
    " ORDER BY flow DESC LIMIT ?"
)
_BY_PART_OF_KEY = (
    "SELECT DISTINCT flow FROM keys WHERE instr(lower(value), lower(?)) AND flow < ?"
    " ORDER BY flow DESC LIMIT ?"
)
_BY_KEY = "SELECT DISTINCT flow FROM keys WHERE value = ? AND flow < ? ORDER BY flow DESC LIMIT ?"


def _numbers(database: Database, sql: str, *parameters: object) -> list[int]:
    return [int(row[0]) for row in database.rows(sql, parameters)]


def _roots(journal: Journal, wanted: FlowFilter, before: int, size: int) -> list[int]:
    """The newest beginnings of flows that are listed though nothing was asked for."""
    kinds = _kinds(wanted)
    found: list[int] = []
    while len(found) < size and (candidates := journal.lookup.roots(kinds, before, max(size, _PAGE))):
        for part in chunks(candidates):
            found += _listed(journal.database, wanted, part)
        before = candidates[-1]
    return found[:size]


def _kinds(wanted: FlowFilter) -> list[str]:
    """The kinds of hops that begin such flows."""
    kinds = [*_BEGINNINGS, HopKind.API_CALL, *([HopKind.SCHEDULE_FIRED] if wanted.schedules else [])]
    return [kind.value for kind in kinds]


def _listed(database: Database, wanted: FlowFilter, beginnings: Sequence[int], text: str = "") -> list[int]:
    """Those of some beginnings that are listed, newest first; with a text, those that have it."""
    sql = (
        f"SELECT id FROM hops WHERE id IN ({marks(beginnings)})"
        " AND (? = '' OR instr(lower(operation || ' ' || resource), lower(?)))"
        f" AND (kind != 'api-call' OR operation IN ({marks(_CALLS)}) OR {_TOLD})"
        " AND coalesce(?, account) = account ORDER BY id DESC"
    )
    return _numbers(database, sql, *beginnings, text, text, *_CALLS, wanted.account)


async def _matching(journal: Journal, wanted: FlowFilter, before: int, size: int) -> list[int]:
    """Flows with a text: in the value of a business key, in how one of the newest began, or as an id."""
    text, kinds = wanted.match, _kinds(wanted)
    found = set(_numbers(journal.database, _BY_PART_OF_KEY, text, before, size))
    looked, edge = 0, before
    while looked < _SEARCHED and len(found) < 2 * size:
        database = journal.database  # with what was recorded since the last step
        roots = journal.lookup.roots(kinds, edge, _STEP)
        if not roots:
            break
        for part in chunks(roots):
            found.update(_listed(database, wanted, part, text))
            if len(found) >= 2 * size:
                break
        looked += len(roots)
        edge = roots[-1]
        await asyncio.sleep(0)
    exact = find_flow(journal, text.removeprefix("#"))
    if exact is not None and exact < before:
        found.add(exact)
    return sorted(found, reverse=True)[:size]


def _fits(database: Database, wanted: FlowFilter, one: FlowSummary) -> bool:
    if wanted.status is not None and one.status != wanted.status:
        return False
    if (
        wanted.key is not None
        and wanted.key not in one.keys.values()
        and not _has_key(database, wanted.key, one.id)
    ):
        return False
    if wanted.queue is not None and not _touches(database, one.id, "resource", wanted.queue):
        return False
    return wanted.function is None or _touches(database, one.id, "function", wanted.function)


def _has_key(database: Database, value: str, flow: int) -> bool:
    return database.row("SELECT 1 FROM keys WHERE value = ? AND flow = ?", (value, flow)) is not None


def _touches(database: Database, flow: int, column: str, name: str) -> bool:
    """Whether a hop of a flow names a queue (`resource`) or a function; functions are resources too."""
    where = f"instr(lower({column}), lower(:name))"
    if column == "function":
        where = f"({where} OR (instr(lower(resource), lower(:name)) AND instr(resource, ':function:')))"
    else:
        where = f"({where} AND resource LIKE 'arn:aws:sqs:%')"
    row = database.row(
        f"SELECT 1 FROM hops WHERE (id = :flow AND flow = id AND {where}) OR"
        f" (flow = :flow AND flow != id AND {where}) LIMIT 1",
        {"flow": flow, "name": name},
    )
    return row is not None


class HopFilter:
    """Which hops a filter of flows lets through as they are recorded.

    Args:
        wanted: its `function`, `queue`, `status` and `key` count.
    """

    def __init__(self, wanted: FlowFilter) -> None:
        self._wanted = wanted
        self._flows: set[int] = set()

    def lets(self, hop: Hop) -> bool:
        """Whether the hop is one of those asked for; what follows a hop with the key belongs to it too."""
        wanted = self._wanted
        if wanted.key is not None:
            if wanted.key in hop.keys.values():
                self._flows.add(hop.flow)
            if hop.flow not in self._flows:
                return False
        if wanted.function is not None and wanted.function.lower() not in _functions(hop):
            return False
        if wanted.queue is not None and not (
            hop.service == "sqs" and wanted.queue.lower() in hop.resource.lower()
        ):
            return False
        return wanted.status is None or _status(hop) == wanted.status


def _functions(hop: Hop) -> str:
    return (hop.function or (hop.resource if ":function:" in hop.resource else "")).lower()


def _status(hop: Hop) -> str:
    if hop.kind is HopKind.DEAD_LETTERED:
        return "dead-lettered"
    return "ok" if hop.status == "ok" else "error"
