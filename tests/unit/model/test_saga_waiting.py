"""What a saga waits for, in words."""

from __future__ import annotations

from sandbox.model.hops import HopKind
from sandbox.model.saga.timeline import build
from sandbox.model.saga.waiting import Message, Present, waiting_for
from tests.unit.model.saga_story import Story, confirmed, dead_lettered, declaration, failing

SAGA = declaration()


def words(story: Story, present: Present) -> list[str]:
    return waiting_for(SAGA, build(SAGA, story.hops, around=story.around), present)


def sent() -> Story:
    story = Story()
    story.event("Issued", "reserve", 0.0, cause=0)
    return story


def test_an_ended_saga_waits_for_nothing() -> None:
    stretches = build(SAGA, confirmed().hops, around=confirmed().around, running=False)
    assert waiting_for(SAGA, stretches, Present(now=100.0)) == []


def test_an_event_in_the_outbox_waits_for_the_next_run() -> None:
    story = Story()
    story.request(0.0)
    present = Present(now=37.0, next_runs={"relay-dev": 60.0, "other": 40.0})
    assert words(story, present) == ["next relay run in 23s: the event is in billing.outbox"]


def test_an_outbox_without_a_schedule_says_so() -> None:
    story = Story()
    story.request(0.0)
    assert words(story, Present(now=37.0)) == [
        "a run of relay, which no schedule starts: the event is in billing.outbox"
    ]


def test_a_failed_message_is_in_flight_until_its_visibility_timeout() -> None:
    message = Message(state="in-flight", visible_at=150.0)
    present = Present(now=79.0, messages={"m-reserve": message}, looked_in=frozenset({"reserve"}))
    assert words(failing(1), present) == ["message in flight from reserve, visible again in 1m 11s"]


def test_a_delayed_message_says_when_it_is_visible() -> None:
    present = Present(now=1.0, messages={"m-reserve": Message(state="delayed", visible_at=31.0)})
    assert words(sent(), present) == ["message delayed in reserve, visible in 30s"]


def test_a_queue_without_a_consumer_is_told() -> None:
    present = Present(now=1.0, messages={"m-reserve": Message(state="visible", visible_at=0.0)})
    assert words(sent(), present) == ["message waits in reserve, which no function consumes"]


def test_a_queue_with_a_consumer_names_it() -> None:
    present = Present(
        now=1.0,
        messages={"m-reserve": Message(state="visible", visible_at=0.0)},
        consumers={"reserve": ["stock-dev"]},
    )
    assert words(sent(), present) == ["message waits in reserve for stock-dev"]


def test_a_message_that_was_purged_is_gone() -> None:
    present = Present(now=1.0, looked_in=frozenset({"reserve"}))
    assert words(sent(), present) == ["message gone from reserve: it was purged, deleted or has expired"]


def test_a_dead_letter_waits_for_somebody() -> None:
    present = Present(now=300.0, messages={"m-reserve": Message(state="visible", visible_at=240.0)})
    assert words(dead_lettered(), present) == ["dead letter in reserve-dlq: somebody to redrive it"]


def test_an_invocation_says_since_when_it_runs() -> None:
    story = sent()
    received = story.receive("reserve", 1.0, cause=4)
    story.work("stock-dev", 1.0, None, cause=received)
    assert words(story, Present(now=13.0)) == ["function stock-dev works, begun 12s ago"]


def test_a_message_that_somebody_else_received_says_so() -> None:
    story = sent()
    story.receive("reserve", 1.0, cause=4)
    assert words(story, Present(now=4.0)) == ["message in flight from reserve, received 3s ago"]
    assert story.hops[-1].kind is HopKind.MESSAGE_RECEIVED
