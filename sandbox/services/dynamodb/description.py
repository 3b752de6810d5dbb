"""Tables as DescribeTable shows them.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from typing import Any

from sandbox.model.arn import stream_arn
from sandbox.model.scope import Scope
from sandbox.services.base import Answer
from sandbox.services.dynamodb.definitions import ON_DEMAND, Definition, Index, Table, Throughput
from sandbox.services.dynamodb.tables import arn_of
from sandbox.services.dynamodb.totals import Totals

ACTIVE = "ACTIVE"


def describe(totals: Totals, table: Table, status: str = ACTIVE) -> Answer:
    """The description of a table.

    Args:
        status: tables are ready at once; only the answer to the call that makes, changes or deletes one shows
            it on the way, as AWS does.
    """
    definition = table.definition
    total = totals.of_table(table)
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
            answer[kind] = [_index(totals, table, index) for index in indexes]
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
        "LatestStreamArn": str(stream_arn(Scope(table.account, table.region), table.name, stream.label)),
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


def _index(totals: Totals, table: Table, index: Index) -> Answer:
    own = index.definition
    projection: dict[str, Any] = {"ProjectionType": own.projection}
    if own.included:
        projection["NonKeyAttributes"] = list(own.included)
    total = totals.of_index(index)
    answer: Answer = {
        "IndexName": index.name,
        "KeySchema": _key(own.key),
        "Projection": projection,
        "IndexSizeBytes": total.bytes,
        "ItemCount": total.items,
        "IndexArn": f"{arn_of(table)}/index/{index.name}",
    }
    if not index.local:
        answer["IndexStatus"] = ACTIVE
        answer["ProvisionedThroughput"] = _throughput(own.throughput)
        if own.on_demand is not None:
            answer["OnDemandThroughput"] = dict(own.on_demand)
    return answer
