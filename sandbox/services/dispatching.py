"""Deliveries to targets: at once where possible, tried again by the clock, and dead-lettered in the end.

A delivery that succeeds at once leaves nothing behind but what the target stored in the same turn. One that
must wait is stored before anything is acknowledged, and goes on after a restart.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from sandbox.clock import Timer, TimerKind
from sandbox.errors import StoreError
from sandbox.model.delivering import retry_delay
from sandbox.services.base import PAUSE, Kit
from sandbox.services.handover import HandOver, P
from sandbox.store.database import Database

#: Whatever is delivered; its document is JSON.
Q = TypeVar("Q")
_BATCH = 100


class Waiting(Generic[Q]):
    """The deliveries that wait, by the virtual time they are due.

    Args:
        database: the store.
        table: with the columns `id`, `next_at`, `document`.
        kind: what the documents are.
    """

    def __init__(self, database: Database, table: str, kind: type[Q]) -> None:
        self.database = database
        self._table = table
        self._kind = kind

    def __len__(self) -> int:
        row = self.database.row(f"SELECT count(*) AS number FROM {self._table}")
        return int(row["number"]) if row else 0

    def add(self, pending: Q, when: float) -> None:
        """Stores a delivery that is due at `when`."""
        self.database.execute(
            f"INSERT INTO {self._table} (next_at, document) VALUES (?, ?)",
            (when, msgspec.json.encode(pending)),
        )

    def put_off(self, identity: int, pending: Q, when: float) -> None:
        """Stores what became of a delivery, and when it is tried again."""
        self.database.execute(
            f"UPDATE {self._table} SET next_at = ?, document = ? WHERE id = ?",
            (when, msgspec.json.encode(pending), identity),
        )

    def remove(self, identity: int) -> None:
        """Forgets a delivery that is over."""
        self.database.execute(f"DELETE FROM {self._table} WHERE id = ?", (identity,))

    def due(self, now: float) -> list[tuple[int, Q]]:
        """Some of the deliveries that are due, oldest first; empty when there are none."""
        rows = self.database.rows(
            f"SELECT id, document FROM {self._table} WHERE next_at <= ? ORDER BY next_at, id LIMIT ?",
            (now, _BATCH),
        )
        return [(row["id"], msgspec.json.decode(row["document"], type=self._kind)) for row in rows]

    def next_due(self) -> float | None:
        """When the next one is due."""
        row = self.database.row(f"SELECT min(next_at) AS next FROM {self._table}")
        return None if row is None or row["next"] is None else float(row["next"])


class Worker(ABC, Generic[Q]):
    """Works off deliveries: tries them, and again when they are due.

    Args:
        kit: clock and store.
        service: whose deliveries they are, for labels.
        waiting: those that have to wait.
    """

    def __init__(self, kit: Kit, service: str, waiting: Waiting[Q]) -> None:
        self.clock = kit.clock
        self._service = service
        self.waiting = waiting
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._running = False

    @abstractmethod
    async def attempt(self, pending: Q) -> float | None:
        """Tries once.

        Returns:
            Virtual time of the next try; None when the delivery is over.
        """

    def start(self) -> None:
        """Goes on with what is stored."""
        self._running = True
        self._arm()

    def recall(self) -> None:
        """Looks again at what waits, after a while; see `Service.recall`."""
        self._arm(not_before=self.clock.now() + PAUSE)

    async def stop(self) -> None:
        """Ends the work under way; what was not delivered stays stored."""
        self._running = False
        self._disarm()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def work(self) -> set[asyncio.Task[Any]]:
        """The task that works off what is due, while it does."""
        return {self._task} if self._task is not None and not self._task.done() else set()

    async def deliver(self, pending: Q) -> None:
        """Tries now, and stores the delivery when it has to be tried again; never fails the publisher."""
        when = await self.attempt(pending)
        if when is not None:
            self.waiting.add(pending, when)
            self._arm()

    def enqueue(self, pending: Q, when: float | None = None) -> None:
        """Stores a delivery that is worked off in a task of its own.

        Args:
            when: virtual time from which it is due; None means now.
        """
        now = self.clock.now()
        self.waiting.add(pending, now if when is None else when)
        if when is None or when <= now:
            self._wake()
        else:
            self._arm()

    async def work_off(self, due: Sequence[tuple[int, Q]]) -> None:
        """Tries stored deliveries, one after the other."""
        for identity, pending in due:
            await self.try_stored(identity, pending)

    async def try_stored(self, identity: int, pending: Q) -> None:
        """Tries one stored delivery and stores what became of it."""
        when = await self.attempt(pending)
        if when is None:
            self.waiting.remove(identity)
        else:
            self.waiting.put_off(identity, pending, when)

    # --- what waits --------------------------------------------------------------------------------------
    def _arm(self, *, not_before: float = 0.0) -> None:
        """One timer, for the delivery that is due next."""
        self._disarm()
        when = self.waiting.next_due()
        if self._running and when is not None:
            self._timer = self.clock.call_at(
                max(when, not_before),
                self._wake,
                label=f"{self._service}: deliver again",
                kind=TimerKind.WORK,
            )

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if not self._running:
            return
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._work(), name=f"{self._service} deliveries")

    async def _work(self) -> None:
        try:
            while True:
                self._again = False
                due = self.waiting.due(self.clock.now())
                await self.work_off(due)
                if not due and not self._again:
                    break
        except StoreError:  # they are in the store as they were: `recall` goes on
            return
        self._arm()


class Dispatcher(Worker[P]):
    """Works off deliveries to targets, which become too old at last.

    Args:
        handover: tries them.
        at_once: how many are tried together; one after another keeps their order.
    """

    def __init__(
        self, kit: Kit, service: str, waiting: Waiting[P], handover: HandOver[P], *, at_once: int = 1
    ) -> None:
        super().__init__(kit, service, waiting)
        self.handover = handover
        self._at_once = at_once

    async def work_off(self, due: Sequence[tuple[int, P]]) -> None:
        """Tries stored deliveries, some of them together; see `Worker.work_off`."""
        if self._at_once == 1:
            await super().work_off(due)
            return
        for at in range(0, len(due), self._at_once):
            await asyncio.gather(*(self.try_stored(*each) for each in due[at : at + self._at_once]))

    async def attempt(self, pending: P) -> float | None:
        """Tries once, or gives up what has become too old; see `Worker.attempt`."""
        if pending.attempts and self.clock.now() >= pending.deadline:
            await self.handover.expire(pending)
            return None
        if await self.handover.attempt(pending):
            return None
        delay = max(retry_delay(pending.attempts), pending.wait)
        return min(self.clock.now() + delay, pending.deadline)
