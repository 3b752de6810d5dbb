"""Queues as a test sees them: without receiving, so without changing, what lies in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.model.arn import queue_url
from sandbox.model.scope import Scope
from sandbox.testing.control import Control
from sandbox.testing.errors import FlowAssertionError, report, section

if TYPE_CHECKING:
    from sandbox.testing.aws import Aws

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it lies in its queue.

    Attributes:
        state: `visible`, `in-flight` or `delayed`.
        visible_in: virtual seconds until it can be received; not positive when it is visible.
        source: ARN of the queue it was dead-lettered from.
    """

    message_id: str
    body: str
    attributes: Mapping[str, Any]
    state: str
    receive_count: int
    visible_in: float
    source: str | None

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def __str__(self) -> str:
        body = self.body if len(self.body) <= 300 else f"{self.body[:300]}…"
        return f"{self.message_id} {self.state}, received {self.receive_count} times: {body}"


class Queue:
    """One queue.

    Args:
        control: asks the sandbox.
    """

    def __init__(self, name: str, arn: str, control: Control, aws: Aws) -> None:
        self.name = name
        self.arn = arn
        self._control = control
        self._aws = aws

    def __repr__(self) -> str:
        return f"Queue({self.name!r})"

    @property
    def url(self) -> str:
        """Its URL."""
        return queue_url(Scope(self._aws.account, self._aws.region), self.name, self._aws.endpoint_url)

    def messages(self) -> list[Message]:
        """What lies in it, in order of sending: visible, in flight and delayed."""
        found = self._control.call("test_messages", queue=self.arn, limit=_MOST)
        return [
            Message(
                message_id=one["message_id"],
                body=one["body"],
                attributes=one["attributes"],
                state=one["state"],
                receive_count=one["receive_count"],
                visible_in=one["visible_in"],
                source=one["source"],
            )
            for one in found
        ]

    def __len__(self) -> int:
        return len(self.messages())

    def send(self, body: str | Mapping[str, Any]) -> str:
        """Sends a message, a mapping as JSON; returns its id."""
        text = body if isinstance(body, str) else json.dumps(body)
        sent = self._aws.client("sqs").send_message(QueueUrl=self.url, MessageBody=text)
        message_id: str = sent["MessageId"]
        return message_id

    def assert_empty(self) -> None:
        """Nothing lies in it: nothing visible, nothing in flight, nothing delayed.

        Raises:
            FlowAssertionError: with the messages.
        """
        messages = self.messages()
        if messages:
            count = "1 message" if len(messages) == 1 else f"{len(messages)} messages"
            raise FlowAssertionError(
                report(f"the queue {self.name} holds {count}", section("messages", map(str, messages[:20])))
            )
