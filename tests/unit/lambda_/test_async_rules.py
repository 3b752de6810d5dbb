"""Retry arithmetic, and the trace header."""

from __future__ import annotations

import json
import re

import pytest

from sandbox.model.ids import Ids
from sandbox.model.lambda_async import (
    Condition,
    Ending,
    dead_letter_attributes,
    destination_record,
    error_text,
    retry_delay,
    throttle_delay,
)
from sandbox.model.lambda_trace import trace_header

HEADER = re.compile(r"Root=1-6553f100-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]")


def test_delays() -> None:
    assert [retry_delay(failures) for failures in (1, 2)] == [60.0, 120.0]
    assert [throttle_delay(refusals) for refusals in (1, 2, 3, 9, 10, 1000)] == [
        1.0,
        2.0,
        4.0,
        256.0,
        300.0,
        300.0,
    ]


def test_an_event_that_never_ran_has_no_response() -> None:
    ending = Ending("arn", "r1", Condition.EVENT_AGE_EXCEEDED, b'{"a": 1}', 0)
    record = json.loads(destination_record(ending, 0.5))
    assert record["timestamp"] == "1970-01-01T00:00:00.500Z"
    assert record["requestPayload"] == {"a": 1}
    assert "responseContext" not in record
    attributes = dead_letter_attributes(ending)
    assert attributes["ErrorCode"]["StringValue"] == "429"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b'{"errorType": "ValueError", "errorMessage": "x"}', "ValueError: x"),
        (b'{"errorMessage": "x"}', "x"),
        (b'"texto"', ""),
        (b"{", ""),
        (b"", ""),
    ],
)
def test_errors_are_told_in_one_line(payload: bytes, text: str) -> None:
    assert error_text(payload) == text


def test_a_dead_letter_always_has_a_message() -> None:
    ending = Ending("arn", "r1", Condition.RETRIES_EXHAUSTED, b"{}", 3, b'{"errorMessage": ""}', "Unhandled")
    assert dead_letter_attributes(ending)["ErrorMessage"]["StringValue"] == "Unhandled"
    long = Ending(
        "arn", "r1", Condition.RETRIES_EXHAUSTED, b"{}", 3, json.dumps({"errorMessage": "x" * 2000}).encode()
    )
    assert len(dead_letter_attributes(long)["ErrorMessage"]["StringValue"]) == 1024


@pytest.mark.parametrize("incoming", [None, "", "nonsense", ";;=;"])
def test_a_trace_is_begun(incoming: str | None) -> None:
    assert HEADER.fullmatch(trace_header(incoming, 1_700_000_000.0, Ids(1), active=False))


def test_a_trace_is_carried_on_and_completed() -> None:
    whole = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1"
    assert trace_header(whole, 0.0, Ids(1), active=False) == whole
    root = "Root=1-67891233-abcdef012345678912345678"
    completed = trace_header(root, 0.0, Ids(1), active=True)
    assert re.fullmatch(root + r";Parent=[0-9a-f]{16};Sampled=1", completed)
