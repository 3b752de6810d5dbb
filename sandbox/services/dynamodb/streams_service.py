"""The API of DynamoDB Streams.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import ClassVar

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import validation
from sandbox.services.base import Answer, Kit, Params, Service, operation
from sandbox.services.dynamodb.core import required
from sandbox.services.dynamodb.stream_records import parse_sequence, sequence_text
from sandbox.services.dynamodb.streams import Stream, StreamStore, parse_stream_arn

#: Seconds that a shard iterator can be used.
_ITERATOR_LIFE = 15 * 60.0
_MAX_RECORDS = 1000
_MAX_BYTES = 1024 * 1024
_TYPES = ("TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


class DynamoDbStreamsService(Service):
    """Reads the streams of tables; every stream has one shard.

    Args:
        streams: what DynamoDB writes them to.
    """

    name: ClassVar[str] = "dynamodbstreams"
    NOT_CHECKED: ClassVar[tuple[str, ...]] = ("every stream has a single shard, which never splits",)

    def __init__(self, kit: Kit, streams: StreamStore) -> None:
        super().__init__(kit)
        self._streams = streams

    @operation("ListStreams", "TableName Limit ExclusiveStartStreamArn")
    def list_streams(self, call: Call, params: Params) -> Answer:
        """The streams of an account and region, or of one table."""
        limit = params.get("Limit", 100)
        streams = self._streams.all(call.scope, params.get("TableName"))
        after = params.get("ExclusiveStartStreamArn")
        if after is not None:
            start = self._stream(after).id
            streams = [stream for stream in streams if stream.id > start]
        answer: Answer = {
            "Streams": [
                {"StreamArn": str(stream.arn), "TableName": stream.table, "StreamLabel": stream.label}
                for stream in streams[:limit]
            ]
        }
        if len(streams) > limit:
            answer["LastEvaluatedStreamArn"] = str(streams[limit - 1].arn)
        return answer

    @operation("DescribeStream", "StreamArn Limit ExclusiveStartShardId ShardFilter")
    def describe_stream(self, call: Call, params: Params) -> Answer:
        """A stream and its shard."""
        required(params, "StreamArn")
        stream = self._stream(params["StreamArn"])
        first, last = self._streams.bounds(stream.id)
        numbers: Answer = {"StartingSequenceNumber": sequence_text(first or 0)}
        if stream.closed is not None:
            numbers["EndingSequenceNumber"] = sequence_text(last or 0)
        shards = [{"ShardId": stream.shard, "SequenceNumberRange": numbers}]
        if params.get("ExclusiveStartShardId") or params.get("ShardFilter"):
            shards = []  # nothing follows the only shard, and it has no children
        return {
            "StreamDescription": {
                "StreamArn": str(stream.arn),
                "StreamLabel": stream.label,
                "StreamStatus": "ENABLED" if stream.closed is None else "DISABLED",
                "StreamViewType": stream.view,
                "CreationRequestDateTime": stream.created,
                "TableName": stream.table,
                "KeySchema": stream.keys,
                "Shards": shards,
            }
        }

    @operation("GetShardIterator", "StreamArn ShardId ShardIteratorType SequenceNumber")
    def get_shard_iterator(self, call: Call, params: Params) -> Answer:
        """A place in a shard to read from."""
        required(params, "StreamArn", "ShardId", "ShardIteratorType")
        stream = self._stream(params["StreamArn"])
        if params["ShardId"] != stream.shard:
            raise AwsError(
                "ResourceNotFoundException",
                f"Requested resource not found: Shard does not exist: {params['ShardId']}",
            )
        return {"ShardIterator": self._iterator(stream, self._place(stream, params))}

    @operation("GetRecords", "ShardIterator Limit")
    def get_records(self, call: Call, params: Params) -> Answer:
        """Records from a place on, and the place after them."""
        required(params, "ShardIterator")
        stream, after = self._read_iterator(params["ShardIterator"])
        limit = params.get("Limit", _MAX_RECORDS)
        if not 1 <= limit <= _MAX_RECORDS:
            raise validation(
                f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
                f"Member must have value between 1 and {_MAX_RECORDS}"
            )
        records: list[Answer] = []
        size = 0
        for change in self._streams.read(stream.id, after, limit):
            size += change.record["dynamodb"]["SizeBytes"]
            if records and size > _MAX_BYTES:
                break
            records.append(change.record)
            after = change.sequence
        answer: Answer = {"Records": records}
        _, last = self._streams.bounds(stream.id)
        if stream.closed is None or after < (last or 0):
            answer["NextShardIterator"] = self._iterator(stream, after)
        return answer

    # --- inside ------------------------------------------------------------------------------------------
    def _stream(self, text: str) -> Stream:
        arn = parse_stream_arn(text)
        if arn is None:
            raise validation(f"Invalid StreamArn: {text}")
        found = self._streams.find(arn)
        if found is None:
            raise AwsError(
                "ResourceNotFoundException", f"Requested resource not found: Stream: {text} not found"
            )
        return found

    def _place(self, stream: Stream, params: Params) -> int:
        """The sequence number after which to read."""
        kind = params["ShardIteratorType"]
        if kind not in _TYPES:
            raise validation(
                f"1 validation error detected: Value '{kind}' at 'shardIteratorType' failed to satisfy "
                f"constraint: Member must satisfy enum value set: [{', '.join(_TYPES)}]"
            )
        if kind == "TRIM_HORIZON":
            return 0
        if kind == "LATEST":
            return self._streams.newest()
        try:
            number = parse_sequence(params.get("SequenceNumber") or "")
        except ValueError:
            raise validation(f"The sequence number is invalid: {params.get('SequenceNumber')}") from None
        first, _ = self._streams.bounds(stream.id)
        after = number - 1 if kind == "AT_SEQUENCE_NUMBER" else number
        if first is not None and after < first - 1:
            raise AwsError(
                "TrimmedDataAccessException",
                "The operation attempted to read past the oldest stream record in a shard",
            )
        return after

    def _iterator(self, stream: Stream, after: int) -> str:
        content = json.dumps([str(stream.arn), after, self.clock.now()]).encode()
        return f"{stream.arn}|1|{urlsafe_b64encode(content).decode()}"

    def _read_iterator(self, text: str) -> tuple[Stream, int]:
        try:
            arn, after, made = json.loads(urlsafe_b64decode(text.rsplit("|", 1)[1]))
        except (ValueError, IndexError):
            raise validation("Invalid ShardIterator") from None
        if self.clock.now() - made > _ITERATOR_LIFE:
            raise AwsError(
                "ExpiredIteratorException", "Iterator expired: the iterator was created over 15 minutes ago"
            )
        return self._stream(arn), after
