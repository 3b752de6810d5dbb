"""Filters that follow a group: each remembers up to which event it has looked, and is woken by a write.

Filters that go together have one key: a group, and what they have in common. Of each key one round is at work
at a time; what comes meanwhile is looked at in the next one, and what failed is tried again by the clock.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.clock import Timer, TimerKind
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit

#: A group, and what filters of it have in common.
Key = tuple[int, str]
#: Virtual seconds until what failed is tried again, and for how long it is.
_RETRY = 60.0
_GIVE_UP_MS = 24 * 3_600_000


class Follower:
    """Runs the rounds of the filters of one table.

    Args:
        table: has the columns `group_id` and `done`.
        shared: the column that is the other part of a key.
        work: looks at some of what a key has not looked at; says whether there may be more.
        settle: stores the lines that were written, before they are looked at by the clock.
        rest: real seconds between two rounds.
        last: real seconds that a stop waits for a round.
    """

    def __init__(
        self,
        kit: Kit,
        table: str,
        shared: str,
        work: Callable[[Key], Awaitable[bool]],
        settle: Callable[[], None],
        rest: float = 0.0,
        last: float = 0.0,
    ) -> None:
        self._kit = kit
        self._table = table
        self._shared = shared
        self._work = work
        self._settle = settle
        self._rest = rest
        self._last = last
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._again: set[Key] = set()
        self._resting: dict[Key, asyncio.TimerHandle] = {}
        self._timers: dict[Key, Timer] = {}
        self._groups: dict[int, set[str]] = {}
        #: Of rounds during which events were deleted, or lost with a turn: the newest that was left. The ids
        #: of newer ones are given anew.
        self._newest: dict[Key, int] = {}
        self._ending = False

    @property
    def wanted(self) -> bool:
        """Whether there are any filters."""
        return bool(self._groups)

    def tasks(self) -> set[asyncio.Task[Any]]:
        """What is at work; what rests does not rest any longer."""
        if self._groups and not self._ending:
            self._settle()
        for key in tuple(self._resting):
            if key in self._again:
                self._rested(key)
        return set(self._running.values())

    def start(self) -> None:
        """Looks at what was not looked at before."""
        self._ending = False
        self.changed()
        for group_id in self._groups:
            self.wake(group_id)

    def recall(self) -> None:
        """Looks again after a while; see `Service.recall`."""
        self.changed()
        self._note_newest()
        for group_id, several in self._groups.items():
            for shared in several:
                self.later((group_id, shared), PAUSE)

    async def stop(self) -> None:
        """Ends the work; what is not done is done after the next start."""
        self._ending = True
        for timer in self._timers.values():
            timer.cancel()
        for handle in self._resting.values():
            handle.cancel()
        tasks = list(self._running.values())
        if tasks and self._last:
            await asyncio.wait(tasks, timeout=self._last)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in (self._timers, self._resting, self._running, self._again, self._newest):
            waiting.clear()

    def changed(self) -> None:
        """Filters were put or deleted."""
        self._groups = {}
        for row in self._kit.database.rows(f"SELECT DISTINCT group_id, {self._shared} FROM {self._table}"):
            self._groups.setdefault(row[0], set()).add(row[1])

    def dropped(self) -> None:
        """Events are gone: what gets their ids anew has not been looked at."""
        self._kit.database.execute(f"UPDATE {self._table} SET done = min(done, ?)", (self._note_newest(),))

    def wake(self, group_id: int) -> None:
        """Something was written to a group."""
        for shared in self._groups.get(group_id, ()):
            self._begin((group_id, shared))

    # --- for the work ------------------------------------------------------------------------------------
    def done(self, key: Key, event_id: int) -> int:
        """What a round that has looked at this event last has to remember."""
        return min(event_id, self._newest.get(key, event_id))

    def is_given_up(self, ingested: int) -> bool:
        """Whether events that were taken in then (virtual milliseconds) are not tried any more."""
        return ingested <= self._kit.clock.now_ms() - _GIVE_UP_MS

    def later(self, key: Key, delay: float = _RETRY, kind: TimerKind = TimerKind.WORK) -> None:
        """Looks again after some virtual seconds, if nothing wakes it before."""

        def again() -> None:
            self._timers.pop(key, None)
            self._settle()
            self._begin(key)

        if self._ending:
            return
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        label = self._table.removeprefix("logs_").replace("_", " ")
        self._timers[key] = self._kit.clock.call_later(delay, again, label=label, kind=kind)

    def record_failure(
        self, row: sqlite3.Row, what: str, resource: str, cause: int | None, error: Exception
    ) -> None:
        """Keeps in the journal that something could not be handed on.

        Args:
            row: of a filter, with the account and region of its group.
        """
        self._kit.recorder.record(
            HopKind.DELIVERY_FAILED,
            Scope(row["account"], row["region"]),
            "logs",
            cause=cause,
            operation=what,
            resource=resource,
            status="error",
            error=str(error) if isinstance(error, AwsError) else f"{type(error).__name__}: {error}",
        )

    def _note_newest(self) -> int:
        row = self._kit.database.row("SELECT coalesce(max(id), 0) AS id FROM logs_events")
        assert row is not None  # an aggregate gives one row
        for key in self._running:
            self._newest[key] = min(row["id"], self._newest.get(key, row["id"]))
        return int(row["id"])

    # --- one at a time -----------------------------------------------------------------------------------
    def _begin(self, key: Key) -> None:
        if self._ending:
            return
        if key in self._running or key in self._resting:
            self._again.add(key)
            return
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        task = asyncio.get_running_loop().create_task(self._run(key), name=f"{self._table}-{key[1]}")
        self._running[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    async def _run(self, key: Key) -> None:
        more = True
        while more and not self._ending:
            self._newest.pop(key, None)
            more = await self._work(key)

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if task.cancelled() or self._ending:
            return
        if self._rest:
            self._resting[key] = task.get_loop().call_later(self._rest, self._rested, key)
        else:
            self._go_on(key)

    def _rested(self, key: Key) -> None:
        self._resting.pop(key).cancel()
        self._go_on(key)

    def _go_on(self, key: Key) -> None:
        if key in self._again:
            self._again.discard(key)
            self._begin(key)
