"""Tables as DescribeTable shows them.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from typing import Any

from sandbox.services.base import Answer
from sandbox.services.dynamodb.definitions import (
    ON_DEMAND,
    Definition,
    Index,
    IndexDefinition,
    Table,
    Throughput,
)
from sandbox.services.dynamodb.tables import arn_of
from sandbox.services.dynamodb.totals import Total, Totals

ACTIVE, UPDATING = "ACTIVE", "UPDATING"


def status_of(definition: Definition) -> str:
    """TableStatus: whether work on all items of the table is under way."""
    if definition.deleting:
        return "DELETING"
    return UPDATING if definition.leaving else ACTIVE


def describe(totals: Totals, table: Table, status: str | None = None) -> Answer:
    """The description of a table, with its items as far as they are counted.

    Args:
        status: what the answer to the call that makes or changes a table shows: most of that is done at once.
    """
    definition = table.definition
    status = status or status_of(definition)
    total = totals.known(table.own) or Total()
    answer: Answer = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in definition.attributes.items()
        ],
        "TableName": table.name,
        "KeySchema": _key(definition.key),
        "TableStatus": status,
        "CreationDateTime": table.created,
        "ProvisionedThroughput": _throughput(definition.throughput),
        "TableSizeBytes": total.bytes,
        "ItemCount": total.items,
        "TableArn": arn_of(table),
        "TableId": definition.table_id,
        "DeletionProtectionEnabled": definition.deletion_protection,
        **_billing(definition),
        **_stream(table),
    }
    if definition.table_class != "STANDARD":
        answer["TableClassSummary"] = {"TableClass": definition.table_class}
    if definition.sse is not None:
        answer["SSEDescription"] = {
            "Status": "ENABLED",
            "SSEType": "KMS",
            "KMSMasterKeyArn": definition.sse["KMSMasterKeyId"],
        }
    for kind, local in (("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False)):
        indexes = [index for index in table.indexes if index.local is local]
        if indexes:
            answer[kind] = [_index(totals, table, index, status) for index in indexes]
    if definition.leaving:
        leaving = [_leaving(table, index) for index in definition.leaving]
        answer["GlobalSecondaryIndexes"] = [*answer.get("GlobalSecondaryIndexes", ()), *leaving]
    return answer


def _billing(definition: Definition) -> Answer:
    answer: Answer = {}
    if definition.billing == ON_DEMAND:
        answer["BillingModeSummary"] = {
            "BillingMode": ON_DEMAND,
            "LastUpdateToPayPerRequestDateTime": definition.billing_changed,
        }
    if definition.on_demand is not None:
        answer["OnDemandThroughput"] = dict(definition.on_demand)
    return answer


def _stream(table: Table) -> Answer:
    stream = table.definition.stream
    if stream is None:
        return {}
    answer: Answer = {
        "LatestStreamLabel": stream.label,
        "LatestStreamArn": table.stream_arn,
    }
    if stream.enabled:
        answer["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream.view}
    return answer


def _key(key: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in key]


def _throughput(units: Throughput) -> Answer:
    return {
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": units.read,
        "WriteCapacityUnits": units.write,
    }


def _index(totals: Totals, table: Table, index: Index, status: str) -> Answer:
    answer = _shape(table, index.definition, totals.known(index.id) or Total())
    if index.definition.filling:
        # AWS prepares the index before it fills it, which takes no time here.
        answer |= {"IndexStatus": "CREATING", "Backfilling": status == ACTIVE}
    elif not index.local:
        answer["IndexStatus"] = ACTIVE
    return answer


def _leaving(table: Table, index: IndexDefinition) -> Answer:
    return {**_shape(table, index, Total()), "IndexStatus": "DELETING"}


def _shape(table: Table, index: IndexDefinition, total: Total) -> Answer:
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.included:
        projection["NonKeyAttributes"] = list(index.included)
    answer: Answer = {
        "IndexName": index.name,
        "KeySchema": _key(index.key),
        "Projection": projection,
        "IndexSizeBytes": total.bytes,
        "ItemCount": total.items,
        "IndexArn": f"{arn_of(table)}/index/{index.name}",
    }
    if not index.local:
        answer["ProvisionedThroughput"] = _throughput(index.throughput)
        if index.on_demand is not None:
            answer["OnDemandThroughput"] = dict(index.on_demand)
    return answer
