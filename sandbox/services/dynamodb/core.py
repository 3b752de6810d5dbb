"""The parts that the operations of DynamoDB are made of, wired once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from sandbox.clock import TimerKind
from sandbox.errors import StoreError
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.values import Item
from sandbox.services.again import Again
from sandbox.services.base import Kit, Params, Service
from sandbox.services.dynamodb.capacity import Consumption, read_units
from sandbox.services.dynamodb.definitions import READ, WRITE, Table
from sandbox.services.dynamodb.expiry import Expiry
from sandbox.services.dynamodb.items import ItemStore, Stored
from sandbox.services.dynamodb.pace import USUAL, Pace
from sandbox.services.dynamodb.pages import PageReader
from sandbox.services.dynamodb.schema import SCHEMA
from sandbox.services.dynamodb.streams import StreamStore
from sandbox.services.dynamodb.tables import TableStore
from sandbox.services.dynamodb.throttling import Limiter
from sandbox.services.dynamodb.totals import Totals
from sandbox.services.dynamodb.upkeep import Upkeep
from sandbox.services.dynamodb.writing import Planned, Write, Writer, consumed_by


class DynamoDbCore(Service):
    """State and parts of the service; the operations are in its subclasses.

    Args:
        pace: how work on large tables is divided.
    """

    name: ClassVar[str] = "dynamodb"
    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(self, kit: Kit, pace: Pace = USUAL) -> None:
        super().__init__(kit)
        self._again = Again(kit.clock, self._set_timers, "dynamodb: look again", TimerKind.EXPIRY)
        self.tables = TableStore(kit.database)
        self.totals = Totals(kit.database)
        self.items = ItemStore(kit.database, self.totals)
        self.pages = PageReader(kit.database)
        self.streams = StreamStore(kit.database, kit.clock, kit.ids, kit.recorder)
        self.limiter = Limiter(kit.clock)
        self.writer = Writer(self.items, self.streams)
        self.expiry = Expiry(kit.database, kit.clock, self.tables.by_id, self.writer.expire)
        self.writer.expiry = self.expiry
        self.upkeep = Upkeep(kit.database, kit.clock, self.tables, self.totals, self.expiry, pace)

    async def start(self) -> None:
        """Forgets what memory held and sets timers by the store."""
        self.tables.forget()
        self.limiter.forget()
        self.totals.rebuild()
        self.streams.forget()
        self.streams.rebuild()
        self.expiry.rebuild()
        self.upkeep.resume()

    def recall(self) -> None:
        """Reads tables and sets timers anew, and what was under way begins anew; see `Service.recall`."""
        self.tables.forget()
        self.streams.forget()
        self.upkeep.drop()
        self._again.soon()

    def _set_timers(self) -> None:
        self.streams.rebuild()
        self.expiry.rebuild()
        self.upkeep.resume()

    def work(self) -> set[asyncio.Task[Any]]:
        """What is under way on large tables; see `Service.work`."""
        return self.upkeep.work()

    async def stop(self) -> None:
        """Drops the timers, and keeps what would take long to count."""
        await self.upkeep.stop()
        with suppress(sqlite3.Error, StoreError):  # the next start counts anew
            self.totals.keep()
        self._again.stop()
        self.streams.stop()
        self.expiry.stop()

    def table_of(self, call: Call, params: Params) -> Table:
        """The table that a request names.

        Raises:
            AwsError: ValidationException, ResourceNotFoundException.
        """
        name = params.get("TableName")
        if not name:
            raise validation(
                "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: "
                "Member must not be null"
            )
        return self.tables.get(call.scope, str(name))

    def read(
        self, table: Table, key: Item, *, consistent: bool, factor: float = 1.0
    ) -> tuple[Stored | None, Consumption]:
        """Reads one item by its (checked) key, if there is capacity for it.

        Args:
            factor: 2 in a transaction.

        Raises:
            AwsError: as `Limiter.take`.
        """
        self.limiter.check(table, READ)
        place = table.schema.encode(key)
        found = self.items.get(table, place)
        units = read_units(0 if found is None else found.size, consistent=consistent, factor=factor)
        consumed = Consumption(table, read=units, keys=[(None, place[1], units)])
        self.limiter.take(consumed, READ)
        return found, consumed

    def write(self, write: Write, hop: int | None) -> tuple[Planned, Consumption]:
        """Does one write, if there is capacity for it.

        Raises:
            AwsError: as `Writer.plan` and `Limiter.take`.
        """
        self.limiter.check(write.table, WRITE, write.table.indexes)
        planned = self.writer.plan(write)
        consumed = consumed_by(planned)
        self.limiter.take(consumed, WRITE)
        self.writer.carry_out(planned, hop)
        return planned, consumed


def required(params: Mapping[str, Any], *names: str) -> None:
    """Refuses a request that lacks a parameter.

    Raises:
        AwsError: ValidationException.
    """
    for name in names:
        if params.get(name) is None:
            member = name[0].lower() + name[1:]
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: "
                "Member must not be null",
            )
