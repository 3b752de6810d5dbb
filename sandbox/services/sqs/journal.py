"""The hops of messages: each names the one before it, so that a message's way through queues is one chain."""

from __future__ import annotations

import sqlite3

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.call import Call
from sandbox.model.hops import HopKind, Link, LinkKind
from sandbox.model.ports import Recorder

SERVICE = "sqs"


class Origin(msgspec.Struct, frozen=True):
    """Because of what something happens to a message.

    Attributes:
        operation: the API operation.
        cause: the hop that led to it, if one is known.
        request_id: the request that asked for it.
        event_id: the event that is delivered.
    """

    operation: str
    cause: int | None = None
    request_id: str = ""
    event_id: str = ""

    @staticmethod
    def of(operation: str, call: Call) -> Origin:
        """The origin of what an API call does.

        The operations of messages record their own hops, so the call has none: `call.hop` is what led to it.
        """
        return Origin(operation, call.hop, request_id=call.request_id)


class MessageJournal:
    """Records what happens to messages; `row` is always the stored message."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def sent(self, queue: Arn, message_id: str, body: str, trace: str | None, origin: Origin) -> int:
        """A message was accepted by a queue."""
        return self._recorder.record(
            HopKind.MESSAGE_SENT,
            queue.scope,
            SERVICE,
            cause=origin.cause,
            operation=origin.operation,
            resource=str(queue),
            request_id=origin.request_id,
            event_id=origin.event_id,
            message_id=message_id,
            trace=trace,
            payload=body,
        )

    def duplicate(self, queue: Arn, message_id: str, deduplication_id: str, origin: Origin) -> int:
        """A message was accepted and dropped: `message_id` was sent with the same deduplication id before."""
        return self._recorder.record(
            HopKind.API_CALL,
            queue.scope,
            SERVICE,
            cause=origin.cause,
            operation=origin.operation,
            resource=str(queue),
            request_id=origin.request_id,
            event_id=origin.event_id,
            detail={"duplicate_of": message_id, "deduplication_id": deduplication_id},
        )

    def received(self, queue: Arn, row: sqlite3.Row, cause: int, now: float, origin: Origin) -> int:
        """A consumer got a message; `cause` is the message's hop before."""
        detail = {"receive_count": row["receives"] + 1, "waited_ms": round((now - row["sent"]) * 1000)}
        return self._next(HopKind.MESSAGE_RECEIVED, queue, row, cause, origin, detail)

    def returned(self, queue: Arn, row: sqlite3.Row, origin: Origin, why: str) -> int:
        """A message is visible again after a receive that did not delete it."""
        return self._next(HopKind.MESSAGE_RETURNED, queue, row, row["hop"], origin, {"why": why})

    def deleted(self, queue: Arn, row: sqlite3.Row, origin: Origin) -> int:
        """A consumer is done with a message."""
        return self._next(HopKind.MESSAGE_DELETED, queue, row, row["hop"], origin, {})

    def dead_lettered(self, source: Arn, target: Arn, row: sqlite3.Row, origin: Origin) -> int:
        """A message was received too often and moved to `target`."""
        detail = {"source": str(source), "receive_count": row["receives"]}
        return self._next(HopKind.DEAD_LETTERED, target, row, row["hop"], origin, detail)

    def redriven(self, target: Arn, row: sqlite3.Row, origin: Origin, detail: dict[str, object]) -> int:
        """A dead letter leaves its queue, to be sent anew to `target`."""
        return self._next(HopKind.REDRIVEN, target, row, row["hop"], origin, detail)

    def _next(
        self,
        kind: HopKind,
        queue: Arn,
        row: sqlite3.Row,
        cause: int,
        origin: Origin,
        detail: dict[str, object],
    ) -> int:
        caller = origin.cause
        return self._recorder.record(
            kind,
            queue.scope,
            SERVICE,
            cause=cause,
            links=() if caller is None or caller == cause else (Link(caller, LinkKind.DIRECT),),
            operation=origin.operation,
            resource=str(queue),
            request_id=origin.request_id,
            message_id=row["message_id"],
            trace=row["trace"],
            detail=detail,
        )
