"""DynamoDB and its streams alone, on a manual clock."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.dynamodb.pace import USUAL, Pace
from sandbox.services.dynamodb.service import DynamoDbService
from sandbox.services.dynamodb.streams_service import DynamoDbStreamsService
from tests.support.world import HERE, World


class Tables(World[DynamoDbService]):
    """One DynamoDB over one database.

    Args:
        path: the database's file, None for memory.
        clock: one that runs, instead of one that stands still.
        pace: how work on large tables is divided.
    """

    def __init__(self, path: Path | None = None, *, clock: Clock | None = None, pace: Pace = USUAL) -> None:
        self._pace = pace
        self.streams: DynamoDbStreamsService
        super().__init__(self._make, path, clock=clock)

    def _make(self, kit: Kit) -> DynamoDbService:
        service = DynamoDbService(kit, self._pace)
        self.streams = DynamoDbStreamsService(kit, service.streams)
        return service

    def stream_call(self, operation: str, *, scope: Scope = HERE, **params: Any) -> dict[str, Any]:
        """Calls an operation of DynamoDB Streams."""
        call = Call(scope=scope, request_id="r", hop=self.hops.reserve())
        return self.run(lambda: self.streams.call(operation, call, params))

    def settle(self) -> None:
        """Waits until the service does nothing more by itself."""

        async def quiet() -> None:
            while work := self.service.work():
                await asyncio.wait(work)

        self.run(quiet)

    # --- shorthands --------------------------------------------------------------------------------------
    def table(self, name: str = "pedidos", **params: Any) -> None:
        """A table with the key `pk` (S), `sk` (N), on demand, unless told otherwise."""
        given = {
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
            **params,
        }
        self.call("CreateTable", TableName=name, **given)

    def put(self, pk: str = "a", sk: int = 1, table: str = "pedidos", **attributes: Any) -> None:
        """Puts an item whose attributes are given in DynamoDB's form."""
        item = {"pk": {"S": pk}, "sk": {"N": str(sk)}, **attributes}
        self.call("PutItem", TableName=table, Item=item)

    def get(self, pk: str = "a", sk: int = 1, table: str = "pedidos") -> dict[str, Any] | None:
        """The item, or None."""
        return self.call("GetItem", TableName=table, Key=key(pk, sk)).get("Item")


def key(pk: str = "a", sk: int = 1) -> dict[str, Any]:
    """A key of the table that `Tables.table` makes."""
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}
