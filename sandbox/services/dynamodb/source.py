"""The streams of tables as event source mappings read them; implements `StreamSource` of `model.ports`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.ports import Shard, StreamPage
from sandbox.services.dynamodb.stream_records import parse_sequence, sequence_text
from sandbox.services.dynamodb.streams import Stream, StreamStore


class TableStreams:
    """Reads the one shard of a stream."""

    def __init__(self, streams: StreamStore) -> None:
        self._streams = streams

    def exists(self, stream: Arn) -> bool:
        """Whether the stream can be read now."""
        return self._streams.find(stream) is not None

    def shards(self, stream: Arn) -> Sequence[Shard]:
        """Its one shard."""
        return [Shard(self._get(stream).shard)]

    def begin(self, stream: Arn, shard: str, position: str, at: float | None = None) -> str:
        """The sequence number after which to read; streams of tables have no AT_TIMESTAMP.

        Raises:
            AwsError: the stream does not exist, or cannot be read from there.
        """
        self._get(stream)
        if position == "TRIM_HORIZON":
            return sequence_text(0)
        if position == "LATEST":
            return sequence_text(self._streams.newest())
        raise AwsError(
            "InvalidParameterValueException",
            f"Unsupported starting position for DynamoDB Streams: {position}",
        )

    def read(self, stream: Arn, shard: str, after: str, limit: int) -> StreamPage:
        """Records after a sequence number, in the form that functions get them.

        Raises:
            AwsError: the stream does not exist.
        """
        found = self._get(stream)
        records = self._streams.follow(found, parse_sequence(after), limit)
        return StreamPage(records, ended=found.closed is not None and len(records) < limit)

    def on_available(self, stream: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` whenever a record comes or the stream ends; returns the function that stops it."""
        return self._streams.subscribe(self._get(stream).id, wake)

    def _get(self, stream: Arn) -> Stream:
        found = self._streams.find(stream)
        if found is None:
            raise AwsError(
                "ResourceNotFoundException", f"Requested resource not found: Stream: {stream} not found"
            )
        return found
