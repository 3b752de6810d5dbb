"""What the journal learns of PutEvents that LocalStack answered."""

from __future__ import annotations

import json

from sandbox.engines.docker.hearing import Hearing
from sandbox.engines.docker.invocations import Invocations
from sandbox.engines.docker.observe import Observer
from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from tests.support.fakes import KeptHops


def observer(kept: KeptHops) -> Observer:
    return Observer(kept, Hearing(kept, Invocations(kept), lambda _: None, lambda _, __: None))


_ENTRY = {"EventBusName": "b", "Source": "s", "DetailType": "T", "Detail": '{"notaFiscalId":"1"}'}


def test_every_entry_is_a_hop_caused_by_the_call() -> None:
    kept = KeptHops()
    request = HttpRequest("POST", "/", body=json.dumps({"Entries": [_ENTRY, _ENTRY]}).encode())
    answer = {"Entries": [{"EventId": "e1"}, {"ErrorCode": "InternalFailure", "ErrorMessage": "no"}]}
    observer(kept)(
        "events", "PutEvents", request, HttpResponse(200, body=json.dumps(answer).encode()), Call(hop=7)
    )
    first, second = kept.hops
    assert (first.kind, first.cause, first.event_id, first.status) == (HopKind.EVENT_PUT, 7, "e1", "ok")
    assert first.resource.endswith(":event-bus/b")
    assert first.payload is not None
    assert json.loads(first.payload)["detail"] == {"notaFiscalId": "1"}
    assert (second.status, second.error) == ("error", "InternalFailure: no")


def test_other_calls_and_other_protocols_are_left_to_their_own_hop() -> None:
    kept = KeptHops()
    observe = observer(kept)
    observe("sqs", "SendMessage", HttpRequest("POST", "/"), HttpResponse(200), Call())
    observe("events", "PutEvents", HttpRequest("POST", "/", body=b"<xml>"), HttpResponse(200), Call())
    assert kept.hops == []
