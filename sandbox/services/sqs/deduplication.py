"""Sending to FIFO queues exactly once: a deduplication id counts for five minutes, received or deleted.

Every message of a FIFO queue gets its sequence number here: the number of its row, which is never used twice.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.model.sqs_fifo import DEDUPLICATION_INTERVAL
from sandbox.services.sqs.queues import Queue
from sandbox.store.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS sqs_deduplications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL,
    scope TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    until REAL NOT NULL,
    message_id TEXT NOT NULL,
    UNIQUE (queue, scope, deduplication_id)
);
CREATE INDEX IF NOT EXISTS sqs_deduplications_until ON sqs_deduplications (until);
"""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The message that was sent first with a deduplication id.

    Attributes:
        number: what its sequence number is made of.
    """

    message_id: str
    number: int


class Deduplication:
    """The deduplication ids of all FIFO queues; times are virtual seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._swept = 0.0

    def earlier(self, queue: Queue, group_id: str, deduplication_id: str, now: float) -> Earlier | None:
        """The message that a new one with this id would be a duplicate of, or None."""
        row = self._database.row(
            "SELECT id, message_id FROM sqs_deduplications"
            " WHERE queue = ? AND scope = ? AND deduplication_id = ? AND until > ?",
            (queue.id, _scope(queue, group_id, now), deduplication_id, now),
        )
        return None if row is None else Earlier(row["message_id"], row["id"])

    def remember(
        self, queue: Queue, group_id: str, deduplication_id: str, message_id: str, now: float
    ) -> int:
        """Remembers the id of a message that was accepted, and gives the message its number."""
        self._sweep(now)
        number = self._database.execute(
            "INSERT OR REPLACE INTO sqs_deduplications (queue, scope, deduplication_id, until, message_id)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                queue.id,
                _scope(queue, group_id, now),
                deduplication_id,
                now + DEDUPLICATION_INTERVAL,
                message_id,
            ),
        ).lastrowid
        assert number is not None
        return number

    def forget(self, queue: Queue) -> None:
        """Forgets the ids of a queue that was purged or deleted."""
        if queue.settings.fifo:
            self._database.execute("DELETE FROM sqs_deduplications WHERE queue = ?", (queue.id,))

    def _sweep(self, now: float) -> None:
        """Drops, now and then, what is not remembered any more."""
        if not self._swept <= now < self._swept + DEDUPLICATION_INTERVAL:
            self._swept = now
            self._database.execute("DELETE FROM sqs_deduplications WHERE until <= ?", (now,))


def _scope(queue: Queue, group_id: str, now: float) -> str:
    """What an id must be unique in: the queue (as nobody can name a group), or the message group."""
    return group_id if queue.per_group(now) else ""
