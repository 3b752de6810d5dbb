"""The service: every operation it has. Follows the CloudWatch Logs API Reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sandbox.services.logs.event_operations import EventOperations
from sandbox.services.logs.group_operations import GroupOperations
from sandbox.services.logs.policy_operations import PolicyOperations
from sandbox.services.logs.store import LogLine
from sandbox.services.logs.subscription_operations import SubscriptionOperations
from sandbox.services.logs.tail_operations import TailOperations

__all__ = ["LogLine", "LogsService"]


_NO_METRICS = (
    "There are no metrics of CloudWatch for a filter to write to; a subscription filter with the same "
    "pattern hands its events to a function, and TestMetricFilter tries a pattern."
)
_NO_INSIGHTS = "There is no Logs Insights; FilterLogEvents finds events by a filter pattern."


class LogsService(SubscriptionOperations, GroupOperations, EventOperations, PolicyOperations, TailOperations):
    """Amazon CloudWatch Logs; also the port `LogSink` (`write`) and the tail that people watch (`follow`).

    Constructor: see `SubscriptionOperations`.
    """

    REFUSED: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("PutMetricFilter", "DescribeMetricFilters", "DeleteMetricFilter"), _NO_METRICS),
        **dict.fromkeys(("StartQuery", "GetQueryResults", "DescribeQueries"), _NO_INSIGHTS),
    }
    SCHEMA: ClassVar[str] = PolicyOperations.SCHEMA + SubscriptionOperations.SCHEMA
