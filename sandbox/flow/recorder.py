"""The one place where hops are recorded.

A hop joins the flow of its cause, or of the business key in its payload where that is already known: an
event published by an outbox belongs to the request that wrote the outbox row, not to the schedule that
published it.
Hops are buffered and written once per turn of the event loop, before the state they belong to is committed.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import StoreError
from sandbox.flow.keybook import KeyBook
from sandbox.flow.keys import BusinessKey, find_keys
from sandbox.flow.lookup import Lookup
from sandbox.flow.payloads import DEFAULT_LIMIT, keep, masked_facts
from sandbox.flow.recent import Recent
from sandbox.flow.retention import Retention
from sandbox.flow.schema import (
    COLUMNS,
    INSERT_HOP,
    INSERT_HOPS,
    INSERT_KEY,
    INSERT_LINK,
    REPLACE_HOP,
    SCHEMA,
    TOGETHER,
    Row,
    as_json,
)
from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.model.scope import Scope
from sandbox.store.database import Database

#: Hops kept, and bytes of them.
DEFAULT_HOPS = 1_000_000
DEFAULT_BYTES = 2 * 1024**3

_REMEMBERED = 50_000
#: Hops that wait in memory at most while the journal cannot be written.
_BUFFERED = 20_000
_log = logging.getLogger("sandbox.flow")
#: Pages of the write-ahead log that are copied at once: hops come all the time, and a copy holds up the loop.
_LOG_PAGES = 1_000
#: Kinds that may begin in the middle of nowhere: an event published because a row was found in a database.
_JOINABLE = frozenset({HopKind.EVENT_PUT, HopKind.PUBLISHED, HopKind.MESSAGE_SENT})


class Journal:
    """Records hops; implements the port `Recorder`.

    Args:
        path: the journal's file, or None for one in memory.
        clock: gives both times of a hop.
        limit: hops kept; the oldest are dropped beyond it. With 0, hops have ids and nothing is recorded.
        payload_limit: characters of a payload kept.
        max_bytes: bytes kept on disk.
    """

    def __init__(
        self,
        path: Path | None,
        clock: Clock,
        *,
        limit: int = DEFAULT_HOPS,
        payload_limit: int = DEFAULT_LIMIT,
        max_bytes: int = DEFAULT_BYTES,
    ) -> None:
        self.database = Database(path)
        self.database.rows(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self.database.define(SCHEMA)
        self._clock = clock
        self._off = limit == 0
        self._payload_limit = payload_limit
        self._keys: list[BusinessKey] = []
        self._hops: list[Row] = []
        self._links: list[tuple[int, int, str]] = []
        self._flows: Recent[int, int] = Recent(_REMEMBERED)
        self._begun: Recent[int, tuple[float, float]] = Recent(_REMEMBERED)
        self._subscribers: set[Callable[[Hop], None]] = set()
        self._observers: set[Callable[[Sequence[Row]], None]] = set()
        self._scheduled = False
        newest = self.database.row("SELECT max(id) AS id FROM hops")
        self._next = (newest["id"] or 0) + 1 if newest else 1
        self._book = KeyBook(self.database)
        self._retention = Retention(self.database, limit, max_bytes)
        self.lookup = Lookup(self.database)

    @property
    def newest(self) -> int:
        """The newest hop that has an id, recorded or reserved."""
        return self._next - 1

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

    def observe(self, receive: Callable[[Sequence[Row]], None]) -> Callable[[], None]:
        """Calls `receive` with the hops of each turn of the loop, as rows (`schema.COLUMNS`), when they are
        written: cheaper than `subscribe` for who counts.

        Returns:
            The function that stops it.
        """
        self._observers.add(receive)
        return lambda: self._observers.discard(receive)

    def flow_of(self, hop: int) -> int | None:
        """The flow that a hop belongs to, or None where the journal does not know the hop (any more)."""
        known = self._flows.get(hop)
        if known is not None:
            return known
        row = self.database.row("SELECT flow FROM hops WHERE id = ?", (hop,))
        return int(row["flow"]) if row else None

    def reserve(self, cause: int | None = None) -> int:
        """An id for a hop that is recorded later; see `Recorder.reserve`."""
        hop = self._next_id()
        self._flows.put(hop, hop if cause is None else self._flow_of(cause))
        self._begun.put(hop, (self._clock.now(), self._clock.real_now()))
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
        if self._off:
            return self._next_id() if hop is None else hop
        begun = None
        if hop is None:
            identity = self._next_id()
        else:
            identity = hop
            begun = self._begun.pop(hop)
            if hop <= self.lookup.passed:
                self.lookup.missed(hop)
        at, real_at = begun or (self._clock.now(), self._clock.real_now())
        keys = find_keys(self._keys, payload) if payload and self._keys else None
        flow = (
            identity if cause is None and hop is None else self._flow_of(identity if cause is None else cause)
        )
        if keys:
            # What the replay of an archive takes up joins too; a lone repetition stays a flow of its own.
            joins = kind in _JOINABLE or (kind is HopKind.REPLAYED and cause is not None)
            flow, joined = self._join(identity, scope, flow, keys, joins=joins)
            links = (*links, *joined)
        self._flows.put(identity, flow)
        self._hops.append(
            (
                identity,
                kind._value_,
                at,
                real_at,
                scope.account,
                scope.region,
                service,
                operation,
                resource,
                cause,
                flow,
                status,
                error,
                request_id,
                event_id,
                message_id,
                trace or "",
                function,
                duration_ms,
                as_json(keys),
                as_json(masked_facts(detail)) if detail else "",
                keep(payload, self._payload_limit) if payload else "",
            )
        )
        if links:
            self._links.extend((identity, link.cause, link.kind.value) for link in links)
        if self._subscribers:
            self._tell(self._hops[-1], kind, tuple(links), keys or {}, detail)
        if not self._scheduled:
            self._schedule()
        return identity

    def flush(self) -> None:
        """Writes and commits what is buffered; the state's commit calls it first.

        Raises:
            StoreError: it could not be written. It stays buffered (the newest of it) for the next flush: hops
                are written by their ids, so one that is written twice is there once.
        """
        if not self._hops:
            return
        hops, self._hops = self._hops, []
        links, self._links = self._links, []
        newest = self._next - 1
        try:
            self._insert(hops)
            if links:
                self.database.executemany(INSERT_LINK, links)
            self._book.settle(newest, self._retention.oldest)
            self._retention.sweep(newest, len(hops))
            self.database.commit()
        except (sqlite3.Error, StoreError) as error:
            self.database.abandon()
            self._hops, self._links = hops[-_BUFFERED:], links[-_BUFFERED:]
            raise StoreError(
                "the sandbox could not write its journal",
                error.why if isinstance(error, StoreError) else str(error),
                "free some disk space in the state folder; everything acknowledged before is kept",
            ) from error
        self.lookup.follow(newest, self._retention.oldest)
        for receive in tuple(self._observers):
            receive(hops)

    def _insert(self, hops: Sequence[Row]) -> None:
        database, together = self.database, len(hops) // TOGETHER * TOGETHER
        try:
            for start in range(0, together, TOGETHER):
                database.execute(INSERT_HOPS, [*chain.from_iterable(hops[start : start + TOGETHER])])
            database.executemany(INSERT_HOP, hops[together:])
        except sqlite3.IntegrityError:
            # Some of them were written in a turn that was said to have failed.
            self.database.executemany(REPLACE_HOP, hops)

    def settle(self) -> None:
        """Writes everything that questions are answered from."""
        self.flush()
        self._book.settle(self._next - 1, self._retention.oldest, now=True)
        self.database.commit()

    def rewind(self, hop: int) -> None:
        """Forgets every hop after `hop`; their ids are not given again."""
        self.settle()
        for table, column in (("hops", "id"), ("links", "hop"), ("keys", "hop")):
            self.database.execute(f"DELETE FROM {table} WHERE {column} > ?", (hop,))
        self.database.execute("UPDATE keys_written SET hop = min(hop, ?)", (hop,))
        self.database.commit()
        self._flows = Recent(_REMEMBERED)
        self._begun = Recent(_REMEMBERED)
        self._book = KeyBook(self.database)
        self.lookup.rewind(hop)

    def replace_by(self, hops: Sequence[Row], links: Sequence[Row], keys: Sequence[Row]) -> None:
        """Holds other hops instead of its own: rows of its tables, as another journal has them."""
        self.rewind(0)
        self.database.executemany(INSERT_HOP, hops)
        self.database.executemany(INSERT_LINK, links)
        self.database.executemany(INSERT_KEY, keys)
        newest = max((row[0] for row in hops), default=0)
        self.database.execute("INSERT OR REPLACE INTO keys_written VALUES (1, ?)", (newest,))
        self.database.commit()
        self._book = KeyBook(self.database)
        self._next = max(self._next, newest + 1)

    def close(self) -> None:
        """Writes what is buffered and closes the file."""
        try:
            self.settle()
        finally:
            self.lookup.close()
            self.database.close()

    def _next_id(self) -> int:
        hop = self._next
        self._next += 1
        return hop

    # --- flows -------------------------------------------------------------------------------------------
    def _join(
        self, hop: int, scope: Scope, flow: int, keys: Mapping[str, str], *, joins: bool
    ) -> tuple[int, tuple[Link, ...]]:
        """The flow a hop with business keys belongs to, and the inferred link that puts it there, if any."""
        joined: tuple[Link, ...] = ()
        unknown = []
        for name, value in keys.items():
            key = (name, value, scope.account)
            known = self._book.find(key)
            if known is None:
                unknown.append(key)
            elif joins and known[0] != flow and not joined:
                flow, joined = known[0], (Link(known[1], LinkKind.INFERRED),)
        for key in unknown:
            self._book.learn(key, flow, hop)
        return flow, joined

    def _flow_of(self, hop: int) -> int:
        flow = self.flow_of(hop)
        return hop if flow is None else flow

    # --- telling and writing -----------------------------------------------------------------------------
    def _tell(
        self,
        row: Row,
        kind: HopKind,
        links: tuple[Link, ...],
        keys: Mapping[str, str],
        detail: Mapping[str, Any] | None,
    ) -> None:
        values = dict(zip(COLUMNS, row, strict=True))
        values |= {
            "kind": kind,
            "links": links,
            "keys": dict(keys),
            "detail": dict(masked_facts(detail or {})),
        }
        hop = Hop(**values)
        for receive in tuple(self._subscribers):
            receive(hop)

    def _schedule(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # recorded before the loop runs: the next flush writes it
            return
        self._scheduled = True
        loop.call_soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        self._scheduled = False
        try:
            self.flush()
        except StoreError as error:
            _log.error("%s", error)
