"""What the journal answers about flows: by every kind of id, in lists, and whole."""

from __future__ import annotations

import asyncio
import json

import pytest

from sandbox.flow import queries
from sandbox.flow.listing import HopFilter
from sandbox.flow.summaries import summary
from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.flows import FlowFilter
from tests.unit.flow.journal import BUS, FUNCTION, QUEUE, START, Story, listed

TRACE = "Root=1-65f0a1b2-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"
NOTA = "7f6c2a0e-3c1f-4f0e-9c57-0d1f0f6f8f10"


def ids(story: Story, **wanted: object) -> list[int]:
    return [flow.id for flow in listed(story, FlowFilter(**wanted))]  # type: ignore[arg-type]


@pytest.fixture
def told(story: Story) -> tuple[Story, int, int]:
    """A request that put an event, and a message of its own that failed and was given up."""
    request = story.hop(
        HopKind.HTTP_REQUEST,
        "apigateway",
        operation="POST /api/v1/notas",
        request_id="r-1",
        trace=TRACE,
        payload=json.dumps({"notaFiscalId": NOTA}),
        detail={"http_status": 201},
    )
    story.hop(HopKind.EVENT_PUT, "events", cause=request, event_id="e-1", resource=BUS)
    other = story.sent("m-9")
    received = story.received(other, "m-9", count=3)
    story.invoked(received, error="ValueError: não")
    story.dead_lettered(received, "m-9", count=3)
    return story, request, other


@pytest.mark.parametrize("reference", ["r-1", "e-1", NOTA, TRACE, "1-65f0a1b2-0123456789abcdef01234567"])
def test_a_flow_is_found_by_every_id(told: tuple[Story, int, int], reference: str) -> None:
    story, request, _ = told
    assert queries.find_flow(story.journal, reference) == request
    assert queries.find_flow(story.journal, str(request + 1)) == request


def test_an_unknown_id_finds_nothing(told: tuple[Story, int, int]) -> None:
    story, _, other = told
    assert queries.find_flow(story.journal, "m-9") == other
    assert queries.find_flow(story.journal, "m-8") is None
    assert queries.find_flow(story.journal, "9" * 44) is None
    assert NOTA in queries.known_references(story.journal.database)


@pytest.mark.parametrize("text", [NOTA[4:20].upper(), "v1/NOTAS", "e-1", "#1"])
def test_a_text_finds_flows(told: tuple[Story, int, int], text: str) -> None:
    story, request, _ = told
    assert ids(story, match=text) == [request]


def test_a_text_is_no_pattern_and_goes_with_other_filters(told: tuple[Story, int, int]) -> None:
    story, _, other = told
    assert ids(story, match="%") == []
    assert ids(story, match="reserva") == [other]
    assert ids(story, match="reserva", status="ok") == []
    assert ids(story, match="reserva", before=other) == []


def test_lists_by_the_time_of_the_beginning(told: tuple[Story, int, int]) -> None:
    story, request, other = told
    assert ids(story, until=START - 1) == []
    assert ids(story, since=START, until=START) == [other, request]


def test_events_with_a_text(told: tuple[Story, int, int]) -> None:
    story, _, _ = told
    story.journal.flush()
    assert [hop.event_id for hop, _ in queries.events_of(story.journal.database, BUS, 5, "E-1")] == ["e-1"]
    assert queries.events_of(story.journal.database, BUS, 5, "e-2") == []


def test_lists_by_every_filter(told: tuple[Story, int, int]) -> None:
    story, request, other = told
    assert ids(story) == [other, request]
    assert ids(story, limit=1) == [other]
    assert ids(story, before=other) == [request]
    assert ids(story, queue="RESERVA") == [other]
    assert ids(story, function="estoque") == [other]
    assert ids(story, function="outra") == []
    assert ids(story, key=NOTA) == [request]
    assert ids(story, status="ok") == [request]
    assert ids(story, status="dead-lettered") == [other]
    assert ids(story, status="error") == []
    assert ids(story, queue="reserva", status="dead-lettered") == [other]
    with pytest.raises(ValueError, match="dead-lettered"):
        ids(story, status="odd")


def test_lists_since_a_time(story: Story) -> None:
    story.sent("old")
    asyncio.run(story.clock.advance(60))
    new = story.sent("new")
    assert ids(story, since=story.clock.now()) == [new]


