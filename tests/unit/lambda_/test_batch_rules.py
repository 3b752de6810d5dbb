"""Partial batch answers, events within the payload limit, and how many batches run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model.lambda_batch import BatchLimit, batch_events, failed_items
from sandbox.model.ports import LeasedMessage

IDS = ("m1", "m2", "m3")


def message(number: int, body: str = "") -> LeasedMessage:
    return LeasedMessage(f"m{number}", f"h{number}", number, {"messageId": f"m{number}", "body": body})


@pytest.mark.parametrize(
    "answer", [None, "", [], {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}]
)
def test_empty_answers_are_successes(answer: Any) -> None:
    assert failed_items(json.dumps(answer).encode(), IDS) == frozenset()


def test_no_answer_at_all_is_a_success() -> None:
    assert failed_items(b"", IDS) == frozenset()


@pytest.mark.parametrize(
    "answer",
    [
        "feito",
        7,
        [1],
        {"batchItemFailures": "m1"},
        {"batchItemFailures": {"itemIdentifier": "m1"}},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": 123}]},
        {"batchItemFailures": [{"itemIdentifier": "m9"}]},
        {"batchItemFailures": [{"identifier": "m1"}]},
        {"batchItemFailures": [{}]},
        {"batchItemFailures": ["m1"]},
        {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m9"}]},
    ],
)
def test_answers_that_cannot_be_understood_fail_the_batch(answer: Any) -> None:
    assert failed_items(json.dumps(answer).encode(), IDS) is None


def test_an_answer_that_is_not_json_fails_the_batch() -> None:
    assert failed_items(b"{", IDS) is None


@given(st.sets(st.sampled_from(IDS)), st.booleans())
@settings(max_examples=20)
def test_exactly_the_named_items_fail(failed: set[str], twice: bool) -> None:
    entries = [{"itemIdentifier": item} for item in failed] * (2 if twice else 1)
    assert failed_items(json.dumps({"batchItemFailures": entries}).encode(), IDS) == frozenset(failed)


def test_a_batch_is_one_event() -> None:
    messages = [message(number, "é") for number in range(3)]
    ((part, event),) = batch_events(messages)
    assert part == messages
    assert json.loads(event) == {"Records": [dict(item.record) for item in messages]}
    assert batch_events([]) == []


@given(st.lists(st.integers(0, 300), min_size=1, max_size=12))
@settings(max_examples=50)
def test_events_keep_order_and_limit(sizes: list[int]) -> None:
    messages = [message(number, "x" * size) for number, size in enumerate(sizes)]
    events = batch_events(messages, limit=400)
    assert [item for part, _ in events for item in part] == messages
    assert all(len(event) <= 400 or len(part) == 1 for part, event in events)
    assert all(
        [record["messageId"] for record in json.loads(event)["Records"]] == [m.message_id for m in part]
        for part, event in events
    )


def test_the_limit_grows_shrinks_and_is_bounded() -> None:
    limit = BatchLimit(most=7)
    assert limit.now == 5
    for _ in range(5):
        limit.grow()
    assert limit.now == 7
    limit.shrink()
    assert limit.now == 6
    for _ in range(5):
        limit.shrink()
    assert limit.now == 5
    limit.grow()
    limit.reset()
    assert limit.now == 5
    narrow = BatchLimit(most=2)
    narrow.grow()
    narrow.shrink()
    assert narrow.now == 2
