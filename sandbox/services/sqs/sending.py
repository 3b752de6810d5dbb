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
from sandbox.services.sqs.journal import MessageJournal, Origin
from sandbox.services.sqs.messages import MessageStore, NewMessage
from sandbox.services.sqs.queues import Queue
from sandbox.services.sqs.retention import Retention


class Outgoing(msgspec.Struct, frozen=True):
    """A message that was checked against the rules of its queue.

    Attributes:
        delay: seconds, None takes the queue's.
        size: bytes, as the limits count them.
        digest_trace: the trace header came as a system attribute, so its digest is answered.
    """

    body: str
    attributes: Attributes
    delay: int | None
    group_id: str | None
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
    delay = params.get("DelaySeconds")
    if delay is not None and not 0 <= delay <= MAX_DELAY:
        raise invalid_value(delay, "DelaySeconds", f"DelaySeconds must be >= 0 and <= {MAX_DELAY}.")
    group_id = params.get("MessageGroupId")
    if group_id is not None:
        check_group(group_id)
    deduplication = params.get("MessageDeduplicationId")
    if deduplication is not None:
        check_group(deduplication, "MessageDeduplicationId")
        reason = "The request include parameter that is not valid for this queue type."
        raise invalid_value(deduplication, "MessageDeduplicationId", reason)
    return Outgoing(body, attributes, delay, group_id, own_trace or trace, own_trace is not None, size)


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
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._messages = messages
        self._arrivals = arrivals
        self._retention = retention
        self._journal = journal

    def send(
        self, queue: Queue, message: Outgoing, sender: str, origin: Origin
    ) -> tuple[int, dict[str, Any]]:
        """Stores one message.

        Args:
            sender: the account that sends.

        Returns:
            Its hop, and the answer of SendMessage.
        """
        now = self._clock.now()
        visible_at = now + (queue.settings.delay if message.delay is None else message.delay)
        message_id = self._ids.uuid()
        digest = body_digest(message.body)
        hop = self._journal.sent(queue.arn, message_id, message.body, message.trace, origin)
        self._messages.insert(
            NewMessage(
                queue=queue.id,
                message_id=message_id,
                body=message.body,
                md5=digest,
                attributes=message.attributes,
                trace=message.trace,
                group_id=message.group_id,
                sender=sender,
                sent=now,
                visible_at=visible_at,
                hop=hop,
            )
        )
        self._retention.expect(now + queue.settings.retention)
        self._arrivals.announce(queue.arn, visible_at)
        return hop, _answer(message, message_id, digest)


def _answer(message: Outgoing, message_id: str, digest: str) -> dict[str, Any]:
    answer = {"MessageId": message_id, "MD5OfMessageBody": digest}
    if message.attributes:
        answer["MD5OfMessageAttributes"] = attributes_digest(message.attributes)
    if message.digest_trace:
        system = {TRACE_HEADER: {"DataType": "String", "StringValue": message.trace}}
        answer["MD5OfMessageSystemAttributes"] = attributes_digest(system)
    return answer
