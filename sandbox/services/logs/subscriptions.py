"""Subscription filters: what a group gets is handed on to a function, in batches, durably.

A filter remembers up to which event it has handed on; a write wakes it. What cannot be delivered is tried
again by the clock, for a day, as on AWS.
Reference: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from sandbox.clock import Timer
from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.ports import Deliverer, Delivery
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit
from sandbox.services.logs.filters import compile_filter

SCHEMA = """
CREATE TABLE IF NOT EXISTS logs_subscriptions (group_id INTEGER NOT NULL, name TEXT NOT NULL,
    pattern TEXT NOT NULL, target TEXT NOT NULL, role TEXT NOT NULL, distribution TEXT NOT NULL,
    created INTEGER NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (group_id, name)) WITHOUT ROWID;
"""

#: Events looked at in one go; a batch holds those of one stream among them.
_SLICE = 1_000
#: Bytes of messages in one batch: with its base64 it stays below what a function takes.
_BATCH_BYTES = 512 * 1024
_RETRY = 60.0
_GIVE_UP_MS = 24 * 3_600_000

_Key = tuple[int, str]


class Subscriptions:
    """Hands events on.

    Args:
        deliverer: None where nothing can be delivered.
    """

    def __init__(self, kit: Kit, deliverer: Deliverer | None) -> None:
        self._kit = kit
        self._database = kit.database
        self._deliverer = deliverer
        self._running: dict[_Key, asyncio.Task[None]] = {}
        self._again: set[_Key] = set()
        self._timers: dict[_Key, Timer] = {}
        self._groups: set[int] = set()

    def tasks(self) -> set[asyncio.Task[Any]]:
        """The deliveries that run now."""
        return set(self._running.values())

    def start(self) -> None:
        """Hands on what was not handed on before."""
        self.changed()
        for group_id in self._groups:
            self.wake(group_id)

    def recall(self) -> None:
        """Looks again after a while; see `Service.recall`."""
        self.changed()
        for row in self._database.rows("SELECT group_id, name FROM logs_subscriptions"):
            key = (row["group_id"], row["name"])
            if key not in self._timers:
                self._try_later(key, PAUSE)

    async def stop(self) -> None:
        """Ends deliveries; what they have not done is done after the next start."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()
        self._again.clear()

    def changed(self) -> None:
        """Filters were put or deleted."""
        rows = self._database.rows("SELECT DISTINCT group_id FROM logs_subscriptions")
        self._groups = {row["group_id"] for row in rows}

    def dropped(self) -> None:
        """Events are gone: what gets their ids anew has not been handed on."""
        self._database.execute(
            "UPDATE logs_subscriptions SET done = min(done, (SELECT coalesce(max(id), 0) FROM logs_events))"
        )

    @property
    def wanted(self) -> bool:
        """Whether there are any filters."""
        return bool(self._groups)

    def wake(self, group_id: int) -> None:
        """Something was written to a group."""
        if group_id not in self._groups:
            return
        for row in self._database.rows("SELECT name FROM logs_subscriptions WHERE group_id = ?", (group_id,)):
            self._begin((group_id, row["name"]))

    def _begin(self, key: _Key) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        if key in self._running:
            self._again.add(key)
            return
        task = asyncio.get_running_loop().create_task(self._run(key), name=f"logs-subscription-{key[1]}")
        self._running[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: _Key, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if task.cancelled():
            return
        if key in self._again:
            self._again.discard(key)
            self._begin(key)

    async def _run(self, key: _Key) -> None:
        while True:
            # Anew in each round: it may have been changed or deleted meanwhile.
            row = self._database.row(
                "SELECT f.*, g.account, g.region, g.name AS log_group FROM logs_subscriptions f "
                "JOIN logs_groups g ON g.id = f.group_id WHERE f.group_id = ? AND f.name = ?",
                key,
            )
            if row is None:
                return
            events = self._database.rows(
                "SELECT e.*, s.name AS stream FROM logs_events e JOIN logs_streams s ON s.id = e.stream_id "
                "WHERE e.group_id = ? AND e.id > ? ORDER BY e.id LIMIT ?",
                (key[0], row["done"], _SLICE),
            )
            if not events:
                return
            if not await self._hand_on(row, events):
                return

    async def _hand_on(self, row: sqlite3.Row, events: Sequence[sqlite3.Row]) -> bool:
        """Delivers what matches; says whether to go on now."""
        matches = compile_filter(row["pattern"])
        for batch in _batches(events, matches):
            try:
                await self._deliver(row, batch)
            except Exception as error:
                # Whatever happened, it is tried again: nobody waits for this delivery.
                self._record_failure(row, batch, error)
                if batch[-1]["ingested"] > self._kit.clock.now_ms() - _GIVE_UP_MS:
                    self._try_later((row["group_id"], row["name"]))
                    return False
            self._done(row, batch[-1]["id"])
        self._done(row, events[-1]["id"])
        return True

    async def _deliver(self, row: sqlite3.Row, batch: Sequence[sqlite3.Row]) -> None:
        if self._deliverer is None:
            raise AwsError("InvalidParameterException", f"nothing delivers to {row['target']}")
        cause = next((event["cause"] for event in batch if event["cause"] is not None), None)
        await self._deliverer.deliver(Delivery(parse_arn(row["target"]), _payload(row, batch), cause))

    def _done(self, row: sqlite3.Row, event_id: int) -> None:
        self._database.execute(
            # Not beyond the newest event: see `dropped`.
            "UPDATE logs_subscriptions SET done = min(max(done, ?), "
            "(SELECT coalesce(max(id), 0) FROM logs_events)) WHERE group_id = ? AND name = ?",
            (event_id, row["group_id"], row["name"]),
        )

    def _try_later(self, key: _Key, delay: float = _RETRY) -> None:
        def again() -> None:
            self._timers.pop(key, None)
            self._begin(key)

        self._timers[key] = self._kit.clock.call_later(delay, again, label="log subscription")

    def _record_failure(self, row: sqlite3.Row, batch: Sequence[sqlite3.Row], error: Exception) -> None:
        self._kit.recorder.record(
            HopKind.DELIVERY_FAILED,
            Scope(row["account"], row["region"]),
            "logs",
            cause=batch[0]["cause"],
            operation=f"subscription {row['name']}",
            resource=row["target"],
            status="error",
            error=str(error) if isinstance(error, AwsError) else f"{type(error).__name__}: {error}",
        )


def _batches(
    events: Sequence[sqlite3.Row], matches: Callable[[str], bool]
) -> Iterator[Sequence[sqlite3.Row]]:
    """The matching events, those of one stream that follow one another together, none too large."""
    fitting = [event for event in events if matches(event["message"])]
    for _, group in itertools.groupby(fitting, key=lambda event: event["stream_id"]):
        batch: list[sqlite3.Row] = []
        size = 0
        for event in group:
            length = len(event["message"].encode())
            if batch and size + length > _BATCH_BYTES:
                yield batch
                batch, size = [], 0
            batch.append(event)
            size += length
        yield batch


def _payload(row: sqlite3.Row, batch: Sequence[sqlite3.Row]) -> str:
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": row["account"],
        "logGroup": row["log_group"],
        "logStream": batch[0]["stream"],
        "subscriptionFilters": [row["name"]],
        "logEvents": [
            {"id": f"{event['id']:056d}", "timestamp": event["at"], "message": event["message"]}
            for event in batch
        ],
    }
    data = base64.b64encode(gzip.compress(msgspec.json.encode(document), mtime=0)).decode()
    return msgspec.json.encode({"awslogs": {"data": data}}).decode()
