"""Handing things to the ARN of a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.model.arn import Arn


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something a bus, rule, topic or failed invocation hands to a target.

    Attributes:
        target: ARN of a queue, function, log group, …
        body: the text handed over (an event document, or what a transformer made of it).
        cause: the hop that led to it.
        trace: the X-Ray trace header to carry on (`AWSTraceHeader` on a queue).
        attributes: message attributes for targets that have them (SQS), in the form of the SQS API.
        group_id, deduplication_id: message group and deduplication id for FIFO queues; without the second the
            queue needs content-based deduplication.
        event_id: id of the event, for the journal.
        source: ARN of the rule, schedule or bucket that delivers (`aws:SourceArn`).
        subject: for topics.
    """

    target: Arn
    body: str
    cause: int | None
    trace: str | None = None
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    group_id: str | None = None
    event_id: str = ""
    deduplication_id: str | None = None
    source: str = ""
    subject: str = ""


class Deliverer(Protocol):
    """Delivers to an ARN, whichever service owns it."""

    async def deliver(self, delivery: Delivery) -> int:
        """Hands over and returns the hop that the delivery caused at the target.

        Raises:
            AwsError: the target does not exist, refused it, or its kind cannot be a target.
        """
        ...

    def supports(self, target: Arn) -> bool:
        """Whether targets of this kind are implemented at all."""
        ...
