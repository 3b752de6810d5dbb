"""The bytes of an item that are kept beside it are those that it has."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.dynamodb.values import item_size
from sandbox.services.dynamodb.items import unpack
from tests.contract.dynamodb.harness import Tables, key

UPDATES: list[tuple[str, dict[str, Any]]] = [
    ("SET a = :v", {":v": {"S": "ação"}}),
    ("SET a = :v, b = :w", {":v": {"N": "-12.50"}, ":w": {"B": b"\x00\x01"}}),
    ("SET m.x = :v REMOVE m.y", {":v": {"L": [{"NULL": True}, {"BOOL": False}]}}),
    ("SET l[0] = :v, l[7] = :v", {":v": {"S": "x"}}),
    ("SET a = if_not_exists(z, :v) REMOVE b", {":v": {"N": "100"}}),
    ("SET z = m, çã = :v", {":v": {"S": ""}}),
    ("ADD n :v, s :w", {":v": {"N": "995"}, ":w": {"SS": ["um", "três"]}}),
    ("ADD n :v DELETE s :w", {":v": {"N": "-1005"}, ":w": {"SS": ["um", "dois"]}}),
    ("REMOVE a, m, l", {}),
    ("DELETE s :w", {":w": {"SS": ["três"]}}),
]


def check(tables: Tables) -> None:
    (row,) = tables.database.rows("SELECT size, item FROM dynamodb_items")
    assert row["size"] == item_size(unpack(row["item"]))


@pytest.mark.parametrize("there", [True, False])
def test_updates_keep_count_of_an_item(tables: Tables, there: bool) -> None:
    tables.table()
    if there:
        tables.put(
            n={"N": "5"},
            s={"SS": ["um", "dois"]},
            m={"M": {"x": {"S": "1"}, "y": {"N": "2"}}},
            l={"L": [{"S": "longo"}]},
        )
        check(tables)
    for text, values in UPDATES:
        if not there and ("m" in text or "l[" in text):
            continue
        given: dict[str, Any] = {"UpdateExpression": text.replace("çã", "#c")}
        if values:
            given["ExpressionAttributeValues"] = values
        if "çã" in text:
            given["ExpressionAttributeNames"] = {"#c": "çã"}
        tables.call("UpdateItem", TableName="pedidos", Key=key(), **given)
        check(tables)
    tables.call(
        "UpdateItem",
        TableName="pedidos",
        Key=key(),
        AttributeUpdates={"n": {"Action": "PUT", "Value": {"S": "texto"}}, "z": {"Action": "DELETE"}},
    )
    check(tables)


def test_an_update_makes_no_item_too_large(tables: Tables) -> None:
    tables.table()
    tables.put(v={"S": "x" * (400 * 1024 - 7 - 1)})
    check(tables)
    refused = tables.refused(
        "UpdateItem",
        TableName="pedidos",
        Key=key(),
        UpdateExpression="SET w = :v",
        ExpressionAttributeValues={":v": {"S": ""}},
    )
    assert refused.message == "Item size has exceeded the maximum allowed size"
    check(tables)
