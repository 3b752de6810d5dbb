"""What is counted as it is recorded."""

from __future__ import annotations

import pytest

from sandbox.flow.counters import Counters
from sandbox.model.hops import HopKind
from tests.unit.flow.journal import BUS, FUNCTION, QUEUE, Story


@pytest.fixture
def counters(story: Story) -> Counters:
    counters = Counters()
    story.journal.observe(counters.take)
    return counters


def test_messages_and_functions_are_counted(story: Story, counters: Counters) -> None:
    start, _ = story.invoked(story.received(story.sent()))
    story.invoked(start, error="ValueError: não\nlinha")
    story.hop(HopKind.INVOKE_THROTTLED, "lambda", resource=FUNCTION, function=FUNCTION, status="throttled")
    story.journal.flush()
    assert counters.count(HopKind.MESSAGE_SENT, QUEUE) == 1
    function = counters.functions[FUNCTION]
    assert (function.invocations, function.errors, function.throttles) == (2, 1, 1)
    assert (function.cold_starts, function.running, function.last_error) == (2, 0, "ValueError: não")
    assert function.last_failed
    assert function.percentile(0.95) == 5.0


def test_a_function_without_invocations_has_no_percentiles() -> None:
    from sandbox.flow.counters import FunctionCount

    assert FunctionCount().percentile(0.5) is None


def test_events_that_match_no_rule(story: Story, counters: Counters) -> None:
    put = story.hop(HopKind.EVENT_PUT, "events", resource=BUS)
    for name in ("a", "b"):
        story.hop(HopKind.RULE_MATCHED, "events", cause=put, resource=f"arn:aws:events:r:0:rule/nfe/{name}")
    story.hop(HopKind.EVENT_PUT, "events", resource=BUS)
    story.journal.flush()
    assert (counters.count(HopKind.EVENT_PUT, BUS), counters.unmatched(BUS)) == (2, 1)


def test_what_a_function_publishes_is_seen(story: Story, counters: Counters) -> None:
    start, _ = story.invoked(story.sent())
    story.hop(HopKind.EVENT_PUT, "events", cause=start, resource=BUS)
    story.journal.flush()
    assert counters.published == {(FUNCTION, BUS): 1}


def test_requests_are_counted_by_api(story: Story, counters: Counters) -> None:
    for path in ("a", "b"):
        arn = f"arn:aws:execute-api:us-east-1:0:api1/dev/GET/{path}"
        story.hop(HopKind.HTTP_REQUEST, "apigateway", resource=arn)
    story.journal.flush()
    assert counters.resources(HopKind.HTTP_REQUEST) == {"arn:aws:execute-api:us-east-1:0:api1": 2}


def test_revisions_are_told_and_stand_still_when_nothing_happens(story: Story, counters: Counters) -> None:
    told: list[int] = []
    end = counters.subscribe(told.append)
    story.journal.flush()
    assert told == []
    story.sent()
    story.journal.flush()
    assert told == [counters.revision]
    end()
    story.hop(HopKind.API_CALL, operation="CreateQueue")
    story.journal.flush()
    assert len(told) == 1
    assert counters.configured == 1


def test_a_call_that_configures_and_sends_counts_as_one_that_configures(
    story: Story, counters: Counters
) -> None:
    """A bucket tries the queue that it is to tell of its objects."""
    call = story.journal.reserve()
    story.sent(cause=call)
    story.hop(HopKind.API_CALL, "s3", hop=call, operation="PutBucketNotificationConfiguration")
    story.hop(HopKind.API_CALL, "s3", operation="PutObject")
    story.journal.flush()
    assert counters.configured == 1


def test_a_rebuilt_state_has_nothing_running(story: Story, counters: Counters) -> None:
    story.hop(HopKind.INVOKE_START, "lambda", resource=FUNCTION, function=FUNCTION)
    story.journal.flush()
    assert counters.functions[FUNCTION].running == 1
    counters.rebuilt()
    assert counters.functions[FUNCTION].running == 0
