"""Metric filters at work: what a group gets becomes data of CloudWatch, durably.

A filter remembers up to which event it has looked; a write wakes those of the group. Filters of one group
and namespace go together: what they find is one PutMetricData, and the next one comes a second later, with
all that was found meanwhile. A kill after CloudWatch has stored points and before their filter has remembered
that counts them twice; none are lost. What CloudWatch does not take is tried again by the clock, for a day.
Reference: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from sandbox.clock import TimerKind
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ports import AwsClient
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.logs.following import Follower, Key
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
_MINUTE = 60


class Metrics:
    """Looks at what groups get, and puts what it finds.

    Args:
        aws: reaches CloudWatch; None where nobody can be asked, and no filter can be put.
        settle: stores the lines that were written.

    Attributes:
        follower: wakes it.
    """

    def __init__(self, kit: Kit, aws: AwsClient | None, settle: Callable[[], None]) -> None:
        self._kit = kit
        self._database = kit.database
        self._aws = aws
        self.follower = Follower(
            kit, "logs_metric_filters", "namespace", self._round, settle, rest=_REST, last=_LAST
        )

    async def _round(self, key: Key) -> bool:
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
                what = f"metric filters of {rows[0]['log_group']}"
                self.follower.record_failure(rows[0], what, key[1], data.cause, error)
                newest = events[looked - 1]["ingested"] if events else self._kit.clock.now_ms()
                if not self.follower.is_given_up(newest):
                    self.follower.later(key)
                    return False
        self._remember(key, watches)
        if not events:
            self._wait_for_the_minute(key, watches)
        return bool(events)

    async def _put(self, row: sqlite3.Row, data: Data) -> None:
        if self._aws is None:
            raise AwsError("ServiceUnavailableException", "nobody here takes metrics")
        call = Call(scope=Scope(row["account"], row["region"]), hop=data.cause)
        params = {"Namespace": row["namespace"], "MetricData": data.members()}
        await self._aws.call("cloudwatch", "PutMetricData", params, call)

    def _remember(self, key: Key, watches: Sequence[_Watch]) -> None:
        self._database.executemany(
            "UPDATE logs_metric_filters SET minute = ?, waiting = ?, done = max(done, ?) "
            "WHERE group_id = ? AND name = ?",
            [
                (one.minute, one.waiting, self.follower.done(key, one.done), key[0], one.name)
                for one in watches
                if one.moved
            ],
        )

    def _wait_for_the_minute(self, key: Key, watches: Sequence[_Watch]) -> None:
        ends = [(watch.minute + 1) * _MINUTE for watch in watches if watch.waiting]
        if ends:
            # No work for `settle`: a default value says that nothing happened.
            self.follower.later(key, max(0.0, min(ends) - self._kit.clock.now()), TimerKind.EXPIRY)


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
