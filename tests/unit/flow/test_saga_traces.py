"""What the journal knows of sagas in short."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.flow.keys import business_key
from sandbox.flow.recorder import Journal
from sandbox.flow.sagas import TraceBook, hops_of
from sandbox.flow.usage import Usage, usage
from sandbox.model.hops import HopKind, Link, LinkKind
from sandbox.model.saga.progress import Trace
from sandbox.model.scope import Scope
from sandbox.store.readonly import aside

QUEUE = "arn:aws:sqs:us-east-1:000000000000:reserve"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:stock-dev"
MAPPING = "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:1"
SCOPE = Scope()


def journal(path: Path | None = None) -> Journal:
    made = Journal(path, Clock(1000.0, 0.0))
    made.declare_keys([business_key("orderId", ["$.orderId", "$.detail.orderId"])])
    return made


def begin(made: Journal, key: str) -> int:
    """A request that answers with a key; returns its hop."""
    return made.record(
        HopKind.HTTP_REQUEST, SCOPE, "apigateway", operation="POST /orders", payload=f'{{"orderId": "{key}"}}'
    )


def send(made: Journal, key: str, cause: int) -> int:
    """An event with the key goes through a rule to the queue; returns the send."""
    body = f'{{"detail": {{"orderId": "{key}"}}}}'
    detail = {"detailType": "Issued"}
    put = made.record(
        HopKind.EVENT_PUT, SCOPE, "events", cause=cause, detail=detail, payload=body, resource="arn:bus"
    )
    rule = made.record(HopKind.RULE_MATCHED, SCOPE, "events", cause=put, resource="arn:rule")
    done = made.record(HopKind.DELIVERED, SCOPE, "events", cause=rule)
    return made.record(
        HopKind.MESSAGE_SENT, SCOPE, "sqs", cause=done, resource=QUEUE, message_id=key, payload=body
    )


def work(made: Journal, cause: int, *others: int, error: str = "") -> int:
    links = [Link(other, LinkKind.BATCH) for other in others]
    start = made.record(
        HopKind.INVOKE_START, SCOPE, "lambda", cause=cause, links=links, function=FUNCTION, operation=MAPPING
    )
    status = "error" if error else "ok"
    return made.record(
        HopKind.INVOKE_END,
        SCOPE,
        "lambda",
        cause=start,
        function=FUNCTION,
        operation=MAPPING,
        status=status,
        error=error,
    )


def only(book: TraceBook, made: Journal, key: str) -> Trace:
    made.settle()
    return book.known(made.database, "orderId", [key])[key]


def test_a_saga_in_short() -> None:
    made = journal()
    root = begin(made, "a")
    sent = send(made, "a", root)
    received = made.record(HopKind.MESSAGE_RECEIVED, SCOPE, "sqs", cause=sent, message_id="a")
    work(made, received, error="ValueError: no")
    made.record(HopKind.DEAD_LETTERED, SCOPE, "sqs", cause=received, message_id="a", resource=f"{QUEUE}-dlq")
    trace = only(TraceBook(), made, "a")
    assert (trace.flow, trace.attempts, trace.dead_letters) == (root, 1, 1)
    assert (trace.last_request, trace.last_queue, trace.last_event) == ("POST /orders", "reserve", "Issued")
    assert (trace.events, trace.error, trace.began_at) == (("Issued",), "ValueError: no", 1000.0)


@pytest.mark.parametrize("kind", [HopKind.REDRIVEN, HopKind.MESSAGE_DELETED])
def test_a_dead_letter_that_left_its_queue_counts_no_longer(kind: HopKind) -> None:
    made = journal()
    sent = send(made, "a", begin(made, "a"))
    for message in ("a", "again"):
        made.record(HopKind.DEAD_LETTERED, SCOPE, "sqs", cause=sent, message_id=message)
    made.record(kind, SCOPE, "sqs", cause=sent, message_id="a")
    assert only(TraceBook(), made, "a").dead_letters == 1


def test_an_invocation_shared_with_another_saga_counts_for_both() -> None:
    made = journal()
    first, second = (send(made, key, begin(made, key)) for key in ("a", "b"))
    work(made, first, second)
    assert only(TraceBook(), made, "a").attempts == 1
    assert only(TraceBook(), made, "b").attempts == 1
    hops, _ = hops_of(made.database, only(TraceBook(), made, "b").flow)
    assert [hop.kind for hop in hops][-2:] == [HopKind.INVOKE_START, HopKind.INVOKE_END]


def test_the_newest_come_first() -> None:
    made = journal()
    for number in range(5):
        begin(made, f"s{number}")
    made.settle()
    assert [one.key for one in TraceBook().newest(made.database, "orderId", 3)] == ["s4", "s3", "s2"]
    assert TraceBook().newest(made.database, "another", 3) == []


def test_what_was_known_before_follows_new_hops() -> None:
    made, book = journal(), TraceBook()
    first, second = begin(made, "a"), begin(made, "b")
    assert only(book, made, "a").attempts == 0
    assert only(book, made, "b").attempts == 0
    message = send(made, "a", first)
    work(made, second, message)
    assert only(book, made, "a").attempts == 1
    assert only(book, made, "a").last_queue == "reserve"
    assert only(book, made, "b").attempts == 1


def test_publishers_of_other_flows_come_along() -> None:
    made = journal()
    root = begin(made, "a")
    relay = made.record(HopKind.INVOKE_START, SCOPE, "lambda", function=FUNCTION)
    call = made.record(HopKind.API_CALL, SCOPE, "events", cause=relay, operation="PutEvents")
    send(made, "a", call)
    made.settle()
    hops, around = hops_of(made.database, root)
    assert {relay, call} <= around.keys()
    assert around[call].cause == relay
    assert not {hop.id for hop in hops} & {relay, call}


def test_a_question_in_a_thread_gets_the_same_answer(tmp_path: Path) -> None:
    made = journal(tmp_path / "journal.db")
    begin(made, "a")
    made.settle()
    ask: Callable[..., list[Trace]] = lambda rows: TraceBook().newest(rows, "orderId", 5)  # noqa: E731
    found = asyncio.run(aside(made.database, ask))
    assert found == TraceBook().newest(made.database, "orderId", 5)
    made.close()


@pytest.mark.parametrize(
    "payload",
    [
        '{"ConditionExpression": "attribute_not_exists(id)"}',
        '{"Statements":[{"Statement":"UPDATE t","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}]}',
    ],
)
def test_what_was_used_is_added_up(payload: str) -> None:
    made = journal()
    first = usage(made.database, Usage())
    assert first == Usage()
    work(made, send(made, "a", begin(made, "a")))
    made.flush()
    second = usage(made.database, first)
    assert (second.matched, second.buses, second.consumed) == tuple(
        map(frozenset, (["arn:rule"], ["arn:bus"], [MAPPING]))
    )
    start = made.record(HopKind.INVOKE_START, SCOPE, "lambda", function=FUNCTION)
    made.record(
        HopKind.API_CALL,
        SCOPE,
        "dynamodb",
        cause=start,
        operation="PutItem",
        payload=payload,
    )
    made.record(HopKind.SCHEDULE_FIRED, SCOPE, "events", resource="arn:schedule")
    made.flush()
    third = usage(made.database, second)
    assert [*third.conditional, *third.fired, *third.matched] == [FUNCTION, "arn:schedule", "arn:rule"]


def test_a_consumer_that_only_failed_has_processed_nothing() -> None:
    made = journal()
    work(made, send(made, "a", begin(made, "a")), error="no")
    made.flush()
    assert usage(made.database, Usage()).consumed == frozenset()
