"""Batches of queue messages: what a function's answer says of each, and how many batches run at a time.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from sandbox.model.lambda_limits import SYNC_PAYLOAD

_OPEN, _CLOSE = b'{"Records":[', b"]}"

FIRST_BATCHES = 5
MOST_BATCHES = 1250


def failed_items(payload: bytes, message_ids: Collection[str]) -> frozenset[str] | None:
    """Reads the answer of a function whose mapping has `ReportBatchItemFailures`.

    Nothing, an empty answer and an empty or null list of failures mean success. What cannot be understood
    (not an object, an entry without identifier, an identifier of no message in the batch) fails the batch.

    Args:
        payload: what the function returned, as JSON.
        message_ids: ids of the messages it got.

    Returns:
        The ids to keep in the queue; None means all of them.
    """
    try:
        answer = msgspec.json.decode(payload) if payload else None
    except msgspec.DecodeError:
        return None
    if answer in (None, "", [], {}):
        return frozenset()
    if not isinstance(answer, dict):
        return None
    entries = answer.get("batchItemFailures")
    if entries is None:
        return frozenset()
    if not isinstance(entries, list):
        return None
    failed: set[str] = set()
    for entry in entries:
        identifier = entry.get("itemIdentifier") if isinstance(entry, dict) else None
        if not isinstance(identifier, str) or identifier not in message_ids:
            return None
        failed.add(identifier)
    return frozenset(failed)


class HasRecord(Protocol):
    """A message or a record of a stream."""

    @property
    def record(self) -> Mapping[str, Any]:
        """As the function gets it."""
        ...


R = TypeVar("R", bound=HasRecord)


def _json_of(message: HasRecord) -> bytes:
    return msgspec.json.encode(message.record)


def batch_events(
    messages: Sequence[R], limit: int = SYNC_PAYLOAD, *, json_of: Callable[[R], bytes] = _json_of
) -> list[tuple[Sequence[R], bytes]]:
    """The events for a batch: one, unless it would be above `limit` bytes, the largest payload there is.

    Args:
        json_of: a record as JSON.

    Returns:
        For each event the messages in it, in order; a message that is too large alone stands alone.
    """
    records = [json_of(message) for message in messages]
    events = []
    begin = 0
    while begin < len(records):
        end, size = begin, len(_OPEN) + len(_CLOSE)
        while end < len(records) and (end == begin or size + len(records[end]) + 1 <= limit):
            size += len(records[end]) + 1
            end += 1
        events.append((messages[begin:end], _OPEN + b",".join(records[begin:end]) + _CLOSE))
        begin = end
    return events


@dataclass(slots=True)
class BatchLimit:
    """How many batches of one mapping may run at a time.

    It begins at five, grows while the queue keeps it at the limit, and falls back when the function fails, as
    AWS scales standard queues; growth goes by batches done instead of by the minute.

    Attributes:
        most: the mapping's `MaximumConcurrency`, or what AWS allows at most.
        now: the limit at present.
    """

    most: int = MOST_BATCHES
    now: int = FIRST_BATCHES

    def __post_init__(self) -> None:
        self.now = min(self.now, self.most)

    def grow(self) -> None:
        """A batch succeeded while more messages waited than the limit let through."""
        self.now = min(self.most, self.now + 1)

    def shrink(self) -> None:
        """A batch failed."""
        self.now = max(min(FIRST_BATCHES, self.most), self.now - 1)

    def reset(self) -> None:
        """The queue is empty."""
        self.now = min(FIRST_BATCHES, self.most)
