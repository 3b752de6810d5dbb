"""Tables, as
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html describes them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.dynamodb.harness import Tables, key

GSI = {
    "IndexName": "por-cliente",
    "KeySchema": [{"AttributeName": "cliente", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
CLIENTE = [
    {"AttributeName": "pk", "AttributeType": "S"},
    {"AttributeName": "sk", "AttributeType": "N"},
    {"AttributeName": "cliente", "AttributeType": "S"},
]


def described(tables: Tables, name: str = "pedidos") -> dict[str, Any]:
    table: dict[str, Any] = tables.call("DescribeTable", TableName=name)["Table"]
    return table


def test_a_table_is_described_as_it_was_made(tables: Tables) -> None:
    tables.table(AttributeDefinitions=CLIENTE, GlobalSecondaryIndexes=[GSI])
    table = described(tables)
    assert table["TableArn"] == "arn:aws:dynamodb:us-east-1:000000000000:table/pedidos"
    assert table["TableStatus"] == "ACTIVE"
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["AttributeDefinitions"] == CLIENTE
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    assert table["GlobalSecondaryIndexes"][0]["IndexArn"].endswith("table/pedidos/index/por-cliente")
    tables.put(cliente={"S": "c"})
    counted = described(tables)
    assert (counted["ItemCount"], counted["GlobalSecondaryIndexes"][0]["ItemCount"]) == (1, 1)


def test_the_answers_on_the_way_show_it(tables: Tables) -> None:
    made = tables.call(
        "CreateTable",
        TableName="abc",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "B"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    )["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    assert made["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert tables.call("DeleteTable", TableName="abc")["TableDescription"]["TableStatus"] == "DELETING"
    assert tables.call("ListTables")["TableNames"] == []
    gone = tables.refused("DescribeTable", TableName="abc")
    assert gone.code == "ResourceNotFoundException"
    assert gone.message == "Requested resource not found: Table: abc not found"


def test_names_are_listed_in_pages(tables: Tables) -> None:
    for name in ("ccc", "aaa", "bbb"):
        tables.table(name)
    first = tables.call("ListTables", Limit=2)
    assert first == {"TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb"}
    assert tables.call("ListTables", ExclusiveStartTableName="bbb") == {"TableNames": ["ccc"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TableName": "ab"}, "Member must have length greater than or equal to 3"),
        ({"TableName": "a/b"}, "Member must satisfy regular expression pattern"),
        ({"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]}, "not a HASH key type"),
        ({"AttributeDefinitions": CLIENTE}, "Number of attributes in KeySchema does not exactly match"),
        ({"AttributeDefinitions": CLIENTE[:1]}, "not defined in AttributeDefinitions. Keys: [sk]"),
        ({"BillingMode": "PROVISIONED"}, "must both be specified when BillingMode is PROVISIONED"),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            "can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        ({"StreamSpecification": {"StreamEnabled": True}}, "StreamViewType is required"),
        ({"AttributeDefinitions": CLIENTE, "GlobalSecondaryIndexes": [GSI, GSI]}, "Duplicate index name"),
        (
            {"AttributeDefinitions": CLIENTE, "GlobalSecondaryIndexes": [{**GSI, "Projection": {}}]},
            "Unknown ProjectionType: null",
        ),
        (
            {
                "AttributeDefinitions": CLIENTE,
                "LocalSecondaryIndexes": [{**GSI, "KeySchema": GSI["KeySchema"]}],
            },
            "does not have a range key",
        ),
    ],
)
def test_what_makes_no_table(tables: Tables, change: dict[str, Any], message: str) -> None:
    given = {
        "TableName": "pedidos",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": CLIENTE[:2],
        "BillingMode": "PAY_PER_REQUEST",
        **change,
    }
    error = tables.refused("CreateTable", **given)
    assert error.code == "ValidationException"
    assert message in error.message
    assert tables.call("ListTables")["TableNames"] == []


def test_a_name_is_taken_once_per_region(tables: Tables) -> None:
    tables.table()
    with pytest.raises(Exception, match="Table already exists: pedidos"):
        tables.table()


def test_deletion_protection_holds(tables: Tables) -> None:
    tables.table(DeletionProtectionEnabled=True)
    assert "protected against deletion" in tables.refused("DeleteTable", TableName="pedidos").message
    tables.call("UpdateTable", TableName="pedidos", DeletionProtectionEnabled=False)
    tables.call("DeleteTable", TableName="pedidos")


def test_an_index_made_later_holds_what_is_there(tables: Tables) -> None:
    tables.table()
    tables.put("a", cliente={"S": "c"})
    tables.put("b", cliente={"N": "1"})  # another type than the index has: it stays out
    tables.put("c")
    tables.call(
        "UpdateTable",
        TableName="pedidos",
        AttributeDefinitions=CLIENTE,
        GlobalSecondaryIndexUpdates=[{"Create": GSI}],
    )
    assert tables.call("Scan", TableName="pedidos", IndexName="por-cliente")["Count"] == 1
    tables.call(
        "UpdateTable",
        TableName="pedidos",
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "por-cliente"}}],
    )
    assert "AttributeDefinitions" in described(tables)
    assert described(tables)["AttributeDefinitions"] == CLIENTE[:2]
    assert (
        "does not have the specified index"
        in tables.refused("Scan", TableName="pedidos", IndexName="por-cliente").message
    )


def test_billing_changes_and_equal_throughput_is_refused(tables: Tables) -> None:
    tables.table()
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    tables.call("UpdateTable", TableName="pedidos", BillingMode="PROVISIONED", ProvisionedThroughput=units)
    assert described(tables)["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    same = tables.refused("UpdateTable", TableName="pedidos", ProvisionedThroughput=units)
    assert "will not change" in same.message
    nothing = tables.refused("UpdateTable", TableName="pedidos")
    assert nothing.message.startswith("At least one of ProvisionedThroughput")


def test_tags(tables: Tables) -> None:
    tables.table(Tags=[{"Key": "sistema", "Value": "pedidos"}])
    arn = described(tables)["TableArn"]
    tables.call("TagResource", ResourceArn=arn, Tags=[{"Key": "dono", "Value": "time"}])
    tables.call("UntagResource", ResourceArn=arn, TagKeys=["sistema"])
    assert tables.call("ListTagsOfResource", ResourceArn=arn)["Tags"] == [{"Key": "dono", "Value": "time"}]
    assert tables.refused("ListTagsOfResource", ResourceArn="pedidos").code == "ValidationException"


def test_a_table_may_be_named_by_its_arn(tables: Tables) -> None:
    tables.table()
    tables.put()
    arn = described(tables)["TableArn"]
    assert tables.call("GetItem", TableName=arn, Key=key())["Item"]["pk"] == {"S": "a"}


def test_settings_that_are_recorded_and_what_is_refused_by_name(tables: Tables) -> None:
    tables.table()
    recovery = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    tables.call("UpdateContinuousBackups", TableName="pedidos", PointInTimeRecoverySpecification=recovery)
    answer = tables.call("DescribeContinuousBackups", TableName="pedidos")["ContinuousBackupsDescription"]
    assert answer["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    refused = tables.refused("RestoreTableToPointInTime", TargetTableName="x")
    assert "operation RestoreTableToPointInTime of dynamodb" in refused.message
    assert "ReplicaUpdates" in tables.refused("UpdateTable", TableName="pedidos", ReplicaUpdates=[]).message


@pytest.mark.parametrize("value", [{"N": "1"}, {"M": {"x": {"S": "1"}}}, {"S": ""}], ids=["N", "M", "empty"])
def test_an_item_whose_attribute_cannot_be_the_key_of_a_later_index_stays_out_and_can_go(
    tables: Tables, value: dict[str, Any]
) -> None:
    tables.table()
    tables.put("a", cliente=value)
    tables.call(
        "UpdateTable",
        TableName="pedidos",
        AttributeDefinitions=CLIENTE,
        GlobalSecondaryIndexUpdates=[{"Create": GSI}],
    )
    assert described(tables)["GlobalSecondaryIndexes"][0]["ItemCount"] == 0
    assert tables.call("Scan", TableName="pedidos", IndexName="por-cliente")["Count"] == 0
    tables.call("DeleteItem", TableName="pedidos", Key=key())
    assert described(tables)["GlobalSecondaryIndexes"][0]["ItemCount"] == 0
