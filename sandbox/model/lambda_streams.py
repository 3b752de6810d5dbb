"""What is told of stream records that a function could not process.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zlib import crc32

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.ports import StreamRecord

MAX_RECORD_AGE = 604_800  # seconds
MIN_RECORD_AGE = 60
MAX_STREAM_RETRIES = 10_000
MAX_PARALLEL = 10  # batches of one shard at a time
STREAM_BATCH = 100

_INFO = {"dynamodb": "DDBStreamBatchInfo", "kinesis": "KinesisBatchInfo"}
_LONGEST_DELAY = 60.0


class GivenUp(StrEnum):
    """Why records were given up."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "RecordAgeExceeded"


@dataclass(frozen=True, slots=True)
class Discarded:
    """Records of one shard that were given up.

    Attributes:
        function: the function's ARN as the mapping names it.
        request_id: of the last invocation; empty when there was none.
        invocations: how often the function ran for them.
        version: what ran last.
    """

    stream: Arn
    shard: str
    records: Sequence[StreamRecord]
    function: str
    condition: GivenUp
    request_id: str
    invocations: int
    version: str
    failed: bool


def dynamodb_event_record(record: Mapping[str, Any], stream: str) -> dict[str, Any]:
    """A record as GetRecords of DynamoDB Streams answers it, in the form that functions get it.

    The API writes the members of `userIdentity` otherwise than events do.
    Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html

    Args:
        record: in plain JSON, binary values in base64.
    """
    told = {**record, "eventSourceARN": stream}
    if identity := record.get("userIdentity"):
        told["userIdentity"] = {"type": identity.get("Type"), "principalId": identity.get("PrincipalId")}
    return told


def item_of(record: Mapping[str, Any]) -> str:
    """Which item of its table a record is about: parallel batches keep the order of the changes of one item.

    It is the whole primary key that counts on AWS, not the partition key alone.
    Page: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html (polling and batching streams).

    Args:
        record: in the form that functions get it.
    """
    return msgspec.json.encode(record["dynamodb"]["Keys"], order="deterministic").decode()


def lane_of(partition: str, lanes: int) -> int:
    """Which of `lanes` parallel batches takes the records of a partition; always the same one."""
    return crc32(partition.encode()) % lanes


def retry_delay(attempts: int) -> float:
    """Virtual seconds to wait after the nth failure of a batch: 1, doubling to a minute."""
    return min(_LONGEST_DELAY, 2.0 ** min(max(0, attempts - 1), 16))


def discarded_document(discarded: Discarded, at: float) -> str:
    """The document that the on-failure destination gets: where the records are, not what is in them.

    Args:
        at: virtual time, seconds since the epoch.
    """
    records = discarded.records
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": discarded.request_id,
            "functionArn": discarded.function,
            "condition": discarded.condition.value,
            "approximateInvokeCount": discarded.invocations,
        },
        "version": "1.0",
        "timestamp": _time(at),
        _INFO[discarded.stream.service]: {
            "shardId": discarded.shard,
            "startSequenceNumber": records[0].sequence,
            "endSequenceNumber": records[-1].sequence,
            "approximateArrivalOfFirstRecord": _time(records[0].at),
            "approximateArrivalOfLastRecord": _time(records[-1].at),
            "batchSize": len(records),
            "streamArn": str(discarded.stream),
        },
    }
    if discarded.failed:
        document["responseContext"] = {
            "statusCode": 200,
            "executedVersion": discarded.version,
            "functionError": "Unhandled",
        }
    return msgspec.json.encode(document).decode()


def _time(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
