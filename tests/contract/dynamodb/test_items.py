"""Single items: what writes leave, return and consume, and what indexes hold of it.

The expression language itself is compared with AWS's DynamoDB Local in `test_oracle.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.dynamodb.harness import Tables, key
from tests.contract.dynamodb.test_tables import CLIENTE, GSI


def test_numbers_and_sets_come_back_in_canonical_form(tables: Tables) -> None:
    tables.table()
    tables.put(n={"N": "1.50E2"}, zero={"N": "-0.0"}, s={"NS": ["10", "9", "1.0"]}, b={"B": b"\x00\xff"})
    item = tables.get()
    assert item is not None
    assert (item["n"], item["zero"], item["s"]) == ({"N": "150"}, {"N": "0"}, {"NS": ["1", "9", "10"]})
    assert item["b"] == {"B": b"\x00\xff"}


@pytest.mark.parametrize(("returned", "expected"), [
    ("NONE", None),
    ("ALL_OLD", {"a": {"N": "1"}, "m": {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}}),
    ("ALL_NEW", {"a": {"N": "2"}, "m": {"M": {"x": {"N": "9"}, "y": {"N": "2"}}}}),
    ("UPDATED_OLD", {"a": {"N": "1"}, "m": {"M": {"x": {"N": "1"}}}}),
    ("UPDATED_NEW", {"a": {"N": "2"}, "m": {"M": {"x": {"N": "9"}}}}),
])  # fmt: skip
def test_what_an_update_returns(tables: Tables, returned: str, expected: dict[str, Any] | None) -> None:
    tables.table()
    tables.put(a={"N": "1"}, m={"M": {"x": {"N": "1"}, "y": {"N": "2"}}})
    answer = tables.call(
        "UpdateItem",
        TableName="pedidos",
        Key=key(),
        UpdateExpression="SET a = a + :one, m.x = :nine",
        ExpressionAttributeValues={":one": {"N": "1"}, ":nine": {"N": "9"}},
        ReturnValues=returned,
    )
    attributes = answer.get("Attributes")
    if attributes is not None and returned.startswith("ALL"):
        attributes = {name: value for name, value in attributes.items() if name not in ("pk", "sk")}
    assert attributes == expected


def test_an_index_follows_its_items(tables: Tables) -> None:
    tables.table(AttributeDefinitions=CLIENTE, GlobalSecondaryIndexes=[GSI])

    def of(cliente: str) -> list[str]:
        found = tables.call(
            "Query",
            TableName="pedidos",
            IndexName="por-cliente",
            KeyConditionExpression="cliente = :c",
            ExpressionAttributeValues={":c": {"S": cliente}},
        )["Items"]
        return [item["pk"]["S"] for item in found]

    tables.put("a", cliente={"S": "um"})
    tables.put("b", cliente={"S": "um"})
    assert sorted(of("um")) == ["a", "b"]
    tables.put("a", cliente={"S": "dois"})
    assert (of("um"), of("dois")) == (["b"], ["a"])
    tables.call("UpdateItem", TableName="pedidos", Key=key("a"), UpdateExpression="REMOVE cliente")
    tables.call("DeleteItem", TableName="pedidos", Key=key("b"))
    assert (of("um"), of("dois")) == ([], [])


def test_a_failed_condition_changes_nothing_and_may_show_the_item(tables: Tables) -> None:
    tables.table()
    tables.put(v={"N": "1"})
    error = tables.refused(
        "PutItem",
        TableName="pedidos",
        Item={**key(), "v": {"N": "2"}},
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert error.code == "ConditionalCheckFailedException"
    assert error.fields["Item"]["v"] == {"N": "1"}
    item = tables.get()
    assert item is not None
    assert item["v"] == {"N": "1"}


def test_an_item_of_400_kb_is_the_largest(tables: Tables) -> None:
    tables.table()
    room = 400 * 1024 - len("pk" + "a" + "sk" + "x") - 2
    tables.put(x={"S": "y" * room})
    error = tables.refused("PutItem", TableName="pedidos", Item={**key(), "x": {"S": "y" * (room + 1)}})
    assert error.message == "Item size has exceeded the maximum allowed size"


def test_capacity_counts_blocks_and_indexes(tables: Tables) -> None:
    tables.table(AttributeDefinitions=CLIENTE, GlobalSecondaryIndexes=[GSI])
    consumed = tables.call(
        "PutItem",
        TableName="pedidos",
        Item={**key(), "cliente": {"S": "c"}, "x": {"S": "y" * 1500}},
        ReturnConsumedCapacity="INDEXES",
    )["ConsumedCapacity"]
    assert consumed == {
        "TableName": "pedidos",
        "CapacityUnits": 4.0,
        "Table": {"CapacityUnits": 2.0},
        "GlobalSecondaryIndexes": {"por-cliente": {"CapacityUnits": 2.0}},
    }
    read = tables.call("GetItem", TableName="pedidos", Key=key(), ReturnConsumedCapacity="TOTAL")
    assert read["ConsumedCapacity"]["CapacityUnits"] == 0.5


def test_provisioned_capacity_runs_out_and_comes_back_with_time(tables: Tables) -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    tables.table(BillingMode="PROVISIONED", ProvisionedThroughput=units)
    big = {"S": "y" * (99 * 1024)}
    for number in range(3):  # 300 s of unused capacity are kept for a burst
        tables.put(sk=number, x=big)
    error = tables.refused("PutItem", TableName="pedidos", Item=key())
    assert error.code == "ProvisionedThroughputExceededException"
    unread = tables.call("BatchWriteItem", RequestItems={"pedidos": [{"PutRequest": {"Item": key("z")}}]})[
        "UnprocessedItems"
    ]
    assert unread == {"pedidos": [{"PutRequest": {"Item": key("z")}}]}
    tables.advance(120)
    tables.put()


def test_parameters_of_old_mean_what_expressions_do(tables: Tables) -> None:
    tables.table()
    tables.put(v={"N": "1"}, nomes={"SS": ["a", "b"]})
    tables.call(
        "UpdateItem",
        TableName="pedidos",
        Key=key(),
        Expected={"v": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "2"}]}},
        AttributeUpdates={
            "v": {"Action": "ADD", "Value": {"N": "4"}},
            "nomes": {"Action": "DELETE", "Value": {"SS": ["a"]}},
            "novo": {"Value": {"S": "x"}},
        },
    )
    item = tables.get()
    assert item is not None
    assert (item["v"], item["nomes"], item["novo"]) == ({"N": "5"}, {"SS": ["b"]}, {"S": "x"})
    error = tables.refused("DeleteItem", TableName="pedidos", Key=key(), Expected={"v": {"Exists": False}})
    assert error.code == "ConditionalCheckFailedException"


def test_expired_items_go_when_their_time_comes(tables: Tables) -> None:
    tables.table()
    tables.put("before", fim={"N": str(int(tables.clock.now()) + 60)})
    tables.call(
        "UpdateTimeToLive",
        TableName="pedidos",
        TimeToLiveSpecification={"AttributeName": "fim", "Enabled": True},
    )
    tables.put("after", fim={"N": str(int(tables.clock.now()) + 120)})
    tables.put("text", fim={"S": "1"})
    tables.put("ancient", fim={"N": "1000"})  # more than five years ago: taken for a mistake, as on AWS
    tables.advance(61)
    assert tables.get("before") is None
    assert tables.get("after") is not None
    tables.advance(60)
    assert tables.get("after") is None
    assert tables.call("Scan", TableName="pedidos")["Count"] == 2
    status = tables.call("DescribeTimeToLive", TableName="pedidos")["TimeToLiveDescription"]
    assert status == {"TimeToLiveStatus": "ENABLED", "AttributeName": "fim"}
