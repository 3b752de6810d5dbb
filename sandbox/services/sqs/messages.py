"""Messages in the store: every statement that touches `sqs_messages`, and nothing of the rules."""

from __future__ import annotations

import sqlite3
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.model.sqs_message import Attributes
from sandbox.store.database import Database

#: The clock may fire a timer half a millisecond early: what is due by then is visible.
EARLY = 0.0005

VISIBLE = "visible"
IN_FLIGHT = "in-flight"
DELAYED = "delayed"

_HELD = "id, message_id, sent, visible_at, in_flight, last_received, hop, trace, group_id"
_STATES: Mapping[str, str] = {
    VISIBLE: "visible_at <= :due",
    IN_FLIGHT: "visible_at > :due AND receipt IS NOT NULL",
    DELAYED: "visible_at > :due AND receipt IS NULL",
}

#: What a copy of a message has in common with it.
_COPIED = "queue, sent, message_id, md5, sender, trace, group_id, source, receives, attributes, body"


class NewMessage(msgspec.Struct, frozen=True):
    """A message about to be stored in a queue (its row id); times in virtual seconds."""

    queue: int
    message_id: str
    body: str
    md5: str
    attributes: Attributes
    trace: str | None
    group_id: str | None
    sender: str
    sent: float
    visible_at: float
    hop: int
    sequence: int | None = None
    deduplication_id: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages of a queue are in which state; `oldest` is when the oldest was sent."""

    visible: int
    in_flight: int
    delayed: int
    oldest: float | None


def pack_attributes(attributes: Attributes) -> bytes | None:
    """Message attributes as they are stored."""
    return msgspec.json.encode(attributes) if attributes else None


def unpack_attributes(stored: bytes | None) -> dict[str, dict[str, Any]]:
    """Message attributes as the API has them, from what is stored."""
    if stored is None:
        return {}
    attributes: dict[str, dict[str, Any]] = msgspec.json.decode(stored)
    for attribute in attributes.values():
        if "BinaryValue" in attribute:
            attribute["BinaryValue"] = b64decode(attribute["BinaryValue"])
    return attributes


class MessageStore:
    """The messages of all queues; queues are row ids here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, message: NewMessage) -> None:
        """Stores a message."""
        self._database.execute(
            "INSERT INTO sqs_messages (queue, visible_at, sent, message_id, md5, sender, trace, group_id,"
            " sequence, deduplication_id, hop, attributes, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.queue,
                message.visible_at,
                message.sent,
                message.message_id,
                message.md5,
                message.sender,
                message.trace,
                message.group_id,
                message.sequence,
                message.deduplication_id,
                message.hop,
                pack_attributes(message.attributes),
                message.body,
            ),
        )

    def visible(self, queue: int, now: float, limit: int) -> list[sqlite3.Row]:
        """Up to `limit` visible messages, in the order in which they became visible."""
        return self._database.rows(
            "SELECT * FROM sqs_messages WHERE queue = ? AND visible_at <= ?"
            " ORDER BY visible_at, sent, id LIMIT ?",
            (queue, now + EARLY, limit),
        )

    def any_visible(self, queue: int, now: float) -> bool:
        """Whether a receive would find something."""
        sql = "SELECT 1 FROM sqs_messages WHERE queue = ? AND visible_at <= ? LIMIT 1"
        return self._database.row(sql, (queue, now + EARLY)) is not None

    def next_visible(self, queue: int, now: float) -> float | None:
        """When the next message that is not visible now will be, or None."""
        sql = "SELECT min(visible_at) FROM sqs_messages WHERE queue = ? AND visible_at > ?"
        row = self._database.row(sql, (queue, now + EARLY))
        return None if row is None else row[0]

    def mark_received(self, number: int, nonce: int, now: float, visible_at: float, hop: int) -> None:
        """Puts a message in flight until `visible_at`."""
        self._database.execute(
            "UPDATE sqs_messages SET visible_at = ?, receives = receives + 1, in_flight = 1, receipt = ?,"
            " hop = ?, first_received = coalesce(first_received, ?), last_received = ? WHERE id = ?",
            (visible_at, nonce, hop, now, now, number),
        )

    def copy(self, number: int, visible_at: float, hop: int) -> None:
        """Stores a message a second time, with the same id and as many receives."""
        self._database.execute(
            f"INSERT INTO sqs_messages ({_COPIED}, visible_at, hop) SELECT {_COPIED}, ?, ? FROM sqs_messages"
            " WHERE id = ?",
            (visible_at, hop, number),
        )

    def move(self, number: int, queue: int, source: str, now: float, hop: int) -> None:
        """Moves a message to its dead-letter queue; its id, time of sending and receives stay."""
        self._database.execute(
            "UPDATE sqs_messages SET queue = ?, source = ?, visible_at = ?, in_flight = 0, receipt = NULL,"
            " hop = ? WHERE id = ?",
            (queue, source, now, hop, number),
        )

    def held(self, queue: int, number: int, nonce: int) -> sqlite3.Row | None:
        """The message whose latest receive had that nonce, or None."""
        return self._database.row(
            f"SELECT {_HELD} FROM sqs_messages WHERE id = ? AND queue = ? AND receipt = ?",
            (number, queue, nonce),
        )

    def held_in_order(self, queue: int, sequence: int, nonce: int) -> sqlite3.Row | None:
        """The message of a FIFO queue whose latest receive had that nonce, or None."""
        return self._database.row(
            f"SELECT {_HELD} FROM sqs_messages WHERE queue = ? AND sequence = ? AND receipt = ?",
            (queue, sequence, nonce),
        )

    def is_there(self, queue: int, sequence: int) -> bool:
        """Whether a message is in a FIFO queue, in whichever state."""
        sql = "SELECT 1 FROM sqs_messages WHERE queue = ? AND sequence = ?"
        return self._database.row(sql, (queue, sequence)) is not None

    def delete(self, number: int) -> None:
        """Deletes one message."""
        self._database.execute("DELETE FROM sqs_messages WHERE id = ?", (number,))

    def hide(self, number: int, visible_at: float) -> None:
        """Changes until when a message in flight is hidden."""
        self._database.execute("UPDATE sqs_messages SET visible_at = ? WHERE id = ?", (visible_at, number))

    def show(self, number: int, now: float, hop: int) -> None:
        """Makes a message visible at once."""
        self._database.execute(
            "UPDATE sqs_messages SET visible_at = ?, in_flight = 0, hop = ? WHERE id = ?", (now, hop, number)
        )

    def purge(self, queue: int) -> None:
        """Deletes every message of a queue, in whichever state."""
        self._database.execute("DELETE FROM sqs_messages WHERE queue = ?", (queue,))

    def expire(self, queue: int, sent_before: float) -> bool:
        """Deletes the messages of a queue that were sent at or before a time; whether there were any."""
        deleted = self._database.execute(
            "DELETE FROM sqs_messages WHERE queue = ? AND sent <= ?", (queue, sent_before)
        )
        return deleted.rowcount > 0

    def delay_anew(self, queue: int, seconds: float) -> None:
        """Gives the messages that nobody received yet another delay, from when they were sent."""
        self._database.execute(
            "UPDATE sqs_messages SET visible_at = sent + ? WHERE queue = ? AND receives = 0", (seconds, queue)
        )

    def oldest(self, queue: int) -> float | None:
        """When the oldest message of a queue was sent, or None."""
        row = self._database.row("SELECT min(sent) FROM sqs_messages WHERE queue = ?", (queue,))
        return None if row is None else row[0]

    def counts(self, queue: int, now: float, sent_after: float) -> Counts:
        """Counts messages by state, but none sent at or before `sent_after` (their retention is over)."""
        values = {"queue": queue, "due": now + EARLY, "after": sent_after}
        kept = "FROM sqs_messages WHERE queue = :queue AND sent > :after AND visible_at"
        shown = self._database.rows(f"SELECT count(*), min(sent) {kept} <= :due", values)[0]
        hidden = self._database.rows(f"SELECT count(*), count(receipt), min(sent) {kept} > :due", values)[0]
        times = [sent for sent in (shown[1], hidden[2]) if sent is not None]
        return Counts(shown[0], hidden[1], hidden[0] - hidden[1], min(times, default=None))

    def in_flight(self, queue: int, now: float) -> int:
        """How many messages of a queue somebody has received and not given back."""
        sql = "SELECT count(receipt) FROM sqs_messages WHERE queue = ? AND visible_at > ?"
        return int(self._database.rows(sql, (queue, now + EARLY))[0][0])

    def page(
        self,
        queue: int,
        state: str | None,
        now: float,
        sent_after: float,
        limit: int,
        offset: int,
        match: str = "",
    ) -> list[sqlite3.Row]:
        """Messages in order of sending, without touching them; `state` None means every state.

        Args:
            match: text that the body or the id must have; ASCII letters of either case are the same.

        Raises:
            KeyError: no such state.
        """
        where = "" if state is None else f" AND {_STATES[state]}"
        where += " AND instr(lower(message_id || ' ' || body), lower(:match))" if match else ""
        return self._database.rows(
            f"SELECT * FROM sqs_messages WHERE queue = :queue AND sent > :after{where}"
            " ORDER BY sent, id LIMIT :limit OFFSET :offset",
            {
                "queue": queue,
                "due": now + EARLY,
                "after": sent_after,
                "limit": limit,
                "offset": offset,
                "match": match,
            },
        )
