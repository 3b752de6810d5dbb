"""UpdateTable: what it takes together, what it refuses, and what changes nothing.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.dynamodb.harness import Tables
from tests.contract.dynamodb.test_tables import CLIENTE, GSI, described

INVALID = "One or more parameter values were invalid: "
INDEXED: dict[str, Any] = {"AttributeDefinitions": CLIENTE, "GlobalSecondaryIndexes": [GSI]}


def _units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


PROVISIONED: dict[str, Any] = {
    "AttributeDefinitions": CLIENTE,
    "GlobalSecondaryIndexes": [{**GSI, "ProvisionedThroughput": _units(2, 2)}],
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": _units(5, 5),
}


def _index(**units: Any) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "por-cliente", **units}}]}


def test_a_table_with_indexes_is_provisioned_with_all_of_them(tables: Tables) -> None:
    tables.table(**INDEXED)
    switch: dict[str, Any] = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": _units(3, 4)}
    refused = tables.refused("UpdateTable", TableName="pedidos", **switch)
    assert refused.code == "ValidationException"
    assert refused.message == INVALID + "ProvisionedThroughput must be specified for index: por-cliente"
    tables.call("UpdateTable", TableName="pedidos", **switch, **_index(ProvisionedThroughput=_units(1, 1)))
    tables.put(cliente={"S": "c"})
    index = described(tables)["GlobalSecondaryIndexes"][0]
    assert index["ProvisionedThroughput"]["WriteCapacityUnits"] == 1


def test_a_switch_of_billing_forgets_the_maximum_of_the_other(tables: Tables) -> None:
    most = {"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 9}
    tables.table(OnDemandThroughput=most)
    units = _units(3, 4)
    tables.call("UpdateTable", TableName="pedidos", BillingMode="PROVISIONED", ProvisionedThroughput=units)
    assert "OnDemandThroughput" not in described(tables)
    both: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": most}
    tables.call("UpdateTable", TableName="pedidos", **both)
    assert described(tables)["OnDemandThroughput"] == most


@pytest.mark.parametrize(
    ("made", "change", "code", "message"),
    [
        ({}, {}, "ValidationException", "At least one of ProvisionedThroughput, BillingMode, "),
        ({}, {"GlobalSecondaryIndexUpdates": []}, "ValidationException", "At least one of Provisioned"),
        (
            {},
            {"BillingMode": "PROVISIONED"},
            "ValidationException",
            INVALID + "ProvisionedThroughput must be specified when BillingMode is",
        ),
        (
            PROVISIONED,
            {"BillingMode": "PROVISIONED"},
            "ValidationException",
            INVALID + "ProvisionedThroughput must be specified when BillingMode is",
        ),
        (
            PROVISIONED,
            _index(ProvisionedThroughput=_units(2, 2)),
            "ValidationException",
            "The provisioned throughput for the index por-cliente will not change. The requested value "
            "equals the current value. Current ReadCapacityUnits provisioned for index por-cliente: 2.",
        ),
        (
            INDEXED,
            _index(ProvisionedThroughput=_units(2, 2)),
            "ValidationException",
            INVALID + "The only Updates for index: por-cliente when",
        ),
        (
            {},
            _index(OnDemandThroughput={"MaxReadRequestUnits": 5}),
            "ResourceNotFoundException",
            "Requested resource not found: Index por-cliente for table pedidos",
        ),
        (
            {},
            {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "por-cliente"}}]},
            "ResourceNotFoundException",
            "Requested resource not found: Index por-cliente for table pedidos",
        ),
        (
            {},
            {"StreamSpecification": {"StreamEnabled": False}},
            "ValidationException",
            "Table has no stream to disable: TableName: pedidos",
        ),
        (
            {},
            {"StreamSpecification": {"StreamEnabled": True}},
            "ValidationException",
            INVALID + "If stream is being enabled then UpdateViewType is",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
            "ValidationException",
            INVALID + "If stream is being disabled, then UpdateViewType must",
        ),
    ],
)
def test_what_is_refused(
    tables: Tables, made: dict[str, Any], change: dict[str, Any], code: str, message: str
) -> None:
    tables.table(**made)
    before = described(tables)
    refused = tables.refused("UpdateTable", TableName="pedidos", **change)
    assert refused.code == code
    assert refused.message.startswith(message)
    assert described(tables) == before


@pytest.mark.parametrize(
    "change",
    [
        {"BillingMode": "PAY_PER_REQUEST"},
        {"DeletionProtectionEnabled": False},
        {"TableClass": "STANDARD"},
        {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_so_already_is_no_error(tables: Tables, change: dict[str, Any]) -> None:
    tables.table(OnDemandThroughput={"MaxReadRequestUnits": 5})
    before = described(tables)
    tables.call("UpdateTable", TableName="pedidos", **change)
    assert described(tables) == before


def test_twenty_global_indexes_are_the_most(tables: Tables) -> None:
    names = [f"c{number}" for number in range(21)]
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in names]
    indexes = [
        {**GSI, "IndexName": f"por-{name}", "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}]}
        for name in names
    ]
    tables.table(AttributeDefinitions=[*CLIENTE[:2], *attributes[:20]], GlobalSecondaryIndexes=indexes[:20])
    refused = tables.refused(
        "UpdateTable",
        TableName="pedidos",
        AttributeDefinitions=attributes[20:],
        GlobalSecondaryIndexUpdates=[{"Create": indexes[20]}],
    )
    assert refused.code == "LimitExceededException"
    assert "Number of global secondary indexes exceeds per-table limit of 20" in refused.message


@pytest.mark.parametrize("name", ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"])
def test_an_empty_list_of_indexes_is_refused(tables: Tables, name: str) -> None:
    empty: dict[str, Any] = {name: []}
    with pytest.raises(Exception, match=f"List of {name} is empty"):
        tables.table(**empty)
