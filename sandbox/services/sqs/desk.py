"""The message desk: acts on messages by their ids, as an operator does, without receiving them.

A redrive is what AWS's own is: the message leaves the dead-letter queue and is sent anew, with another id and
no receives; the old hop causes the new one, so both lives are one chain. Leaving and sending are one
transaction: a message is in exactly one of the two queues whatever happens.
Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.services.sqs.core import SqsCore
from sandbox.services.sqs.journal import Origin
from sandbox.services.sqs.messages import EARLY, VISIBLE, unpack_attributes
from sandbox.services.sqs.queues import Queue
from sandbox.services.sqs.sending import outgoing

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent anew.

    Attributes:
        queue: where it is now. message_id: its id there. was: the id it had.
        changed: `body`, `attributes`, where it was edited.
    """

    queue: Arn
    message_id: str
    was: str
    changed: tuple[str, ...] = ()


class RefusedMoveError(Exception):
    """A message stays where it is; the text says why."""


class NoSourceError(RefusedMoveError):
    """Nobody knows which queue a message came from."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is different of a message that is sent anew; None leaves it, or is the queue it came from.

    Attributes:
        groups: it keeps its message group and deduplication id; else `group` is its group.
    """

    body: str | None = None
    attributes: Mapping[str, Mapping[str, Any]] | None = None
    delay: int | None = None
    target: Arn | None = None
    groups: bool = True
    group: str | None = None


