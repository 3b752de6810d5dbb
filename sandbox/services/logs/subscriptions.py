"""Subscription filters: what a group gets is handed on to a function, in batches, durably.

A filter remembers up to which event it has handed on; a write wakes it. What cannot be delivered is tried
again by the clock, for a day, as on AWS.
Reference: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import base64
import gzip
import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.ports import Deliverer, Delivery
from sandbox.services.base import Kit
from sandbox.services.logs.filters import compile_filter
from sandbox.services.logs.following import Follower, Key

SCHEMA = """
CREATE TABLE IF NOT EXISTS logs_subscriptions (group_id INTEGER NOT NULL, name TEXT NOT NULL,
    pattern TEXT NOT NULL, target TEXT NOT NULL, role TEXT NOT NULL, distribution TEXT NOT NULL,
    created INTEGER NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (group_id, name)) WITHOUT ROWID;
"""

#: Events looked at in one go; a batch holds those of one stream among them.
_SLICE = 1_000
#: Bytes of messages in one batch: with its base64 it stays below what a function takes.
_BATCH_BYTES = 512 * 1024


class Subscriptions:
    """Hands events on.

    Args:
        deliverer: None where nothing can be delivered.
        settle: stores the lines that were written.

    Attributes:
        follower: wakes it.
    """

    def __init__(self, kit: Kit, deliverer: Deliverer | None, settle: Callable[[], None]) -> None:
        self._database = kit.database
        self._deliverer = deliverer
        self.follower = Follower(kit, "logs_subscriptions", "name", self._round, settle)

    async def _round(self, key: Key) -> bool:
        """Hands the next events on; says whether there may be more."""
        # Anew in each round: it may have been changed or deleted meanwhile.
        row = self._database.row(
            "SELECT f.*, g.account, g.region, g.name AS log_group FROM logs_subscriptions f "
            "JOIN logs_groups g ON g.id = f.group_id WHERE f.group_id = ? AND f.name = ?",
            key,
        )
        if row is None:
            return False
        events = self._database.rows(
            "SELECT e.*, s.name AS stream FROM logs_events e JOIN logs_streams s ON s.id = e.stream_id "
            "WHERE e.group_id = ? AND e.id > ? ORDER BY e.id LIMIT ?",
            (key[0], row["done"], _SLICE),
        )
        return bool(events) and await self._hand_on(key, row, events)

    async def _hand_on(self, key: Key, row: sqlite3.Row, events: Sequence[sqlite3.Row]) -> bool:
        """Delivers what matches; says whether to go on now."""
        matches = compile_filter(row["pattern"])
        for batch in _batches(events, matches):
            try:
                await self._deliver(row, batch)
            except Exception as error:
                # Whatever happened, it is tried again: nobody waits for this delivery.
                what = f"subscription {row['name']}"
                self.follower.record_failure(row, what, row["target"], batch[0]["cause"], error)
                if not self.follower.is_given_up(batch[-1]["ingested"]):
                    self.follower.later(key)
                    return False
            self._remember(key, batch[-1]["id"])
        self._remember(key, events[-1]["id"])
        return True

    async def _deliver(self, row: sqlite3.Row, batch: Sequence[sqlite3.Row]) -> None:
        if self._deliverer is None:
            raise AwsError("InvalidParameterException", f"nothing delivers to {row['target']}")
        cause = next((event["cause"] for event in batch if event["cause"] is not None), None)
        await self._deliverer.deliver(Delivery(parse_arn(row["target"]), _payload(row, batch), cause))

    def _remember(self, key: Key, event_id: int) -> None:
        self._database.execute(
            "UPDATE logs_subscriptions SET done = max(done, ?) WHERE group_id = ? AND name = ?",
            (self.follower.done(key, event_id), *key),
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
