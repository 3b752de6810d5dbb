"""What LocalStack tells of itself becomes hops, each with its cause."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from sandbox.engines.docker.hearing import MARK, Hearing
from sandbox.engines.docker.invocations import Invocations
from sandbox.model.hops import HopKind
from tests.support.fakes import KeptHops

_RULE = "arn:aws:events:us-east-1:000000000000:rule/b/r"
_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
_PLACE = {"account": "000000000000", "region": "us-east-1", "at": 1.0, "trace": "Root=1-a-b"}
_EVENT = json.dumps({"id": "e1", "detail-type": "T", "source": "s", "detail": {}})


class Scene:
    """A journal, and LocalStack speaking to it."""

    def __init__(self) -> None:
        self.kept = KeptHops()
        self.notices: list[str] = []
        self.letters: list[tuple[Any, int]] = []
        self.invocations = Invocations(self.kept)
        self.hearing = Hearing(
            self.kept,
            self.invocations,
            self.notices.append,
            lambda facts, hop: self.letters.append((facts, hop)),
        )

    def told(self, what: str, **facts: Any) -> None:
        """One line of LocalStack's log."""
        given = {"principal": "", "source": "", "hop": None} | _PLACE | facts
        assert self.hearing.line(MARK + json.dumps({"told": what, **given}))

    def invoked(self, **facts: Any) -> None:
        """A function was asked for."""
        given = {
            "id": "q1",
            "function": _FUNCTION,
            "type": "RequestResponse",
            "messages": [],
            "payload": "{}",
        }
        self.told("invoke", **(given | facts))

    def kinds(self) -> list[str]:
        return [str(hop.kind) for hop in self.kept.hops]

    def causes(self) -> list[int | None]:
        return [hop.cause for hop in self.kept.hops]


def test_a_delivery_waits_for_the_event_it_delivers_and_the_message_goes_on_from_it() -> None:
    async def scene() -> None:
        here = Scene()
        here.told("sent", principal="events", source=_RULE, queue="q", id="m1", body=_EVENT)
        here.told("received", queue="q", id="m1", count="1", principal="lambda")
        assert here.kept.hops == []
        here.hearing.event_put("e1", 90)
        here.hearing.puts_answered()
        here.invoked(messages=["m1"])
        here.told("invoked", id="q1", refused=False, error="", payload="{}")
        here.told("deleted", queue="q", id="m1")
        assert here.kinds() == [
            "rule-matched", "delivered", "message-sent", "message-received", "invoke-start", "invoke-end",
            "message-deleted",
        ]  # fmt: skip
        match, delivered, sent, received, start, _, _ = (hop.id for hop in here.kept.hops)
        assert here.causes() == [90, match, delivered, sent, received, start, received]
        assert {hop.event_id for hop in here.kept.hops[:3]} == {"e1"}

    asyncio.run(scene())


def test_one_match_leads_to_all_targets_of_a_rule() -> None:
    async def scene() -> None:
        here = Scene()
        here.hearing.event_put("e1", 90)
        for queue, message in (("q", "m1"), ("p", "m2")):
            here.told("sent", principal="events", source=_RULE, queue=queue, id=message, body=_EVENT)
        assert here.kinds().count("rule-matched") == 1
        assert here.kinds().count("delivered") == 2

    asyncio.run(scene())


def test_a_schedule_fires_without_a_cause() -> None:
    async def scene() -> None:
        here = Scene()
        event = json.dumps({"id": "e2", "detail-type": "Scheduled Event", "source": "aws.events"})
        here.invoked(type="Event", principal="events", source=_RULE, payload=event)
        assert here.kinds() == ["schedule-fired", "delivered"]
        assert here.invocations.running("q1", {"environment": "c"}, 2.0) == here.kept.hops[-1].id
        here.invocations.ended("q1", 3.0, error="", payload="")
        assert here.kinds()[2:] == ["invoke-start", "invoke-end"]
        assert here.kept.hops[-1].duration_ms == 1000
        here.invocations.running("q1", {"environment": "c"}, 9.0)
        assert here.kept.hops[-1].detail == {"environment": "c", "attempt": 2}

    asyncio.run(scene())


def test_an_invocation_belongs_to_the_request_whose_trace_it_was_handed() -> None:
    here = Scene()
    here.hearing.request("Root=1-x-y", 70)
    here.invoked(principal="apigateway", payload='{"headers": {"X-Amzn-Trace-Id": "Root=1-x-y;Parent=1"}}')
    assert here.causes() == [70]


