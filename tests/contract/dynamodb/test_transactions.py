"""Transactions and batches."""

from __future__ import annotations

from typing import Any

from tests.contract.dynamodb.harness import Tables, key

AT = {"TableName": "pedidos"}


def put(pk: str, **more: Any) -> dict[str, Any]:
    return {"Put": {**AT, "Item": key(pk), **more}}


def test_all_or_nothing(tables: Tables) -> None:
    tables.table()
    tables.put("there")
    new = {"ConditionExpression": "attribute_not_exists(pk)"}
    error = tables.refused("TransactWriteItems", TransactItems=[put("a"), put("there", **new)])
    assert error.code == "TransactionCanceledException"
    assert error.message.endswith("[None, ConditionalCheckFailed]")
    assert [reason["Code"] for reason in error.fields["CancellationReasons"]] == [
        "None",
        "ConditionalCheckFailed",
    ]
    assert tables.get("a") is None
    tables.call("TransactWriteItems", TransactItems=[put("a"), {"Delete": {**AT, "Key": key("there")}}])
    assert tables.get("a") is not None
    assert tables.get("there") is None


def test_a_faulty_update_cancels_with_its_reason(tables: Tables) -> None:
    tables.table()
    update = {"Update": {**AT, "Key": key("u"), "UpdateExpression": "SET a = nothing"}}
    error = tables.refused("TransactWriteItems", TransactItems=[put("a"), update])
    reason = error.fields["CancellationReasons"][1]
    assert reason["Code"] == "ValidationError"
    assert "does not exist in the item" in reason["Message"]


def test_a_token_makes_it_happen_once_within_ten_minutes(tables: Tables) -> None:
    tables.table()
    count = {
        "Update": {
            **AT,
            "Key": key(),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    for _ in range(2):
        tables.call("TransactWriteItems", TransactItems=[count], ClientRequestToken="t")
    item = tables.get()
    assert item is not None
    assert item["n"] == {"N": "1"}
    other = tables.refused("TransactWriteItems", TransactItems=[put("b")], ClientRequestToken="t")
    assert other.code == "IdempotentParameterMismatchException"
    tables.advance(601)
    tables.call("TransactWriteItems", TransactItems=[count], ClientRequestToken="t")
    again = tables.get()
    assert again is not None
    assert again["n"] == {"N": "2"}


def test_capacity_is_double(tables: Tables) -> None:
    tables.table()
    written = tables.call("TransactWriteItems", TransactItems=[put("a")], ReturnConsumedCapacity="TOTAL")
    assert written["ConsumedCapacity"] == [{"TableName": "pedidos", "CapacityUnits": 2.0}]
    read = tables.call(
        "TransactGetItems",
        TransactItems=[{"Get": {**AT, "Key": key("a")}}, {"Get": {**AT, "Key": key("b")}}],
        ReturnConsumedCapacity="TOTAL",
    )
    assert read["Responses"] == [{"Item": key("a")}, {}]
    assert read["ConsumedCapacity"][0]["CapacityUnits"] == 4.0


def test_batches_over_two_tables(tables: Tables) -> None:
    tables.table()
    tables.table("clientes")
    tables.put("old")
    tables.call(
        "BatchWriteItem",
        RequestItems={
            "pedidos": [{"PutRequest": {"Item": key("a")}}, {"DeleteRequest": {"Key": key("old")}}],
            "clientes": [{"PutRequest": {"Item": key("c")}}],
        },
    )
    answer = tables.call(
        "BatchGetItem",
        RequestItems={"pedidos": {"Keys": [key("a"), key("old")]}, "clientes": {"Keys": [key("c")]}},
    )
    assert answer["Responses"] == {"pedidos": [key("a")], "clientes": [key("c")]}
    assert answer["UnprocessedKeys"] == {}
