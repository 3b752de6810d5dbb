"""Handing out messages: in flight for their visibility timeout, or to the dead-letter queue at last.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.model.arn import Arn
from sandbox.model.ids import Ids
from sandbox.model.ports import LeasedMessage
from sandbox.model.sqs_fifo import sequence_number
from sandbox.model.sqs_message import TRACE_HEADER, attributes_digest, selected, selected_system
from sandbox.services.sqs.arrivals import Arrivals
from sandbox.services.sqs.attempts import Attempts
from sandbox.services.sqs.faulty import MessageFaults
from sandbox.services.sqs.flight import Flight
from sandbox.services.sqs.groups import Groups, GroupStore
from sandbox.services.sqs.journal import MessageJournal, Origin
from sandbox.services.sqs.messages import MessageStore, unpack_attributes
from sandbox.services.sqs.queues import Queue, QueueStore
from sandbox.services.sqs.receipt import Receipt, parse_receipt


class Received(msgspec.Struct, frozen=True):
    """A message that was just taken.

    Attributes:
        hop: the hop of this receive.
        system: the system attributes by name, as the API has them.
    """

    message_id: str
    handle: str
    body: str
    md5: str
    attributes: dict[str, dict[str, Any]]
    system: dict[str, str]
    hop: int

    def answer(self, system_names: Collection[str], attribute_names: Sequence[str]) -> dict[str, Any]:
        """The message in an answer of ReceiveMessage, with the attributes that were asked for."""
        answer: dict[str, Any] = {
            "MessageId": self.message_id,
            "ReceiptHandle": self.handle,
            "MD5OfBody": self.md5,
            "Body": self.body,
        }
        system = selected_system(self.system, system_names)
        if system:
            answer["Attributes"] = system
        attributes = selected(self.attributes, attribute_names)
        if attributes:
            answer["MD5OfMessageAttributes"] = attributes_digest(attributes)
            answer["MessageAttributes"] = attributes
        return answer

    def lease(self, queue: Arn) -> LeasedMessage:
        """The message as a record of a Lambda event."""
        record: dict[str, Any] = {
            "messageId": self.message_id,
            "receiptHandle": self.handle,
            "body": self.body,
            "attributes": self.system,
            "messageAttributes": {name: _event_attribute(value) for name, value in self.attributes.items()},
            "md5OfBody": self.md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": str(queue),
            "awsRegion": queue.region,
        }
        if self.attributes:
            record["md5OfMessageAttributes"] = attributes_digest(self.attributes)
        return LeasedMessage(self.message_id, self.handle, self.hop, record, self.system.get(TRACE_HEADER))


class Receiver:
    """Takes messages out of queues."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        queues: QueueStore,
        messages: MessageStore,
        arrivals: Arrivals,
        journal: MessageJournal,
        group_store: GroupStore,
        groups: Groups,
        attempts: Attempts,
        faults: MessageFaults,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._queues = queues
        self._messages = messages
        self._arrivals = arrivals
        self._journal = journal
        self._group_store = group_store
        self._groups = groups
        self._attempts = attempts
        self._faults = faults
        self.flight = Flight(messages)

    def take(
        self, queue: Queue, limit: int, visibility: float, origin: Origin, *, groups: int | None = None
    ) -> list[Received]:
        """Takes up to `limit` visible messages now and hides them for `visibility` seconds.

        Args:
            groups: of a FIFO queue, from how many message groups at most.
        """
        now = self._clock.now()
        limit = self.flight.room(queue, limit, now)
        if not limit:
            return []
        window = limit if queue.settings.fifo else self._faults.window(limit)
        rows = self._ready(queue, now, window, groups)
        while self._sort_out(queue, rows, now, origin):
            rows = self._ready(queue, now, window, groups)
        if not rows:
            return []
        rows = self._faults.reordered(queue, rows, limit)
        taken = [self._receive(queue, row, now, now + visibility, origin) for row in rows]
        self.flight.took(queue, len(taken))
        self._groups.received(queue, [row["group_id"] for row in rows], now)
        self._arrivals.announce(queue.arn, now + visibility)
        return taken

    def take_again(
        self, queue: Queue, limit: int, visibility: float, origin: Origin, attempt: str
    ) -> list[Received]:
        """Takes from a FIFO queue, or gives once more what was given to the same attempt before."""
        now = self._clock.now()
        visible_at = now + visibility
        given = self._attempts.again(queue, attempt, now)
        if not given:
            taken = self.take(queue, limit, visibility, origin)
            if taken:
                receipts = [parse_receipt(message.handle, queue.id) for message in taken]
                handed = [(receipt.message, receipt.nonce) for receipt in receipts]
                self._attempts.remember(queue, attempt, handed, now, visible_at)
            return taken
        for row in given:
            self._messages.hide(row["id"], visible_at)
        self._attempts.extend(queue, attempt, visible_at)
        self._groups.changed(queue, [row["group_id"] for row in given], now)
        return [_received(queue, row, row["receipt"], row["receives"], now, row["hop"]) for row in given]

    def _ready(self, queue: Queue, now: float, limit: int, groups: int | None) -> list[sqlite3.Row]:
        if queue.settings.fifo:
            return self._group_store.ready(queue.id, now, limit, groups)
        return self._messages.visible(queue.id, now, limit)

    def _sort_out(self, queue: Queue, rows: Sequence[sqlite3.Row], now: float, origin: Origin) -> bool:
        """Removes what must not be received any more; whether there was anything."""
        over = now - queue.settings.retention
        expired = [row for row in rows if row["sent"] <= over]
        for row in expired:
            self._messages.delete(row["id"])
        self._groups.changed(queue, [row["group_id"] for row in expired], now)
        policy = queue.settings.redrive
        if policy is None:
            return bool(expired)
        exhausted = [row for row in rows if row["sent"] > over and policy.exhausted(row["receives"])]
        target = self._dead_letter_queue(queue) if exhausted else None
        if target is None:
            return bool(expired)
        for row in exhausted:
            self._dead_letter(queue, target, row, now, origin)
        self._groups.changed(queue, [row["group_id"] for row in exhausted], now)
        return bool(expired or exhausted)

    def _dead_letter_queue(self, queue: Queue) -> Queue | None:
        """The dead-letter queue, unless it is gone or refuses this queue's messages: then they stay."""
        policy = queue.settings.redrive
        target = None if policy is None else self._queues.by_arn(policy.target)
        if target is None or not target.settings.allow.allows(queue.arn):
            return None
        return target

    def _dead_letter(self, queue: Queue, target: Queue, row: sqlite3.Row, now: float, origin: Origin) -> None:
        hop = self._journal.dead_lettered(queue.arn, target.arn, row, origin)
        self._messages.move(row["id"], target.id, str(queue.arn), now, hop)
        self._groups.changed(target, (row["group_id"],), now)
        self._arrivals.announce(target.arn, now)

    def _receive(
        self, queue: Queue, row: sqlite3.Row, now: float, visible_at: float, origin: Origin
    ) -> Received:
        hop = self._journal.received(queue.arn, row, self._returned(queue, row, origin), now, origin)
        if copy := self._faults.copy(queue, hop):
            after, led = copy
            self._messages.copy(row["id"], now + after, led)
            self._arrivals.announce(queue.arn, now + after)
        nonce = int(self._ids.hex(15), 16)
        self._messages.mark_received(row["id"], nonce, now, visible_at, hop)
        return _received(queue, row, nonce, row["receives"] + 1, now, hop)

    def _returned(self, queue: Queue, row: sqlite3.Row, origin: Origin) -> int:
        """The message's last hop; one more when its visibility timeout lapsed since its last receive."""
        if row["in_flight"]:
            return self._journal.returned(queue.arn, row, origin, "visibility timeout lapsed")
        hop: int = row["hop"]
        return hop


