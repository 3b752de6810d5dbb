"""Accepting messages: what a send may hold, and storing it.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.model.ids import Ids
from sandbox.model.sqs_attributes import MAX_DELAY
from sandbox.model.sqs_errors import invalid_parameter, invalid_value, missing
from sandbox.model.sqs_fifo import check_present, content_digest, sequence_number
from sandbox.model.sqs_message import (
    TRACE_HEADER,
    Attributes,
    attributes_digest,
    body_digest,
    check_attributes,
    check_group,
    check_system_attributes,
    check_text,
    message_bytes,
)
from sandbox.services.sqs.arrivals import Arrivals
from sandbox.services.sqs.deduplication import Deduplication
from sandbox.services.sqs.faulty import MessageFaults
from sandbox.services.sqs.groups import Groups
from sandbox.services.sqs.journal import MessageJournal, Origin
from sandbox.services.sqs.messages import MessageStore, NewMessage
from sandbox.services.sqs.queues import Queue
from sandbox.services.sqs.retention import Retention

_NOT_HERE = "The request include parameter that is not valid for this queue type."


class Outgoing(msgspec.Struct, frozen=True):
    """A message that was checked against the rules of its queue.

    Attributes:
        delay: seconds, None takes the queue's.
        deduplication_id: of FIFO queues; its own, or the digest of its body.
        size: bytes, as the limits count them.
        digest_trace: the trace header came as a system attribute, so its digest is answered.
    """

    body: str
    attributes: Attributes
    delay: int | None
    group_id: str | None
    deduplication_id: str | None
    trace: str | None
    digest_trace: bool
    size: int


def outgoing(
    queue: Queue, params: Mapping[str, Any], trace: str | None, *, verb: str = "are invalid"
) -> Outgoing:
    """Checks one message of SendMessage, or one entry of SendMessageBatch.

    Args:
        trace: the trace header of the request itself, used where the message has none.
        verb: how AWS begins its complaint about the size.

    Raises:
        AwsError: what is wrong with it.
    """
    body = params.get("MessageBody")
    if not body:
        raise missing("MessageBody")
    check_text(body)
    attributes: Attributes = params.get("MessageAttributes") or {}
    if attributes:
        check_attributes(attributes)
    system: Attributes = params.get("MessageSystemAttributes") or {}
    own_trace = check_system_attributes(system) if system else None
    size = message_bytes(body, attributes)
    if size > queue.settings.max_bytes:
        limit = queue.settings.max_bytes
        raise invalid_parameter(
            f"One or more parameters {verb}. Reason: Message must be shorter than {limit} bytes."
        )
    delay = _delay(queue, params.get("DelaySeconds"))
    group_id, deduplication_id = _ids(queue, params, body)
    return Outgoing(
        body,
        attributes,
        delay,
        group_id,
        deduplication_id,
        own_trace or trace,
        own_trace is not None,
        size,
    )


def _delay(queue: Queue, seconds: int | None) -> int | None:
    """The delay of a message; FIFO queues have one for all, which 0 does not override."""
    if seconds is None:
        return None
    if queue.settings.fifo:
        if seconds:
            raise invalid_value(seconds, "DelaySeconds", _NOT_HERE)
        return None
    if not 0 <= seconds <= MAX_DELAY:
        raise invalid_value(seconds, "DelaySeconds", f"DelaySeconds must be >= 0 and <= {MAX_DELAY}.")
    return seconds


def _ids(queue: Queue, params: Mapping[str, Any], body: str) -> tuple[str | None, str | None]:
    """The message group and the deduplication id."""
    group_id = params.get("MessageGroupId")
    given = params.get("MessageDeduplicationId")
    fifo = queue.settings.fifo
    if fifo:
        check_present(group_id, given, content_based=queue.settings.content_based)
    if group_id is not None:
        check_group(group_id)
    if given is not None:
        check_group(given, "MessageDeduplicationId")
        if not fifo:
            raise invalid_value(given, "MessageDeduplicationId", _NOT_HERE)
    return group_id, content_digest(body) if fifo and given is None else given


class Sender:
    """Stores messages and wakes who waits for them."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        messages: MessageStore,
        arrivals: Arrivals,
        retention: Retention,
        journal: MessageJournal,
        groups: Groups,
        deduplication: Deduplication,
        faults: MessageFaults,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._messages = messages
        self._arrivals = arrivals
        self._retention = retention
        self._journal = journal
        self._groups = groups
        self._deduplication = deduplication
        self._faults = faults

    def send(
        self, queue: Queue, message: Outgoing, sender: str, origin: Origin
    ) -> tuple[int, dict[str, Any]]:
        """Stores one message, unless it is a duplicate: that is accepted, and nothing comes of it.

        Args:
            sender: the account that sends.

        Returns:
            Its hop, and the answer of SendMessage.
        """
        if queue.settings.fifo and (duplicate := self._duplicate(queue, message, origin)) is not None:
            return duplicate
        return self.send_anew(queue, message, sender, origin)

    def send_anew(
        self, queue: Queue, message: Outgoing, sender: str, origin: Origin
    ) -> tuple[int, dict[str, Any]]:
        """Stores one message, whatever was sent before; see `send`."""
        now = self._clock.now()
        late, body, origin = self._faults.sent(queue, message.body, origin)
        visible_at = now + late + (queue.settings.delay if message.delay is None else message.delay)
        message_id = self._ids.uuid()
        digest = body_digest(message.body)
        number = self._number(queue, message, message_id, now)
        hop = self._journal.sent(queue.arn, message_id, body, message.trace, origin)
        self._messages.insert(
            NewMessage(
                queue=queue.id,
                message_id=message_id,
                body=body,
                md5=digest if body is message.body else body_digest(body),
                attributes=message.attributes,
                trace=message.trace,
                group_id=message.group_id,
                sender=sender,
                sent=now,
                visible_at=visible_at,
                hop=hop,
                sequence=number,
                deduplication_id=message.deduplication_id,
            )
        )
        self._groups.joined(queue, message.group_id, visible_at)
        self._retention.expect(now + queue.settings.retention)
        self._arrivals.announce(queue.arn, visible_at)
        return hop, _answer(message, message_id, digest, number)

    def _duplicate(
        self, queue: Queue, message: Outgoing, origin: Origin
    ) -> tuple[int, dict[str, Any]] | None:
        """What is answered to a message that was sent before; None where it was not."""
        assert message.group_id is not None
        assert message.deduplication_id is not None
        now = self._clock.now()
        earlier = self._deduplication.earlier(queue, message.group_id, message.deduplication_id, now)
        if earlier is None:
            return None
        hop = self._journal.duplicate(queue.arn, earlier.message_id, message.deduplication_id, origin)
        return hop, _answer(message, earlier.message_id, body_digest(message.body), earlier.number)

    def _number(self, queue: Queue, message: Outgoing, message_id: str, now: float) -> int | None:
        """What the sequence number of a message in a FIFO queue is made of; None in others."""
        if not queue.settings.fifo or message.group_id is None or message.deduplication_id is None:
            return None
        return self._deduplication.remember(
            queue, message.group_id, message.deduplication_id, message_id, now
        )


def _answer(message: Outgoing, message_id: str, digest: str, number: int | None) -> dict[str, Any]:
    answer = {"MessageId": message_id, "MD5OfMessageBody": digest}
    if number is not None:
        answer["SequenceNumber"] = sequence_number(number)
    if message.attributes:
        answer["MD5OfMessageAttributes"] = attributes_digest(message.attributes)
    if message.digest_trace:
        system = {TRACE_HEADER: {"DataType": "String", "StringValue": message.trace}}
        answer["MD5OfMessageSystemAttributes"] = attributes_digest(system)
    return answer
