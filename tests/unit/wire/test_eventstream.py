"""Event streams, read back by the parser of an AWS SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from sandbox.wire.eventstream import frame, framed
from sandbox.wire.problems import AnswerError


def read(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(message.headers, message.payload) for message in buffer]


async def given(*events: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    for event in events:
        yield event


def stream(*events: dict[str, Any]) -> bytes:
    async def work() -> bytes:
        writers = {"novo": lambda value: value, "Falha": lambda value: value}
        return b"".join([part async for part in framed(given(*events), writers, frozenset({"Falha"}))])

    return asyncio.run(work())


def test_a_message_is_what_sdks_read() -> None:
    ((headers, payload),) = read(frame({":event-type": "olá", "b": ""}, b"\x00corpo"))
    assert (headers, payload) == ({":event-type": "olá", "b": ""}, b"\x00corpo")


def test_a_stream_begins_with_its_answer_and_tells_events_and_failures() -> None:
    first, event, failure = read(stream({"novo": {"n": 1}}, {"Falha": {"message": "fim"}}))
    assert (first[0][":event-type"], first[1]) == ("initial-response", b"{}")
    assert (event[0][":event-type"], json.loads(event[1])) == ("novo", {"n": 1})
    assert failure[0][":message-type"] == "exception"
    assert failure[0][":exception-type"] == "Falha"


def test_an_event_that_the_model_has_not_is_a_defect() -> None:
    with pytest.raises(AnswerError, match="no event 'outro'"):
        stream({"outro": {}})
