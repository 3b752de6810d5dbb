"""Where log events are kept, and those who write and follow them without the API.

Events older than the retention of their group are not shown; they are dropped when the group is written to,
once per hour of virtual time at most, and when the retention is set.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Kit, Params, Service

_DAY_MS = 86_400_000
#: Virtual seconds between two looks for expired events of a group.
_SWEEP_EVERY = 3600.0
#: Real seconds that lines are gathered before they are stored, and how many writes are.
_GATHER_SECONDS = 0.1
_GATHERED = 500
#: Streams whose place is remembered, at most.
_PLACES = 2000
#: What an event counts beside its message (bytes), as on AWS.
EVENT_OVERHEAD = 26


class LogLine(msgspec.Struct, frozen=True):
    """One event as it was written, for those who follow the logs.

    `at` is virtual time in seconds; `cause` the hop of the invocation that wrote it.
    """

    scope: Scope
    group: str
    stream: str
    at: float
    message: str
    cause: int | None


class Written(msgspec.Struct, frozen=True):
    """Lines that were written at once.

    Attributes:
        lines: each with its virtual time in seconds.
        cause: the hop of the invocation that wrote them.
        ingested: virtual milliseconds.
    """

    scope: Scope
    group: str
    stream: str
    lines: Sequence[tuple[float, str]]
    cause: int | None
    ingested: int


class LogStore(Service):
    """Keeps log events; implements the port `LogSink`. The groups of operations build on it."""

    name: ClassVar[str] = "logs"
    SCHEMA: ClassVar[str] = """
    CREATE TABLE IF NOT EXISTS logs_groups (id INTEGER PRIMARY KEY, account TEXT NOT NULL,
        region TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, retention INTEGER,
        tags TEXT NOT NULL,
        UNIQUE (account, region, name));
    CREATE TABLE IF NOT EXISTS logs_streams (id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL,
        name TEXT NOT NULL, created INTEGER NOT NULL, first_at INTEGER, last_at INTEGER, ingested INTEGER,
        bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (group_id, name));
    CREATE TABLE IF NOT EXISTS logs_events (id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL,
        stream_id INTEGER NOT NULL, at INTEGER NOT NULL, ingested INTEGER NOT NULL, message TEXT NOT NULL,
        cause INTEGER);
    CREATE INDEX IF NOT EXISTS logs_events_stream ON logs_events (stream_id, at, id);
    CREATE INDEX IF NOT EXISTS logs_events_group ON logs_events (group_id, at, id);
    CREATE INDEX IF NOT EXISTS logs_events_cause ON logs_events (cause) WHERE cause IS NOT NULL;
    """

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._followers: set[Callable[[LogLine], None]] = set()
        self._sweep_at: dict[int, float] = {}
        #: The row of a group and that of a stream, by their names: every invocation writes to one.
        self._places: dict[tuple[Scope, str, str], tuple[int, int]] = {}
        self._undone = self.database.undone
        self._gathered: list[Written] = []
        self._timer: asyncio.TimerHandle | None = None

    # --- life --------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Forgets what was remembered of the store, and lines that came after its end."""
        self._gathered = []
        self._forget()
        await super().start()

    async def stop(self) -> None:
        """Stores what was gathered."""
        self.settle()
        await super().stop()

    async def call(self, operation_name: str, call: Call, params: Params) -> Answer:
        """Runs one operation, on everything that was written before it; see `Service.call`."""
        self.settle()
        return await super().call(operation_name, call, params)

    # --- the port LogSink, and what reads it -------------------------------------------------------------
    def write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: Sequence[tuple[float, str]],
        *,
        cause: int | None = None,
    ) -> None:
        """Appends lines of a function or service; creates group and stream where missing.

        They are gathered for a moment: many quick invocations are one write. Whoever reads has them at once.
        """
        if not lines:
            return
        self._gathered.append(Written(scope, group, stream, lines, cause, self.clock.now_ms()))
        for receive in tuple(self._followers):
            for at, message in lines:
                receive(LogLine(scope, group, stream, at, message, cause))
        if len(self._gathered) >= _GATHERED or self._is_urgent():
            self.settle()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self.settle)

    def _is_urgent(self) -> bool:
        """Whether lines have to be stored as they come."""
        return False

    def settle(self) -> None:
        """Stores what was gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        if self._undone != self.database.undone:
            self._forget()
        self._store([(*self._place(one.scope, one.group, one.stream), one) for one in gathered])

    def _place(self, scope: Scope, group: str, stream: str) -> tuple[int, int]:
        place = self._places.get((scope, group, stream))
        if place is not None:
            return place
        row = self._find_group(scope, group)
        group_id = row["id"] if row else self._new_group(scope, group)
        row = self._find_stream(group_id, stream)
        stream_id = row["id"] if row else self._new_stream(group_id, stream)
        if len(self._places) >= _PLACES:
            self._places.clear()
        self._places[scope, group, stream] = group_id, stream_id
        return group_id, stream_id

    def _forget(self) -> None:
        """Where lines go is looked up again: a row of it is gone."""
        self._places.clear()
        self._undone = self.database.undone

    def follow(self, receive: Callable[[LogLine], None]) -> Callable[[], None]:
        """Calls `receive` with every line written from now on; returns the function that stops it."""
        self._followers.add(receive)
        return lambda: self._followers.discard(receive)

    def newest(self, scope: Scope, groups: Sequence[str], limit: int) -> list[LogLine]:
        """The newest lines of the groups (of all, when none is named), oldest first."""
        self.settle()
        marks = ", ".join("?" * len(groups))
        rows = self.database.rows(
            "SELECT e.at, e.message, e.cause, s.name AS stream, g.name AS log_group FROM logs_events e "
            "JOIN logs_streams s ON s.id = e.stream_id JOIN logs_groups g ON g.id = e.group_id "
            "WHERE g.account = ? AND g.region = ? "
            + (f"AND g.name IN ({marks}) " if groups else "")
            + "ORDER BY e.id DESC LIMIT ?",
            (scope.account, scope.region, *groups, limit),
        )
        return [
            LogLine(scope, row["log_group"], row["stream"], row["at"] / 1000, row["message"], row["cause"])
            for row in reversed(rows)
        ]

    def lines_caused_by(self, hop: int) -> list[str]:
        """The lines that one invocation wrote, oldest first."""
        self.settle()
        rows = self.database.rows("SELECT message FROM logs_events WHERE cause = ? ORDER BY id", (hop,))
        return [row["message"] for row in rows]

    # --- what operations work with -----------------------------------------------------------------------
    def _store(self, found: Sequence[tuple[int, int, Written]]) -> None:
        """Stores lines in their order, by the rows of their groups and streams."""
        self.database.executemany(
            "INSERT INTO logs_events (group_id, stream_id, at, ingested, message, cause) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (group_id, stream_id, int(at * 1000), one.ingested, message, one.cause)
                for group_id, stream_id, one in found
                for at, message in one.lines
            ],
        )
        streams: dict[int, list[Written]] = {}
        for _, stream_id, one in found:
            streams.setdefault(stream_id, []).append(one)
        for stream_id, several in streams.items():
            times = [int(at * 1000) for one in several for at, _ in one.lines]
            size = sum(len(message.encode()) + EVENT_OVERHEAD for one in several for _, message in one.lines)
            self.database.execute(
                "UPDATE logs_streams SET first_at = min(coalesce(first_at, ?1), ?1), "
                "last_at = max(coalesce(last_at, ?2), ?2), ingested = ?3, bytes = bytes + ?4 WHERE id = ?5",
                (min(times), max(times), several[-1].ingested, size, stream_id),
            )
        for group_id in {group_id for group_id, _, _ in found}:
            if self._sweep_at.get(group_id, 0.0) <= self.clock.now():
                self._sweep(group_id)
            self._written(group_id)

    def _written(self, group_id: int) -> None:
        """Told of every write, once it is in the store."""

    def _dropped(self) -> None:
        """Told when events are gone from the store: the ids of the newest are given again."""

    def _sweep(self, group_id: int) -> None:
        """Drops the expired events of a group."""
        self._sweep_at[group_id] = self.clock.now() + _SWEEP_EVERY
        group = self.database.row("SELECT * FROM logs_groups WHERE id = ?", (group_id,))
        if group is None or group["retention"] is None:
            return
        dropped = self.database.execute(
            "DELETE FROM logs_events WHERE group_id = ? AND at < ?", (group_id, self._oldest(group))
        )
        if dropped.rowcount:
            self._dropped()
            self.database.execute(
                "UPDATE logs_streams SET bytes = (SELECT coalesce(sum(length(CAST(message AS BLOB)) + ?), 0) "
                "FROM logs_events WHERE stream_id = logs_streams.id) WHERE group_id = ?",
                (EVENT_OVERHEAD, group_id),
            )

    def _oldest(self, group: sqlite3.Row) -> int:
        """The time in milliseconds before which the events of a group have expired."""
        return self.clock.now_ms() - group["retention"] * _DAY_MS if group["retention"] else 0

    def _find_group(self, scope: Scope, name: str) -> sqlite3.Row | None:
        return self.database.row(
            "SELECT * FROM logs_groups WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )

    def _group(self, scope: Scope, name: str) -> sqlite3.Row:
        group = self._find_group(scope, name)
        if group is None:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        return group

    def _group_named(self, scope: Scope, params: Params) -> sqlite3.Row:
        identifier = params.get("logGroupIdentifier")
        name = params.get("logGroupName")
        if bool(name) == bool(identifier):
            raise AwsError(
                "InvalidParameterException", "Exactly one of logGroupName and logGroupIdentifier is needed."
            )
        if identifier and identifier.startswith("arn:"):
            return self._group_of_arn(scope, identifier)
        name = name or identifier
        assert name is not None
        return self._group(scope, name)

    def _group_of_arn(self, scope: Scope, text: str) -> sqlite3.Row:
        """The group that an ARN names; those of other accounts and regions are another world."""
        try:
            arn = parse_arn(text)
        except ValueError as error:
            raise AwsError("InvalidParameterException", str(error)) from error
        if arn.scope != scope:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        return self._group(scope, arn.resource.removeprefix("log-group:").removesuffix(":*"))

    def _new_group(self, scope: Scope, name: str, tags: dict[str, str] | None = None) -> int:
        cursor = self.database.execute(
            "INSERT INTO logs_groups (account, region, name, created, tags) VALUES (?, ?, ?, ?, ?)",
            (
                scope.account,
                scope.region,
                name,
                self.clock.now_ms(),
                msgspec.json.encode(tags or {}).decode(),
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _set_tags(self, group: sqlite3.Row, tags: dict[str, str]) -> None:
        self.database.execute(
            "UPDATE logs_groups SET tags = ? WHERE id = ?", (msgspec.json.encode(tags).decode(), group["id"])
        )

    def _find_stream(self, group_id: int, name: str) -> sqlite3.Row | None:
        return self.database.row(
            "SELECT * FROM logs_streams WHERE group_id = ? AND name = ?", (group_id, name)
        )

    def _stream(self, group_id: int, name: str) -> sqlite3.Row:
        stream = self._find_stream(group_id, name)
        if stream is None:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        return stream

    def _new_stream(self, group_id: int, name: str) -> int:
        cursor = self.database.execute(
            "INSERT INTO logs_streams (group_id, name, created) VALUES (?, ?, ?)",
            (group_id, name, self.clock.now_ms()),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid
