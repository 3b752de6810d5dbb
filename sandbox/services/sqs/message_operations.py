"""Operations on messages: send, receive, delete, change visibility, one by one and in batches.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.sqs_attributes import MAX_RECEIVE, MAX_VISIBILITY, MAX_WAIT
from sandbox.model.sqs_batch import batch_answer, check_entries, check_total, failed_entry
from sandbox.model.sqs_errors import invalid_parameter, invalid_value, over_limit, unknown_attribute
from sandbox.model.sqs_fifo import check_present
from sandbox.model.sqs_message import SYSTEM_NAMES, check_group, message_bytes
from sandbox.services.base import Answer, Params, operation
from sandbox.services.sqs.core import SqsCore
from sandbox.services.sqs.journal import Origin
from sandbox.services.sqs.queues import Queue
from sandbox.services.sqs.receiving import Received
from sandbox.services.sqs.sending import outgoing

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a ReceiveMessage asks for; None takes the queue's value."""

    limit: int
    visibility: int | None
    wait: int | None
    system: frozenset[str]
    attributes: Sequence[str]
    attempt: str | None


class MessageOperations(SqsCore):
    """What SQS does with messages."""

    @operation(
        "SendMessage",
        "QueueUrl MessageBody DelaySeconds MessageAttributes MessageSystemAttributes MessageDeduplicationId"
        " MessageGroupId",
        records=True,
    )
    def send_message(self, call: Call, params: Params) -> Answer:
        """Stores one message."""
        queue = self.queue_of(call, params)
        message = outgoing(queue, params, call.trace)
        origin = Origin.of("SendMessage", call)
        return self.sender.send(queue, message, call.scope.account, origin)[1]

    @operation("SendMessageBatch", "QueueUrl Entries", records=True)
    def send_message_batch(self, call: Call, params: Params) -> Answer:
        """Stores up to ten messages; each succeeds or fails for itself."""
        queue = self.queue_of(call, params)
        entries: Sequence[Entry] = params.get("Entries") or []
        check_entries(entries, "SendMessageBatchRequestEntry")
        if queue.settings.fifo:
            _check_fifo_entries(queue, entries)
        check_total(
            sum(
                message_bytes(entry.get("MessageBody") or "", entry.get("MessageAttributes") or {})
                for entry in entries
            )
        )
        origin = Origin.of("SendMessageBatch", call)

        def send(entry: Entry) -> Answer:
            message = outgoing(queue, entry, call.trace, verb="cannot be validated")
            return self.sender.send(queue, message, call.scope.account, origin)[1]

        return _each(entries, send)

    @operation(
        "ReceiveMessage",
        "QueueUrl AttributeNames MessageSystemAttributeNames MessageAttributeNames MaxNumberOfMessages"
        " VisibilityTimeout WaitTimeSeconds ReceiveRequestAttemptId",
        records=True,
    )
    async def receive_message(self, call: Call, params: Params) -> Answer:
        """Takes visible messages, waiting for the first ones where the request or the queue says so."""
        queue = self.queue_of(call, params)
        wish = _wish(params, fifo=queue.settings.fifo)
        origin = Origin.of("ReceiveMessage", call)

        def take() -> list[Received]:
            # The queue may have been changed or deleted while the poll waited.
            now = self.queues.get(queue.arn.scope, queue.name)
            visibility = now.settings.visibility if wish.visibility is None else wish.visibility
            if wish.attempt is not None:
                return self.receiver.take_again(now, wish.limit, visibility, origin, wish.attempt)
            return self.receiver.take(now, wish.limit, visibility, origin)

        seconds = queue.settings.wait if wish.wait is None else wish.wait
        taken = await self.arrivals.poll(queue.arn, seconds, wish.limit, take)
        if not taken and not seconds and not queue.settings.fifo and self.receiver.flight.is_full(queue):
            raise over_limit()
        return (
            {"Messages": [message.answer(wish.system, wish.attributes) for message in taken]} if taken else {}
        )

    @operation("DeleteMessage", "QueueUrl ReceiptHandle", records=True)
    def delete_message(self, call: Call, params: Params) -> Answer:
        """Deletes a message by the handle of its latest receive."""
        queue = self.queue_of(call, params)
        self.settler.delete(queue, params.get("ReceiptHandle"), Origin.of("DeleteMessage", call))
        return {}

    @operation("DeleteMessageBatch", "QueueUrl Entries", records=True)
    def delete_message_batch(self, call: Call, params: Params) -> Answer:
        """Deletes up to ten messages; each succeeds or fails for itself."""
        queue = self.queue_of(call, params)
        entries: Sequence[Entry] = params.get("Entries") or []
        check_entries(entries, "DeleteMessageBatchRequestEntry")
        origin = Origin.of("DeleteMessageBatch", call)

        def delete(entry: Entry) -> Answer:
            self.settler.delete(queue, entry.get("ReceiptHandle"), origin)
            return {}

        return _each(entries, delete)

    @operation("ChangeMessageVisibility", "QueueUrl ReceiptHandle VisibilityTimeout")
    def change_message_visibility(self, call: Call, params: Params) -> Answer:
        """Keeps a message longer, or gives it back."""
        queue = self.queue_of(call, params)
        self._change(queue, params, Origin("ChangeMessageVisibility", call.hop, request_id=call.request_id))
        return {}

    @operation("ChangeMessageVisibilityBatch", "QueueUrl Entries")
    def change_message_visibility_batch(self, call: Call, params: Params) -> Answer:
        """Changes up to ten messages; each succeeds or fails for itself."""
        queue = self.queue_of(call, params)
        entries: Sequence[Entry] = params.get("Entries") or []
        check_entries(entries, "ChangeMessageVisibilityBatchRequestEntry")
        origin = Origin("ChangeMessageVisibilityBatch", call.hop, request_id=call.request_id)
        return _each(entries, lambda entry: self._change(queue, entry, origin))

    def _change(self, queue: Queue, entry: Entry, origin: Origin) -> Answer:
        self.settler.change_visibility(
            queue, entry.get("ReceiptHandle"), entry.get("VisibilityTimeout"), origin
        )
        return {}


