"""Entries of PutEvents that fail, where another program takes the others: they are kept back from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from sandbox.model.arn import event_bus_arn
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import FaultPoint

Forward = Callable[[HttpRequest], Awaitable[HttpResponse]]
_JSON = "application/x-amz-json-1.1"


class FailingEntries:
    """Fails chosen entries on their way to whoever does PutEvents.

    Args:
        faults: the plan.
    """

    def __init__(self, faults: FaultPoint) -> None:
        self._faults = faults

    async def around(self, call: Call, request: HttpRequest, forward: Forward) -> HttpResponse:
        """Passes on the entries that do not fail, and answers for all of them in their order.

        Raises:
            AwsError: what `forward` raises.
        """
        entries = _entries(request.body) if self._faults.planned("fail-entries") else []
        failed = {
            place: failure for place, one in enumerate(entries) if (failure := self._failure(call, one))
        }
        if not failed:
            return await forward(request)
        kept = [entry for place, entry in enumerate(entries) if place not in failed]
        if not kept:
            return _answer(list(failed.values()))
        response = await forward(_with_body(request, msgspec.json.encode({"Entries": kept})))
        if response.status != 200:
            return response
        answered = iter(msgspec.json.decode(response.body)["Entries"])
        return _answer([failed[at] if at in failed else next(answered) for at in range(len(entries))])

    def _failure(self, call: Call, entry: dict[str, Any]) -> dict[str, str] | None:
        bus = str(entry.get("EventBusName") or "default")
        fault = self._faults.check(
            "fail-entries",
            call.scope,
            service="events",
            cause=call.hop,
            resource=bus if bus.startswith("arn:") else str(event_bus_arn(call.scope, bus)),
            event=str(entry.get("DetailType", "")),
            function=call.caller.function or "",
        )
        if fault is None:
            return None
        return {"ErrorCode": fault.settings["code"], "ErrorMessage": fault.settings["message"]}


def _entries(body: bytes) -> list[dict[str, Any]]:
    """The entries of a request; none where it is not one that can be understood."""
    try:
        return msgspec.convert(msgspec.json.decode(body)["Entries"], list[dict[str, Any]])
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError):
        return []


def _with_body(request: HttpRequest, body: bytes) -> HttpRequest:
    headers = [(name, value) for name, value in request.headers if name.lower() != "content-length"]
    return msgspec.structs.replace(request, headers=[*headers, ("content-length", str(len(body)))], body=body)


def _answer(entries: list[dict[str, Any]]) -> HttpResponse:
    failed = sum("ErrorCode" in entry for entry in entries)
    body = msgspec.json.encode({"FailedEntryCount": failed, "Entries": entries})
    return HttpResponse(200, [("content-type", _JSON)], body)
