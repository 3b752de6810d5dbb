"""The service: every operation it has. Follows the CloudWatch Logs API Reference."""

from __future__ import annotations

from typing import ClassVar

from sandbox.services.logs.event_operations import EventOperations
from sandbox.services.logs.group_operations import GroupOperations
from sandbox.services.logs.policy_operations import PolicyOperations
from sandbox.services.logs.store import LogLine
from sandbox.services.logs.subscription_operations import SubscriptionOperations
from sandbox.services.logs.tail_operations import TailOperations

__all__ = ["LogLine", "LogsService"]


class LogsService(SubscriptionOperations, GroupOperations, EventOperations, PolicyOperations, TailOperations):
    """Amazon CloudWatch Logs; also the port `LogSink` (`write`) and the tail that people watch (`follow`).

    Constructor: see `SubscriptionOperations`.
    """

    SCHEMA: ClassVar[str] = PolicyOperations.SCHEMA + SubscriptionOperations.SCHEMA
