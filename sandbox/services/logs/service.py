"""The service: every operation it has. Follows the CloudWatch Logs API Reference."""

from __future__ import annotations

from sandbox.services.logs.event_operations import EventOperations
from sandbox.services.logs.group_operations import GroupOperations
from sandbox.services.logs.policy_operations import PolicyOperations
from sandbox.services.logs.store import LogLine

__all__ = ["LogLine", "LogsService"]


class LogsService(GroupOperations, EventOperations, PolicyOperations):
    """Amazon CloudWatch Logs; also the port `LogSink` (`write`) and the tail that people watch (`follow`)."""
