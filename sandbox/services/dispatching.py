"""Deliveries to targets: at once where possible, tried again by the clock, and dead-lettered in the end.

A delivery that succeeds at once leaves nothing behind but what the target stored in the same turn. One that
must wait is stored before anything is acknowledged, and goes on after a restart.
"""

from __future__ import annotations

import asyncio
from typing import Any, Generic

import msgspec

from sandbox.clock import Timer, TimerKind
from sandbox.model.delivering import retry_delay
from sandbox.services.base import Kit
from sandbox.services.handover import HandOver, P
from sandbox.store.database import Database

_BATCH = 100


class Waiting(Generic[P]):
    """The deliveries that wait, by the virtual time they are due.

    Args:
        database: the store.
        table: with the columns `id`, `next_at`, `document`.
        kind: what the documents are.
    """

    def __init__(self, database: Database, table: str, kind: type[P]) -> None:
        self._database = database
        self._table = table
        self._kind = kind

    def __len__(self) -> int:
        row = self._database.row(f"SELECT count(*) AS number FROM {self._table}")
        return int(row["number"]) if row else 0

    def add(self, pending: P, when: float) -> None:
        """Stores a delivery that is due at `when`."""
        self._database.execute(
            f"INSERT INTO {self._table} (next_at, document) VALUES (?, ?)",
            (when, msgspec.json.encode(pending)),
        )

    def put_off(self, identity: int, pending: P, when: float) -> None:
        """Stores what became of a delivery, and when it is tried again."""
        self._database.execute(
            f"UPDATE {self._table} SET next_at = ?, document = ? WHERE id = ?",
            (when, msgspec.json.encode(pending), identity),
        )

    def remove(self, identity: int) -> None:
        """Forgets a delivery that is over."""
        self._database.execute(f"DELETE FROM {self._table} WHERE id = ?", (identity,))

    def due(self, now: float) -> list[tuple[int, P]]:
        """Some of the deliveries that are due, oldest first; empty when there are none."""
        rows = self._database.rows(
            f"SELECT id, document FROM {self._table} WHERE next_at <= ? ORDER BY next_at, id LIMIT ?",
            (now, _BATCH),
        )
        return [(row["id"], msgspec.json.decode(row["document"], type=self._kind)) for row in rows]

    def next_due(self) -> float | None:
        """When the next one is due."""
        row = self._database.row(f"SELECT min(next_at) AS next FROM {self._table}")
        return None if row is None or row["next"] is None else float(row["next"])


class Dispatcher(Generic[P]):
    """Works off deliveries.

    Args:
        kit: clock and store.
        service: whose deliveries they are, for labels.
        waiting: those that have to wait.
        handover: tries them.
    """

    def __init__(self, kit: Kit, service: str, waiting: Waiting[P], handover: HandOver[P]) -> None:
        self._clock = kit.clock
        self._service = service
        self.waiting = waiting
        self.handover = handover
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._running = False

    def start(self) -> None:
        """Goes on with what is stored."""
        self._running = True
        self._arm()

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

    async def deliver(self, pending: P) -> None:
        """Tries now, and stores the delivery when it has to be tried again; never fails the publisher."""
        if not await self.handover.attempt(pending):
            self.waiting.add(pending, self._next_try(pending))
            self._arm()

    def enqueue(self, pending: P) -> None:
        """Stores a delivery that is due now; it is worked off in a task of its own."""
        self.waiting.add(pending, self._clock.now())
        self._wake()

    # --- what waits --------------------------------------------------------------------------------------
    def _next_try(self, pending: P) -> float:
        return min(self._clock.now() + retry_delay(pending.attempts), pending.deadline)

    def _arm(self) -> None:
        """One timer, for the delivery that is due next."""
        self._disarm()
        when = self.waiting.next_due()
        if self._running and when is not None:
            self._timer = self._clock.call_at(
                when, self._wake, label=f"{self._service}: deliver again", kind=TimerKind.WORK
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
        while True:
            self._again = False
            due = self.waiting.due(self._clock.now())
            for identity, pending in due:
                if await self._is_over(pending):
                    self.waiting.remove(identity)
                else:
                    self.waiting.put_off(identity, pending, self._next_try(pending))
            if not due and not self._again:
                break
        self._arm()

    async def _is_over(self, pending: P) -> bool:
        if pending.attempts and self._clock.now() >= pending.deadline:
            await self.handover.expire(pending)
            return True
        return await self.handover.attempt(pending)
