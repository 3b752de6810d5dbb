"""What is remembered of items is what the store has, whatever became of the write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import StoreError
from sandbox.store.database import Database
from tests.contract.dynamodb.harness import Tables
from tests.support.fulldisk import LARGE, full


def value(tables: Tables) -> Any:
    """Of the one item; None where it is not there."""
    item = tables.get()
    return None if item is None else item["v"]


def read_anew(tables: Tables) -> Any:
    """The same, by who remembers nothing."""
    found = tables.call("Scan", TableName="pedidos", ConsistentRead=True)["Items"]
    return found[0]["v"] if found else None


@pytest.mark.parametrize("size", [1, 10_000])
def test_what_was_written_last_is_read(tables: Tables, size: int) -> None:
    tables.table()
    for text in ("um" * size, "dois", "três" * size):
        tables.put(v={"S": text})
        assert value(tables) == value(tables) == {"S": text}
    tables.call("DeleteItem", TableName="pedidos", Key={"pk": {"S": "a"}, "sk": {"N": "1"}})
    assert value(tables) is None
    tables.put(v={"S": "de novo"})
    assert value(tables) == {"S": "de novo"}


def test_nobody_changes_what_is_remembered(tables: Tables) -> None:
    tables.table()
    tables.put(v={"L": [{"S": "um"}]})
    item = tables.get()
    assert item is not None
    item["v"]["L"].append({"S": "dois"})
    assert value(tables) == {"L": [{"S": "um"}]}


def test_a_transaction_that_is_cancelled_leaves_what_was(tables: Tables) -> None:
    tables.table()
    tables.put(v={"S": "antes"})
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "v": {"S": "depois"}}
    check = {"TableName": "pedidos", "Key": {"pk": {"S": "b"}, "sk": {"N": "1"}}}
    tables.refused(
        "TransactWriteItems",
        TransactItems=[
            {"Put": {"TableName": "pedidos", "Item": item}},
            {"ConditionCheck": {**check, "ConditionExpression": "attribute_exists(pk)"}},
        ],
    )
    assert value(tables) == read_anew(tables) == {"S": "antes"}


@pytest.mark.parametrize(("way", "text"), [("statement", LARGE), ("commit", "depois")])
def test_a_write_that_could_not_be_stored_is_not_read(tmp_path: Path, way: str, text: str) -> None:
    with Tables(tmp_path / "state.db") as tables:
        tables.table()
        tables.put(v={"S": "antes"})
        with full(tables.database, way), pytest.raises(StoreError):
            tables.put(v={"S": text})
        assert value(tables) == read_anew(tables) == {"S": "antes"}


def test_another_state_is_read_once_it_is_there(tmp_path: Path) -> None:
    with Tables(tmp_path / "state.db") as tables:
        tables.table()
        tables.put(v={"S": "antes"})
        copy = Database(tmp_path / "copy.db")
        copy.replace_by(tables.database._connection)
        tables.put(v={"S": "depois"})
        tables.database.replace_by(copy._connection)
        assert value(tables) == {"S": "antes"}
        copy.close()


def test_a_table_of_the_same_name_has_none_of_the_items_of_the_one_before(tables: Tables) -> None:
    tables.table()
    tables.put(v={"S": "antes"})
    tables.call("DeleteTable", TableName="pedidos")
    tables.table()
    assert value(tables) is None
