"""Why a message is a dead letter."""

from __future__ import annotations

from sandbox.flow.failures import failure_of
from sandbox.model.hops import HopKind
from tests.unit.flow.journal import DEAD, FUNCTION, QUEUE, Story


def given_up(story: Story, sent: int, message: str, error: str) -> int:
    received = story.received(sent, message, count=1)
    story.invoked(received, error=f"first of {error}")
    again = story.received(received, message, count=2)
    story.invoked(again, error=error, payload='{"errorMessage": "x"}')
    return story.dead_lettered(again, message, count=2)


def test_the_last_attempt_tells(story: Story) -> None:
    sent = story.sent()
    dead = given_up(story, sent, "m-1", "ValueError: não")
    story.journal.settle()
    failure = failure_of(story.journal.database, dead)
    assert (failure.attempts, failure.error, failure.function) == (2, "ValueError: não", FUNCTION)
    assert (failure.source, failure.hop, failure.flow, failure.payload) == (
        QUEUE,
        dead,
        sent,
        '{"errorMessage": "x"}',
    )


def test_a_batch_that_failed_as_a_whole_counts_for_each_message(story: Story) -> None:
    first, second = story.sent("m-1"), story.sent("m-2")
    received = story.received(second, "m-2")
    start, _ = story.invoked(story.received(first, "m-1"), received, error="Boom")
    dead = story.dead_lettered(received, "m-2")
    story.journal.settle()
    failure = failure_of(story.journal.database, dead)
    assert (failure.error, failure.invocation) == ("Boom", start)


def test_only_the_life_since_the_last_redrive_counts(story: Story) -> None:
    dead = given_up(story, story.sent(), "m-1", "old error")
    redriven = story.hop(
        HopKind.REDRIVEN,
        resource=QUEUE,
        message_id="m-1",
        cause=dead,
        detail={"source": DEAD, "original_id": "m-1", "changed": ["body"]},
    )
    again = story.sent("m-2", cause=redriven)
    dead_again = given_up(story, again, "m-2", "new error")
    story.journal.settle()
    failure = failure_of(story.journal.database, dead_again)
    assert (failure.attempts, failure.error) == (2, "new error")
    assert (failure.original_id, failure.changed) == ("m-1", ["body"])


def test_a_message_that_was_only_sent_here_has_no_failure(story: Story) -> None:
    sent = story.sent()
    story.journal.settle()
    failure = failure_of(story.journal.database, sent)
    assert (failure.attempts, failure.error, failure.hop, failure.at) == (0, "", None, None)


def test_a_message_that_nobody_processed_has_attempts_and_no_error(story: Story) -> None:
    received = story.received(story.sent())
    dead = story.dead_lettered(received, count=1)
    story.journal.settle()
    failure = failure_of(story.journal.database, dead)
    assert (failure.attempts, failure.error) == (1, "")


def test_an_unknown_hop_says_nothing(story: Story) -> None:
    assert failure_of(story.journal.database, 999).flow is None
