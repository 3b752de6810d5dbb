"""What changes in a table, as records of its stream; kept for 24 hours.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.clock import Clock, Timer, TimerKind
from sandbox.model.arn import Arn, parse_arn, stream_arn
from sandbox.model.dynamodb.values import item_size
from sandbox.model.hops import HopKind
from sandbox.model.ids import Ids
from sandbox.model.ports import Recorder, StreamRecord
from sandbox.model.scope import Scope
from sandbox.services.dynamodb.definitions import Table
from sandbox.services.dynamodb.items import Stored
from sandbox.services.dynamodb.lately import Lately
from sandbox.services.dynamodb.stream_records import Change, stored_change, told, told_at_once
from sandbox.store.database import Database

#: Seconds that records stay readable.
RETENTION = 24 * 3600.0
#: Seconds between two times that older ones are thrown away.
_TRIMMED_EVERY = 600.0
#: Records that go in one turn of the loop.
_TRIMMED_AT_ONCE = 1_000
_encode = msgspec.msgpack.Encoder().encode
#: Who deletes what has expired.
TTL_IDENTITY = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream, open or closed (its table is gone or has it disabled).

    Attributes:
        keys: KeySchema of its table.
    """

    id: int
    arn: Arn
    table: str
    label: str
    view: str
    keys: list[dict[str, str]]
    created: float
    closed: float | None

    @property
    def shard(self) -> str:
        """The id of its one shard."""
        return f"shardId-{int(self.created * 1000):020d}-{self.id:08x}"


