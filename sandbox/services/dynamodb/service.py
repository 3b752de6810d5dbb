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
        "tables are ready at once; with up to a thousand items indexes, deletions and time to live are, too: "
        "only the call itself answers CREATING, UPDATING or DELETING",
        "UpdateTimeToLive may be called again at once; AWS makes one wait for half an hour",
        "eventually consistent reads and global secondary indexes are consistent",
        "the size of item collections (10 GB with local indexes)",
        "on-demand tables grow at once: they throttle hot partition keys, and where a maximum is set",
        "each partition key has a partition of its own, which is never split for heat",
        "TransactionConflict: requests are carried out one after another; `sandbox faults` gives it",
        "SSESpecification and TableClass are recorded, items stay readable",
        "point-in-time recovery is recorded; restores are refused, `sandbox snapshot` takes their place",
        "TTL deletes at the very moment; AWS takes up to a few days",
        "PartiQL's OR on the partition key scans; capacity is counted for that",
    )
