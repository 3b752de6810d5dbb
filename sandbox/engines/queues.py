"""Queues of an engine that are not the sandbox's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.model.arn import Arn
from sandbox.services.sqs.desk import Sent
from sandbox.services.sqs.service import PeekedMessage, QueueDepth


@dataclass(frozen=True, slots=True)
class ForeignQueue:
    """A queue of an engine whose queues are not the sandbox's own.

    Attributes:
        visibility, retention: seconds.
        max_receives: receives before a message is dead-lettered.
    """

    depth: QueueDepth
    visibility: float
    retention: float
    max_receives: int | None


class QueueSource(Protocol):
    """Queues that are not the sandbox's own: looked into without receiving anything and without a hop, and
    their dead letters moved one by one.
    """

    async def queues(self) -> list[ForeignQueue]:
        """Every queue, by name.

        Raises:
            AwsError: whoever has them does not answer.
        """
        ...

    async def peek(self, queue: Arn) -> list[PeekedMessage]:
        """Every message of a queue, in order of sending.

        Raises:
            AwsError: whoever has it does not answer.
        """
        ...

    async def send_anew(
        self,
        queue: Arn,
        message_id: str,
        operation: str,
        *,
        body: str | None = None,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        delay: int | None = None,
    ) -> Sent:
        """Sends a dead letter anew, edited or not, to the queue it came from; interrupted half way, it is in
        both queues.

        Args:
            queue: the dead-letter queue. operation: what the journal calls it.
            body, attributes: what takes the place of its own; None leaves it.
            delay: seconds; None takes the queue's.

        Raises:
            RefusedMoveError: it stays where it is.
            AwsError: whoever has it does not answer.
        """
        ...

    async def drop(self, queue: Arn, message_id: str) -> str:
        """Deletes a message for good and returns its id.

        Raises:
            RefusedMoveError: it stays where it is.
            AwsError: whoever has it does not answer.
        """
        ...