class MessageDesk:
    """Moves, edits and drops messages.

    Args:
        sqs: the service whose messages they are.
    """

    def __init__(self, sqs: SqsCore) -> None:
        self._sqs = sqs
        self._database = sqs.database

    def numbers(self, queue: Arn, message_ids: Sequence[str] | None = None) -> dict[str, int]:
        """What messages of a queue are called inside (their rows), by id, in order of sending.

        Args:
            message_ids: these; those that are not there are left out. None means every message.

        Raises:
            AwsError: QueueDoesNotExist.
        """
        found = self._sqs.queue_by_arn(queue)
        sql = "SELECT id, message_id FROM sqs_messages WHERE queue = ?"
        if message_ids is None:
            rows = self._database.rows(f"{sql} ORDER BY sent, id", (found.id,))
            return {row["message_id"]: row["id"] for row in rows}
        numbers: dict[str, int] = {}
        for start in range(0, len(message_ids), _CHUNK):
            part = message_ids[start : start + _CHUNK]
            marks = ", ".join("?" * len(part))
            rows = self._database.rows(
                f"{sql} AND message_id IN ({marks}) ORDER BY sent, id", (found.id, *part)
            )
            numbers |= {row["message_id"]: row["id"] for row in rows}
        return numbers

    def redrive(self, queue: Arn, number: int, cause: int | None = None) -> Sent:
        """Sends a dead letter anew to the queue it came from.

        Args:
            queue: the dead-letter queue.
            number: the message, see `numbers`.
            cause: the hop that led to it, beside the message's own.

        Raises:
            RefusedMoveError: it is gone or in flight, or its queue is gone, unknown, or refuses it.
            AwsError: QueueDoesNotExist: there is no such dead-letter queue.
        """
        return self._send_anew(queue, number, _Edit(), "Redrive", cause)

    def move(self, queue: Arn, number: int, target: Arn | None) -> Sent:
        """Sends a dead letter anew, for a message move task.

        Args:
            target: where to; None is the queue it came from.

        Raises:
            NoSourceError: no queue dead-lettered it, and none is named.
            RefusedMoveError, AwsError: as `redrive`.
        """
        if target is None and self._free(self._sqs.queue_by_arn(queue), number)["source"] is None:
            raise NoSourceError("no queue dead-lettered it: it was sent here")
        return self._send_anew(queue, number, _Edit(target=target), "StartMessageMoveTask", None)

    def visible(self, queue: Arn, limit: int) -> list[int]:
        """The numbers of the first messages of a queue that nobody holds, in order of sending.

        Raises:
            AwsError: QueueDoesNotExist.
        """
        found = self._sqs.queue_by_arn(queue)
        now = self._sqs.clock.now()
        rows = self._sqs.messages.page(found.id, VISIBLE, now, now - found.settings.retention, limit, 0)
        return [row["id"] for row in rows]

    def resend(
        self,
        queue: Arn,
        number: int,
        body: str | None = None,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        delay: int | None = None,
        cause: int | None = None,
    ) -> Sent:
        """Sends a dead letter anew, edited, to the queue it came from.

        Args:
            body, attributes: what takes the place of its own; None leaves it.
            delay: seconds; None takes the queue's.

        Raises:
            RefusedMoveError, AwsError: as `redrive`.
        """
        return self._send_anew(queue, number, _Edit(body, attributes, delay), "Resend", cause)

    def hand_over(
        self,
        queue: Arn,
        number: int,
        target: Arn,
        body: str,
        attributes: Mapping[str, Mapping[str, Any]],
        delay: int | None = None,
        group: str | None = None,
    ) -> Sent:
        """Sends what a letter holds to the queue that should have got it, and takes the letter away.

        Args:
            queue: where the letter is.
            body, attributes: the message as it was meant.
            delay: seconds; None takes the target's.
            group: its message group.

        Raises:
            RefusedMoveError: the letter is gone or in flight, or the target is gone or refuses the message.
            AwsError: QueueDoesNotExist: there is no such queue of letters.
        """
        if self._sqs.queues.by_arn(target) is None:
            raise RefusedMoveError(f"there is no queue {target.resource}: create it first")
        edit = _Edit(body, attributes, delay, target, groups=False, group=group)
        return self._send_anew(queue, number, edit, "Resend", None)

    def give(self, queue: Arn, number: int, take: Callable[[], object]) -> str:
        """Has somebody take what a letter holds, takes the letter away, and returns its id.

        Args:
            take: stores what it was given, or raises, in this turn of the loop: both are one commit.

        Raises:
            RefusedMoveError: the letter is gone or in flight; nobody has taken anything.
            AwsError: QueueDoesNotExist, or what `take` raises: the letter stays.
        """
        self._free(self._sqs.queue_by_arn(queue), number)
        take()
        return self.drop(queue, number)

    def drop(self, queue: Arn, number: int, cause: int | None = None) -> str:
        """Deletes a message for good and returns its id.

        Raises:
            RefusedMoveError: it is gone or in flight.
            AwsError: QueueDoesNotExist.
        """
        found = self._sqs.queue_by_arn(queue)
        row = self._free(found, number)
        with self._database.atomic():
            self._sqs.journal.deleted(queue, row, Origin("Drop", cause))
            self._sqs.messages.delete(number)
            self._sqs.groups.changed(found, (row["group_id"],), self._sqs.clock.now())
        self._sqs.arrivals.withdraw(queue, (row["visible_at"],))
        message_id: str = row["message_id"]
        return message_id

    # --- inside ------------------------------------------------------------------------------------------
    def _send_anew(
        self,
        queue: Arn,
        number: int,
        edit: _Edit,
        operation: str,
        cause: int | None,
    ) -> Sent:
        found = self._sqs.queue_by_arn(queue)
        row = self._free(found, number)
        target = self._source(found, row) if edit.target is None else self._existing(edit.target)
        own = unpack_attributes(row["attributes"])
        changed = _changes(row["body"], own, edit.body, edit.attributes)
        params = {
            "MessageBody": row["body"] if edit.body is None else edit.body,
            "MessageAttributes": own if edit.attributes is None else edit.attributes,
            "DelaySeconds": edit.delay,
            "MessageGroupId": row["group_id"] if edit.groups else edit.group,
            "MessageDeduplicationId": row["deduplication_id"] if edit.groups else None,
        }
        try:
            message = outgoing(target, params, row["trace"])
        except AwsError as error:
            raise RefusedMoveError(f"{target.name} refuses it: {error.message}") from error
        with self._database.atomic():
            hop = self._record(found, target, row, changed, operation, cause)
            self._sqs.messages.delete(number)
            # Its deduplication id may have been seen in the last five minutes: it is no duplicate for that.
            _, answer = self._sqs.sender.send_anew(target, message, row["sender"], Origin(operation, hop))
            self._sqs.groups.changed(found, (row["group_id"],), self._sqs.clock.now())
        self._sqs.arrivals.withdraw(queue, (row["visible_at"],))
        return Sent(target.arn, answer["MessageId"], row["message_id"], changed)

    def _free(self, queue: Queue, number: int) -> sqlite3.Row:
        row = self._database.row("SELECT * FROM sqs_messages WHERE id = ? AND queue = ?", (number, queue.id))
        now = self._sqs.clock.now()
        if row is None or row["sent"] <= now - queue.settings.retention:
            raise RefusedMoveError("it is not in the queue any more")
        if row["visible_at"] > now + EARLY and row["receipt"] is not None:
            seconds = row["visible_at"] - now
            raise RefusedMoveError(f"somebody has received it; it is visible again in {seconds:.0f} s")
        return row

    def _source(self, queue: Queue, row: sqlite3.Row) -> Queue:
        """The queue that a dead letter came from."""
        if row["source"] is not None:
            arn = parse_arn(row["source"])
        else:
            sources = self.sources(queue.arn)
            if len(sources) != 1:
                raise NoSourceError(
                    "no queue dead-lettered it: it was sent here, and "
                    + (f"{len(sources)} queues send" if sources else "no queue sends")
                    + " dead letters here"
                )
            arn = sources[0]
        return self._existing(arn)

    def _existing(self, arn: Arn) -> Queue:
        target = self._sqs.queues.by_arn(arn)
        if target is None:
            raise RefusedMoveError(f"the queue it goes to, {arn.resource}, does not exist any more")
        return target

    def sources(self, queue: Arn) -> list[Arn]:
        """The queues that send their dead letters to this one."""
        return [
            other.arn
            for other in self._sqs.queues.all()
            if other.settings.redrive is not None and other.settings.redrive.target == queue
        ]

    def _record(
        self,
        source: Queue,
        target: Queue,
        row: sqlite3.Row,
        changed: tuple[str, ...],
        operation: str,
        cause: int | None,
    ) -> int:
        detail: dict[str, Any] = {"source": str(source.arn), "original_id": row["message_id"]}
        if changed:
            detail["changed"] = list(changed)
        return self._sqs.journal.redriven(target.arn, row, Origin(operation, cause), detail)


def _changes(
    body: str,
    attributes: Mapping[str, Mapping[str, Any]],
    new_body: str | None,
    new_attributes: Mapping[str, Mapping[str, Any]] | None,
) -> tuple[str, ...]:
    changed = []
    if new_body is not None and new_body != body:
        changed.append("body")
    if new_attributes is not None and dict(new_attributes) != dict(attributes):
        changed.append("attributes")
    return tuple(changed)
