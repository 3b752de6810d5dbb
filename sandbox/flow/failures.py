"""Why a message became a dead letter: the attempts that failed it, and what the last of them said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from sandbox.flow.queries import caused_by, way_to
from sandbox.model.hops import Hop, HopKind
from sandbox.store.database import Database


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a message before it was given up.

    Attributes:
        attempts: receives since it was sent, or redriven, the last time.
        error: of the last attempt, in one line. payload: what the function answered then.
        function: ARN of the function that failed it. invocation: hop of the start of that invocation.
        at: virtual time when it was dead-lettered. hop: that hop.
        source: ARN of the queue it came from. subscription: of the subscription that a topic could not
            deliver to. tries: how often it was tried then.
        original_id, changed: of a message that was edited and sent again: what it was, and what was changed.
        flow: the flow it belongs to.
    """

    attempts: int = 0
    error: str = ""
    payload: str = ""
    function: str = ""
    invocation: int | None = None
    at: float | None = None
    hop: int | None = None
    source: str = ""
    subscription: str = ""
    tries: int = 0
    original_id: str | None = None
    changed: list[str] = []
    flow: int | None = None


def failure_of(database: Database, hop: int) -> Failure:
    """What led to a dead letter.

    Args:
        hop: the latest hop of the message; the hops before it say how it came there.
    """
    way = way_to(database, hop)
    dead = next((one for one in way if one.kind is HopKind.DEAD_LETTERED), None)
    life = list(_last_life(way, dead))
    received = [one for one in life if one.kind is HopKind.MESSAGE_RECEIVED]
    attempt = next(_failed_attempts(database, received), None)
    # A message that never was in another queue: the event, or the invocation, that could not be delivered.
    undelivered = next((one for one in way if one.status != "ok"), None)
    last = attempt[1] if attempt else undelivered
    edit = next((one for one in way if one.kind is HopKind.REDRIVEN and one.detail.get("changed")), None)
    return Failure(
        attempts=int(dead.detail.get("receive_count", len(received))) if dead else len(received),
        error=(last.error or ("" if last.status == "ok" else last.status)) if last else "",
        payload=last.payload if last else "",
        function=last.function if last else "",
        invocation=attempt[0].id if attempt else None,
        at=dead.at if dead else None,
        hop=dead.id if dead else None,
        source=str(dead.detail.get("source", "")) if dead else "",
        subscription=str(dead.detail.get("subscription", "")) if dead else "",
        tries=int(dead.detail.get("attempt", 1)) - 1 if dead else 0,
        original_id=str(edit.detail["original_id"]) if edit else None,
        changed=[str(part) for part in edit.detail["changed"]] if edit else [],
        flow=way[0].flow if way else None,
    )


def _last_life(way: Sequence[Hop], dead: Hop | None) -> Iterator[Hop]:
    """The hops of a message, newest first, from its dead letter back to when it was sent or redriven last."""
    for one in way:
        if dead is not None and one.id >= dead.id:
            continue
        if one.kind is HopKind.REDRIVEN:
            return
        yield one


def _failed_attempts(database: Database, received: Sequence[Hop]) -> Iterator[tuple[Hop, Hop]]:
    """Invocations that had the message and did not settle it, with their ends: the newest first."""
    for receive in received:
        for start in caused_by(database, receive):
            if start.kind is HopKind.INVOKE_START:
                for end in caused_by(database, start):
                    if end.kind is HopKind.INVOKE_END:
                        yield start, end
