"""Receives of FIFO queues that a client repeats because it never saw the answer.

A second ReceiveMessage with the same ReceiveRequestAttemptId gets the same messages with the same handles,
and hides them anew: for five minutes, and as long as none of them was deleted, shown, hidden otherwise or
received by somebody else.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from sandbox.model.sqs_fifo import DEDUPLICATION_INTERVAL
from sandbox.services.sqs.queues import Queue
from sandbox.store.database import Database

#: `messages` is the JSON of `[sequence, nonce]` of each.
SCHEMA = """
CREATE TABLE IF NOT EXISTS sqs_attempts (
    queue INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    until REAL NOT NULL,
    visible_at REAL NOT NULL,
    messages TEXT NOT NULL,
    PRIMARY KEY (queue, attempt)
);
"""


class Attempts:
    """Remembers what was answered to which attempt; times are virtual seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def again(self, queue: Queue, attempt: str, now: float) -> list[sqlite3.Row]:
        """The messages that were given to this attempt before, if they may be given again; else none."""
        known = self._database.row(
            "SELECT visible_at, messages FROM sqs_attempts WHERE queue = ? AND attempt = ? AND until > ?",
            (queue.id, attempt, now),
        )
        if known is None or known["visible_at"] <= now:
            return []
        given: list[tuple[int, int]] = json.loads(known["messages"])
        rows = [
            self._database.row(
                "SELECT * FROM sqs_messages"
                " WHERE queue = ? AND sequence = ? AND receipt = ? AND visible_at = ?",
                (queue.id, sequence, nonce, known["visible_at"]),
            )
            for sequence, nonce in given
        ]
        held = [row for row in rows if row is not None]
        return held if len(held) == len(given) else []

    def remember(
        self, queue: Queue, attempt: str, given: Sequence[tuple[int, int]], now: float, visible_at: float
    ) -> None:
        """Notes what an attempt is answered: sequences and nonces, hidden until `visible_at`."""
        self._database.execute("DELETE FROM sqs_attempts WHERE until <= ?", (now,))
        self._database.execute(
            "INSERT OR REPLACE INTO sqs_attempts VALUES (?, ?, ?, ?, ?)",
            (queue.id, attempt, now + DEDUPLICATION_INTERVAL, visible_at, json.dumps(given)),
        )

    def extend(self, queue: Queue, attempt: str, visible_at: float) -> None:
        """Notes until when the messages of an attempt are hidden now."""
        self._database.execute(
            "UPDATE sqs_attempts SET visible_at = ? WHERE queue = ? AND attempt = ?",
            (visible_at, queue.id, attempt),
        )

    def forget(self, queue: Queue) -> None:
        """Forgets the attempts of a queue that was deleted."""
        if queue.settings.fifo:
            self._database.execute("DELETE FROM sqs_attempts WHERE queue = ?", (queue.id,))
