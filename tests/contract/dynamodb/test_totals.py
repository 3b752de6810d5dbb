"""ItemCount and sizes: of tables and of their indexes, after every kind of change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.dynamodb.harness import Tables, key

_INDEX: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "N"), ("status", "S"))
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "por-status",
            "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


def _totals(tables: Tables) -> list[int]:
    """Items and bytes of the table, items and bytes of its index."""
    table = tables.call("DescribeTable", TableName="pedidos")["Table"]
    index = table["GlobalSecondaryIndexes"][0]
    return [table["ItemCount"], table["TableSizeBytes"], index["ItemCount"], index["IndexSizeBytes"]]


def _change(tables: Tables) -> None:
    """Puts, updates that change the key of the index or only the size, and a removal."""
    for sk in range(5):
        tables.put(sk=sk, status={"S": "ABERTO"})
    tables.put(sk=0, status={"S": "ABERTO"}, nota={"S": "maior"})
    for sk, status in ((1, "SET #s = :s"), (2, "REMOVE #s")):
        values: dict[str, Any] = {":s": {"S": "FECHADO"}}
        given: dict[str, Any] = {"ExpressionAttributeValues": values} if "SET" in status else {}
        tables.call(
            "UpdateItem",
            TableName="pedidos",
            Key=key(sk=sk),
            UpdateExpression=status,
            ExpressionAttributeNames={"#s": "status"},
            **given,
        )
    tables.call("DeleteItem", TableName="pedidos", Key=key(sk=3))


@pytest.mark.parametrize("asked_before", [False, True], ids=["counted", "kept up"])
def test_totals_follow_every_change(tables: Tables, asked_before: bool) -> None:
    tables.table(**_INDEX)
    if asked_before:
        assert _totals(tables) == [0, 0, 0, 0]

    _change(tables)

    counted = tables.database.row("SELECT count(*), sum(size) FROM dynamodb_items")
    entered = tables.database.row(
        "SELECT count(*), sum(size) FROM dynamodb_entries JOIN dynamodb_items ON id = entry"
    )
    assert counted is not None
    assert entered is not None
    assert _totals(tables) == [*counted, *entered]
    assert (counted[0], entered[0]) == (4, 3)


def test_a_transaction_that_fails_half_way_counts_nothing(tables: Tables) -> None:
    tables.table(**_INDEX)
    _change(tables)
    before = _totals(tables)

    table = tables.service.tables.by_id(1)
    assert table is not None

    def lost() -> None:
        item = {**key("x"), "status": {"S": "NOVO"}}
        with tables.database.atomic():
            tables.service.items.put(table, (0, b"x", b"y"), None, item, 20, None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tables.do(lost)

    assert _totals(tables) == before


def test_totals_outlive_a_stop_and_what_is_counted_after_it(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with Tables(path) as tables:
        tables.table(**_INDEX)
        _change(tables)
        before = _totals(tables)
    with Tables(path) as tables:
        assert tables.database.row("SELECT count(*) FROM dynamodb_totals WHERE items > 0")[0] == 2  # type: ignore[index]
        assert _totals(tables) == before
        tables.put("b")
        # A crash from here on must not find what the stop before it has stored.
        assert tables.database.rows("SELECT * FROM dynamodb_totals") == []
        assert _totals(tables)[0] == before[0] + 1


def test_an_index_made_or_removed_later_is_counted_anew(tables: Tables) -> None:
    tables.table(**_INDEX)
    _change(tables)
    before = _totals(tables)
    removal = {"Delete": {"IndexName": "por-status"}}
    tables.call("UpdateTable", TableName="pedidos", GlobalSecondaryIndexUpdates=[removal])

    tables.call(
        "UpdateTable",
        TableName="pedidos",
        AttributeDefinitions=_INDEX["AttributeDefinitions"],
        GlobalSecondaryIndexUpdates=[{"Create": _INDEX["GlobalSecondaryIndexes"][0]}],
    )

    assert _totals(tables) == before