def _received(queue: Queue, row: sqlite3.Row, nonce: int, receives: int, now: float, hop: int) -> Received:
    return Received(
        message_id=row["message_id"],
        handle=Receipt(queue.id, row["sequence" if queue.settings.fifo else "id"], nonce).handle(),
        body=row["body"],
        md5=row["md5"],
        attributes=unpack_attributes(row["attributes"]),
        system=_system(row, receives, now),
        hop=hop,
    )


def _system(row: sqlite3.Row, receives: int, now: float) -> dict[str, str]:
    sent, first = row["sent"], row["first_received"]
    system = {
        "SenderId": row["sender"],
        "SentTimestamp": str(int(sent * 1000)),
        "ApproximateReceiveCount": str(receives),
        "ApproximateFirstReceiveTimestamp": str(int((now if first is None else first) * 1000)),
    }
    if (trace := row["trace"]) is not None:
        system[TRACE_HEADER] = trace
    if (group := row["group_id"]) is not None:
        system["MessageGroupId"] = group
    if (deduplication := row["deduplication_id"]) is not None:
        system["MessageDeduplicationId"] = deduplication
    if (source := row["source"]) is not None:
        system["DeadLetterQueueSourceArn"] = source
    if (sequence := row["sequence"]) is not None:
        system["SequenceNumber"] = sequence_number(sequence)
    return system


def _event_attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = {
        "dataType": attribute["DataType"],
        "stringListValues": [],
        "binaryListValues": [],
    }
    if "StringValue" in attribute:
        value["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        value["binaryValue"] = b64encode(attribute["BinaryValue"]).decode()
    return value
