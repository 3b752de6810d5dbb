"""Operations on log groups and streams."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import msgspec

from sandbox.model.arn import log_group_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Params, operation
from sandbox.services.logs.store import LogStore

_GROUP_NAME = re.compile(r"[A-Za-z0-9_./#-]{1,512}")
_STREAM_NAME = re.compile(r"[^:*]{1,512}")
_RETENTIONS = frozenset(
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)


class GroupOperations(LogStore):
    """Create, delete, describe and tag groups; create, delete and describe streams."""

    # --- groups ------------------------------------------------------------------------------------------
    @operation("CreateLogGroup", "logGroupName tags")
    def create_log_group(self, call: Call, params: Params) -> Answer:
        """Creates a group; `ResourceAlreadyExistsException` when it is there."""
        name = params["logGroupName"]
        if not _GROUP_NAME.fullmatch(name):
            raise _invalid(name, "logGroupName", r"[\.\-_/#A-Za-z0-9]+")
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
            self.database.execute("DELETE FROM logs_subscriptions WHERE group_id = ?", (group["id"],))
            self.database.execute("DELETE FROM logs_metric_filters WHERE group_id = ?", (group["id"],))
            self.database.execute("DELETE FROM logs_groups WHERE id = ?", (group["id"],))
            self._dropped()
        self._forget()
        return {}

    @operation("DescribeLogGroups", "logGroupNamePrefix logGroupNamePattern nextToken limit")
    def describe_log_groups(self, call: Call, params: Params) -> Answer:
        """Groups in order of their names."""
        limit = params.get("limit", 50)
        prefix, part = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
        if prefix and part:
            raise AwsError(
                "InvalidParameterException", "LogGroup name prefix and LogGroup name pattern are exclusive."
            )
        rows = self.database.rows(
            "SELECT g.*, (SELECT coalesce(sum(bytes), 0) FROM logs_streams WHERE group_id = g.id) AS bytes, "
            "(SELECT count(*) FROM logs_metric_filters WHERE group_id = g.id) AS filters "
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
        self._sweep(group["id"])
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
        group = self._group_of_arn(call.scope, params["resourceArn"])
        self._set_tags(group, {**msgspec.json.decode(group["tags"]), **params["tags"]})
        return {}

    @operation("UntagResource", "resourceArn tagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags from a group."""
        group = self._group_of_arn(call.scope, params["resourceArn"])
        tags = msgspec.json.decode(group["tags"])
        self._set_tags(group, {key: tags[key] for key in tags if key not in params["tagKeys"]})
        return {}

    @operation("ListTagsForResource", "resourceArn")
    def list_tags_for_resource(self, call: Call, params: Params) -> Answer:
        """The tags of a group."""
        return {"tags": msgspec.json.decode(self._group_of_arn(call.scope, params["resourceArn"])["tags"])}

    # --- streams -----------------------------------------------------------------------------------------
    @operation("CreateLogStream", "logGroupName logStreamName")
    def create_log_stream(self, call: Call, params: Params) -> Answer:
        """Creates a stream; `ResourceAlreadyExistsException` when it is there."""
        group = self._group(call.scope, params["logGroupName"])
        name = params["logStreamName"]
        if not _STREAM_NAME.fullmatch(name):
            raise _invalid(name, "logStreamName", "[^:*]*")
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
            self._dropped()
        self._forget()
        return {}

    @operation(
        "DescribeLogStreams",
        "logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit",
    )
    def describe_log_streams(self, call: Call, params: Params) -> Answer:
        """Streams of a group, by name or by the time of their last event."""
        group = self._group_named(call.scope, params)
        limit, token = params.get("limit", 50), params.get("nextToken") or "0"
        if not (token.isascii() and token.isdigit() and len(token) < 19):
            raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
        offset = int(token)
        if params.get("orderBy") == "LastEventTime" and params.get("logStreamNamePrefix"):
            raise AwsError(
                "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."
            )
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


def _group_view(scope: Scope, row: sqlite3.Row) -> dict[str, Any]:
    arn = str(log_group_arn(scope, row["name"]))
    view = {
        "logGroupName": row["name"],
        "creationTime": row["created"],
        "metricFilterCount": row["filters"],
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


def _invalid(value: str, member: str, pattern: str) -> AwsError:
    return AwsError(
        "InvalidParameterException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}",
    )