class StreamStore:
    """The streams and their records; wakes who waits for records."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._ids = ids
        self._waiting: dict[int, set[Callable[[], None]]] = {}
        self._lately = Lately(database)
        self._trim: Timer | None = None

    # --- life --------------------------------------------------------------------------------------------
    def rebuild(self) -> None:
        """Sets the timer for the oldest record; what is older than it is gone."""
        row = self._database.row("SELECT at FROM dynamodb_stream_records ORDER BY seq LIMIT 1")
        if row is not None and self._trim is None:
            self._trim_at(max(row["at"] + RETENTION, self._clock.now() + _TRIMMED_EVERY))

    def forget(self) -> None:
        """Drops what memory repeats of the store."""
        self._lately.forget()

    def stop(self) -> None:
        """Drops the timer and those who wait."""
        self._lately.forget()
        if self._trim is not None:
            self._trim.cancel()
            self._trim = None
        self._waiting.clear()

    def open(self, table: Table, view: str, label: str) -> int:
        """Begins a stream of a table."""
        keys = [{"AttributeName": name, "KeyType": role} for name, role in table.definition.key]
        cursor = self._database.execute(
            "INSERT INTO dynamodb_streams (account, region, name, label, view, keys, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (table.account, table.region, table.name, label, view, json.dumps(keys), self._clock.now()),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def close(self, stream: int) -> None:
        """Ends a stream; what it holds stays readable."""
        self._database.execute(
            "UPDATE dynamodb_streams SET closed = ? WHERE id = ? AND closed IS NULL",
            (self._clock.now(), stream),
        )
        self._wake(stream)

    # --- writing -----------------------------------------------------------------------------------------
    def record(
        self,
        table: Table,
        old: Stored | None,
        new: Stored | None,
        hop: int | None,
        identity: dict[str, str] | None = None,
    ) -> None:
        """Adds a record for a change, if the table has a stream and something changed.

        Args:
            identity: who did it, where it was no client (`userIdentity`).
        """
        stream = table.definition.stream
        if stream is None or not stream.enabled:
            return
        some = new or old
        if some is None or (old is not None and new is not None and old.item == new.item):
            return
        now = self._clock.now()
        keys = table.schema.of(some.item)
        size = item_size(keys)
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": float(int(now)),
            "Keys": keys,
            "StreamViewType": stream.view,
        }
        if new is not None and stream.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["NewImage"] = new.item
            size += new.size
        if old is not None and stream.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["OldImage"] = old.item
            size += old.size
        change["SizeBytes"] = size
        record: dict[str, Any] = {
            "eventID": self._ids.hex(32),
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": table.region,
            "dynamodb": change,
        }
        if identity is not None:
            record["userIdentity"] = identity
        image = msgspec.json.encode(change)
        changed = self._recorder.record(
            HopKind.ITEM_CHANGED,
            table.scope,
            "dynamodb",
            cause=hop,
            operation=record["eventName"],
            resource=table.name,
            event_id=record["eventID"],
            payload=image,
        )
        cursor = self._database.execute(
            "INSERT INTO dynamodb_stream_records (stream, at, hop, record) VALUES (?, ?, ?, ?)",
            (stream.id, now, changed, _encode(record)),
        )
        if self._waiting.get(stream.id):
            number = cursor.lastrowid
            assert number is not None
            made = told_at_once(number, now, changed, record, image, table.stream_arn)
            self._lately.put(stream.id, number, made, len(image))
        else:
            self._lately.drop(stream.id)
        if self._trim is None:
            self._trim_at(now + RETENTION)
        self._wake(stream.id)

    # --- reading -----------------------------------------------------------------------------------------
    def find(self, arn: Arn) -> Stream | None:
        """The stream with that ARN."""
        parts = arn.resource.split("/")
        if len(parts) != 4 or parts[2] != "stream":
            return None
        row = self._database.row(
            "SELECT * FROM dynamodb_streams WHERE account = ? AND region = ? AND name = ? AND label = ?",
            (arn.account, arn.region, parts[1], parts[3]),
        )
        return None if row is None else _stream(row)

    def all(self, scope: Scope, table: str | None = None) -> list[Stream]:
        """The streams of a scope, or of one table, oldest first, without those whose records are all gone."""
        rows = self._database.rows(
            "SELECT * FROM dynamodb_streams WHERE account = ? AND region = ? AND (? IS NULL OR name = ?) "
            "AND (closed IS NULL OR closed > ?) ORDER BY id",
            (scope.account, scope.region, table, table, self._clock.now() - RETENTION),
        )
        return [_stream(row) for row in rows]

    def read(self, stream: int, after: int, limit: int) -> list[Change]:
        """Records past a sequence number, oldest first."""
        rows = self._database.rows(
            "SELECT seq, at, hop, record FROM dynamodb_stream_records WHERE stream = ? AND seq > ? "
            "AND at > ? ORDER BY seq LIMIT ?",
            (stream, after, self._clock.now() - RETENTION, limit),
        )
        return [stored_change(*row) for row in rows]

    def follow(self, stream: Stream, after: int, limit: int) -> list[StreamRecord]:
        """The same as functions get them."""
        lately = self._lately.after(stream.id, after, self._clock.now() - RETENTION, limit)
        if lately is not None:
            return lately
        arn = str(stream.arn)
        return [told(change, arn) for change in self.read(stream.id, after, limit)]

    def bounds(self, stream: int) -> tuple[int | None, int | None]:
        """The first and the last sequence number that a stream holds."""
        row = self._database.row(
            "SELECT min(seq) AS first, max(seq) AS last FROM dynamodb_stream_records WHERE stream = ?",
            (stream,),
        )
        assert row is not None
        return row["first"], row["last"]

    def newest(self) -> int:
        """The last sequence number that was given in any stream."""
        row = self._database.row("SELECT seq FROM sqlite_sequence WHERE name = 'dynamodb_stream_records'")
        return 0 if row is None else int(row["seq"])

    def subscribe(self, stream: int, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` when a stream gets a record or ends; returns the function that stops it."""
        waiting = self._waiting.setdefault(stream, set())
        waiting.add(wake)
        return lambda: waiting.discard(wake)

    # --- inside ------------------------------------------------------------------------------------------
    def _wake(self, stream: int) -> None:
        for wake in tuple(self._waiting.get(stream, ())):
            wake()

    def _trim_at(self, when: float) -> None:
        self._trim = self._clock.call_at(
            when, self._trim_now, label="retention of streams", kind=TimerKind.EXPIRY
        )

    def _trim_now(self) -> None:
        """Forgets what is too old, which nobody reads any more: now and then, and some of it in one turn."""
        self._trim = None
        now = self._clock.now()
        oldest = self._database.rows(
            "SELECT seq, at FROM dynamodb_stream_records ORDER BY seq LIMIT ?", (_TRIMMED_AT_ONCE,)
        )
        old = [row["seq"] for row in oldest if row["at"] <= now - RETENTION]
        if old:
            self._database.execute("DELETE FROM dynamodb_stream_records WHERE seq <= ?", (old[-1],))
        if len(old) == _TRIMMED_AT_ONCE:
            self._trim_at(now)
        self.rebuild()


def _stream(row: Any) -> Stream:
    scope = Scope(row["account"], row["region"])
    return Stream(
        row["id"],
        stream_arn(scope, row["name"], row["label"]),
        row["name"],
        row["label"],
        row["view"],
        json.loads(row["keys"]),
        row["created"],
        row["closed"],
    )


def parse_stream_arn(text: str) -> Arn | None:
    """A stream's ARN, or None where the text is none."""
    try:
        arn = parse_arn(text)
    except ValueError:
        return None
    return arn if arn.service == "dynamodb" and "/stream/" in arn.resource else None