def test_a_call_seen_before_its_invocation_keeps_a_hop_free_for_it() -> None:
    here = Scene()
    early = here.invocations.of_call("Root=1-a-b;Parent=c;Sampled=0")
    assert early is not None
    here.invoked(hop=5)
    assert (here.kept.hops[0].id, here.kept.hops[0].cause) == (early, 5)
    assert here.invocations.of_call("Root=1-a-b") == early
    assert here.invocations.of_call("") is None


def test_a_failed_function_says_how_and_a_refused_one_never_ran() -> None:
    here = Scene()
    here.invoked()
    raised = json.dumps({"errorType": "ValueError", "errorMessage": "no"})
    here.told("invoked", id="q1", refused=False, error="Unhandled", payload=raised)
    assert (here.kept.hops[-1].status, here.kept.hops[-1].error) == ("error", "ValueError: no")
    here.invoked(id="q2")
    here.told("invoked", id="q2", refused=True, error="TooManyRequestsException", payload="")
    assert here.kept.hops[-1].kind == HopKind.INVOKE_THROTTLED


def test_a_message_dies_and_is_redriven_in_one_chain() -> None:
    here = Scene()
    here.told("sent", hop=4, queue="q", id="m1", body="x")
    here.told("received", queue="q", id="m1", count="1")
    here.told("dead", queue="q", letters="q-dlq", id="m1", count=2)
    here.told("received", queue="q-dlq", id="m1", count="1")
    here.told("received", queue="q", id="m1", count="1")
    assert here.kinds() == [
        "message-sent", "message-received", "dead-lettered", "message-received", "redriven",
        "message-received",
    ]  # fmt: skip
    ids = [hop.id for hop in here.kept.hops]
    assert here.causes() == [4, *ids[:-1]]
    assert here.kept.hops[2].resource.endswith(":q-dlq")
    assert here.kept.hops[2].detail == {"source": "arn:aws:sqs:us-east-1:000000000000:q", "receive_count": 1}


def test_other_lines_are_not_taken_and_gaps_are_told() -> None:
    here = Scene()
    assert not here.hearing.line("AWS sqs.SendMessage => 200")
    assert not here.hearing.heard
    here.told("here")
    here.told("failure", where="_sent", why="KeyError: x")
    assert here.hearing.heard
    assert "the journal has gaps" in here.notices[0]


def test_what_could_not_be_delivered_fails_after_its_match_and_goes_to_the_letters_of_its_target() -> None:
    async def scene() -> None:
        here = Scene()
        here.hearing.event_put("e1", 90)
        queue = "arn:aws:sqs:us-east-1:000000000000:q"
        failed = {"principal": "events", "source": _RULE, "event": "e1", "body": _EVENT, "target": queue}
        why = {"code": "QueueDoesNotExist", "status": 400, "why": "gone"}
        here.told("undelivered", **failed, **why, letters="")
        here.told("undelivered", **failed, **why, letters=f"{queue}-dlq")
        assert here.kinds() == ["rule-matched", "delivery-failed", "delivery-failed"]
        assert here.causes() == [90, here.kept.hops[0].id, here.kept.hops[0].id]
        assert here.kept.hops[1].error == "QueueDoesNotExist: gone"
        assert [hop for _, hop in here.letters] == [here.kept.hops[2].id]

    asyncio.run(scene())


def test_what_a_transformer_made_of_an_event_is_still_that_event() -> None:
    async def scene() -> None:
        here = Scene()
        here.hearing.event_put("e1", 90)
        here.told("sent", principal="events", source=_RULE, event="e1", queue="q", id="m1", body="short")
        assert here.causes()[0] == 90

    asyncio.run(scene())


def test_a_request_is_recorded_after_the_invocation_that_answered_it() -> None:
    async def scene() -> None:
        here = Scene()
        here.told("here")
        passed = '{"headers": {"X-Amzn-Trace-Id": "Root=1-x-y"}}'
        for order in ("invocation first", "answer first"):
            here.hearing.request("Root=1-x-y", 70)
            here.invoked(id=order, principal="apigateway", payload=passed)
            recorded: list[str] = []
            if order == "answer first":
                here.hearing.answered(70, lambda said=recorded: said.append("now"))  # type: ignore[misc]
                assert recorded == []
            here.told("invoked", id=order, refused=False, error="", payload="{}")
            if order == "invocation first":
                here.hearing.answered(70, lambda said=recorded: said.append("now"))  # type: ignore[misc]
            assert recorded == ["now"]

    asyncio.run(scene())


def test_a_request_that_no_function_answered_is_recorded_all_the_same() -> None:
    async def scene() -> None:
        here = Scene()
        recorded: list[str] = []
        here.hearing.answered(70, lambda: recorded.append("unheard"))
        here.told("here")
        here.hearing.answered(71, lambda: recorded.append("at the end"))
        here.hearing.close()
        assert recorded == ["unheard", "at the end"]

    asyncio.run(scene())
