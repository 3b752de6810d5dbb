"""The native SQS: its operations, and the ports that the rest of the engine uses it through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sandbox.model.arn import Arn
from sandbox.model.ports import Delivery, LeasedMessage
from sandbox.services.sqs.journal import Origin
from sandbox.services.sqs.message_operations import MessageOperations
from sandbox.services.sqs.messages import DELAYED, EARLY, IN_FLIGHT, VISIBLE, Counts, unpack_attributes
from sandbox.services.sqs.move_operations import MoveOperations
from sandbox.services.sqs.queue_operations import QueueOperations
from sandbox.services.sqs.sending import outgoing
from sandbox.services.sqs.tags import TagOperations


@dataclass(frozen=True, slots=True)
class PeekedMessage:
    """A message as somebody sees it who does not receive it; times in virtual seconds.

    Attributes:
        state: `visible`, `in-flight` or `delayed`.
        visible_at: when it became or becomes visible.
        source: ARN of the queue that it was dead-lettered from.
        hop: its latest hop in the journal.
    """

    message_id: str
    body: str
    attributes: dict[str, dict[str, Any]]
    state: str
    receive_count: int
    sent: float
    visible_at: float
    first_received: float | None
    trace: str | None
    group_id: str | None
    deduplication_id: str | None
    source: str | None
    hop: int


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How full a queue is.

    Attributes:
        dead_letter_target: ARN of its dead-letter queue, if it has one.
    """

    queue: Arn
    counts: Counts
    dead_letter_target: Arn | None


class SqsService(QueueOperations, TagOperations, MessageOperations, MoveOperations):
    """SQS, natively. It is an `EventSource`, and the `Deliverer` of queue ARNs."""

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "queue policies (Policy, AddPermission) are stored, not enforced",
        "encryption attributes (KmsMasterKeyId, SqsManagedSseEnabled) are recorded, bodies stay readable",
        "SenderId is always the sender's account id",
        "stacks may make a queue again at once that they deleted; CloudFormation waits 60 seconds then",
        "quotas on calls a second: FIFO queues take as many with and without high throughput",
        "MessageGroupId on standard queues is kept and returned, fair queues do not reorder by it",
    )

    # --- delivering --------------------------------------------------------------------------------------
    def supports(self, target: Arn) -> bool:
        """Whether `target` is a queue's ARN."""
        return target.service == self.name

    async def deliver(self, delivery: Delivery) -> int:
        """Sends what a bus, rule or topic delivers to a queue.

        Returns:
            The hop of the send.

        Raises:
            AwsError: no such queue, or the queue refuses the message.
        """
        queue = self.queue_by_arn(delivery.target)
        params = {
            "MessageBody": delivery.body,
            "MessageAttributes": delivery.attributes,
            "MessageGroupId": delivery.group_id,
            "MessageDeduplicationId": delivery.deduplication_id,
        }
        message = outgoing(queue, params, delivery.trace)
        origin = Origin("SendMessage", delivery.cause, event_id=delivery.event_id)
        return self.sender.send(queue, message, delivery.target.account, origin)[0]

    # --- event source ------------------------------------------------------------------------------------
    def exists(self, queue: Arn) -> bool:
        """Whether the queue exists now."""
        return self.queues.by_arn(queue) is not None

    def visibility_timeout(self, queue: Arn) -> float:
        """Seconds a leased message stays invisible.

        Raises:
            AwsError: QueueDoesNotExist.
        """
        return self.queue_by_arn(queue).settings.visibility

    def lease(self, queue: Arn, limit: int) -> list[LeasedMessage]:
        """Takes up to `limit` visible messages now, of a FIFO queue those of one group; empty without any.

        Raises:
            AwsError: QueueDoesNotExist.
        """
        found = self.queue_by_arn(queue)
        origin = Origin("ReceiveMessage")
        taken = self.receiver.take(found, limit, found.settings.visibility, origin, groups=1)
        return [message.lease(queue) for message in taken]

    def acknowledge(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        """Deletes messages that were processed; those that another consumer holds by now stay.

        Raises:
            AwsError: QueueDoesNotExist, ReceiptHandleIsInvalid.
        """
        self.settler.delete_all(self.queue_by_arn(queue), receipt_handles, Origin("DeleteMessage", cause))

    def give_back(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        """Makes messages visible at once; the receive counts, as on AWS.

        Raises:
            AwsError: QueueDoesNotExist, ReceiptHandleIsInvalid.
        """
        origin = Origin("ChangeMessageVisibility", cause)
        self.settler.give_back(self.queue_by_arn(queue), receipt_handles, origin)

    def on_available(self, queue: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` when a message becomes visible from now on, or the queue comes, is purged or goes.

        Returns:
            The function that ends it.
        """
        return self.arrivals.subscribe(queue, wake)

    # --- looking without touching ------------------------------------------------------------------------
    def peek(
        self, queue: Arn, state: str | None = None, limit: int = 100, offset: int = 0, match: str = ""
    ) -> list[PeekedMessage]:
        """Messages of a queue in order of sending, without receiving them.

        Args:
            state: `visible`, `in-flight`, `delayed`, or None for all.
            match: text that the body or the id must have.

        Raises:
            AwsError: QueueDoesNotExist.
            ValueError: no such state.
        """
        if state not in (None, VISIBLE, IN_FLIGHT, DELAYED):
            raise ValueError(
                f"no such state of a message: {state!r}; it is {VISIBLE}, {IN_FLIGHT} or {DELAYED}"
            )
        found = self.queue_by_arn(queue)
        now = self.clock.now()
        rows = self.messages.page(found.id, state, now, now - found.settings.retention, limit, offset, match)
        return [
            PeekedMessage(
                message_id=row["message_id"],
                body=row["body"],
                attributes=unpack_attributes(row["attributes"]),
                state=_state(row["visible_at"], row["receipt"], now),
                receive_count=row["receives"],
                sent=row["sent"],
                visible_at=row["visible_at"],
                first_received=row["first_received"],
                trace=row["trace"],
                group_id=row["group_id"],
                deduplication_id=row["deduplication_id"],
                source=row["source"],
                hop=row["hop"],
            )
            for row in rows
        ]

    def depths(self) -> list[QueueDepth]:
        """How full every queue of every account and region is, by name."""
        depths = []
        for queue in self.queues.all():
            policy = queue.settings.redrive
            depths.append(
                QueueDepth(queue.arn, self.counts(queue), None if policy is None else policy.target)
            )
        return depths


def _state(visible_at: float, receipt: int | None, now: float) -> str:
    if visible_at <= now + EARLY:
        return VISIBLE
    return DELAYED if receipt is None else IN_FLIGHT
