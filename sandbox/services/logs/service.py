"""The service: every operation it has. Follows the CloudWatch Logs API Reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sandbox.services.logs.event_operations import EventOperations
from sandbox.services.logs.group_operations import GroupOperations
from sandbox.services.logs.metric_filter_operations import MetricFilterOperations
from sandbox.services.logs.policy_operations import PolicyOperations
from sandbox.services.logs.store import LogLine
from sandbox.services.logs.subscription_operations import SubscriptionOperations
from sandbox.services.logs.tail_operations import TailOperations

__all__ = ["LogLine", "LogsService"]


_NO_INSIGHTS = "There is no Logs Insights; FilterLogEvents finds events by a filter pattern."


class LogsService(MetricFilterOperations, GroupOperations, EventOperations, PolicyOperations, TailOperations):
    """Amazon CloudWatch Logs; also the port `LogSink` (`write`) and the tail that people watch (`follow`).

    Constructor: see `MetricFilterOperations`.
    """

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "how many regular expressions the filter patterns of a group have (AWS: two in one, five in all)",
        "how many metrics the dimensions of a metric filter make (AWS disables it at a thousand in an hour)",
    )
    REFUSED: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("StartQuery", "GetQueryResults", "DescribeQueries"), _NO_INSIGHTS),
    }
    SCHEMA: ClassVar[str] = (
        PolicyOperations.SCHEMA + SubscriptionOperations.SCHEMA + MetricFilterOperations.SCHEMA
    )
