"""Topics in the store, and the deduplication of FIFO topics."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.model.arn import Arn, topic_arn
from sandbox.model.scope import Scope
from sandbox.model.sqs_fifo import DEDUPLICATION_INTERVAL, is_fifo
from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it is stored.

    Attributes:
        attributes: those that were set.
        deleted: subscriptions that were deleted.
    """

    id: int
    arn: Arn
    attributes: Mapping[str, str]
    tags: Mapping[str, str]
    deleted: int

    @property
    def fifo(self) -> bool:
        """Whether it is a FIFO topic."""
        return is_fifo(self.arn.resource)

    @property
    def content_based(self) -> bool:
        """Whether messages without a deduplication id get one from their text."""
        return self.attributes.get("ContentBasedDeduplication") == "true"

    @property
    def per_group(self) -> bool:
        """Whether deduplication ids count within their message group only."""
        return self.attributes.get("FifoThroughputScope") == "MessageGroup"


class TopicStore:
    """The topics of all accounts and regions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, arn: Arn) -> Topic | None:
        """The topic of that ARN, or None."""
        row = self._database.row(
            "SELECT * FROM sns_topics WHERE name = ? AND account = ? AND region = ?",
            (arn.resource, arn.account, arn.region),
        )
        return None if row is None else _topic(row)

    def of(self, scope: Scope) -> list[Topic]:
        """The topics of an account and region, by name."""
        rows = self._database.rows(
            "SELECT * FROM sns_topics WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return [_topic(row) for row in rows]

    def create(self, arn: Arn, attributes: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Stores a new topic."""
        self._database.execute(
            "INSERT INTO sns_topics (account, region, name, attributes, tags) VALUES (?, ?, ?, ?, ?)",
            (arn.account, arn.region, arn.resource, json.dumps(dict(attributes)), json.dumps(dict(tags))),
        )

    def set_attributes(self, topic: Topic, attributes: Mapping[str, str]) -> None:
        """Replaces the attributes of a topic."""
        self._database.execute(
            "UPDATE sns_topics SET attributes = ? WHERE id = ?", (json.dumps(dict(attributes)), topic.id)
        )

    def set_tags(self, topic: Topic, tags: Mapping[str, str]) -> None:
        """Replaces the tags of a topic."""
        self._database.execute(
            "UPDATE sns_topics SET tags = ? WHERE id = ?", (json.dumps(dict(tags)), topic.id)
        )

    def count_deleted(self, topic: int) -> None:
        """Counts one more subscription of a topic that was deleted."""
        self._database.execute("UPDATE sns_topics SET deleted = deleted + 1 WHERE id = ?", (topic,))

    def delete(self, topic: Topic) -> None:
        """Deletes a topic with its subscriptions."""
        with self._database.atomic():
            self._database.execute("DELETE FROM sns_subscriptions WHERE topic = ?", (topic.id,))
            self._database.execute("DELETE FROM sns_deduplications WHERE topic = ?", (topic.id,))
            self._database.execute("DELETE FROM sns_topics WHERE id = ?", (topic.id,))

    # --- deduplication of FIFO topics --------------------------------------------------------------------
    def earlier(self, topic: Topic, group: str, deduplication_id: str, now: float) -> tuple[str, int] | None:
        """Message id and number of the message that a new one would be a duplicate of, or None."""
        row = self._database.row(
            "SELECT id, message_id FROM sns_deduplications"
            " WHERE topic = ? AND scope = ? AND deduplication_id = ? AND until > ?",
            (topic.id, group if topic.per_group else "", deduplication_id, now),
        )
        return None if row is None else (row["message_id"], row["id"])

    def remember(self, topic: Topic, group: str, deduplication_id: str, message_id: str, now: float) -> int:
        """Remembers the id of a message that was accepted for five minutes; the message's number."""
        self._database.execute(
            "DELETE FROM sns_deduplications WHERE topic = ? AND until <= ?", (topic.id, now)
        )
        number = self._database.execute(
            "INSERT OR REPLACE INTO sns_deduplications (topic, scope, deduplication_id, until, message_id)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                topic.id,
                group if topic.per_group else "",
                deduplication_id,
                now + DEDUPLICATION_INTERVAL,
                message_id,
            ),
        ).lastrowid
        assert number is not None
        return number


def _topic(row: sqlite3.Row) -> Topic:
    return Topic(
        id=row["id"],
        arn=topic_arn(Scope(row["account"], row["region"]), row["name"]),
        attributes=json.loads(row["attributes"]),
        tags=json.loads(row["tags"]),
        deleted=row["deleted"],
    )
