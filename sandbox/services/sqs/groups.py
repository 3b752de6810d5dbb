"""Message groups of FIFO queues: which of them have a message that may be received, and in which order.

Within a group messages are received in the order of their sequence, and none while an earlier one is hidden
(in flight or delayed). So a group is ready when its first message is visible: that time is kept per group,
and a receive looks at the groups that are ready, never at the messages of those that are not. A group that
was received from goes to the end of the line.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from sandbox.services.sqs.arrivals import Arrivals
from sandbox.services.sqs.messages import EARLY
from sandbox.services.sqs.queues import Queue
from sandbox.store.database import Database

#: Rows of `sqs_groups` are numbered anew whenever a group goes to the end of the line.
SCHEMA = """
CREATE TABLE IF NOT EXISTS sqs_groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL,
    group_id TEXT NOT NULL,
    ready_at REAL NOT NULL,
    UNIQUE (queue, group_id)
);
CREATE INDEX IF NOT EXISTS sqs_groups_ready ON sqs_groups (queue, ready_at, id);
CREATE INDEX IF NOT EXISTS sqs_messages_group ON sqs_messages (queue, group_id, sequence)
    WHERE sequence IS NOT NULL;
CREATE INDEX IF NOT EXISTS sqs_messages_sequence ON sqs_messages (queue, sequence)
    WHERE sequence IS NOT NULL;
"""


class GroupStore:
    """The statements on groups; queues are row ids here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ready(self, queue: int, now: float, limit: int, groups: int | None = None) -> list[sqlite3.Row]:
        """Up to `limit` messages that may be received, as many of each group as there are.

        Args:
            groups: from how many groups at most; None sets no limit.
        """
        found: list[sqlite3.Row] = []
        for group in self._ready_groups(queue, now, min(limit, groups or limit)):
            for row in self._first(queue, group, limit - len(found)):
                if row["visible_at"] > now + EARLY:
                    break
                found.append(row)
            if len(found) >= limit:
                break
        return found

    def any_ready(self, queue: int, now: float) -> bool:
        """Whether a receive would find something."""
        return bool(self._ready_groups(queue, now, 1))

    def next_ready(self, queue: int, now: float) -> float | None:
        """When the next group that is not ready now will be, or None."""
        sql = "SELECT min(ready_at) FROM sqs_groups WHERE queue = ? AND ready_at > ?"
        row = self._database.row(sql, (queue, now + EARLY))
        return None if row is None else row[0]

    def join(self, queue: int, group_id: str | None, ready_at: float) -> None:
        """Adds a group; one that is there stays as it is."""
        self._database.execute(
            "INSERT OR IGNORE INTO sqs_groups (queue, group_id, ready_at) VALUES (?, ?, ?)",
            (queue, group_id, ready_at),
        )

    def settle(self, queue: int, group_id: str | None, now: float) -> float | None:
        """Sets when a group is ready, and returns it; one that was ready and still is keeps its place."""
        first = self._first(queue, group_id, 1)
        known = self._database.row(
            "SELECT ready_at FROM sqs_groups WHERE queue = ? AND group_id = ?", (queue, group_id)
        )
        due = now + EARLY
        if first and known is not None and known["ready_at"] <= due and first[0]["visible_at"] <= due:
            ready: float = known["ready_at"]
            return ready
        return self.line_up(queue, group_id, now)

    def line_up(self, queue: int, group_id: str | None, now: float) -> float | None:
        """Puts a group at the end of the line of those that are ready when it is; None when it is empty."""
        first = self._first(queue, group_id, 1)
        if not first:
            self._database.execute(
                "DELETE FROM sqs_groups WHERE queue = ? AND group_id = ?", (queue, group_id)
            )
            return None
        ready_at: float = max(first[0]["visible_at"], now)
        self._database.execute(
            "INSERT OR REPLACE INTO sqs_groups (queue, group_id, ready_at) VALUES (?, ?, ?)",
            (queue, group_id, ready_at),
        )
        return ready_at

    def of(self, queue: int) -> list[str]:
        """The groups of a queue."""
        rows = self._database.rows("SELECT group_id FROM sqs_groups WHERE queue = ?", (queue,))
        return [row["group_id"] for row in rows]

    def clear(self, queue: int) -> None:
        """Forgets the groups of a queue."""
        self._database.execute("DELETE FROM sqs_groups WHERE queue = ?", (queue,))

    def _ready_groups(self, queue: int, now: float, limit: int) -> list[str]:
        rows = self._database.rows(
            "SELECT group_id FROM sqs_groups WHERE queue = ? AND ready_at <= ? ORDER BY ready_at, id LIMIT ?",
            (queue, now + EARLY, limit),
        )
        return [row["group_id"] for row in rows]

    def _first(self, queue: int, group_id: str | None, limit: int) -> list[sqlite3.Row]:
        return self._database.rows(
            "SELECT * FROM sqs_messages WHERE queue = ? AND group_id = ? AND sequence IS NOT NULL"
            " ORDER BY sequence LIMIT ?",
            (queue, group_id, limit),
        )


class Groups:
    """Keeps groups in step with what happens to their messages; does nothing for standard queues.

    Args:
        store: the groups.
        arrivals: told when one becomes ready.
    """

    def __init__(self, store: GroupStore, arrivals: Arrivals) -> None:
        self._store = store
        self._arrivals = arrivals

    def joined(self, queue: Queue, group_id: str | None, visible_at: float) -> None:
        """A message was put at the end of a group."""
        if queue.settings.fifo:
            self._store.join(queue.id, group_id, visible_at)

    def received(self, queue: Queue, group_ids: Iterable[str], now: float) -> None:
        """Messages of these groups were received: the groups go to the end of the line."""
        if queue.settings.fifo:
            for group_id in dict.fromkeys(group_ids):
                self._store.line_up(queue.id, group_id, now)

    def changed(self, queue: Queue, group_ids: Iterable[str | None], now: float) -> None:
        """Messages of these groups left, or were hidden or shown: some may be ready now, some no more."""
        if not queue.settings.fifo:
            return
        for group_id in dict.fromkeys(group_ids):
            ready_at = self._store.settle(queue.id, group_id, now)
            if ready_at is not None:
                self._arrivals.announce(queue.arn, ready_at)

    def rebuild(self, queue: Queue, now: float) -> None:
        """Looks at every group of a queue anew."""
        if queue.settings.fifo:
            self.changed(queue, self._store.of(queue.id), now)

    def forget(self, queue: Queue) -> None:
        """The queue has no messages any more."""
        if queue.settings.fifo:
            self._store.clear(queue.id)
