"""Messages end with their queue's retention period: one timer for all queues, set to the first due.

Receives and counts leave out such messages by themselves; the timer only keeps the store clean.
"""

from __future__ import annotations

from sandbox.clock import Clock, Timer, TimerKind
from sandbox.services.sqs.groups import Groups
from sandbox.services.sqs.messages import MessageStore
from sandbox.services.sqs.queues import QueueStore

#: Virtual seconds between two sweeps at least, so that a steady flow is not swept message by message.
_REST = 1.0


class Retention:
    """Sweeps out what is over."""

    def __init__(self, clock: Clock, queues: QueueStore, messages: MessageStore, groups: Groups) -> None:
        self._clock = clock
        self._queues = queues
        self._messages = messages
        self._groups = groups
        self._timer: Timer | None = None

    def expect(self, when: float) -> None:
        """Says that something ends at `when`."""
        if self._timer is None or when < self._timer.when:
            self._arm(when)

    def rebuild(self) -> None:
        """Sets the timer by the store."""
        self.stop()
        dues = []
        for queue in self._queues.all():
            oldest = self._messages.oldest(queue.id)
            if oldest is not None:
                dues.append(oldest + queue.settings.retention)
        if dues:
            self._arm(max(min(dues), self._clock.now() + _REST))

    def stop(self) -> None:
        """Drops the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, when: float) -> None:
        self.stop()
        label = "messages reach the end of their retention"
        self._timer = self._clock.call_at(when, self._sweep, label=label, kind=TimerKind.EXPIRY)

    def _sweep(self) -> None:
        now = self._clock.now()
        for queue in self._queues.all():
            if self._messages.expire(queue.id, now - queue.settings.retention):
                self._groups.rebuild(queue, now)
        self.rebuild()