def _each(entries: Sequence[Entry], act: Callable[[Entry], Answer]) -> Answer:
    """Acts on every entry of a batch; what one raises is its own failure."""
    successful: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **act(entry)})
        except AwsError as error:
            failed.append(failed_entry(entry["Id"], error))
    return batch_answer(successful, failed)


def _check_fifo_entries(queue: Queue, entries: Sequence[Entry]) -> None:
    """Refuses a batch in which one entry lacks its group or its deduplication id.

    Raises:
        AwsError: InvalidParameterValue, whichever is missing.
    """
    for entry in entries:
        try:
            check_present(
                entry.get("MessageGroupId"),
                entry.get("MessageDeduplicationId"),
                content_based=queue.settings.content_based,
            )
        except AwsError as error:
            raise invalid_parameter(error.message) from error


def _wish(params: Params, *, fifo: bool) -> _Wish:
    """Reads and checks what a ReceiveMessage asks for.

    Raises:
        AwsError: a value out of range, or an unknown attribute.
    """
    limit = params.get("MaxNumberOfMessages", 1)
    if not 1 <= limit <= MAX_RECEIVE:
        raise invalid_value(
            limit, "MaxNumberOfMessages", f"Must be between 1 and {MAX_RECEIVE}, if provided."
        )
    wait = _between(params, "WaitTimeSeconds", MAX_WAIT)
    visibility = _between(params, "VisibilityTimeout", MAX_VISIBILITY)
    attempt = params.get("ReceiveRequestAttemptId")
    if attempt is not None and fifo:
        check_group(attempt, "ReceiveRequestAttemptId")
    elif attempt is not None:
        reason = "The request include parameter that is not valid for this queue type."
        raise invalid_value(attempt, "ReceiveRequestAttemptId", reason)
    system = {*(params.get("AttributeNames") or ()), *(params.get("MessageSystemAttributeNames") or ())}
    for name in system - SYSTEM_NAMES:
        raise unknown_attribute(name)
    names = params.get("MessageAttributeNames") or ()
    return _Wish(limit, visibility, wait, frozenset(system), names, attempt)


def _between(params: Params, name: str, high: int) -> int | None:
    value: int | None = params.get(name)
    if value is not None and not 0 <= value <= high:
        raise invalid_value(value, name, f"Must be >= 0 and <= {high}, if provided.")
    return value
