"""A journal for tests: in memory or in a file, with a few hops in short words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.flow.keys import business_key
from sandbox.flow.listing import flows
from sandbox.flow.lookup import TOGETHER
from sandbox.flow.recorder import Journal
from sandbox.model.hops import HopKind, Link, LinkKind
from sandbox.model.scope import Scope
from sandbox.model.views.flows import FlowFilter, FlowSummary

HERE = Scope()
START = 1_700_000_000.0
QUEUE = "arn:aws:sqs:us-east-1:000000000000:reserva"
DEAD = "arn:aws:sqs:us-east-1:000000000000:reserva-dlq"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:estoque"
BUS = "arn:aws:events:us-east-1:000000000000:event-bus/nfe"
RARE = "arn:aws:sqs:us-east-1:000000000000:rara"
MANY = 4 * TOGETHER + 200
KEY = business_key("notaFiscalId", ["$.notaFiscalId", "$.detail.notaFiscalId"])


class Story:
    """Records hops on a clock that stands still.

    Args:
        journal: where they go; it knows the key `notaFiscalId`.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.clock = clock
        journal.declare_keys([KEY])

    def hop(self, kind: HopKind, service: str = "sqs", **facts: Any) -> int:
        return self.journal.record(kind, HERE, service, **facts)

    def sent(self, message: str = "m-1", **facts: Any) -> int:
        return self.hop(
            HopKind.MESSAGE_SENT, operation="SendMessage", resource=QUEUE, message_id=message, **facts
        )

    def received(self, cause: int, message: str = "m-1", count: int = 1) -> int:
        detail = {"receive_count": count, "waited_ms": 0}
        return self.hop(
            HopKind.MESSAGE_RECEIVED, resource=QUEUE, message_id=message, cause=cause, detail=detail
        )

    def invoked(self, *causes: int, error: str = "", payload: str = "{}") -> tuple[int, int]:
        """An invocation by a batch of messages; its start and its end."""
        links = tuple(Link(cause, LinkKind.BATCH) for cause in causes[1:])
        start = self.hop(
            HopKind.INVOKE_START, "lambda", resource=FUNCTION, function=FUNCTION, cause=causes[0], links=links
        )
        end = self.hop(
            HopKind.INVOKE_END,
            "lambda",
            resource=FUNCTION,
            function=FUNCTION,
            cause=start,
            status="error" if error else "ok",
            error=error,
            duration_ms=5.0,
            detail={"cold": True},
            payload=payload,
        )
        return start, end

    def dead_lettered(self, cause: int, message: str = "m-1", count: int = 1) -> int:
        detail = {"source": QUEUE, "receive_count": count}
        return self.hop(HopKind.DEAD_LETTERED, resource=DEAD, message_id=message, cause=cause, detail=detail)


@contextmanager
def opened(path: Path, **options: Any) -> Iterator[Story]:
    """A journal in a file, until the end of the block."""
    clock = Clock(start=START, speed=0)
    journal = Journal(path, clock, **options)
    try:
        yield Story(journal, clock)
    finally:
        journal.close()


def send_many(story: Story, count: int = MANY) -> None:
    """Many messages, each with ids of its own; the tables have them."""
    for number in range(count):
        story.sent(f"00000000-0000-4000-8000-{number:012d}", request_id=f"request-{number}")
        if number % 500 == 499:
            story.journal.flush()
    story.journal.settle()


def listed(story: Story, wanted: FlowFilter) -> list[FlowSummary]:
    """The flows that a filter lets through."""
    return asyncio.run(flows(story.journal, wanted))
