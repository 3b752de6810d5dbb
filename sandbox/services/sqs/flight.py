"""The limit of messages in flight, without counting them at every receive.

What is in flight is counted once, and again only when so many have been handed out since that the limit may
be reached.
Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

from sandbox.services.sqs.messages import MessageStore
from sandbox.services.sqs.queues import Queue

#: Of standard and of FIFO queues.
MOST_IN_FLIGHT = 120_000


class Flight:
    """How many more messages of each queue may be in flight.

    Args:
        most: the limit.
    """

    def __init__(self, messages: MessageStore, most: int = MOST_IN_FLIGHT) -> None:
        self._messages = messages
        self._most = most
        self._room: dict[int, int] = {}

    def room(self, queue: Queue, wanted: int, now: float) -> int:
        """How many of `wanted` messages may be handed out now."""
        room = self._room.get(queue.id, 0)
        if room < wanted:
            room = self._room[queue.id] = self._most - self._messages.in_flight(queue.id, now)
        return min(wanted, max(room, 0))

    def took(self, queue: Queue, count: int) -> None:
        """Notes that messages were handed out."""
        self._room[queue.id] = self._room.get(queue.id, 0) - count

    def forget(self) -> None:
        """Counts anew from now on: the store may be another."""
        self._room.clear()

    def is_full(self, queue: Queue) -> bool:
        """Whether the last receive found the limit reached."""
        return self._room.get(queue.id, 1) <= 0
