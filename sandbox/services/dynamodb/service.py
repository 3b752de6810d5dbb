"""The native DynamoDB, and what the rest of the engine uses it through."""

from __future__ import annotations

from typing import ClassVar

from sandbox.services.dynamodb.batch_operations import BatchOperations
from sandbox.services.dynamodb.item_operations import ItemOperations
from sandbox.services.dynamodb.partiql_operations import PartiQlOperations
from sandbox.services.dynamodb.setting_operations import SettingOperations
from sandbox.services.dynamodb.table_tags import TagOperations


class DynamoDbService(
    SettingOperations,
    TagOperations,
    ItemOperations,
    BatchOperations,
    PartiQlOperations,
):
    """DynamoDB, natively: tables, items, indexes, transactions, time to live."""

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "tables and indexes are ready at once; only the call itself answers CREATING, UPDATING or DELETING",
        "eventually consistent reads and global secondary indexes are consistent",
        "the limits of one partition (3,000 read and 1,000 write units a second) and of collections (10 GB)",
        "on-demand tables throttle only where MaxReadRequestUnits or MaxWriteRequestUnits is set",
        "SSESpecification and TableClass are recorded, items stay readable",
        "point-in-time recovery is recorded; restores are refused, `sandbox snapshot` takes their place",
        "TTL deletes at the very moment; AWS takes up to a few days",
        "PartiQL's OR on the partition key scans; capacity is counted for that",
    )
