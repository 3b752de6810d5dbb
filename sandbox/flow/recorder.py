"""The one place where hops are recorded.

A hop joins the flow of its cause, or of the business key in its payload where that is already known: an
event published by an outbox belongs to the request that wrote the outbox row, not to the schedule that
published it.
Hops are buffered and written once per turn of the event loop, before the state they belong to is committed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import StoreError
from sandbox.flow.keys import BusinessKey, KeyFinder
from sandbox.flow.lookup import Lookup
from sandbox.flow.payloads import DEFAULT_LIMIT, facts_text, keep, masked_facts
from sandbox.flow.schema import COLUMNS, Row, as_json
from sandbox.flow.tables import Tables
from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.model.recent import Recent
from sandbox.model.scope import Scope
from sandbox.store.database import Database

#: Hops kept, and bytes of them.
DEFAULT_HOPS = 1_000_000
DEFAULT_BYTES = 2 * 1024**3

_REMEMBERED = 50_000
#: Hops that wait in memory at most while the journal cannot be written.
_BUFFERED = 20_000
_log = logging.getLogger("sandbox.flow")
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
        self._tables = Tables(path, limit, max_bytes)
        self._clock = clock
        self._off = limit == 0
        self._payload_limit = payload_limit
        self._finder = KeyFinder()
        #: Of this turn.
        self._hops: list[Row] = []
        self._links: list[Row] = []
        self._flows: Recent[int, int] = Recent(_REMEMBERED)
        self._begun: Recent[int, tuple[float, float]] = Recent(_REMEMBERED)
        self._subscribers: set[Callable[[Hop], None]] = set()
        self._observers: set[Callable[[Sequence[Row]], None]] = set()
        self._scheduled = False
        self._next = self._tables.newest + 1

    @property
    def database(self) -> Database:
        """The tables, for reading; everything recorded so far is in them.

        Raises:
            StoreError: it could not be written (disk full).
        """
        self.flush()
        return self._tables.settle()

    @property
    def lookup(self) -> Lookup:
        """The index of ids."""
        return self._tables.lookup

    @property
    def newest(self) -> int:
        """The newest hop that has an id, recorded or reserved."""
        return self._next - 1

    def newest_at(self) -> float | None:
        """Virtual time of the newest hop, None where there is none."""
        row = self.database.row("SELECT at FROM hops ORDER BY id DESC LIMIT 1")
        return None if row is None else float(row["at"])

    def declare_keys(self, keys: Sequence[BusinessKey]) -> None:
        """The business keys to look for in payloads from now on (those of the deployed sagas)."""
        self._finder = KeyFinder(keys)

    def declared_keys(self) -> list[BusinessKey]:
        """The business keys that are looked for now."""
        return list(self._finder.keys)

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
        return self._tables.flow_of(hop)

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
        at, real_at = begun or (self._clock.now(), self._clock.real_now())
        keys = self._finder.find(payload) if payload and self._finder.keys else None
        before = cause if cause is not None else hop
        flow = identity if before is None else self._flow_of(before)
        if keys:
            # What the replay of an archive takes up joins too; a lone repetition stays a flow of its own.
            # A change whose writer nobody saw (DynamoDB Local's) is joined by what was written.
            joins = (
                kind in _JOINABLE
                or (kind is HopKind.REPLAYED and cause is not None)
                or (kind is HopKind.ITEM_CHANGED and cause is None)
            )
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
                as_json(keys) if keys else "",
                facts_text(detail) if detail else "",
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
        """Makes what is buffered safe from the end of the process; the state's commit calls it first.

        Raises:
            StoreError: it could not be written. It stays buffered (the newest of it) for the next flush.
        """
        if not self._hops:
            return
        hops, self._hops = self._hops, []
        links, self._links = self._links, []
        try:
            self._tables.append(hops, links, self.newest)
        except StoreError:
            self._hops, self._links = hops[-_BUFFERED:], links[-_BUFFERED:]
            raise
        for receive in tuple(self._observers):
            receive(hops)

    def settle(self) -> None:
        """Writes everything that questions are answered from.

        Raises:
            StoreError: it could not be written (disk full).
        """
        self.flush()
        self._tables.settle_keys()

    def rewind(self, hop: int) -> None:
        """Forgets every hop after `hop`; their ids are not given again.

        Raises:
            StoreError: it could not be written (disk full); nothing is forgotten.
        """
        self.flush()
        self._tables.rewind(hop)
        self._forget()

    def replace_by(self, hops: Sequence[Row], links: Sequence[Row], keys: Sequence[Row]) -> None:
        """Holds other hops instead of its own: rows of its tables, as another journal has them.

        Raises:
            StoreError: they could not be written (disk full); it holds its own.
        """
        self.flush()
        self._tables.replace_by(hops, links, keys)
        self._forget()
        self._next = max(self._next, self._tables.newest + 1)

    def close(self) -> None:
        """Writes what is buffered and closes the file."""
        try:
            self.flush()
        finally:
            self._tables.close()

    def _forget(self) -> None:
        """What is remembered of hops is theirs no longer."""
        self._flows = Recent(_REMEMBERED)
        self._begun = Recent(_REMEMBERED)

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
            known = self._tables.book.find(key)
            if known is None:
                unknown.append(key)
            elif joins and known[0] != flow and not joined:
                flow, joined = known[0], (Link(known[1], LinkKind.INFERRED),)
        for key in unknown:
            self._tables.book.learn(key, flow, hop)
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
