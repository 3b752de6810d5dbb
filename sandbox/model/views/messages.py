"""Queues, messages and dead letters, seen without receiving them."""

from __future__ import annotations

from typing import Any

import msgspec


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """One queue.

    Attributes:
        visible, in_flight, delayed: messages in each state.
        oldest_seconds: virtual age of the oldest message, None when it is empty.
        dead_letter_queue: name of its dead-letter queue.
        sources: names of the queues whose dead letters it takes, which can be redriven.
        senders: who beside queues sends what could not be delivered or processed here, such as `rule criada`.
        consumers: names of the functions that event source mappings feed from it.
        visibility_timeout, retention: seconds.
        max_receives: receives before a message is dead-lettered.
        sent, received, deleted: how many since the sandbox started, for rates.
    """

    name: str
    arn: str
    url: str
    visible: int
    in_flight: int
    delayed: int
    oldest_seconds: float | None = None
    dead_letter_queue: str | None = None
    sources: list[str] = []
    senders: list[str] = []
    consumers: list[str] = []
    visibility_timeout: float = 30
    retention: float = 345600
    max_receives: int | None = None
    sent: int = 0
    received: int = 0
    deleted: int = 0

    @property
    def is_dead_letter_queue(self) -> bool:
        """Whether anybody sends dead letters here."""
        return bool(self.sources or self.senders)

    @property
    def gives(self) -> str:
        """Everybody who sends dead letters here, in words."""
        return ", ".join((*self.sources, *self.senders))


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it lies in its queue.

    Attributes:
        state: `visible`, `in-flight` or `delayed`.
        sent_at, visible_at: virtual seconds since the epoch.
        receive_count: how often it was received.
        attributes: message attributes in the form of the SQS API.
        flow: id of the flow it belongs to.
    """

    queue: str
    message_id: str
    body: str
    state: str
    sent_at: float
    visible_at: float
    receive_count: int
    attributes: dict[str, dict[str, Any]] = {}
    group_id: str | None = None
    flow: int | None = None


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter, and why it landed there.

    Attributes:
        source: name of the queue it came from.
        sender: who sent it where no queue did, in words: `rule criada`. facts: what it says of itself then.
        attempts: receives, or tries, before it was given up; 0 where nobody tells.
        error: the last error, in one line. stack_trace: of the last exception, oldest call first.
        function: the function that failed it.
        original_id, changed: for a message that was edited and resent: what it was, and what was changed.
    """

    message: MessageView
    source: str | None = None
    sender: str | None = None
    facts: dict[str, str] = {}
    attempts: int = 0
    error: str = ""
    stack_trace: list[str] = []
    function: str | None = None
    dead_lettered_at: float | None = None
    original_id: str | None = None
    changed: list[str] = []


class MoveResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a redrive, resend or drop did. `kept`: ids that stayed where they were, with the reason."""

    moved: int
    kept: dict[str, str] = {}
    message_ids: list[str] = []


class MoveProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a redrive is: so many of so many dead letters were looked at. The last one has the `result`."""

    done: int
    of: int
    result: MoveResult | None = None
