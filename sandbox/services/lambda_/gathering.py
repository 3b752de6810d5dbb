"""Messages that wait for their batching window to end.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.model.ports import LeasedMessage


class Gathering:
    """The batch that is being filled.

    Args:
        size: messages that make it full.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._messages: list[LeasedMessage] = []
        self._times: list[float] = []

    @property
    def room(self) -> int:
        """Messages that still fit in."""
        return self._size - len(self._messages)

    @property
    def begun(self) -> float | None:
        """When the first message came, in virtual seconds; None while there is none."""
        return self._times[0] if self._times else None

    def add(self, messages: Sequence[LeasedMessage], now: float) -> None:
        """Puts leased messages in."""
        self._messages += messages
        self._times += [now] * len(messages)

    def ready(self, now: float, window: float) -> bool:
        """Whether the batch is full or its window over."""
        return bool(self._times) and (self.room <= 0 or now >= self._times[0] + window)

    def take(self, now: float = 0.0, visible: float | None = None) -> list[LeasedMessage]:
        """Empties it.

        Args:
            visible: seconds a lease lasts; what was leased longer ago is in the queue again and left out.
        """
        taken = [
            message
            for message, leased in zip(self._messages, self._times, strict=True)
            if visible is None or now < leased + visible
        ]
        self._messages, self._times = [], []
        return taken
