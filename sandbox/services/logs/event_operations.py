"""Operations on log events: put, get, filter."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.logs.filters import compile_filter
from sandbox.services.logs.store import EVENT_OVERHEAD, LogStore

_MAX_EVENTS = 10_000
#: Limits of one PutLogEvents request (PutLogEvents, CloudWatch Logs API Reference): bytes, and milliseconds.
_MAX_BYTES = 1_048_576
_HOUR_MS = 3_600_000
_LONGEST_SPAN, _OLDEST, _NEWEST = 24 * _HOUR_MS, 14 * 24 * _HOUR_MS, 2 * _HOUR_MS
#: Rows looked at in one go by a filter.
_SLICE = 1_000
_LATEST = 2**62


class EventOperations(LogStore):
    """Put, get and filter events."""

    @operation("PutLogEvents", "logGroupName logStreamName logEvents sequenceToken")
    def put_log_events(self, call: Call, params: Params) -> Answer:
        """Appends up to 10,000 events; the sequence token is not checked any more, as on AWS.

        Events that are too old, expired or too far ahead are left out and told, the others are taken.
        """
        group = self._group(call.scope, params["logGroupName"])
        self._stream(group["id"], params["logStreamName"])
        events = params["logEvents"]
        _check_batch(events)
        now = self.clock.now_ms()
        expired = sum(event["timestamp"] < self._oldest(group) for event in events)
        old = sum(event["timestamp"] < now - _OLDEST for event in events)
        new = next((at for at, event in enumerate(events) if event["timestamp"] > now + _NEWEST), None)
        taken = events[max(old, expired) : new]
        if taken:
            lines = [(event["timestamp"] / 1000, event["message"]) for event in taken]
            self.write(call.scope, group["name"], params["logStreamName"], lines, cause=call.hop)
            self.settle()
        answer: Answer = {"nextSequenceToken": self.kit.ids.hex(56)}
        rejected = {}
        if old:
            rejected["tooOldLogEventEndIndex"] = old
        if expired:
            rejected["expiredLogEventEndIndex"] = expired
        if new is not None:
            rejected["tooNewLogEventStartIndex"] = new
        if rejected:
            answer["rejectedLogEventsInfo"] = rejected
        return answer

    @operation(
        "GetLogEvents",
        "logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead",
    )
    def get_log_events(self, call: Call, params: Params) -> Answer:
        """Events of one stream in order of their times, forwards or backwards from a token."""
        group = self._group_named(call.scope, params)
        stream = self._stream(group["id"], params["logStreamName"])
        forward, position = _position(params)
        comparison, direction = (">", "ASC") if forward else ("<", "DESC")
        rows = self.database.rows(
            "SELECT * FROM logs_events WHERE stream_id = ? AND at >= ? AND at < ? "
            f"AND (at, id) {comparison} (?, ?) ORDER BY at {direction}, id {direction} LIMIT ?",
            (
                stream["id"],
                max(params.get("startTime", 0), self._oldest(group)),
                params.get("endTime", _LATEST),
                *position,
                params.get("limit", _MAX_EVENTS),
            ),
        )
        events = rows if forward else list(reversed(rows))
        first = (events[0]["at"], events[0]["id"]) if events else position
        last = (events[-1]["at"], events[-1]["id"]) if events else position
        return {
            "events": [
                {"timestamp": row["at"], "message": row["message"], "ingestionTime": row["ingested"]}
                for row in events
            ],
            "nextForwardToken": "f/" + _token(last),
            "nextBackwardToken": "b/" + _token(first),
        }

    @operation(
        "FilterLogEvents",
        "logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern "
        "nextToken limit interleaved",
    )
    def filter_log_events(self, call: Call, params: Params) -> Answer:
        """Events of a group that match a filter pattern, oldest first."""
        group = self._group_named(call.scope, params)
        if params.get("logStreamNames") and params.get("logStreamNamePrefix"):
            raise AwsError(
                "InvalidParameterException", "logStreamNames and logStreamNamePrefix are exclusive."
            )
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

    def _filtered(self, group: sqlite3.Row, params: Params) -> Iterator[sqlite3.Row]:
        """The events that a filter looks at, a slice at a time: it stops when its page is full."""
        names = params.get("logStreamNames", [])
        prefix = params.get("logStreamNamePrefix", "")
        marks = ", ".join("?" * len(names))
        after = _after(params)
        while True:
            rows = self.database.rows(
                "SELECT e.*, s.name AS stream FROM logs_events e JOIN logs_streams s ON s.id = e.stream_id "
                "WHERE e.group_id = ? AND e.at >= ? AND e.at <= ? AND (e.at, e.id) > (?, ?) "
                "AND substr(s.name, 1, ?) = ? "
                + (f"AND s.name IN ({marks}) " if names else "")
                + "ORDER BY e.at, e.id LIMIT ?",
                (
                    group["id"],
                    max(params.get("startTime", 0), self._oldest(group)),
                    params.get("endTime", _LATEST),
                    *after,
                    len(prefix),
                    prefix,
                    *names,
                    _SLICE,
                ),
            )
            yield from rows
            if len(rows) < _SLICE:
                return
            after = (rows[-1]["at"], rows[-1]["id"])


def _check_batch(events: Sequence[dict[str, Any]]) -> None:
    """Refuses batches that PutLogEvents refuses as a whole.

    Raises:
        AwsError: `InvalidParameterException`.
    """
    if not 1 <= len(events) <= _MAX_EVENTS:
        raise AwsError("InvalidParameterException", "logEvents must have 1 to 10000 members")
    times = [event["timestamp"] for event in events]
    if times != sorted(times):
        raise AwsError(
            "InvalidParameterException",
            "Log events in a single PutLogEvents request must be in chronological order.",
        )
    if times[-1] - times[0] > _LONGEST_SPAN:
        raise AwsError(
            "InvalidParameterException",
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        )
    size = sum(len(event["message"].encode()) + EVENT_OVERHEAD for event in events)
    if size > _MAX_BYTES:
        raise AwsError(
            "InvalidParameterException",
            f"Upload too large: {size} bytes exceeds limit of {_MAX_BYTES}",
        )


def _after(params: Params) -> tuple[int, int]:
    """Time and id of the last event of the page before, as the token of FilterLogEvents says."""
    at, _, number = params.get("nextToken", "0/0").partition("/")
    return _number(at), _number(number)


def _token(position: tuple[int, int]) -> str:
    return f"{position[0]:028d}{position[1]:028d}"


def _position(params: Params) -> tuple[bool, tuple[int, int]]:
    """Direction, time and id to go on from, as the token or `startFromHead` says."""
    token = params.get("nextToken")
    if token:
        side, _, rest = token.partition("/")
        if side not in ("f", "b") or len(rest) != 56:
            raise _invalid_token()
        return side == "f", (_number(rest[:28]), _number(rest[28:]))
    forward = bool(params.get("startFromHead"))
    return forward, (0, 0) if forward else (_LATEST, _LATEST)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > _LATEST:
        raise _invalid_token()
    return int(text)


def _invalid_token() -> AwsError:
    return AwsError("InvalidParameterException", "The specified nextToken is invalid.")
