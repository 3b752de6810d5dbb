"""Event streams of JSON protocols: events one after the other in the body of one answer.

Standard: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec

from sandbox.wire.problems import AnswerError

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7

#: Makes the document of one member of the stream's union.
Writer = Callable[[Any], Any]


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message: lengths, headers and payload, with their checksums."""
    head = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack(">BH", _TEXT, len(value)) + value


async def framed(
    events: AsyncIterator[Mapping[str, Any]], writers: Mapping[str, Writer], exceptions: frozenset[str]
) -> AsyncIterator[bytes]:
    """The messages of a stream; RPC protocols begin with what the answer has beside it, which is nothing.

    Args:
        events: each has one member, named as in the stream's union.
        writers: by member. exceptions: members that tell of a failure.
    """
    try:
        yield _event("initial-response", {})
        async for event in events:
            (name,) = event
            if name not in writers:
                raise AnswerError(f"the stream has no event {name!r}")
            document = writers[name](event[name])
            yield _exception(name, document) if name in exceptions else _event(name, document)
    finally:
        if (close := getattr(events, "aclose", None)) is not None:
            await close()


def _event(name: str, document: Any) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, msgspec.json.encode(document))


def _exception(name: str, document: Any) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, msgspec.json.encode(document))
