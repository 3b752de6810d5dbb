"""Throttling: throughput that a table has no more of, and partition keys that are asked for too often.

Pages: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html,
…/bp-partition-key-design.html and …/troubleshooting-throttling-diagnostics.html
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sandbox.clock import Clock
from sandbox.model.arn import table_arn
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from sandbox.services.dynamodb.capacity import Consumption
from sandbox.services.dynamodb.definitions import PROVISIONED, READ, WRITE, Index, Table

#: Seconds of unused capacity that a table keeps for a burst.
_BURST = 300
#: Units that one partition key of a table or index has in a second, however the table is provisioned.
_OF_A_KEY = {READ: 3000, WRITE: 1000}
_HOT = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your "
    "table or index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_PROVISIONED = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
    "provisioning level with the UpdateTable API."
)
_MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"


class _Bucket(msgspec.Struct):
    units: float
    at: float


class Limiter:
    """Throughput as buckets on the clock (full ones hold five minutes of it), and units by partition key.

    A partition may use all of its table's throughput, which is what adaptive capacity gives it, up to the
    limit of one partition: a partition key that has had that much in a second has to wait for the next one.
    Where time stands still no second ever ends, so partition keys are not counted then.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[int, str, str], _Bucket] = {}
        #: The second that is counted, and the units that it has seen by table or index, kind and partition.
        self._second = 0
        self._spent: dict[tuple[int, str, bytes], float] = {}

    def forget(self) -> None:
        """Fills every bucket: the store was put back, or a throughput changed."""
        self._buckets.clear()
        self._spent.clear()

    def check(self, table: Table, kind: str, indexes: Iterable[Index] = ()) -> None:
        """Refuses a request while a bucket that it needs is empty.

        Args:
            kind: `READ` or `WRITE`.
            indexes: the indexes that are read or written.

        Raises:
            AwsError: ProvisionedThroughputExceededException, ThrottlingException on demand.
        """
        limits = table.limits[kind]
        if not limits:
            return
        now = self._clock.now()
        for name in ("", *[index.name for index in indexes]):
            rate = limits.get(name)
            if rate is not None and self._bucket(table.id, name, kind, rate, now).units <= 0:
                raise _throttled(table, name, kind)

    def check_keys(self, consumed: Consumption, kind: str) -> None:
        """Refuses a request on a partition key that has had all that one has in a second.

        Raises:
            AwsError: ProvisionedThroughputExceededException, ThrottlingException on demand.
        """
        if not self._clock.speed:
            return
        second = int(self._clock.now())
        if second != self._second:
            self._second = second
            self._spent.clear()
            return
        for index, partition, _ in consumed.keys:
            place = (consumed.table.own if index is None else index.id, kind, partition)
            if self._spent.get(place, 0.0) >= _OF_A_KEY[kind]:
                raise _hot(consumed.table, "" if index is None else index.name, kind)

    def take(self, consumed: Consumption, kind: str) -> None:
        """Takes what a request consumes out of the buckets; they may go below zero.

        Raises:
            AwsError: as `check_keys`; nothing is taken then.
        """
        self.check_keys(consumed, kind)
        self._take(consumed, kind)

    def take_all(self, consumed: Iterable[Consumption], kind: str) -> None:
        """Takes what a transaction consumes, once `check_keys` has let all of it through."""
        for one in consumed:
            self._take(one, kind)

    def _take(self, consumed: Consumption, kind: str) -> None:
        table, spent = consumed.table, self._spent
        for index, partition, units in consumed.keys if self._clock.speed else ():
            place = (table.own if index is None else index.id, kind, partition)
            spent[place] = spent.get(place, 0.0) + units
        limits = table.limits[kind]
        if not limits:
            return
        now = self._clock.now()
        own = consumed.read + consumed.write
        for name, units in consumed.indexes.items():
            rate = limits.get(name)
            if rate is not None:
                self._bucket(table.id, name, kind, rate, now).units -= units
            elif table.by_name[name].local:
                own += units
        rate = limits.get("")
        if rate is not None:
            self._bucket(table.id, "", kind, rate, now).units -= own

    def _bucket(self, table: int, name: str, kind: str, rate: int, now: float) -> _Bucket:
        bucket = self._buckets.get((table, name, kind))
        if bucket is None:
            bucket = self._buckets[(table, name, kind)] = _Bucket(rate * _BURST, now)
        else:
            bucket.units = min(rate * _BURST, bucket.units + (now - bucket.at) * rate)
            bucket.at = now
        return bucket


def _throttled(table: Table, index: str, kind: str) -> AwsError:
    if table.definition.billing == PROVISIONED:
        return _error(table, index, kind, "ProvisionedThroughputExceeded", _PROVISIONED)
    return _error(table, index, kind, "MaxOnDemandThroughputExceeded", _MAXIMUM)


def _hot(table: Table, index: str, kind: str) -> AwsError:
    provisioned = table.definition.billing == PROVISIONED
    return _error(table, index, kind, "KeyRangeThroughputExceeded", _PROVISIONED if provisioned else _HOT)


def _error(table: Table, index: str, kind: str, limit: str, message: str) -> AwsError:
    """The refusal as tables of its kind word it, with the reason by name."""
    arn = f"{table_arn(Scope(table.account, table.region), table.name)}{f'/index/{index}' if index else ''}"
    reasons = [{"reason": f"{'Index' if index else 'Table'}{kind.title()}{limit}", "resource": arn}]
    if table.definition.billing == PROVISIONED:
        return AwsError(
            "ProvisionedThroughputExceededException", message, fields={"ThrottlingReasons": reasons}
        )
    return AwsError("ThrottlingException", message, fields={"throttlingReasons": reasons})
