"""The one place where hops are recorded.

A hop joins the flow of its cause, or of the business key in its payload where that is already known: an
event published by an outbox belongs to the request that wrote the outbox row, not to the schedule that
published it.
Hops are buffered and written once per turn of the event loop, before the state they belong to is committed.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.flow.keys import BusinessKey, find_keys
from sandbox.flow.payloads import DEFAULT_LIMIT, keep
from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.model.scope import Scope
from sandbox.store.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS hops (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at REAL NOT NULL, real_at REAL NOT NULL,
    account TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, operation TEXT NOT NULL,
    resource TEXT NOT NULL, cause INTEGER, flow INTEGER NOT NULL, status TEXT NOT NULL, error TEXT NOT NULL,
    request_id TEXT NOT NULL, event_id TEXT NOT NULL, message_id TEXT NOT NULL, trace TEXT NOT NULL,
    function TEXT NOT NULL, duration_ms REAL, keys TEXT NOT NULL, detail TEXT NOT NULL, payload TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS hops_flow ON hops (flow);
CREATE INDEX IF NOT EXISTS hops_event ON hops (event_id) WHERE event_id != '';
CREATE INDEX IF NOT EXISTS hops_message ON hops (message_id) WHERE message_id != '';
CREATE INDEX IF NOT EXISTS hops_request ON hops (request_id) WHERE request_id != '';
CREATE TABLE IF NOT EXISTS links (hop INTEGER NOT NULL, cause INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (hop, cause)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_cause ON links (cause);
CREATE TABLE IF NOT EXISTS keys (name TEXT NOT NULL, value TEXT NOT NULL, account TEXT NOT NULL,
    flow INTEGER NOT NULL, hop INTEGER NOT NULL, PRIMARY KEY (value, name, account)) WITHOUT ROWID;
"""

_INSERT = f"INSERT OR REPLACE INTO hops VALUES ({', '.join('?' * 22)})"
_REMEMBERED = 50_000
#: Kinds that may begin in the middle of nowhere: an event published because a row was found in a database.
_JOINABLE = frozenset({HopKind.EVENT_PUT, HopKind.MESSAGE_SENT})


