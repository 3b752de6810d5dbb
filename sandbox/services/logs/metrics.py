"""Metric filters at work: what a group gets becomes data of CloudWatch, durably.

A filter remembers up to which event it has looked; a write wakes those of the group. Filters of one group
and namespace go together: what they find is one PutMetricData, and the next one comes a second later, with
all that was found meanwhile. A kill after CloudWatch has stored points and before their filter has remembered
that counts them twice; none are lost. What CloudWatch does not take is tried again by the clock, for a day.
Reference: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.clock import Timer, TimerKind
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from sandbox.model.ports import AwsClient
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit
from sandbox.services.logs.metric_points import MOST_DATA, Data, ready

#: `minute` is the newest one (since the epoch) in which there were events, `waiting` whether none of them has
#: matched, so that the default value is due at its end.
SCHEMA = """
CREATE TABLE IF NOT EXISTS logs_metric_filters (group_id INTEGER NOT NULL, name TEXT NOT NULL,
    pattern TEXT NOT NULL, namespace TEXT NOT NULL, metric TEXT NOT NULL, transformation TEXT NOT NULL,
    created INTEGER NOT NULL, done INTEGER NOT NULL, minute INTEGER NOT NULL, waiting INTEGER NOT NULL,
    PRIMARY KEY (group_id, name)) WITHOUT ROWID;
