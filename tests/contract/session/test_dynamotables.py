"""Tables of DynamoDB as the dashboard sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox.errors import UsageError
from sandbox.model.scope import Scope
from sandbox.services.dynamodb.service import DynamoDbService
from sandbox.session.methods.data import Data
from sandbox.session.options import Options
from sandbox.session.session import Session

pytestmark = pytest.mark.e2e

TABLE = {
    "TableName": "pedidos",
    "KeySchema": [
        {"AttributeName": "cliente", "KeyType": "HASH"},
        {"AttributeName": "numero", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "cliente", "AttributeType": "S"},
        {"AttributeName": "numero", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def run(folder: Path, scenario: Callable[[Session], Awaitable[None]]) -> None:
    async def whole() -> None:
        session = Session(Options(state=str(folder / "s"), cwd=str(folder), port=0), lambda _: None)
        try:
            await session.start([])
            await session.client.call("dynamodb", "CreateTable", TABLE)
            await scenario(session)
        finally:
            await session.stop()

    asyncio.run(whole())


async def put(session: Session, cliente: str, numero: int, **more: Any) -> None:
    item = {"cliente": {"S": cliente}, "numero": {"N": str(numero)}, **more}
    await session.client.call("dynamodb", "PutItem", {"TableName": "pedidos", "Item": item})


def test_keys_come_first_and_values_are_plain(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        await put(session, "ana", 1, itens={"L": [{"M": {"q": {"N": "3"}}}]}, ativo={"BOOL": True})
        await put(session, "ana", 2, nada={"NULL": True}, cores={"SS": ["azul"]}, foto={"B": b"\x01"})
        data = Data(session)
        (table,) = await data.tables()
        assert (table.kind, table.name, table.rows, table.columns) == (
            "dynamodb",
            "pedidos",
            2,
            ["cliente", "numero"],
        )
        found = await data.table_rows("dynamodb", "pedidos")
        assert found.columns == ["cliente", "numero", "ativo", "cores", "foto", "itens", "nada"]
        assert found.rows == [
            ["ana", "1", "true", None, None, '[{"q": "3"}]', None],
            ["ana", "2", None, '["azul"]', "AQ==", None, "null"],
        ]
        assert found.gap == ""
        assert not found.more

    run(tmp_path, scenario)


def test_attributes_that_most_items_have_come_first(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        await put(session, "ana", 1, abertos={"N": "4"})
        await put(session, "ana", 2, status={"S": "NOVO"}, total={"N": "1"})
        await put(session, "ana", 3, status={"S": "NOVO"})
        found = await Data(session).table_rows("dynamodb", "pedidos")
        assert found.columns == ["cliente", "numero", "status", "abertos", "total"]

    run(tmp_path, scenario)


def test_pages_and_matches(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        for number in range(5):
            await put(session, "ana", number, nome={"S": f"Caneta {number}"})
        data = Data(session)
        first = await data.table_rows("dynamodb", "pedidos", limit=2)
        assert ([row[1] for row in first.rows], first.more) == (["0", "1"], True)
        last = await data.table_rows("dynamodb", "pedidos", limit=2, offset=4)
        assert ([row[1] for row in last.rows], last.more) == (["4"], False)
        matched = await data.table_rows("dynamodb", "pedidos", match="CANETA 3")
        assert [row[1] for row in matched.rows] == ["3"]
        with pytest.raises(UsageError, match="pedido"):
            await data.table_rows("dynamodb", "pedido")

    run(tmp_path, scenario)


def test_looking_consumes_none_of_a_tables_capacity(tmp_path: Path) -> None:
    """A table of one read unit a second has 300 for a burst, which two looks at a megabyte would take."""

    async def scenario(session: Session) -> None:
        units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1000}
        named = {"TableName": "pouco"}
        table = {**TABLE, **named, "BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
        await session.client.call("dynamodb", "CreateTable", table)
        for number in range(30):
            item = {"cliente": {"S": str(number)}, "numero": {"N": "1"}, "nota": {"S": "x" * 40_000}}
            await session.client.call("dynamodb", "PutItem", {**named, "Item": item})
        newest = session.journal.newest
        for _ in range(5):
            found = await Data(session).table_rows("dynamodb", "pouco")
            assert len(found.rows) == 30
            assert len(await Data(session).tables()) == 2
        assert session.journal.newest == newest
        # All of the burst is there still.
        for _ in range(2):
            assert (await session.client.call("dynamodb", "Scan", named))["Count"] < 30

    run(tmp_path, scenario)


def test_looking_through_many_items_lets_others_have_their_turn(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        for number in range(0, 1500, 25):
            wishes = [
                {"PutRequest": {"Item": {"cliente": {"S": str(number + more)}, "numero": {"N": "1"}}}}
                for more in range(25)
            ]
            await session.client.call("dynamodb", "BatchWriteItem", {"RequestItems": {"pedidos": wishes}})
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        task = asyncio.create_task(others())
        found = await Data(session).table_rows("dynamodb", "pedidos", match="nowhere")
        task.cancel()
        assert found.rows == []
        assert turns > 5

    run(tmp_path, scenario)


def test_a_table_that_is_being_deleted_is_not_looked_into(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        service = session.engine.services["dynamodb"]
        assert isinstance(service, DynamoDbService)
        table = service.tables.find(Scope(), "pedidos")
        assert table is not None
        service.tables.change(table, msgspec.structs.replace(table.definition, deleting=True))
        assert [one.name for one in await Data(session).tables()] == ["pedidos"]
        with pytest.raises(UsageError, match="pedidos is being deleted"):
            await Data(session).table_rows("dynamodb", "pedidos")

    run(tmp_path, scenario)
