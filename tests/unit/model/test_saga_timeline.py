"""Timelines and progress of sagas, from the hops that the journal records."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.hops import HopKind, Link, LinkKind
from sandbox.model.saga.progress import Row, Trace, detail, step_states, summarise
from sandbox.model.saga.stretches import Stretch, brief, short
from sandbox.model.saga.timeline import build, of_saga
from sandbox.model.views.sagas import SagaDetail
from tests.unit.model.saga_story import (
    Story,
    compensated,
    confirmed,
    dead_lettered,
    declaration,
    failing,
    with_key,
)

SAGA = declaration()


def told(story: Story, *, running: bool = True) -> list[Stretch]:
    return build(SAGA, story.hops, around=story.around, running=running)


def lines(stretches: list[Stretch]) -> list[tuple[Any, ...]]:
    return [
        (one.entry().what, one.at, one.until, one.step)
        for one in stretches
        if one.until is None or one.until > one.at or one.working
    ]


def whole(story: Story, status: str, *, now: float = 1000.0, dead: int = 0) -> SagaDetail:
    row = Row(key="o1", status=status)
    trace = Trace(key="o1", flow=1, began_at=0.0, last_at=story.hops[-1].at, dead_letters=dead)
    summary = summarise(SAGA, "o1", now, row, trace)
    stretches = told(story, running=summary.outcome in ("running", "stuck"))
    return detail(SAGA, summary, stretches, [], now)


# --- the ways a saga goes ----------------------------------------------------------------------------------
def test_a_confirmed_saga_waits_and_works_in_turn() -> None:
    assert lines(told(confirmed(), running=False)) == [
        ("function billing-dev", 0.0, 0.0, "issue"),
        ("in outbox billing.outbox", 0.0, 60.0, "issue"),
        ("in queue reserve", 60.0, 62.0, "reserve"),
        ("function stock-dev", 62.0, 63.0, "reserve"),
        ("function billing-dev", 63.0, 64.0, "confirm"),
    ]


def test_a_confirmed_saga_has_done_its_steps_and_skipped_the_compensation() -> None:
    found = whole(confirmed(), "DONE")
    assert found.steps == {"issue": "done", "reserve": "done", "confirm": "done", "undo": "skipped"}
    assert (found.saga.outcome, found.saga.step, found.saga.attempts) == ("completed", "confirm", 3)
    assert (found.waited_seconds, found.worked_seconds, found.worked_ms) == (62.0, 2.0, 30.0)
    assert found.saga.ended_at == 64.0
    assert found.compensation == []


def test_a_compensated_saga_names_what_was_undone() -> None:
    found = whole(compensated(), "UNDONE")
    assert found.steps == {"issue": "compensated", "reserve": "done", "confirm": "skipped", "undo": "done"}
    assert (found.saga.outcome, found.compensation) == ("compensated", ["issue"])


def test_an_event_that_nobody_published_waits_in_its_outbox() -> None:
    story = Story()
    story.request(5.0)
    assert lines(told(story))[-1] == ("in outbox billing.outbox", 5.0, None, "issue")
    assert whole(story, "PENDING", now=20.0).steps == {
        "issue": "current",
        "reserve": "pending",
        "confirm": "pending",
        "undo": "pending",
    }
    assert all(one.until is not None for one in told(story, running=False))


def test_an_event_published_by_its_own_function_was_in_no_outbox() -> None:
    whats = [one.entry().what for one in told(confirmed())]
    assert "in outbox stock.outbox" not in whats


def test_a_failure_hides_the_message_until_it_is_visible_again() -> None:
    assert lines(told(failing(2)))[2:] == [
        ("function stock-dev", 60.0, 61.0, "reserve"),
        ("hidden in queue reserve after a failure", 61.0, 150.0, "reserve"),
        ("function stock-dev", 150.0, 151.0, "reserve"),
        ("hidden in queue reserve after a failure", 151.0, None, "reserve"),
    ]
    found = whole(failing(2), "PENDING", now=200.0)
    assert [entry.attempt for entry in found.timeline if entry.what == "function stock-dev"] == [1, 2]
    assert found.steps["reserve"] == "current"
    assert not any(entry.ok for entry in found.timeline if entry.what == "function stock-dev")


def test_a_clock_that_is_moved_makes_no_work() -> None:
    story = Story()
    began = story.hop(HopKind.INVOKE_START, 10.0, function="stock-dev")
    story.hop(HopKind.INVOKE_END, 310.0, function="stock-dev", cause=began, duration_ms=25.0)
    assert lines(told(story, running=False)) == [("function stock-dev", 10.0, 10.025, "")]


def test_what_goes_on_while_somebody_works_is_no_waiting() -> None:
    story = failing(1)
    story.message(HopKind.MESSAGE_RETURNED, "reserve", 150.0, cause=1)
    again = story.hop(HopKind.INVOKE_START, 151.0, function="stock-dev")
    story.hop(HopKind.INVOKE_END, 161.0, function="stock-dev", cause=again, duration_ms=10_000.0)
    found = whole(story, "PENDING", now=200.0)
    assert found.waited_seconds + found.worked_seconds == 200.0
    assert found.worked_seconds == 11.0


def test_a_retry_that_succeeds_is_done() -> None:
    story = failing(1)
    returned = story.message(HopKind.MESSAGE_RETURNED, "reserve", 150.0, cause=1)
    story.consume("reserve", "stock-dev", 150.0, sent=returned)
    found = whole(story, "PENDING", now=152.0)
    assert found.steps["reserve"] == "current"  # done, but its event is still in the outbox
    assert found.timeline[-1].what == "in outbox stock.outbox"


def test_a_dead_letter_fails_its_step_and_the_saga_is_stuck() -> None:
    found = whole(dead_lettered(), "PENDING", now=300.0, dead=1)
    assert (found.saga.outcome, found.saga.step, found.steps["reserve"]) == ("stuck", "reserve", "failed")
    last = found.timeline[-1]
    assert (last.what, last.to_at, last.ok) == ("dead letter in reserve-dlq", None, False)
    assert last.error == "ValueError: no"
    assert "hidden in queue reserve after a failure" in [entry.what for entry in found.timeline]


def test_a_redriven_message_waits_in_its_queue_again() -> None:
    story = dead_lettered()
    redriven = story.message(HopKind.REDRIVEN, "reserve", 400.0, cause=1)
    again = story.message(HopKind.MESSAGE_SENT, "reserve", 400.0, cause=redriven, message_id="m-again")
    assert lines(told(story))[-1] == ("in queue reserve", 400.0, None, "reserve")
    received = story.message(HopKind.MESSAGE_RECEIVED, "reserve", 405.0, cause=again, message_id="m-again")
    story.work("stock-dev", 405.0, 406.0, cause=received)
    story.message(HopKind.MESSAGE_DELETED, "reserve", 406.0, cause=received, message_id="m-again")
    found = whole(story, "PENDING", now=410.0)
    assert "dead letter in reserve-dlq" in [entry.what for entry in found.timeline if entry.to_at == 400.0]
    assert found.steps["reserve"] != "failed"


def test_a_dead_letter_that_was_dropped_lasts_no_longer() -> None:
    story = dead_lettered()
    story.message(HopKind.MESSAGE_DELETED, "reserve-dlq", 300.0, cause=1)
    last = whole(story, "PENDING", now=400.0).timeline[-1]
    assert (last.what, last.to_at) == ("dead letter in reserve-dlq", 300.0)


# --- batches, other consumers, other sagas -----------------------------------------------------------------
def test_a_message_of_a_shared_batch_is_worked_on_by_its_invocation() -> None:
    story = Story()
    issued = story.request(0.0)
    sent = story.event("Issued", "reserve", 10.0, cause=story.relay(10.0), inferred=issued)
    received = story.receive("reserve", 10.0, cause=sent)
    other = story.hop(HopKind.MESSAGE_RECEIVED, 10.0, aside=True, message_id="theirs")
    batch = (Link(received, LinkKind.BATCH),)
    story.work("stock-dev", 10.0, 11.0, cause=other, links=batch)
    assert ("function stock-dev", 10.0, 11.0, "reserve") in lines(told(story))


def test_a_reported_item_failed_though_the_invocation_ended_well() -> None:
    story = Story()
    sent = story.event("Issued", "reserve", 0.0, cause=0)
    received = story.receive("reserve", 0.0, cause=sent)
    payload = '{"batchItemFailures": [{"itemIdentifier": "m-reserve"}]}'
    story.work("stock-dev", 0.0, 1.0, cause=received, payload=payload)
    work = next(one for one in told(story) if one.working)
    assert (work.ok, work.error) == (False, "reported in batchItemFailures")
    assert lines(told(story))[-1][0] == "hidden in queue reserve after a failure"


def test_a_consumer_that_is_no_function_works_until_it_deletes() -> None:
    story = Story()
    sent = story.event("Issued", "reserve", 0.0, cause=0)
    received = story.receive("reserve", 2.0, cause=sent)
    assert lines(told(story))[-1] == ("a consumer of queue reserve", 2.0, None, "reserve")
    story.message(HopKind.MESSAGE_DELETED, "reserve", 5.0, cause=received)
    assert ("a consumer of queue reserve", 2.0, 5.0, "reserve") in lines(told(story))


def test_an_invocation_that_runs_lasts() -> None:
    story = Story()
    sent = story.event("Issued", "reserve", 0.0, cause=0)
    story.work("stock-dev", 1.0, None, cause=story.receive("reserve", 1.0, cause=sent))
    assert lines(told(story))[-1] == ("function stock-dev", 1.0, None, "reserve")


def test_a_throttled_invocation_is_an_attempt_that_failed() -> None:
    story = Story()
    request = story.hop(HopKind.HTTP_REQUEST, 0.0, operation="POST /orders")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:billing-dev"
    story.hop(
        HopKind.INVOKE_THROTTLED, 0.0, cause=request, function=arn, status="throttled", error="too many"
    )
    work = told(story)[0]
    assert (work.step, work.ok, work.error) == ("issue", False, "too many")


def test_events_of_another_saga_in_the_same_call_are_left_out() -> None:
    story = confirmed()
    theirs = story.event("Issued", "reserve", 60.0, cause=1)
    foreign = theirs - 3
    hops = [with_key(hop, "o2") if hop.id in (foreign, theirs) else hop for hop in story.hops]
    kept = {hop.id for hop in of_saga(hops, "orderId", "o1")}
    assert kept == {hop.id for hop in story.hops if hop.id < foreign}


# --- lists -------------------------------------------------------------------------------------------------
def test_a_duplicate_after_the_end_changes_no_step() -> None:
    story = confirmed()
    again = story.message(HopKind.MESSAGE_SENT, "reserve", 70.0, cause=1)
    story.consume("reserve", "stock-dev", 70.0, sent=again)
    found = whole(story, "DONE")
    assert (found.saga.step, found.timeline[-1].step) == ("confirm", "reserve")


def test_a_saga_past_its_deadline_is_stuck() -> None:
    trace = Trace(key="o1", flow=1, began_at=0.0, last_at=5.0, last_request="POST /orders", attempts=1)
    row = Row(key="o1", status="PENDING")
    assert summarise(SAGA, "o1", 599.0, row, trace).outcome == "running"
    late = summarise(SAGA, "o1", 601.0, row, trace)
    assert (late.outcome, late.step, late.ended_at) == ("stuck", "issue", None)


def test_the_step_of_a_running_saga_is_that_of_its_newest_message() -> None:
    trace = Trace(key="o1", flow=1, began_at=0.0, last_at=5.0, last_queue="reserve", last_event="Issued")
    assert summarise(SAGA, "o1", 6.0, Row(key="o1", status="PENDING"), trace).step == "reserve"


def test_an_ended_saga_is_at_the_step_that_leaves_its_state() -> None:
    found = summarise(SAGA, "o1", 9.0, Row(key="o1", status="DONE", started_at=1.0, ended_at=4.0), None)
    assert (found.step, found.began_at, found.ended_at, found.flow) == ("confirm", 1.0, 4.0, None)


def test_virtual_times_of_the_journal_come_before_real_ones_of_the_database() -> None:
    row = Row(key="o1", status="DONE", started_at=1.0, ended_at=4.0)
    found = summarise(SAGA, "o1", 9000.0, row, Trace(key="o1", flow=1, began_at=8000.0, last_at=8100.0))
    assert (found.began_at, found.ended_at) == (8000.0, 8100.0)


def test_what_the_database_does_not_know_has_no_state() -> None:
    trace = Trace(key="o1", flow=1, began_at=0.0, last_at=5.0, dead_letters=1, error="KeyError: 'x'")
    found = summarise(SAGA, "o1", 6.0, None, trace)
    assert (found.state, found.outcome, found.error) == ("", "stuck", "KeyError: 'x'")


def test_without_a_database_events_tell_the_outcome() -> None:
    saga = msgspec.structs.replace(SAGA, state=None, invariants=())
    base = Trace(key="o1", flow=1, began_at=0.0, last_at=5.0)

    def outcome(*events: str) -> tuple[str, str]:
        found = summarise(saga, "o1", 6.0, None, msgspec.structs.replace(base, events=events))
        return found.outcome, found.state

    assert outcome("Issued") == ("running", "running")
    assert outcome("Issued", "Reserved") == ("completed", "completed")
    assert outcome("Issued", "Refused") == ("compensated", "compensated")


def test_a_saga_that_the_journal_forgot_has_no_steps() -> None:
    assert step_states(SAGA, "completed", []) == {}


# --- words -------------------------------------------------------------------------------------------------
def test_names_in_arns() -> None:
    assert short("arn:aws:sqs:us-east-1:000000000000:reserve") == "reserve"
    assert short("arn:aws:lambda:us-east-1:000000000000:function:stock-dev:1") == "stock-dev"
    assert short("plain") == "plain"


def test_an_error_in_one_line() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    x\n    ^\nE: why\nLINE 1\n'
    assert brief(f"Oops\n\n{trace}") == "E: why"
    assert brief("\nKeyError: x\nmore") == "KeyError: x"
    assert brief("") == ""
