"""Queues in the store: found by account, region and name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.arn import Arn, queue_arn
from sandbox.model.scope import Scope
from sandbox.model.sqs_attributes import QueueSettings, settings
from sandbox.model.sqs_errors import queue_does_not_exist
from sandbox.model.sqs_fifo import GROUP_SCOPE, SCOPE_PROPAGATION
from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue as it is stored; times in virtual seconds.

    Attributes:
        old_scope: the scope of deduplication that was changed lately and is acted on until then.
    """

    id: int
    arn: Arn
    attributes: Mapping[str, str]
    settings: QueueSettings
    tags: Mapping[str, str]
    created: float
    modified: float
    purged: float | None
    old_scope: tuple[str, float] | None = None

    def per_group(self, now: float) -> bool:
        """Whether deduplication ids count within their message group only."""
        if self.old_scope is not None and now < self.old_scope[1]:
            return self.old_scope[0] == GROUP_SCOPE
        return self.settings.per_group

    @property
    def name(self) -> str:
        """The queue's name."""
        return self.arn.resource


_COLUMNS = (
    "id, account, region, name, attributes, tags, created, modified, purged, old_scope, old_scope_until"
)


class QueueStore:
    """The queues of all accounts and regions.

    Args:
        database: holds the truth. Parsed rows are kept, and used only while the row is still the same. Every
            call names a queue, so those found are remembered until a queue is written or a write taken back.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parsed: dict[int, tuple[tuple[Any, ...], Queue]] = {}
        self._found: dict[tuple[Scope, str], Queue] = {}
        self._undone = database.undone

    def rebuild(self) -> None:
        """Forgets what was found: the store may hold other queues by now."""
        self._found.clear()

    def find(self, scope: Scope, name: str) -> Queue | None:
        """The queue of that name, or None."""
        if self._undone != self._database.undone:
            self._undone = self._database.undone
            self._found.clear()
        queue = self._found.get((scope, name))
        if queue is None:
            queue = self._look_up(scope, name)
            if queue is not None:
                self._found[scope, name] = queue
        return queue

    def _look_up(self, scope: Scope, name: str) -> Queue | None:
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM sqs_queues WHERE name = ? AND account = ? AND region = ?",
            (name, scope.account, scope.region),
        )
        return None if row is None else self._queue(tuple(row))

    def get(self, scope: Scope, name: str) -> Queue:
        """The queue of that name.

        Raises:
            AwsError: QueueDoesNotExist.
        """
        queue = self.find(scope, name)
        if queue is None:
            raise queue_does_not_exist()
        return queue

    def by_arn(self, arn: Arn) -> Queue | None:
        """The queue with that ARN, or None."""
        return self.find(Scope(arn.account, arn.region), arn.resource)

    def all(self, scope: Scope | None = None) -> list[Queue]:
        """The queues of one account and region, or of all, by name."""
        where, values = (
            ("", ())
            if scope is None
            else (" WHERE account = ? AND region = ?", (scope.account, scope.region))
        )
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM sqs_queues{where} ORDER BY account, region, name", values
        )
        return [self._queue(tuple(row)) for row in rows]

    def create(
        self, scope: Scope, name: str, attributes: Mapping[str, str], tags: Mapping[str, str], now: float
    ) -> None:
        """Stores a new queue."""
        self._write(
            "INSERT INTO sqs_queues (account, region, name, attributes, tags, created, modified)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                scope.account,
                scope.region,
                name,
                json.dumps(dict(attributes)),
                json.dumps(dict(tags)),
                now,
                now,
            ),
        )

    def set_attributes(self, queue: Queue, attributes: Mapping[str, str], now: float) -> None:
        """Replaces the attributes of a queue."""
        self._write(
            "UPDATE sqs_queues SET attributes = ?, modified = ? WHERE id = ?",
            (json.dumps(dict(attributes)), now, queue.id),
        )
        if settings(attributes).scope != queue.settings.scope:
            self._database.execute(
                "UPDATE sqs_queues SET old_scope = ?, old_scope_until = ? WHERE id = ?",
                (queue.settings.scope, now + SCOPE_PROPAGATION, queue.id),
            )

    def set_tags(self, queue: Queue, tags: Mapping[str, str]) -> None:
        """Replaces the tags of a queue."""
        self._write("UPDATE sqs_queues SET tags = ? WHERE id = ?", (json.dumps(dict(tags)), queue.id))

    def set_purged(self, queue: Queue, now: float) -> None:
        """Notes when a queue was purged."""
        self._write("UPDATE sqs_queues SET purged = ? WHERE id = ?", (now, queue.id))

    def note_deleted(self, queue: Queue, now: float) -> None:
        """Notes when the queue of a name was deleted."""
        self._database.execute(
            "INSERT OR REPLACE INTO sqs_deleted (account, region, name, at) VALUES (?, ?, ?, ?)",
            (queue.arn.account, queue.arn.region, queue.name, now),
        )

    def deleted_at(self, scope: Scope, name: str) -> float | None:
        """When the last queue of that name was deleted, if one was."""
        row = self._database.row(
            "SELECT at FROM sqs_deleted WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        return None if row is None else float(row["at"])

    def delete(self, queue: Queue) -> None:
        """Deletes a queue and its messages."""
        with self._database.atomic():
            self._write("DELETE FROM sqs_messages WHERE queue = ?", (queue.id,))
            self._write("DELETE FROM sqs_queues WHERE id = ?", (queue.id,))
        self._parsed.pop(queue.id, None)

    def _write(self, sql: str, values: tuple[Any, ...]) -> None:
        self._found.clear()
        self._database.execute(sql, values)

    def _queue(self, row: tuple[Any, ...]) -> Queue:
        known = self._parsed.get(row[0])
        if known is not None and known[0] == row:
            return known[1]
        number, account, region, name, attributes_text, tags_text, created, modified, purged, *scope = row
        attributes = json.loads(attributes_text)
        queue = Queue(
            id=number,
            arn=queue_arn(Scope(account, region), name),
            attributes=attributes,
            settings=settings(attributes),
            tags=json.loads(tags_text),
            created=created,
            modified=modified,
            purged=purged,
            old_scope=None if scope[0] is None else (scope[0], scope[1]),
        )
        self._parsed[number] = (row, queue)
        return queue