def test_runs_of_schedules_are_listed_on_demand(story: Story) -> None:
    fired = story.hop(HopKind.SCHEDULE_FIRED, "events", resource="arn:aws:events:r:0:rule/outbox")
    assert ids(story) == []
    assert ids(story, schedules=True) == [fired]


def test_calls_of_buckets_are_listed_that_somebody_was_told_of(story: Story) -> None:
    configured = story.hop(HopKind.API_CALL, "s3", operation="PutBucketNotificationConfiguration")
    story.sent(cause=configured)
    story.hop(HopKind.API_CALL, "s3", operation="PutObject", resource="fotos")
    told = story.hop(HopKind.API_CALL, "s3", operation="PutObject", resource="fotos")
    story.hop(HopKind.DELIVERED, "s3", cause=told, resource=QUEUE)
    assert ids(story) == [told]


def test_a_summary_counts(told: tuple[Story, int, int]) -> None:
    story, request, other = told
    story.journal.settle()
    found = summary(story.journal.database, other)
    assert found is not None
    assert (found.hops, found.errors, found.dead_letters, found.status) == (5, 1, 1, "dead-lettered")
    first = summary(story.journal.database, request)
    assert first is not None
    assert (first.what, first.keys) == ("POST /api/v1/notas", {"notaFiscalId": NOTA})
    assert (first.http_status, found.http_status) == (201, None)
    assert summary(story.journal.database, 999) is None


def test_a_redriven_flow_is_no_dead_letter_any_more(told: tuple[Story, int, int]) -> None:
    story, _, other = told
    story.hop(HopKind.REDRIVEN, resource=QUEUE, message_id="m-9", cause=other)
    story.journal.settle()
    found = summary(story.journal.database, other)
    assert found is not None
    assert found.status == "error"


def test_a_shared_batch_belongs_to_each_flow(story: Story) -> None:
    first, second = story.sent("m-1"), story.sent("m-2")
    start, end = story.invoked(story.received(first, "m-1"), story.received(second, "m-2"))
    story.journal.settle()
    kinds = [hop.id for hop in queries.hops_of_flow(story.journal.database, second)]
    assert kinds == [second, second + 2, start, end]


def test_events_of_a_bus_name_the_rules_that_matched(story: Story) -> None:
    put = story.hop(HopKind.EVENT_PUT, "events", resource=BUS, event_id="e-1")
    story.hop(HopKind.RULE_MATCHED, "events", cause=put, resource="arn:aws:events:r:0:rule/nfe/criada")
    lost = story.hop(HopKind.EVENT_PUT, "events", resource=BUS, event_id="e-2")
    story.journal.settle()
    found = [(hop.id, rules) for hop, rules in queries.events_of(story.journal.database, BUS, 10)]
    assert found == [(lost, []), (put, ["criada"])]


def test_a_tail_follows_a_business_key_through_its_flow(story: Story) -> None:
    heard: list[Hop] = []
    wanted = HopFilter(FlowFilter(key=NOTA))
    story.journal.subscribe(lambda hop: heard.append(hop) if wanted.lets(hop) else None)
    story.sent("other")
    sent = story.sent("m-1", payload=json.dumps({"notaFiscalId": NOTA}))
    received = story.received(sent)
    assert [hop.id for hop in heard] == [sent, received]


def test_a_tail_by_queue_function_and_status(story: Story) -> None:
    heard: dict[str, list[HopKind]] = {"queue": [], "function": [], "status": []}
    filters = {
        "queue": HopFilter(FlowFilter(queue="reserva")),
        "function": HopFilter(FlowFilter(function=FUNCTION)),
        "status": HopFilter(FlowFilter(status="error")),
    }

    def hear(hop: Hop) -> None:
        for name, wanted in filters.items():
            if wanted.lets(hop):
                heard[name].append(hop.kind)

    story.journal.subscribe(hear)
    story.invoked(story.received(story.sent()), error="ValueError")
    assert heard == {
        "queue": [HopKind.MESSAGE_SENT, HopKind.MESSAGE_RECEIVED],
        "function": [HopKind.INVOKE_START, HopKind.INVOKE_END],
        "status": [HopKind.INVOKE_END],
    }
