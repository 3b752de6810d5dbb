"""Entries of PutEvents that fail though another program does PutEvents."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from sandbox.faults.plan import FaultPlan
from sandbox.gateway.entries import FailingEntries
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.store.database import Database
from tests.support.fakes import KeptHops


def put(kinds: list[str], event: str, status: int = 200) -> tuple[list[str], Any]:
    """Puts events of these kinds while those of one kind fail: what was passed on, and the answer."""
    passed: list[str] = []

    async def forward(request: HttpRequest) -> HttpResponse:
        headers = dict(request.headers)
        assert int(headers["content-length"]) == len(request.body)
        entries = json.loads(request.body)["Entries"]
        passed.extend(entry["DetailType"] for entry in entries)
        answer = {"FailedEntryCount": 0, "Entries": [{"EventId": entry["DetailType"]} for entry in entries]}
        return HttpResponse(status, [], json.dumps(answer).encode())

    async def go() -> HttpResponse:
        database = Database(None)
        plan = FaultPlan(database, KeptHops(), Ids(1))
        plan.add("fail-entries", {"event": event}, {"code": "ThrottlingException"}, times=None)
        body = json.dumps({"Entries": [{"DetailType": kind} for kind in kinds]}).encode()
        headers = [("content-length", str(len(body)))]
        request = HttpRequest("POST", "/", "", headers, body, "127.0.0.1")
        try:
            return await FailingEntries(plan).around(Call(hop=1), request, forward)
        finally:
            database.close()

    return passed, json.loads(asyncio.run(go()).body)


def test_the_others_are_passed_on_and_all_are_answered_in_their_order() -> None:
    passed, answer = put(["a", "b", "a", "c"], "a")
    assert passed == ["b", "c"]
    assert answer["FailedEntryCount"] == 2
    found = [entry.get("EventId", entry.get("ErrorCode")) for entry in answer["Entries"]]
    assert found == ["ThrottlingException", "b", "ThrottlingException", "c"]


def test_nothing_is_passed_on_when_all_fail() -> None:
    passed, answer = put(["a", "a"], "a")
    assert (passed, answer["FailedEntryCount"]) == ([], 2)


def test_what_does_not_fail_is_passed_on_as_it_is() -> None:
    passed, answer = put(["b"], "a")
    assert (passed, answer["FailedEntryCount"]) == (["b"], 0)
