"""Operations on metric filters, and the test of filter patterns.

Page: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from typing import Any, ClassVar

import msgspec

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.ports import AwsClient, Deliverer
from sandbox.services.base import Answer, Kit, Params, operation
from sandbox.services.logs.column_filter import ColumnFilter
from sandbox.services.logs.filters import compile_filter
from sandbox.services.logs.metric_points import MetricFilter, invalid
from sandbox.services.logs.metrics import SCHEMA, Metrics
from sandbox.services.logs.subscription_operations import SubscriptionOperations
from sandbox.services.paging import InvalidTokenError, page

MAX_METRIC_FILTERS = 100
_MOST_SHOWN = 50
_MAX_TESTED = 50
_FILTER_NAME = re.compile(r"[^:*]{1,512}")
_METRIC_NAME = re.compile(r"[^:*$]{1,255}")
_LONGEST_VALUE = 100


class MetricFilterOperations(SubscriptionOperations):
    """Put, delete, describe and test metric filters.

    Args:
        deliverer: see `SubscriptionOperations`.
        aws: reaches CloudWatch, which keeps the metrics; without it no filter can be put.
    """

    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(self, kit: Kit, deliverer: Deliverer | None = None, aws: AwsClient | None = None) -> None:
        super().__init__(kit, deliverer)
        self._has_metrics = aws is not None
        self._metrics = Metrics(kit, aws, self.settle)

    async def start(self) -> None:
        """Looks at what was written before and not looked at."""
        await super().start()
        self._metrics.follower.start()

    async def stop(self) -> None:
        """Ends the work of filters."""
        await self._metrics.follower.stop()
        await super().stop()

    def recall(self) -> None:
        """Looks again which filters there are; see `Service.recall`."""
        super().recall()
        self._metrics.follower.recall()

    def work(self) -> set[asyncio.Task[Any]]:
        """The filters at work too; see `Service.work`."""
        return super().work() | self._metrics.follower.tasks()

    def _written(self, group_id: int) -> None:
        super()._written(group_id)
        self._metrics.follower.wake(group_id)

    def _dropped(self) -> None:
        super()._dropped()
        self._metrics.follower.dropped()

    @operation("PutMetricFilter", "logGroupName filterName filterPattern metricTransformations")
    def put_metric_filter(self, call: Call, params: Params) -> Answer:
        """Counts what a group gets from now on in a metric; a filter of the name is replaced."""
        if not self._has_metrics:
            raise NotImplementedByName("logs", "PutMetricFilter where no CloudWatch keeps metrics")
        name, pattern = params["filterName"], params["filterPattern"]
        _check_name(name, "filterName", _FILTER_NAME)
        transformation = _transformation(params["metricTransformations"])
        MetricFilter(pattern, transformation)
        group = self._group(call.scope, params["logGroupName"])
        known = self.database.rows("SELECT * FROM logs_metric_filters WHERE group_id = ?", (group["id"],))
        old = next((row for row in known if row["name"] == name), None)
        if old is None and len(known) >= MAX_METRIC_FILTERS:
            raise AwsError("LimitExceededException", "Resource limit exceeded.")
        last = self.database.row("SELECT coalesce(max(id), 0) AS id FROM logs_events")
        assert last is not None  # an aggregate gives one row
        self.database.execute(
            "INSERT OR REPLACE INTO logs_metric_filters (group_id, name, pattern, namespace, metric, "
            "transformation, created, done, minute, waiting) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (
                group["id"],
                name,
                pattern,
                transformation["metricNamespace"],
                transformation["metricName"],
                msgspec.json.encode(transformation).decode(),
                self.clock.now_ms() if old is None else old["created"],
                last["id"] if old is None else old["done"],
            ),
        )
        self._metrics.follower.changed()
        return {}

    @operation("DeleteMetricFilter", "logGroupName filterName")
    def delete_metric_filter(self, call: Call, params: Params) -> Answer:
        """Counts nothing any more; what was counted stays in the metric."""
        group = self._group(call.scope, params["logGroupName"])
        deleted = self.database.execute(
            "DELETE FROM logs_metric_filters WHERE group_id = ? AND name = ?",
            (group["id"], params["filterName"]),
        )
        if not deleted.rowcount:
            raise AwsError("ResourceNotFoundException", "The specified metric filter does not exist.")
        self._metrics.follower.changed()
        return {}

    @operation(
        "DescribeMetricFilters", "logGroupName filterNamePrefix metricName metricNamespace nextToken limit"
    )
    def describe_metric_filters(self, call: Call, params: Params) -> Answer:
        """The filters of a group, or of all, by name; a prefix counts with a group alone, as on AWS."""
        metric, namespace = params.get("metricName"), params.get("metricNamespace")
        if (metric is None) != (namespace is None):
            raise invalid("metricName and metricNamespace must be specified together.")
        limit = params.get("limit", _MOST_SHOWN)
        if not 1 <= limit <= _MOST_SHOWN:
            raise invalid(f"limit must be between 1 and {_MOST_SHOWN}")
        group = self._group(call.scope, params["logGroupName"]) if "logGroupName" in params else None
        prefix = params.get("filterNamePrefix", "") if group is not None else ""
        rows = self.database.rows(
            "SELECT f.*, g.name AS log_group FROM logs_metric_filters f "
            "JOIN logs_groups g ON g.id = f.group_id WHERE g.account = ? AND g.region = ? "
            "AND (?3 IS NULL OR g.id = ?3) AND substr(f.name, 1, ?4) = ?5 "
            "AND (?6 IS NULL OR (f.metric = ?6 AND f.namespace = ?7)) ORDER BY f.name, g.name",
            (
                call.scope.account,
                call.scope.region,
                None if group is None else group["id"],
                len(prefix),
                prefix,
                metric,
                namespace,
            ),
        )
        try:
            shown, token = page(
                rows, params.get("nextToken"), limit, lambda row: (row["name"], row["log_group"])
            )
        except InvalidTokenError:
            raise invalid("The specified nextToken is invalid.") from None
        more = {} if token is None else {"nextToken": token}
        return {"metricFilters": [_view(row) for row in shown], **more}

    @operation("TestMetricFilter", "filterPattern logEventMessages")
    def test_metric_filter(self, call: Call, params: Params) -> Answer:
        """Says which messages a filter pattern matches."""
        messages = params["logEventMessages"]
        if not 1 <= len(messages) <= _MAX_TESTED:
            raise invalid(f"logEventMessages must have 1 to {_MAX_TESTED} members")
        matches = compile_filter(params["filterPattern"])
        found = []
        for number, message in enumerate(messages, 1):
            if matches(message):
                values = matches.values(message) if isinstance(matches, ColumnFilter) else None
                found.append(
                    {"eventNumber": number, "eventMessage": message, "extractedValues": values or {}}
                )
        return {"matches": found}


def _transformation(given: list[dict[str, Any]]) -> dict[str, Any]:
    """The one transformation of a filter, without members that say nothing."""
    if len(given) != 1:
        raise invalid(
            "1 validation error detected: Value at 'metricTransformations' failed to satisfy constraint: "
            "Member must have length less than or equal to 1 and greater than or equal to 1"
        )
    (one,) = given
    for member in ("metricName", "metricNamespace"):
        _check_name(one[member], f"metricTransformations.1.member.{member}", _METRIC_NAME)
    if len(one["metricValue"]) > _LONGEST_VALUE:
        raise invalid(f"metricValue must have length less than or equal to {_LONGEST_VALUE}")
    return {member: value for member, value in one.items() if value not in (None, {})}


def _check_name(value: str, member: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {pattern.pattern}"
        )


def _view(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "filterName": row["name"],
        "filterPattern": row["pattern"],
        "metricTransformations": [msgspec.json.decode(row["transformation"])],
        "creationTime": row["created"],
        "logGroupName": row["log_group"],
    }
