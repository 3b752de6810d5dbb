"""What the journal says of API calls."""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.flow.recorder import Journal
from sandbox.gateway.tap import Tap
from sandbox.model.call import Call, Caller
from sandbox.model.scope import Scope


def recorded(payload: bytes, limit: int) -> str:
    journal = Journal(None, Clock(), payload_limit=limit)
    call = Call(Scope("000000000000", "us-east-1"), "http://127.0.0.1", "r", 1, Caller("a", "b"))
    Tap(journal).record(
        "sqs",
        "SendMessage",
        call,
        hop=None,
        cause=None,
        resource="",
        error=None,
        duration_ms=1.0,
        payload=payload,
    )
    try:
        row = journal.database.row("SELECT payload FROM hops")
        assert row is not None
        return str(row["payload"])
    finally:
        journal.close()


def test_a_long_payload_is_kept_as_far_as_was_asked_and_says_that_it_is_cut() -> None:
    assert recorded(b"x" * 40_000, 36_000) == "x" * 36_000 + "… (4000 more characters)"
    assert recorded(b"x" * 32_769, 32_768).endswith("… (1 more characters)")


def test_a_payload_that_is_cut_within_a_letter_is_text() -> None:
    assert recorded(b"x" + "é".encode() * 200_000, 10).startswith("xéééééé")
