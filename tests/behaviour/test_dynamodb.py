"""Tables, as AWS's developer guide of DynamoDB has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox


@pytest.fixture
def table(nfe: Sandbox, names: Namer) -> Iterator[str]:
    """A table with a hash and a range key."""
    name = names("tabela")
    nfe.aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    nfe.aws("dynamodb").delete_table(TableName=name)


def _item(number: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"N": str(number)}, **more}


def test_items_are_queried_in_the_order_of_their_range_key(nfe: Sandbox, table: str) -> None:
    dynamodb = nfe.aws("dynamodb")
    for number in (10, 2, 33):
        dynamodb.put_item(TableName=table, Item=_item(number))
    answer = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :b",
        ExpressionAttributeValues={":p": {"S": "a"}, ":a": {"N": "2"}, ":b": {"N": "10"}},
    )
    assert [item["sk"]["N"] for item in answer["Items"]] == ["2", "10"]


def test_a_condition_that_fails_changes_nothing(nfe: Sandbox, table: str) -> None:
    dynamodb = nfe.aws("dynamodb")
    dynamodb.put_item(TableName=table, Item=_item(1, n={"N": "1"}))
    with pytest.raises(ClientError) as found:
        dynamodb.put_item(TableName=table, Item=_item(1), ConditionExpression="attribute_not_exists(pk)")
    assert found.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert dynamodb.get_item(TableName=table, Key=_item(1))["Item"]["n"] == {"N": "1"}


def test_a_transaction_is_whole_or_nothing(nfe: Sandbox, table: str) -> None:
    dynamodb = nfe.aws("dynamodb")
    put = {"Put": {"TableName": table, "Item": _item(1)}}
    refused = {
        "Put": {
            "TableName": table,
            "Item": _item(2),
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    with pytest.raises(ClientError) as found:
        dynamodb.transact_write_items(TransactItems=[put, refused])
    assert found.value.response["Error"]["Code"] == "TransactionCanceledException"
    assert "Item" not in dynamodb.get_item(TableName=table, Key=_item(1))
