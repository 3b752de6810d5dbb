"""Tables of DynamoDB as the dashboard sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import UsageError
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
