"""Records of streams: as GetRecords answers them, and as functions get them.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.model.lambda_streams import dynamodb_event_record
from sandbox.model.ports import StreamRecord

#: Sequence numbers have 21 digits at least, as on AWS.
_FIRST_SEQUENCE = 10**20
_decode = msgspec.msgpack.Decoder(dict).decode


@dataclass(frozen=True, slots=True)
class Change:
    """One record of a stream.

    Attributes:
        hop: the hop that records the change.
        record: as GetRecords answers it.
    """

    sequence: int
    at: float
    hop: int | None
    record: dict[str, Any]


def sequence_text(sequence: int) -> str:
    """A sequence number as AWS writes it."""
    return str(_FIRST_SEQUENCE + sequence)


def parse_sequence(text: str) -> int:
    """The number in a sequence number.

    Raises:
        ValueError: it is none.
    """
    return int(text) - _FIRST_SEQUENCE


def stored_change(sequence: int, at: float, hop: int | None, stored: bytes) -> Change:
    """A record from its row in the store."""
    record = _decode(stored)
    record["dynamodb"]["SequenceNumber"] = sequence_text(sequence)
    return Change(sequence, at, hop, record)


def told(change: Change, stream: str) -> StreamRecord:
    """A record as event source mappings read it: binary values are in base64 there.

    Args:
        stream: its stream's ARN.
    """
    text = msgspec.json.encode(dynamodb_event_record(change.record, stream))
    return StreamRecord(sequence_text(change.sequence), text, change.at, change.hop or 0)


def told_at_once(
    sequence: int, at: float, hop: int, record: dict[str, Any], image: bytes, stream: str
) -> StreamRecord:
    """The same of a record that was written right now.

    Args:
        record: it is changed: nobody else may need it any more.
        image: its `dynamodb` as JSON, without the sequence number.
    """
    text = sequence_text(sequence)
    record["dynamodb"] = msgspec.Raw(image[:-1] + b',"SequenceNumber":"' + text.encode() + b'"}')
    content = msgspec.json.encode(dynamodb_event_record(record, stream))
    return StreamRecord(text, content, at, hop)