class Journal:
    """Records hops; implements the port `Recorder`.

    Args:
        path: the journal's file, or None for one in memory.
        clock: gives both times of a hop.
        limit: hops kept; the oldest are dropped beyond it.
        payload_limit: characters of a payload kept.
    """

    def __init__(
        self,
        path: Path | None,
        clock: Clock,
        *,
        limit: int = 1_000_000,
        payload_limit: int = DEFAULT_LIMIT,
    ) -> None:
        self.database = Database(path)
        self.database.define(SCHEMA)
        self._clock = clock
        self._limit = limit
        self._payload_limit = payload_limit
        self._keys: list[BusinessKey] = []
        self._hops: list[tuple[Any, ...]] = []
        self._links: list[tuple[int, int, str]] = []
        self._new_keys: list[tuple[str, str, str, int, int]] = []
        self._flows: OrderedDict[int, int] = OrderedDict()
        self._begun: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._by_key: OrderedDict[tuple[str, str, str], tuple[int, int]] = OrderedDict()
        self._subscribers: set[Callable[[Hop], None]] = set()
        self._scheduled = False
        newest = self.database.row("SELECT max(id) AS id FROM hops")
        self._next = (newest["id"] or 0) + 1 if newest else 1
        self._swept = self._next

    def declare_keys(self, keys: Sequence[BusinessKey]) -> None:
        """The business keys to look for in payloads from now on (those of the deployed sagas)."""
        self._keys = list(keys)

    def declared_keys(self) -> list[BusinessKey]:
        """The business keys that are looked for now."""
        return list(self._keys)

    def subscribe(self, receive: Callable[[Hop], None]) -> Callable[[], None]:
        """Calls `receive` with every hop from now on; returns the function that stops it."""
        self._subscribers.add(receive)
        return lambda: self._subscribers.discard(receive)

    def reserve(self, cause: int | None = None) -> int:
        """An id for a hop that is recorded later; see `Recorder.reserve`."""
        hop = self._take(cause)
        self._begun[hop] = (self._clock.now(), self._clock.real_now())
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)
        return hop

    def record(
        self,
        kind: HopKind,
        scope: Scope,
        service: str,
        *,
        hop: int | None = None,
        cause: int | None = None,
        links: Sequence[Link] = (),
        operation: str = "",
        resource: str = "",
        status: str = "ok",
        error: str = "",
        request_id: str = "",
        event_id: str = "",
        message_id: str = "",
        trace: str | None = None,
        function: str = "",
        duration_ms: float | None = None,
        detail: Mapping[str, Any] | None = None,
        payload: str | bytes | None = None,
    ) -> int:
        """Records one hop; see `Recorder.record`."""
        identity = hop if hop is not None else self._take(cause)
        at, real_at = self._begun.pop(identity, (self._clock.now(), self._clock.real_now()))
        keys = find_keys(self._keys, payload) if payload and self._keys else {}
        flow, joined = self._place(kind, identity, scope, cause, keys)
        record = Hop(
            id=identity,
            kind=kind,
            at=at,
            real_at=real_at,
            account=scope.account,
            region=scope.region,
            service=service,
            operation=operation,
            resource=resource,
            cause=cause,
            links=(*links, *joined),
            flow=flow,
            status=status,
            error=error,
            request_id=request_id,
            event_id=event_id,
            message_id=message_id,
            trace=trace or "",
            function=function,
            keys=keys,
            duration_ms=duration_ms,
            detail=dict(detail) if detail else {},
            payload=keep(payload, self._payload_limit) if payload else "",
        )
        self._buffer(record)
        return identity

    def flush(self) -> None:
        """Writes and commits what is buffered; the state's commit calls it first."""
        if not self._hops:
            return
        hops, self._hops = self._hops, []
        links, self._links = self._links, []
        keys, self._new_keys = self._new_keys, []
        self.database.executemany(_INSERT, hops)
        if links:
            self.database.executemany("INSERT OR REPLACE INTO links VALUES (?, ?, ?)", links)
        if keys:
            self.database.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?, ?)", keys)
        self._sweep()
        self.database.commit()

    def close(self) -> None:
        """Writes what is buffered and closes the file."""
        self.flush()
        self.database.close()

    def _take(self, cause: int | None) -> int:
        hop = self._next
        self._next += 1
        self._remember_flow(hop, self._flow_of(cause) if cause is not None else hop)
        return hop

    # --- flows -------------------------------------------------------------------------------------------
    def _place(
        self, kind: HopKind, hop: int, scope: Scope, cause: int | None, keys: Mapping[str, str]
    ) -> tuple[int, tuple[Link, ...]]:
        """The flow a hop belongs to, and the inferred link that puts it there, if any."""
        flow = self._flow_of(cause) if cause is not None else self._flow_of(hop)
        joined: tuple[Link, ...] = ()
        for name, value in keys.items():
            known = self._flow_of_key(name, value, scope.account)
            if known is None:
                self._learn_key(name, value, scope.account, flow, hop)
            elif kind in _JOINABLE and known[0] != flow:
                flow = known[0]
                joined = (Link(known[1], LinkKind.INFERRED),)
                break
        self._remember_flow(hop, flow)
        return flow, joined

    def _flow_of(self, hop: int) -> int:
        flow = self._flows.get(hop)
        if flow is not None:
            return flow
        row = self.database.row("SELECT flow FROM hops WHERE id = ?", (hop,))
        return int(row["flow"]) if row else hop

    def _remember_flow(self, hop: int, flow: int) -> None:
        self._flows[hop] = flow
        if len(self._flows) > _REMEMBERED:
            self._flows.popitem(last=False)

    def _flow_of_key(self, name: str, value: str, account: str) -> tuple[int, int] | None:
        known = self._by_key.get((name, value, account))
        if known is not None:
            return known
        row = self.database.row(
            "SELECT flow, hop FROM keys WHERE value = ? AND name = ? AND account = ?", (value, name, account)
        )
        return (row["flow"], row["hop"]) if row else None

    def _learn_key(self, name: str, value: str, account: str, flow: int, hop: int) -> None:
        self._by_key[name, value, account] = (flow, hop)
        self._new_keys.append((name, value, account, flow, hop))
        if len(self._by_key) > _REMEMBERED:
            self._by_key.popitem(last=False)

    # --- writing -----------------------------------------------------------------------------------------
    def _buffer(self, hop: Hop) -> None:
        self._hops.append(
            (
                hop.id,
                hop.kind.value,
                hop.at,
                hop.real_at,
                hop.account,
                hop.region,
                hop.service,
                hop.operation,
                hop.resource,
                hop.cause,
                hop.flow,
                hop.status,
                hop.error,
                hop.request_id,
                hop.event_id,
                hop.message_id,
                hop.trace,
                hop.function,
                hop.duration_ms,
                _json(hop.keys),
                _json(hop.detail),
                hop.payload,
            )
        )
        self._links.extend((hop.id, link.cause, link.kind.value) for link in hop.links)
        for receive in tuple(self._subscribers):
            receive(hop)
        if not self._scheduled:
            self._schedule()

    def _schedule(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # recorded before the loop runs: the next flush writes it
            return
        self._scheduled = True
        loop.call_soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        self._scheduled = False
        self.flush()

    def _sweep(self) -> None:
        """Drops the oldest hops beyond the limit, a slice at a time."""
        if self._next - self._swept < min(10_000, self._limit):
            return
        self._swept = self._next
        oldest = self._next - self._limit
        self.database.execute("DELETE FROM hops WHERE id < ?", (oldest,))
        self.database.execute("DELETE FROM links WHERE hop < ?", (oldest,))
        self.database.execute("DELETE FROM keys WHERE hop < ?", (oldest,))


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(value).decode() if value else ""
