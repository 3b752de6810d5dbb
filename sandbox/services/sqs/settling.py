"""What a consumer does with a message it holds: delete it, keep it longer, or give it back.

A handle of an earlier receive holds nothing: deleting with it succeeds and deletes nothing, as on AWS. In a
FIFO queue it has expired, as has one whose visibility timeout is over: deleting with it is refused.
Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from sandbox.clock import Clock
from sandbox.model.awserror import AwsError
from sandbox.model.sqs_attributes import MAX_VISIBILITY
from sandbox.model.sqs_errors import invalid_value, missing
from sandbox.services.sqs.arrivals import Arrivals
from sandbox.services.sqs.groups import Groups
from sandbox.services.sqs.journal import MessageJournal, Origin
from sandbox.services.sqs.messages import EARLY, MessageStore
from sandbox.services.sqs.queues import Queue
from sandbox.services.sqs.receipt import parse_receipt

_NOT_AVAILABLE = "Message does not exist or is not available for visibility timeout change."


class Settler:
    """Acts on messages by their receipt handles."""

    def __init__(
        self,
        clock: Clock,
        messages: MessageStore,
        arrivals: Arrivals,
        journal: MessageJournal,
        groups: Groups,
    ) -> None:
        self._clock = clock
        self._messages = messages
        self._arrivals = arrivals
        self._journal = journal
        self._groups = groups

    def delete(self, queue: Queue, handle: str | None, origin: Origin) -> None:
        """Deletes the message, if this handle is of its latest receive.

        Raises:
            AwsError: MissingParameter, ReceiptHandleIsInvalid; of a FIFO queue InvalidParameterValue: the
                handle has expired.
        """
        row = self._held(queue, handle)
        if queue.settings.fifo and self._expired(queue, handle, row):
            raise invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")
        if row is not None:
            self._delete(queue, row, origin)
            self._arrivals.withdraw(queue.arn, (row["visible_at"],))

    def change_visibility(
        self, queue: Queue, handle: str | None, seconds: int | None, origin: Origin
    ) -> None:
        """Hides the message for `seconds` from now; 0 makes it visible at once.

        A message whose timeout has lapsed stays visible, and the call succeeds, as AWS does.

        Raises:
            AwsError: a wrong or stale handle, or one of a FIFO queue whose timeout has lapsed; seconds out of
                range, more than 12 hours since the receive, or MessageNotInflight: the message was given back
                with this handle before.
        """
        if seconds is None:
            raise missing("VisibilityTimeout")
        if not 0 <= seconds <= MAX_VISIBILITY:
            reason = f"VisibilityTimeout must be an integer between 0 and {MAX_VISIBILITY}"
            raise invalid_value(seconds, "VisibilityTimeout", reason)
        row = self._held(queue, handle)
        if row is None:
            raise invalid_value(handle, "ReceiptHandle", _NOT_AVAILABLE)
        if not row["in_flight"]:
            raise AwsError("MessageNotInflight", "The specified message isn't in flight.")
        now = self._clock.now()
        if row["visible_at"] <= now + EARLY:
            if queue.settings.fifo:
                raise invalid_value(handle, "ReceiptHandle", _NOT_AVAILABLE)
            return
        if seconds == 0:
            self._show(queue, row, now, origin)
            return
        if now + seconds - row["last_received"] > MAX_VISIBILITY:
            reason = f"Total VisibilityTimeout for the message is beyond the limit [{MAX_VISIBILITY} seconds]"
            raise invalid_value(seconds, "VisibilityTimeout", reason)
        self._messages.hide(row["id"], now + seconds)
        self._arrivals.withdraw(queue.arn, (row["visible_at"],))
        self._groups.changed(queue, (row["group_id"],), now)
        self._arrivals.announce(queue.arn, now + seconds)

    def delete_all(self, queue: Queue, handles: Iterable[str], origin: Origin) -> None:
        """Deletes what is still held by these handles.

        Raises:
            AwsError: ReceiptHandleIsInvalid.
        """
        times = []
        try:
            for handle in handles:
                row = self._held(queue, handle)
                if row is not None and not (queue.settings.fifo and self._expired(queue, handle, row)):
                    self._delete(queue, row, origin)
                    times.append(row["visible_at"])
        finally:
            # Together: a lease has one end for all of them, and after it the next one is looked for.
            self._arrivals.withdraw(queue.arn, times)

    def give_back(self, queue: Queue, handles: Iterable[str], origin: Origin) -> None:
        """Makes what is still in flight under these handles visible at once.

        Raises:
            AwsError: ReceiptHandleIsInvalid.
        """
        now = self._clock.now()
        for handle in handles:
            row = self._held(queue, handle)
            if row is not None and row["in_flight"] and row["visible_at"] > now + EARLY:
                self._show(queue, row, now, origin)

    def _delete(self, queue: Queue, row: sqlite3.Row, origin: Origin) -> None:
        self._journal.deleted(queue.arn, row, origin)
        self._messages.delete(row["id"])
        self._groups.changed(queue, (row["group_id"],), self._clock.now())

    def _expired(self, queue: Queue, handle: str | None, row: sqlite3.Row | None) -> bool:
        """Whether the message is there and not held by this handle any more."""
        if row is not None:
            lapsed: bool = row["visible_at"] <= self._clock.now() + EARLY
            return lapsed
        return self._messages.is_there(queue.id, parse_receipt(handle, queue.id).message)

    def _held(self, queue: Queue, handle: str | None) -> sqlite3.Row | None:
        receipt = parse_receipt(handle, queue.id)
        look = self._messages.held_in_order if queue.settings.fifo else self._messages.held
        row = look(queue.id, receipt.message, receipt.nonce)
        # One whose retention is over is gone, swept or not: a dead letter may have moved to a shorter one.
        over = row is not None and row["sent"] + queue.settings.retention <= self._clock.now()
        return None if over else row

    def _show(self, queue: Queue, row: sqlite3.Row, now: float, origin: Origin) -> None:
        hop = self._journal.returned(queue.arn, row, origin, "given back")
        self._messages.show(row["id"], now, hop)
        self._groups.changed(queue, (row["group_id"],), now)
        self._arrivals.withdraw(queue.arn, (row["visible_at"],))
        self._arrivals.announce(queue.arn, now)
