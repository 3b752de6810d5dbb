"""Streams as event sources of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from sandbox.model.arn import Arn

_decode = msgspec.json.Decoder(dict).decode


class StreamRecord(msgspec.Struct, frozen=True, gc=False):
    """A record of a shard, as an event source mapping sees it.

    Attributes:
        sequence: its sequence number; reading goes on after it.
        content: the record exactly as Lambda functions get it (`eventID`, `dynamodb`, `eventSourceARN`, …),
            or the JSON of that, which costs less to keep and to hand on.
        at: virtual time of its arrival, seconds since the epoch: what a maximum record age counts from.
        hop: the hop that put it into the stream.
    """

    sequence: str
    content: Mapping[str, Any] | bytes
    at: float
    hop: int
    trace: str | None = None

    @property
    def record(self) -> Mapping[str, Any]:
        """The record, made anew of its JSON each time."""
        return _decode(self.content) if isinstance(self.content, bytes) else self.content

    def json(self) -> bytes:
        """The record as JSON."""
        return self.content if isinstance(self.content, bytes) else msgspec.json.encode(self.content)


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard of a stream.

    Attributes:
        parent: the shard it came from, whose records are read first; empty where there is none.
    """

    id: str
    parent: str = ""


class StreamPage(msgspec.Struct, frozen=True):
    """What one read of a shard gave.

    Attributes:
        records: in their order.
        ended: the shard is closed and nothing follows `records`.
    """

    records: Sequence[StreamRecord]
    ended: bool = False


class StreamSource(Protocol):
    """A stream as an event source mapping reads it (DynamoDB Streams, Kinesis).

    The source only keeps and reads. Batching, windows, bisecting, retries, record age, checkpoints and the
    on-failure destination are the mapping's (the Lambda service): it remembers per shard the sequence number
    up to which it is done.
    """

    def exists(self, stream: Arn) -> bool:
        """Whether the stream can be read now."""
        ...

    def shards(self, stream: Arn) -> Sequence[Shard]:
        """The shards that have records or may get some, parents before their children."""
        ...

    def begin(self, stream: Arn, shard: str, position: str, at: float | None = None) -> str:
        """The sequence number after which a mapping begins to read a shard.

        Args:
            position: `TRIM_HORIZON` (everything kept), `LATEST` (what comes from now on), `AT_TIMESTAMP`.
            at: virtual time of `AT_TIMESTAMP`, seconds since the epoch.
        """
        ...

    def read(self, stream: Arn, shard: str, after: str, limit: int) -> StreamPage:
        """Up to `limit` records behind the sequence number `after`, now, without waiting.

        A sequence number that was trimmed stands for the oldest record kept.

        Raises:
            AwsError: the stream or the shard does not exist.
        """
        ...

    def on_available(self, stream: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` whenever a record comes, or a shard is added or closed; returns the function
        that stops it.
        """
        ...
