"""What the journal learns of calls that LocalStack answered: the events that were put."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.engines.docker.hearing import Hearing
from sandbox.model.arn import event_bus_arn
from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import Recorder


class Observer:
    """Implements `Observe`: reads requests and answers that were passed on, and records what they did.

    Args:
        recorder: the journal.
        hearing: told which events were put, so that their deliveries find them.
    """

    def __init__(self, recorder: Recorder, hearing: Hearing) -> None:
        self._recorder = recorder
        self._hearing = hearing

    def __call__(
        self, service: str, operation: str, request: HttpRequest, response: HttpResponse, call: Call
    ) -> None:
        """Records one hop for each entry of PutEvents; other calls are told by their own hop."""
        if (service, operation) != ("events", "PutEvents"):
            return
        try:
            entries = msgspec.json.decode(request.body)["Entries"]
            results = msgspec.json.decode(response.body)["Entries"]
        except (msgspec.DecodeError, KeyError, TypeError):
            return  # it was not JSON: LocalStack answers other protocols too
        for entry, result in zip(entries, results, strict=False):
            self._event(entry, result, call)
        self._hearing.puts_answered()

    def _event(self, entry: dict[str, Any], result: dict[str, Any], call: Call) -> None:
        bus = str(entry.get("EventBusName") or "default").rpartition("/")[2]
        refused = (
            f"{result.get('ErrorCode')}: {result.get('ErrorMessage')}" if result.get("ErrorCode") else ""
        )
        event = str(result.get("EventId") or "")
        hop = self._recorder.record(
            HopKind.EVENT_PUT,
            call.scope,
            "events",
            cause=call.hop,
            operation="PutEvents",
            resource=str(event_bus_arn(call.scope, bus)),
            status="error" if refused else "ok",
            error=refused,
            request_id=call.request_id,
            event_id=event,
            trace=call.trace,
            detail={"source": entry.get("Source"), "detailType": entry.get("DetailType")},
            payload=_document(entry, event, call),
        )
        if event:
            self._hearing.event_put(event, hop)


def _document(entry: dict[str, Any], event: str, call: Call) -> bytes:
    """The event as rules see it, as far as the request tells."""
    try:
        detail = msgspec.json.decode(entry.get("Detail") or "{}")
    except msgspec.DecodeError:
        detail = entry.get("Detail")
    return msgspec.json.encode(
        {
            "version": "0",
            "id": event,
            "detail-type": entry.get("DetailType"),
            "source": entry.get("Source"),
            "account": call.scope.account,
            "region": call.scope.region,
            "resources": entry.get("Resources") or [],
            "detail": detail,
        }
    )