"""

#: Events looked at in one go.
_SLICE = 1_000
#: Real seconds between two PutMetricData of a group and namespace.
_REST = 1.0
#: Real seconds that a stop waits for what is being put, so that it is not counted again.
_LAST = 5.0
_RETRY = 60.0
_GIVE_UP_MS = 24 * 3_600_000
_MINUTE = 60

#: A group and a namespace.
_Key = tuple[int, str]


class Metrics:
    """Follows groups.

    Args:
        aws: reaches CloudWatch; None where nobody can be asked, and no filter can be put.
        settle: stores the lines that were written.
    """

    def __init__(self, kit: Kit, aws: AwsClient | None, settle: Callable[[], None]) -> None:
        self._kit = kit
        self._database = kit.database
        self._aws = aws
        self._settle = settle
        self._running: dict[_Key, asyncio.Task[None]] = {}
        self._again: set[_Key] = set()
        self._resting: dict[_Key, asyncio.TimerHandle] = {}
        self._timers: dict[_Key, Timer] = {}
        self._groups: dict[int, set[str]] = {}
        self._ending = False

    def tasks(self) -> set[asyncio.Task[Any]]:
        """What is at work; what waits for the next PutMetricData does not wait any longer."""
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
        for group_id, namespaces in self._groups.items():
            for namespace in namespaces:
                self._later((group_id, namespace), PAUSE)

    async def stop(self) -> None:
        """Ends the work; what is not done is done after the next start."""
        self._ending = True
        for timer in self._timers.values():
            timer.cancel()
        for handle in self._resting.values():
            handle.cancel()
        tasks = list(self._running.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in (self._timers, self._resting, self._running, self._again):
            waiting.clear()

    def changed(self) -> None:
        """Filters were put or deleted."""
        self._groups = {}
        for row in self._database.rows("SELECT DISTINCT group_id, namespace FROM logs_metric_filters"):
            self._groups.setdefault(row["group_id"], set()).add(row["namespace"])

    def dropped(self) -> None:
        """Events are gone: what gets their ids anew has not been looked at."""
        self._database.execute(
            "UPDATE logs_metric_filters SET done = min(done, (SELECT coalesce(max(id), 0) FROM logs_events))"
        )

    def wake(self, group_id: int) -> None:
        """Something was written to a group."""
        for namespace in self._groups.get(group_id, ()):
            self._begin((group_id, namespace))

    # --- one at a time -----------------------------------------------------------------------------------
    def _begin(self, key: _Key) -> None:
        if self._ending:
            return
        if key in self._running or key in self._resting:
            self._again.add(key)
            return
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        task = asyncio.get_running_loop().create_task(self._run(key), name=f"logs-metrics-{key[1]}")
        self._running[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: _Key, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if not task.cancelled() and not self._ending:
            self._resting[key] = task.get_loop().call_later(_REST, self._rested, key)

    def _rested(self, key: _Key) -> None:
        self._resting.pop(key).cancel()
        if key in self._again:
            self._again.discard(key)
            self._begin(key)

    def _later(self, key: _Key, delay: float, kind: TimerKind = TimerKind.WORK) -> None:
        def again() -> None:
            self._timers.pop(key, None)
            self._settle()
            self._begin(key)

        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        self._timers[key] = self._kit.clock.call_later(delay, again, label="metric filter", kind=kind)

    # --- the work ----------------------------------------------------------------------------------------
    async def _run(self, key: _Key) -> None:
        while not self._ending and await self._round(key):
            pass

    async def _round(self, key: _Key) -> bool:
        """Looks at the next events; says whether there may be more."""
        # Anew in each round: filters may have been changed or deleted meanwhile.
        rows = self._database.rows(
            "SELECT f.*, g.account, g.region, g.name AS log_group FROM logs_metric_filters f "
            "JOIN logs_groups g ON g.id = f.group_id WHERE f.group_id = ? AND f.namespace = ?",
            key,
        )
        if not rows:
            return False
        events = self._database.rows(
            "SELECT id, at, ingested, message, cause FROM logs_events WHERE group_id = ? AND id > ? "
            "ORDER BY id LIMIT ?",
            (key[0], min(row["done"] for row in rows), _SLICE),
        )
        watches = [_Watch(row) for row in rows]
        data = Data()
        looked = 0
        for event in events:
            if len(data) + 2 * len(watches) > MOST_DATA:
                break
            for watch in watches:
                watch.look(event, data)
            looked += 1
        if not events:
            minute = self._kit.clock.now_ms() // 1000 // _MINUTE
            for watch in watches:
                watch.close(minute, data)
        if len(data):
            try:
                await self._put(rows[0], data)
            except Exception as error:
                # Whatever happened, it is tried again: nobody waits for it.
                self._record_failure(rows[0], data, error)
                newest = events[looked - 1]["ingested"] if events else self._kit.clock.now_ms()
                if newest > self._kit.clock.now_ms() - _GIVE_UP_MS:
                    self._later(key, _RETRY)
                    return False
        self._remember(key[0], watches)
        if not events:
            self._wait_for_the_minute(key, watches)
        return bool(events)

    async def _put(self, row: sqlite3.Row, data: Data) -> None:
        if self._aws is None:
            raise AwsError("ServiceUnavailableException", "nobody here takes metrics")
        call = Call(scope=Scope(row["account"], row["region"]), hop=data.cause)
        params = {"Namespace": row["namespace"], "MetricData": data.members()}
        await self._aws.call("cloudwatch", "PutMetricData", params, call)

    def _remember(self, group_id: int, watches: Sequence[_Watch]) -> None:
        self._database.executemany(
            # Not beyond the newest event: see `dropped`.
            "UPDATE logs_metric_filters SET minute = ?, waiting = ?, "
            "done = min(max(done, ?), (SELECT coalesce(max(id), 0) FROM logs_events)) "
            "WHERE group_id = ? AND name = ?",
            [(one.minute, one.waiting, one.done, group_id, one.name) for one in watches if one.moved],
        )

    def _wait_for_the_minute(self, key: _Key, watches: Sequence[_Watch]) -> None:
        ends = [(watch.minute + 1) * _MINUTE for watch in watches if watch.waiting]
        if ends:
            # No work for `settle`: a default value says that nothing happened.
            self._later(key, max(0.0, min(ends) - self._kit.clock.now()), TimerKind.EXPIRY)

    def _record_failure(self, row: sqlite3.Row, data: Data, error: Exception) -> None:
        self._kit.recorder.record(
            HopKind.DELIVERY_FAILED,
            Scope(row["account"], row["region"]),
            "logs",
            cause=data.cause,
            operation=f"metric filters of {row['log_group']}",
            resource=row["namespace"],
            status="error",
            error=str(error) if isinstance(error, AwsError) else f"{type(error).__name__}: {error}",
        )


class _Watch:
    """One filter while it looks at events, and how far it has come."""

    def __init__(self, row: sqlite3.Row) -> None:
        self._filter = ready(row["pattern"], row["transformation"])
        self._before = (row["done"], row["minute"], bool(row["waiting"]))
        self.name: str = row["name"]
        self.done, self.minute, self.waiting = self._before

    @property
    def moved(self) -> bool:
        """Whether there is something to remember."""
        return (self.done, self.minute, self.waiting) != self._before

    def look(self, event: sqlite3.Row, data: Data) -> None:
        """Looks at an event, unless it has before."""
        if event["id"] <= self.done:
            return
        self.done = event["id"]
        minute = event["ingested"] // 1000 // _MINUTE
        if self._filter.default is not None and minute > self.minute:
            self.close(minute, data)
            self.minute, self.waiting = minute, True
        matches, point = self._filter.look(event["message"])
        if matches:
            self.waiting = False
        if point is not None:
            data.add(event["at"] // 1000, point, event["cause"])

    def close(self, minute: int, data: Data) -> None:
        """Gives the default value of the minute before, where that is due."""
        if self.waiting and minute > self.minute:
            if self._filter.default is not None:
                data.add(self.minute * _MINUTE, self._filter.default)
            self.waiting = False
