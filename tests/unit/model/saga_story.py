"""Stories of sagas, told hop by hop as the journal records them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.model.saga.declaration import Declaration
from sandbox.model.saga.names import resolve
from sandbox.model.saga.parsing import parse_declaration

ORDER: dict[str, Any] = {
    "saga": "order",
    "version": 1,
    "style": "choreography",
    "key": "orderId",
    "keyPaths": ["$.orderId", "$.detail.orderId"],
    "participants": [
        {"name": "billing", "function": "Billing", "outbox": "billing.outbox", "processed": "billing.seen"},
        {"name": "stock", "function": "Stock", "outbox": "stock.outbox"},
        {"name": "relay", "function": "Relay", "relays": ["billing.outbox", "stock.outbox"]},
    ],
    "steps": [
        {
            "name": "issue",
            "participant": "billing",
            "trigger": {"request": "POST /orders"},
            "emits": ["Issued"],
            "state": "PENDING",
        },
        {
            "name": "reserve",
            "participant": "stock",
            "trigger": {"event": "Issued", "queue": "ReserveQueue"},
            "emits": ["Reserved", "Refused"],
        },
        {
            "name": "confirm",
            "participant": "billing",
            "trigger": {"event": "Reserved", "queue": "ConfirmQueue"},
            "state": "DONE",
        },
        {
            "name": "undo",
            "participant": "billing",
            "trigger": {"event": "Refused", "queue": "UndoQueue"},
            "compensates": "issue",
            "state": "UNDONE",
        },
    ],
    "events": {
        "start": ["Issued"],
        "success": ["Reserved"],
        "failure": ["Refused"],
        "compensation": ["Refused"],
    },
    "deadline": "10m",
    "state": {
        "database": "Data",
        "query": "SELECT status FROM orders WHERE id = %(key)s",
        "list": "SELECT id AS key, status FROM orders LIMIT %(limit)s",
        "values": {"PENDING": "running", "DONE": "completed", "UNDONE": "compensated"},
    },
    "invariants": [{"name": "sane", "query": "SELECT 1 WHERE false", "when": "settled"}],
}
NAMES = {
    "Billing": "billing-dev",
    "Stock": "stock-dev",
    "Relay": "relay-dev",
    "ReserveQueue": "reserve",
    "ConfirmQueue": "confirm",
    "UndoQueue": "undo",
    "Data": "data-dev",
}


def document(**changes: Any) -> dict[str, Any]:
    """The document of the saga, a copy of its own."""
    copy: dict[str, Any] = json.loads(json.dumps(ORDER))
    return {**copy, **changes}


def declaration(**changes: Any) -> Declaration:
    """The saga with the names of a stack in it."""
    return resolve(parse_declaration(document(**changes)), NAMES)


class Story:
    """Records hops of one flow, each at the time that is given.

    Attributes:
        hops: what was recorded in the flow.
        around: hops of other flows.
    """

    def __init__(self, key: str = "o1") -> None:
        self.key = key
        self.hops: list[Hop] = []
        self.around: dict[int, Hop] = {}
        self._last = 0

    def hop(self, kind: HopKind, at: float, *, aside: bool = False, **fields: Any) -> int:
        """Records a hop and returns its id; `aside` in another flow."""
        self._last += 1
        links = tuple(fields.pop("links", ()))
        hop = Hop(
            id=self._last,
            kind=kind,
            at=at,
            real_at=at,
            account="000000000000",
            region="us-east-1",
            service="",
            flow=1,
            links=links,
            **fields,
        )
        if aside:
            self.around[hop.id] = hop
        else:
            self.hops.append(hop)
        return self._last

    def request(self, at: float) -> int:
        """The request that begins it; returns the end of its invocation."""
        request = self.hop(HopKind.HTTP_REQUEST, at, operation="POST /orders", keys={"orderId": self.key})
        return self.work("billing-dev", at, at, cause=request)

    def work(
        self,
        function: str,
        begin: float,
        end: float | None,
        *,
        cause: int,
        links: tuple[Link, ...] = (),
        error: str = "",
        payload: str = "",
    ) -> int:
        """An invocation; without an end it still runs. Returns its last hop."""
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
        start = self.hop(HopKind.INVOKE_START, begin, cause=cause, links=links, function=arn)
        if end is None:
            return start
        return self.hop(
            HopKind.INVOKE_END,
            end,
            cause=start,
            function=arn,
            status="error" if error else "ok",
            error=error,
            duration_ms=10.0,
            payload=payload,
        )

    def relay(self, at: float) -> int:
        """A run of the relay, in a flow of its own; returns its call of PutEvents."""
        arn = "arn:aws:lambda:us-east-1:000000000000:function:relay-dev"
        start = self.hop(HopKind.INVOKE_START, at, aside=True, function=arn)
        return self.hop(HopKind.API_CALL, at, aside=True, cause=start, operation="PutEvents")

    def event(self, event: str, queue: str, at: float, *, cause: int, inferred: int | None = None) -> int:
        """An event that a rule delivers to a queue; returns the send."""
        links = () if inferred is None else (Link(inferred, LinkKind.INFERRED),)
        put = self.hop(
            HopKind.EVENT_PUT,
            at,
            cause=cause,
            links=links,
            detail={"detailType": event},
            keys={"orderId": self.key},
        )
        rule = self.hop(HopKind.RULE_MATCHED, at, cause=put)
        delivered = self.hop(HopKind.DELIVERED, at, cause=rule)
        return self.message(HopKind.MESSAGE_SENT, queue, at, cause=delivered, keys={"orderId": self.key})

    def message(self, kind: HopKind, queue: str, at: float, *, cause: int, **fields: Any) -> int:
        """Something that happens to the message of a queue."""
        arn = f"arn:aws:sqs:us-east-1:000000000000:{queue}"
        name = fields.pop("message_id", f"m-{queue.removesuffix('-dlq')}")
        return self.hop(kind, at, cause=cause, resource=arn, message_id=name, **fields)

    def receive(self, queue: str, at: float, *, cause: int, count: int = 1) -> int:
        """The message is received for the `count`-th time."""
        detail = {"receive_count": count}
        return self.message(HopKind.MESSAGE_RECEIVED, queue, at, cause=cause, detail=detail)

    def consume(self, queue: str, function: str, at: float, *, sent: int) -> int:
        """The message is received, worked on for a second and deleted; returns the start of the work."""
        received = self.receive(queue, at, cause=sent)
        end = self.work(function, at, at + 1, cause=received)
        self.message(HopKind.MESSAGE_DELETED, queue, at + 1, cause=received)
        start = next(hop.cause for hop in self.hops if hop.id == end)
        assert start is not None
        return start


def confirmed() -> Story:
    """Issued, published by the relay after a minute, reserved, confirmed."""
    story = Story()
    issued = story.request(0.0)
    sent = story.event("Issued", "reserve", 60.0, cause=story.relay(60.0), inferred=issued)
    start = story.consume("reserve", "stock-dev", 62.0, sent=sent)
    call = story.hop(HopKind.API_CALL, 63.0, cause=start)
    sent = story.event("Reserved", "confirm", 63.0, cause=call)
    story.consume("confirm", "billing-dev", 63.0, sent=sent)
    return story


def compensated() -> Story:
    """Issued, refused, undone."""
    story = Story()
    issued = story.request(0.0)
    sent = story.event("Issued", "reserve", 60.0, cause=story.relay(60.0), inferred=issued)
    start = story.consume("reserve", "stock-dev", 60.0, sent=sent)
    call = story.hop(HopKind.API_CALL, 61.0, cause=start)
    sent = story.event("Refused", "undo", 61.0, cause=call)
    story.consume("undo", "billing-dev", 61.0, sent=sent)
    return story


def failing(receives: int, *, error: str = "ValueError: no") -> Story:
    """Issued, then its reservation fails at every receive, 90 s apart."""
    story = Story()
    issued = story.request(0.0)
    last = story.event("Issued", "reserve", 60.0, cause=story.relay(60.0), inferred=issued)
    for count in range(1, receives + 1):
        at = 60.0 + 90 * (count - 1)
        if count > 1:
            last = story.message(HopKind.MESSAGE_RETURNED, "reserve", at, cause=last)
        last = story.receive("reserve", at, cause=last, count=count)
        story.work("stock-dev", at, at + 1, cause=last, error=error)
    return story


def dead_lettered() -> Story:
    """Failed twice, then given up."""
    story = failing(2)
    source = "arn:aws:sqs:us-east-1:000000000000:reserve"
    detail = {"source": source, "receive_count": 2}
    received = max(hop.id for hop in story.hops if hop.kind is HopKind.MESSAGE_RECEIVED)
    story.message(HopKind.DEAD_LETTERED, "reserve-dlq", 240.0, cause=received, detail=detail)
    return story


def with_key(hop: Hop, value: str) -> Hop:
    """The same hop, of another saga."""
    return msgspec.structs.replace(hop, keys={"orderId": value})
