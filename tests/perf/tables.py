"""A table of DynamoDB that is filled while its sandbox is down: a million items in seconds, not minutes.

The items are written by the service's own store, so they lie there as if clients had put them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.model.dynamodb.values import Item, item_size
from sandbox.model.scope import Scope
from sandbox.services.dynamodb.items import ItemStore
from sandbox.services.dynamodb.tables import TableStore
from sandbox.services.dynamodb.totals import Totals
from sandbox.store.database import Database

#: Items of one partition.
ITEMS = 10
#: Bytes of pages that SQLite keeps in memory while it loads.
_CACHE = "PRAGMA cache_size = -1500000"
ATTRIBUTES: Mapping[str, Any] = {
    "status": {"S": "RECEBIDO"},
    "total": {"N": "1299.90"},
    "itens": {"L": [{"M": {"sku": {"S": "caneta-azul"}, "quantidade": {"N": "3"}}}] * 3},
}
#: A global index of such a table.
INDEX: Mapping[str, Any] = {
    "IndexName": "por-cliente",
    "KeySchema": [
        {"AttributeName": "cliente", "KeyType": "HASH"},
        {"AttributeName": "criado", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "ALL"},
}


def key(number: int) -> Item:
    """The key of an item by its number."""
    return {"pk": {"S": f"pedido-{number // ITEMS}"}, "sk": {"N": str(number % ITEMS)}}


def item(number: int) -> Item:
    """An item by its number, about 200 bytes; of every customer in the index there are `ITEMS`, too."""
    return {
        **key(number),
        **ATTRIBUTES,
        "cliente": {"S": f"cliente-{number // 100}-{number % 10}"},
        "criado": {"S": f"2026-11-{number % 28 + 1:02d}T12:00:00Z"},
    }


def fill(state: Path, tables: Mapping[str, int]) -> None:
    """Puts items into tables that are empty.

    Args:
        state: folder of a sandbox that is down.
        tables: how many items to put, by the table's name.
    """
    database = Database(state / "state.db")
    try:
        database.rows(_CACHE)
        known, items = TableStore(database), ItemStore(database, Totals(database))
        for name, count in tables.items():
            table = known.get(Scope(), name)
            for number in _shuffled(count):
                made = item(number)
                items.put(table, table.schema.encode(made), None, made, item_size(made), None)
    finally:
        database.close()


def _shuffled(count: int) -> Iterable[int]:
    """The numbers of items in the order in which clients put them: none in particular."""
    return random.Random(7).sample(range(count), count)
