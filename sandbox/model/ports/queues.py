"""Queues as event sources of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from sandbox.model.arn import Arn


class LeasedMessage(msgspec.Struct, frozen=True):
    """A message in flight, as an event source mapping sees it.

    `record` is the SQS event record exactly as Lambda functions get it (messageId, receiptHandle, body,
    attributes, messageAttributes, md5OfBody, eventSource, eventSourceARN, awsRegion).
    """

    message_id: str
    receipt_handle: str
    hop: int
    record: Mapping[str, Any]
    trace: str | None = None


class EventSource(Protocol):
    """A queue as an event source mapping uses it: lease, then acknowledge, or leave to its
    visibility timeout.
    """

    def exists(self, queue: Arn) -> bool:
        """Whether the queue exists now."""
        ...

    def visibility_timeout(self, queue: Arn) -> float:
        """Seconds a leased message stays invisible.

        Raises:
            AwsError: no such queue.
        """
        ...

    def lease(self, queue: Arn, limit: int) -> list[LeasedMessage]:
        """Takes up to `limit` visible messages now, without waiting; empty when there are none."""
        ...

    def acknowledge(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        """Deletes messages that were processed."""
        ...

    def give_back(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        """Makes messages visible at once (they were leased but never handed to the function)."""
        ...

    def on_available(self, queue: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` whenever a message of the queue becomes visible; returns the function
        that stops it.
        """
        ...
