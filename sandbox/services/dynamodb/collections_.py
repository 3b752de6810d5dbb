"""Item collections: all items of a table with local secondary indexes that share a partition key.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
"""

from __future__ import annotations

from sandbox.model.dynamodb.values import Item
from sandbox.services.base import Answer
from sandbox.services.dynamodb.definitions import Table
from sandbox.services.dynamodb.pages import PageReader

_GIGABYTE = 1024**3


def collection_metrics(pages: PageReader, table: Table, key: Item) -> Answer:
    """ItemCollectionMetrics of the collection that a key lies in."""
    gigabytes = pages.partition_bytes(table, key) // _GIGABYTE
    names = [part.name for part in table.schema.hash_parts]
    return {
        "ItemCollectionKey": {name: key[name] for name in names},
        "SizeEstimateRangeGB": [float(gigabytes), float(gigabytes + 1)],
    }
