"""Who waits for messages, and how they are woken: no polling, one timer per queue that somebody waits at.

Long polls stand in line, first come first served, and one message wakes one of them; subscribers (event
source mappings) are told of every arrival. All of it is memory: after a start or a restore, `rebuild` sets it
right again.
"""

from __future__ import annotations

import asyncio
import itertools
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sandbox.clock import Clock, Timer
from sandbox.model.arn import Arn
from sandbox.services.sqs.messages import EARLY

T = TypeVar("T")


class Horizon(Protocol):
    """What the line needs to know of a queue."""

    def any_visible(self, queue: Arn) -> bool:
        """Whether a receive would find something now."""
        ...

    def next_visible(self, queue: Arn) -> float | None:
        """When the next hidden message becomes visible."""
        ...


@dataclass(order=True, slots=True)
class _Ticket:
    """A long poll's place in the line."""

    number: int
    called: asyncio.Future[None] = field(compare=False)


class Arrivals:
    """The lines and subscribers of all queues.

    Args:
        clock: its timers say when a hidden message becomes visible.
        horizon: looks into the store.
    """

    def __init__(self, clock: Clock, horizon: Horizon) -> None:
        self._clock = clock
        self._horizon = horizon
        self._numbers = itertools.count()
        self._lines: dict[Arn, list[_Ticket]] = {}
        self._subscribers: dict[Arn, dict[int, Callable[[], None]]] = {}
        self._timers: dict[Arn, Timer] = {}
        self._closed = False

    def announce(self, queue: Arn, visible_at: float) -> None:
        """Says that a message of the queue is visible, or will be at `visible_at`."""
        if queue not in self._lines and queue not in self._subscribers:
            return
        if visible_at <= self._clock.now() + EARLY:
            self._wake(queue)
        else:
            self._arm(queue, visible_at)

    def withdraw(self, queue: Arn, times: Sequence[float]) -> None:
        """Says that messages that would have become visible at `times` will not."""
        timer = self._timers.get(queue)
        if timer is not None and timer.when in times:
            self._drop_timer(queue)
            self._arm_next(queue)

    def subscribe(self, queue: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` at every arrival from now on; what is visible already is not announced.

        Returns:
            The function that ends it.
        """
        number = next(self._numbers)
        self._subscribers.setdefault(queue, {})[number] = wake
        self._arm_next(queue)

        def end() -> None:
            subscribers = self._subscribers.get(queue, {})
            subscribers.pop(number, None)
            if not subscribers:
                self._subscribers.pop(queue, None)
            self._rest(queue)

        return end

    async def poll(self, queue: Arn, seconds: float, limit: int, take: Callable[[], list[T]]) -> list[T]:
        """Takes messages, waiting for the first up to `seconds` (virtual or real, whichever passes first).

        A poll that is cancelled while it waits has taken nothing and passes its call on.

        Args:
            limit: how many `take` gives at most.
            take: takes what is visible now, without waiting.

        Returns:
            What `take` gave; empty when the time is over or the service stops.
        """
        if seconds <= 0 or queue not in self._lines:
            taken = take()
            if taken or seconds <= 0:
                self._pass_on(queue, len(taken) == limit)
                return taken
        number = next(self._numbers)
        virtual, real = self._clock.now() + seconds, self._clock.elapsed() + seconds
        while not self._closed:
            left = min(virtual - self._clock.now(), real - self._clock.elapsed())
            called = left > 0 and await self._stand(queue, number, left)
            if self._closed:
                break
            taken = take()
            if taken or not called:
                self._pass_on(queue, len(taken) == limit)
                return taken
        return []

    @property
    def waiting(self) -> int:
        """Long polls that stand in line now."""
        return sum(len(line) for line in self._lines.values())

    def rebuild(self) -> None:
        """Takes everybody's timers from the store anew and has everybody look again."""
        self._closed = False
        for queue in {*self._timers, *self._lines, *self._subscribers}:
            self.refresh(queue)

    def refresh(self, queue: Arn) -> None:
        """Has everybody who waits at a queue look again: it was purged, deleted, or replaced by a restore."""
        self._drop_timer(queue)
        for ticket in self._lines.get(queue, []):
            if not ticket.called.done():
                ticket.called.set_result(None)
        self._tell(queue)
        if queue in self._lines or queue in self._subscribers:
            self._arm_next(queue)

    def close(self) -> None:
        """Sends everybody home and drops the timers."""
        self._closed = True
        self._subscribers.clear()
        for line in self._lines.values():
            for ticket in line:
                if not ticket.called.done():
                    ticket.called.set_result(None)
        for queue in list(self._timers):
            self._drop_timer(queue)

    # --- inside ------------------------------------------------------------------------------------------
    async def _stand(self, queue: Arn, number: int, seconds: float) -> bool:
        """Stands in line with the place `number` until called or the time is over; whether it was called."""
        ticket = _Ticket(number, asyncio.get_running_loop().create_future())
        line = self._lines.setdefault(queue, [])
        insort(line, ticket)
        self._arm_next(queue)
        try:
            return await self._clock.wait(ticket.called, seconds, label=f"long poll of {queue.resource}")
        except asyncio.CancelledError:
            if ticket.called.done():
                self._call_first(queue)
            raise
        finally:
            line.remove(ticket)
            if not line:
                self._lines.pop(queue, None)
            self._rest(queue)

    def _pass_on(self, queue: Arn, full: bool) -> None:
        if full and queue in self._lines and self._horizon.any_visible(queue):
            self._call_first(queue)

    def _wake(self, queue: Arn) -> None:
        self._call_first(queue)
        self._tell(queue)

    def _call_first(self, queue: Arn) -> None:
        for ticket in self._lines.get(queue, []):
            if not ticket.called.done():
                ticket.called.set_result(None)
                return

    def _tell(self, queue: Arn) -> None:
        for wake in list(self._subscribers.get(queue, {}).values()):
            wake()

    def _arm_next(self, queue: Arn) -> None:
        if queue not in self._timers:
            when = self._horizon.next_visible(queue)
            if when is not None:
                self._arm(queue, when)

    def _arm(self, queue: Arn, when: float) -> None:
        timer = self._timers.get(queue)
        if timer is not None:
            if timer.when <= when:
                return
            timer.cancel()
        label = f"message of {queue.resource} becomes visible"
        self._timers[queue] = self._clock.call_at(when, lambda: self._due(queue), label=label)

    def _due(self, queue: Arn) -> None:
        self._timers.pop(queue, None)
        if self._horizon.any_visible(queue):
            self._wake(queue)
        self._arm_next(queue)

    def _rest(self, queue: Arn) -> None:
        if queue not in self._lines and queue not in self._subscribers:
            self._drop_timer(queue)

    def _drop_timer(self, queue: Arn) -> None:
        timer = self._timers.pop(queue, None)
        if timer is not None:
            timer.cancel()
