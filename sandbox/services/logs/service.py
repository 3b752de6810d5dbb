"""Log groups and streams over the store.

Follows the CloudWatch Logs API Reference. Events older than their group's retention are not shown and are
dropped when their group is next written to.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.model.arn import log_group_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Kit, Params, Service, operation
from sandbox.services.logs.filters import compile_filter

_GROUP_NAME = re.compile(r"[\w./#-]{1,512}")
_RETENTIONS = frozenset(
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)
_DAY_MS = 86_400_000
_MAX_EVENTS = 10_000
_SWEEP_EVERY = 5_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event as it was written, for those who follow the logs.

    `at` is virtual time in seconds; `cause` the hop of the invocation that wrote it.
    """

    scope: Scope
    group: str
    stream: str
    at: float
    message: str
    cause: int | None


class LogsService(Service):
    """Keeps log events; implements the port `LogSink`."""

    name = "logs"
    SCHEMA = """
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
        self._written = 0

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
        """Appends lines of a function or service; creates group and stream where missing."""
        if not lines:
            return
        row = self._find_group(scope, group)
        group_id = row["id"] if row else self._new_group(scope, group)
        self._append(scope, group_id, group, stream, lines, cause)

    def follow(self, receive: Callable[[LogLine], None]) -> Callable[[], None]:
        """Calls `receive` with every line written from now on; returns the function that stops it."""
        self._followers.add(receive)
        return lambda: self._followers.discard(receive)

    def newest(self, scope: Scope, groups: Sequence[str], limit: int) -> list[LogLine]:
        """The newest lines of the groups (of all, when none is named), oldest first."""
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
        rows = self.database.rows("SELECT message FROM logs_events WHERE cause = ? ORDER BY id", (hop,))
        return [row["message"] for row in rows]

    # --- groups ------------------------------------------------------------------------------------------
    @operation("CreateLogGroup", "logGroupName tags")
    def create_log_group(self, call: Call, params: Params) -> Answer:
        """Creates a group; `ResourceAlreadyExistsException` when it is there."""
        name = params["logGroupName"]
        if not _GROUP_NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameterException",
                f"1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy "
                "constraint: "
                r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+",
            )
        if self._find_group(call.scope, name):
            raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
        self._new_group(call.scope, name, params.get("tags", {}))
        return {}

    @operation("DeleteLogGroup", "logGroupName")
    def delete_log_group(self, call: Call, params: Params) -> Answer:
        """Deletes a group with its streams and events."""
        group = self._group(call.scope, params["logGroupName"])
        with self.database.atomic():
            self.database.execute("DELETE FROM logs_events WHERE group_id = ?", (group["id"],))
            self.database.execute("DELETE FROM logs_streams WHERE group_id = ?", (group["id"],))
            self.database.execute("DELETE FROM logs_groups WHERE id = ?", (group["id"],))
        return {}

    @operation("DescribeLogGroups", "logGroupNamePrefix logGroupNamePattern nextToken limit")
    def describe_log_groups(self, call: Call, params: Params) -> Answer:
        """Groups in order of their names."""
        limit = params.get("limit", 50)
        prefix, part = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
        rows = self.database.rows(
            "SELECT g.*, (SELECT coalesce(sum(bytes), 0) FROM logs_streams WHERE group_id = g.id) AS bytes "
            "FROM logs_groups g WHERE account = ? AND region = ? AND name > ? AND substr(name, 1, ?) = ? "
            "AND instr(lower(name), lower(?)) ORDER BY name LIMIT ?",
            (
                call.scope.account,
                call.scope.region,
                params.get("nextToken", ""),
                len(prefix),
                prefix,
                part,
                limit + 1,
            ),
        )
        answer: Answer = {"logGroups": [_group_view(call.scope, row) for row in rows[:limit]]}
        if len(rows) > limit:
            answer["nextToken"] = rows[limit - 1]["name"]
        return answer

    @operation("PutRetentionPolicy", "logGroupName retentionInDays")
    def put_retention_policy(self, call: Call, params: Params) -> Answer:
        """Sets how many days events of a group are kept."""
        group = self._group(call.scope, params["logGroupName"])
        if params["retentionInDays"] not in _RETENTIONS:
            raise AwsError(
                "InvalidParameterException",
                f"Invalid value for 'retentionInDays': {params['retentionInDays']}. "
                f"Valid values are {sorted(_RETENTIONS)}",
            )
        self.database.execute(
            "UPDATE logs_groups SET retention = ? WHERE id = ?", (params["retentionInDays"], group["id"])
        )
        return {}

    @operation("DeleteRetentionPolicy", "logGroupName")
    def delete_retention_policy(self, call: Call, params: Params) -> Answer:
        """Keeps the events of a group for ever."""
        group = self._group(call.scope, params["logGroupName"])
        self.database.execute("UPDATE logs_groups SET retention = NULL WHERE id = ?", (group["id"],))
        return {}

    @operation("TagResource", "resourceArn tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags to a group."""
        group = self._group_of_arn(params["resourceArn"])
        self._set_tags(group, {**msgspec.json.decode(group["tags"]), **params["tags"]})
        return {}

    @operation("UntagResource", "resourceArn tagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags from a group."""
        group = self._group_of_arn(params["resourceArn"])
        tags = msgspec.json.decode(group["tags"])
        self._set_tags(group, {key: tags[key] for key in tags if key not in params["tagKeys"]})
        return {}

    @operation("ListTagsForResource", "resourceArn")
    def list_tags_for_resource(self, call: Call, params: Params) -> Answer:
        """The tags of a group."""
        return {"tags": msgspec.json.decode(self._group_of_arn(params["resourceArn"])["tags"])}

    # --- streams -----------------------------------------------------------------------------------------
    @operation("CreateLogStream", "logGroupName logStreamName")
    def create_log_stream(self, call: Call, params: Params) -> Answer:
        """Creates a stream; `ResourceAlreadyExistsException` when it is there."""
        group = self._group(call.scope, params["logGroupName"])
        if self._find_stream(group["id"], params["logStreamName"]):
            raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")
        self._new_stream(group["id"], params["logStreamName"])
        return {}

    @operation("DeleteLogStream", "logGroupName logStreamName")
    def delete_log_stream(self, call: Call, params: Params) -> Answer:
        """Deletes a stream with its events."""
        group = self._group(call.scope, params["logGroupName"])
        stream = self._stream(group["id"], params["logStreamName"])
        with self.database.atomic():
            self.database.execute("DELETE FROM logs_events WHERE stream_id = ?", (stream["id"],))
            self.database.execute("DELETE FROM logs_streams WHERE id = ?", (stream["id"],))
        return {}

    @operation(
        "DescribeLogStreams",
        "logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit",
    )
    def describe_log_streams(self, call: Call, params: Params) -> Answer:
        """Streams of a group, by name or by the time of their last event."""
        group = self._group_named(call.scope, params)
        limit, offset = params.get("limit", 50), int(params.get("nextToken", "0") or 0)
        order = "coalesce(last_at, 0)" if params.get("orderBy") == "LastEventTime" else "name"
        direction = "DESC" if params.get("descending") else "ASC"
        prefix = params.get("logStreamNamePrefix", "")
        rows = self.database.rows(
            f"SELECT * FROM logs_streams WHERE group_id = ? AND substr(name, 1, ?) = ? "
            f"ORDER BY {order} {direction}, id LIMIT ? OFFSET ?",
            (group["id"], len(prefix), prefix, limit + 1, offset),
        )
        answer: Answer = {
            "logStreams": [_stream_view(call.scope, group["name"], row) for row in rows[:limit]]
        }
        if len(rows) > limit:
            answer["nextToken"] = str(offset + limit)
        return answer

    # --- events ------------------------------------------------------------------------------------------
    @operation("PutLogEvents", "logGroupName logStreamName logEvents sequenceToken")
    def put_log_events(self, call: Call, params: Params) -> Answer:
        """Appends up to 10,000 events; the sequence token is not checked any more, as on AWS."""
        group = self._group(call.scope, params["logGroupName"])
        self._stream(group["id"], params["logStreamName"])
        events = params["logEvents"]
        if not 1 <= len(events) <= _MAX_EVENTS:
            raise AwsError("InvalidParameterException", "logEvents must have 1 to 10000 members")
        times = [event["timestamp"] for event in events]
        if times != sorted(times):
            raise AwsError(
                "InvalidParameterException",
                "Log events in a single PutLogEvents request must be in chronological order.",
            )
        lines = [(event["timestamp"] / 1000, event["message"]) for event in events]
        self._append(call.scope, group["id"], group["name"], params["logStreamName"], lines, call.hop)
        return {"nextSequenceToken": self.kit.ids.hex(56)}

    @operation(
        "GetLogEvents",
        "logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead",
    )
    def get_log_events(self, call: Call, params: Params) -> Answer:
        """Events of one stream, forwards or backwards from a token."""
        group = self._group_named(call.scope, params)
        stream = self._stream(group["id"], params["logStreamName"])
        limit = params.get("limit", _MAX_EVENTS)
        forward, position = _position(params)
        comparison, direction = (">", "ASC") if forward else ("<", "DESC")
        rows = self.database.rows(
            f"SELECT * FROM logs_events WHERE stream_id = ? AND at >= ? AND at < ? AND id {comparison} ? "
            f"ORDER BY id {direction} LIMIT ?",
            (
                stream["id"],
                max(params.get("startTime", 0), self._oldest(group)),
                params.get("endTime", 2**62),
                position,
                limit,
            ),
        )
        events = rows if forward else list(reversed(rows))
        first = events[0]["id"] if events else position
        last = events[-1]["id"] if events else position
        return {
            "events": [
                {"timestamp": row["at"], "message": row["message"], "ingestionTime": row["ingested"]}
                for row in events
            ],
            "nextForwardToken": f"f/{last:056d}",
            "nextBackwardToken": f"b/{first:056d}",
        }

    @operation(
        "FilterLogEvents",
        "logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern "
        "nextToken limit interleaved",
    )
    def filter_log_events(self, call: Call, params: Params) -> Answer:
        """Events of a group that match a filter pattern, oldest first."""
        group = self._group_named(call.scope, params)
        matches = compile_filter(params.get("filterPattern", ""))
        limit = params.get("limit", _MAX_EVENTS)
        events: list[dict[str, Any]] = []
        last = ""
        for row in self._filtered(group, params):
            if len(events) == limit:
                return {"events": events, "searchedLogStreams": [], "nextToken": last}
            last = f"{row['at']}/{row['id']}"
            if matches(row["message"]):
                events.append(
                    {
                        "logStreamName": row["stream"],
                        "timestamp": row["at"],
                        "message": row["message"],
                        "ingestionTime": row["ingested"],
                        "eventId": f"{row['id']:056d}",
                    }
                )
        return {"events": events, "searchedLogStreams": []}

    # --- inside ------------------------------------------------------------------------------------------
    def _filtered(self, group: sqlite3.Row, params: Params) -> Iterator[sqlite3.Row]:
        names = params.get("logStreamNames", [])
        prefix = params.get("logStreamNamePrefix", "")
        marks = ", ".join("?" * len(names))
        rows = self.database.rows(
            "SELECT e.*, s.name AS stream FROM logs_events e JOIN logs_streams s ON s.id = e.stream_id "
            "WHERE e.group_id = ? AND e.at >= ? AND e.at <= ? AND (e.at, e.id) > (?, ?) "
            "AND substr(s.name, 1, ?) = ? "
            + (f"AND s.name IN ({marks}) " if names else "")
            + "ORDER BY e.at, e.id",
            (
                group["id"],
                max(params.get("startTime", 0), self._oldest(group)),
                params.get("endTime", 2**62),
                *_after(params),
                len(prefix),
                prefix,
                *names,
            ),
        )
        yield from rows

    def _append(
        self,
        scope: Scope,
        group_id: int,
        group: str,
        stream: str,
        lines: Sequence[tuple[float, str]],
        cause: int | None,
    ) -> None:
        row = self._find_stream(group_id, stream)
        stream_id = row["id"] if row else self._new_stream(group_id, stream)
        now = self.clock.now_ms()
        self.database.executemany(
            "INSERT INTO logs_events (group_id, stream_id, at, ingested, message, cause) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [(group_id, stream_id, int(at * 1000), now, message, cause) for at, message in lines],
        )
        self.database.execute(
            "UPDATE logs_streams SET first_at = coalesce(first_at, ?), last_at = ?, ingested = ?, "
            "bytes = bytes + ? WHERE id = ?",
            (
                int(lines[0][0] * 1000),
                int(lines[-1][0] * 1000),
                now,
                sum(len(message) + 26 for _, message in lines),
                stream_id,
            ),
        )
        for receive in tuple(self._followers):
            for at, message in lines:
                receive(LogLine(scope, group, stream, at, message, cause))
        self._sweep(group_id, len(lines))

    def _sweep(self, group_id: int, written: int) -> None:
        self._written += written
        if self._written < _SWEEP_EVERY:
            return
        self._written = 0
        group = self.database.row("SELECT * FROM logs_groups WHERE id = ?", (group_id,))
        if group is not None and group["retention"] is not None:
            self.database.execute(
                "DELETE FROM logs_events WHERE group_id = ? AND at < ?", (group_id, self._oldest(group))
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
        if identifier and identifier.startswith("arn:"):
            return self._group_of_arn(identifier)
        name = params.get("logGroupName") or identifier
        if not name:
            raise AwsError(
                "InvalidParameterException", "Either logGroupName or logGroupIdentifier is needed."
            )
        return self._group(scope, name)

    def _group_of_arn(self, text: str) -> sqlite3.Row:
        try:
            arn = parse_arn(text)
        except ValueError as error:
            raise AwsError("InvalidParameterException", str(error)) from error
        return self._group(arn.scope, arn.resource.removeprefix("log-group:").removesuffix(":*"))

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


def _after(params: Params) -> tuple[int, int]:
    """Time and id of the last event of the page before, as the token of FilterLogEvents says."""
    at, _, number = params.get("nextToken", "0/0").partition("/")
    if not (at.isdigit() and number.isdigit()):
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    return int(at), int(number)


def _position(params: Params) -> tuple[bool, int]:
    """Direction and event id to go on from, as the token or `startFromHead` says."""
    token = params.get("nextToken")
    if token:
        side, _, number = token.partition("/")
        if side not in ("f", "b") or not number.isdigit():
            raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
        return side == "f", int(number)
    forward = bool(params.get("startFromHead"))
    return forward, 0 if forward else 2**62


def _group_view(scope: Scope, row: sqlite3.Row) -> dict[str, Any]:
    arn = str(log_group_arn(scope, row["name"]))
    view = {
        "logGroupName": row["name"],
        "creationTime": row["created"],
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "storedBytes": row["bytes"],
        "logGroupClass": "STANDARD",
    }
    if row["retention"] is not None:
        view["retentionInDays"] = row["retention"]
    return view


def _stream_view(scope: Scope, group: str, row: sqlite3.Row) -> dict[str, Any]:
    view = {
        "logStreamName": row["name"],
        "creationTime": row["created"],
        "arn": f"{log_group_arn(scope, group)}:log-stream:{row['name']}",
        "storedBytes": 0,
    }
    if row["last_at"] is not None:
        view |= {
            "firstEventTimestamp": row["first_at"],
            "lastEventTimestamp": row["last_at"],
            "lastIngestionTime": row["ingested"],
        }
    return view
