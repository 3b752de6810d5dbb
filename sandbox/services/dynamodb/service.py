"""The native DynamoDB, and what the rest of the engine uses it through."""

from __future__ import annotations

from typing import ClassVar

from sandbox.model.dynamodb.keys import BUCKETS
from sandbox.model.dynamodb.values import Item
from sandbox.model.scope import Scope
from sandbox.services.dynamodb.batch_operations import BatchOperations
from sandbox.services.dynamodb.item_operations import ItemOperations
from sandbox.services.dynamodb.pages import Page, Position, Source
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

    def look(self, scope: Scope, name: str, after: Item | None, limit: int) -> Page:
        """Some items of a table in the order of a scan, for people: nobody's request, so it consumes nothing.

        Args:
            name: the table's.
            after: the item that came last.
            limit: items, at most; less where they are large.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        table = self.tables.get(scope, name)
        start = None if after is None else Position(*table.schema.encode(after))
        return self.pages.scan(Source(table), (0, BUCKETS), start, limit)
