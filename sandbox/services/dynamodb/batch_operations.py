"""BatchGetItem and BatchWriteItem.

Pages: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html and
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.paths import project
from sandbox.model.dynamodb.keys import check_key
from sandbox.model.dynamodb.values import check_item
from sandbox.services.base import Answer, Params, operation
from sandbox.services.dynamodb.capacity import Consumption, wants_capacity
from sandbox.services.dynamodb.collections_ import collection_metrics
from sandbox.services.dynamodb.core import DynamoDbCore, required
from sandbox.services.dynamodb.definitions import Table
from sandbox.services.dynamodb.projection import read_projection
from sandbox.services.dynamodb.writing import DELETE, PUT, Write, read_write

T = TypeVar("T")
_MAX_GETS, _MAX_WRITES = 100, 25
#: Bytes that one BatchGetItem answers, at most.
_PAGE = 16 * 1024 * 1024
_THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException")


class BatchOperations(DynamoDbCore):
    """Many items at once, each for itself."""

    @operation("BatchGetItem", "RequestItems ReturnConsumedCapacity")
    def batch_get_item(self, call: Call, params: Params) -> Answer:
        """Reads items by their keys; what there is no capacity or room for is handed back."""
        required(params, "RequestItems")
        wanted = wants_capacity(params)
        wishes = params["RequestItems"]
        _check_gets(wishes)
        tables = {name: self.tables.get(call.scope, name) for name in wishes}
        for name, wish in wishes.items():
            _check_keys(tables[name], wish)
        responses: dict[str, list[Any]] = {name: [] for name in wishes}
        unprocessed: dict[str, Any] = {}
        consumed: list[Consumption] = []
        size = 0
        for name, wish in wishes.items():
            consumption = Consumption(tables[name])
            consumed.append(consumption)
            projection = read_projection(wish, tables[name].schema)
            consistent = bool(wish.get("ConsistentRead"))
            for key in wish["Keys"]:
                read = None
                if size <= _PAGE:
                    read = _if_capacity(
                        partial(self.read, tables[name], check_item(key), consistent=consistent)
                    )
                if read is None:
                    left = unprocessed.setdefault(name, {**wish, "Keys": []})
                    left["Keys"].append(key)
                    continue
                found, own = read
                consumption.add(own)
                if found is not None:
                    size += found.size
                    responses[name].append(
                        found.item if projection is None else project(found.item, projection)
                    )
        answer: Answer = {"Responses": responses, "UnprocessedKeys": unprocessed}
        if wanted:
            answer["ConsumedCapacity"] = [consumption.report(wanted) for consumption in consumed]
        return answer

    @operation("BatchWriteItem", "RequestItems ReturnConsumedCapacity ReturnItemCollectionMetrics")
    def batch_write_item(self, call: Call, params: Params) -> Answer:
        """Puts and deletes items; what there is no capacity for is handed back."""
        required(params, "RequestItems")
        wanted = wants_capacity(params)
        wishes = params["RequestItems"]
        _check_writes(wishes)
        tables = {name: self.tables.get(call.scope, name) for name in wishes}
        writes = {name: _read_writes(tables[name], wish) for name, wish in wishes.items()}
        unprocessed: dict[str, list[Any]] = {}
        consumed = {name: Consumption(tables[name]) for name in wishes}
        metrics: dict[str, list[Answer]] = {}
        for name, wish in wishes.items():
            for request, write in zip(wish, writes[name], strict=True):
                done = _if_capacity(partial(self.write, write, call.hop))
                if done is None:
                    unprocessed.setdefault(name, []).append(request)
                    continue
                consumed[name].add(done[1])
                if params.get("ReturnItemCollectionMetrics") == "SIZE" and any(
                    index.local for index in write.table.indexes
                ):
                    metrics.setdefault(name, []).append(
                        collection_metrics(self.pages, write.table, write.key)
                    )
        answer: Answer = {"UnprocessedItems": unprocessed}
        if metrics:
            answer["ItemCollectionMetrics"] = metrics
        if wanted:
            answer["ConsumedCapacity"] = [consumption.report(wanted) for consumption in consumed.values()]
        return answer


def _if_capacity(work: Callable[[], T]) -> T | None:
    """What the work gives; None where it is throttled."""
    try:
        return work()
    except AwsError as error:
        if error.code in _THROTTLED:
            return None
        raise


def _check_gets(wishes: Mapping[str, Any]) -> None:
    if not wishes:
        raise validation(
            "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1"
        )
    for name, wish in wishes.items():
        if not wish.get("Keys"):
            raise validation(
                f"1 validation error detected: Value '[]' at 'requestItems.{name}.member.keys' failed to "
                "satisfy constraint: Member must have length greater than or equal to 1"
            )
    if sum(len(wish["Keys"]) for wish in wishes.values()) > _MAX_GETS:
        raise validation("Too many items requested for the BatchGetItem call")


def _check_keys(table: Table, wish: Mapping[str, Any]) -> None:
    seen = set()
    for given in wish["Keys"]:
        key = check_item(given)
        check_key(table.schema, key)
        seen.add(table.schema.encode(key))
    if len(seen) != len(wish["Keys"]):
        raise validation("Provided list of item keys contains duplicates")


def _check_writes(wishes: Mapping[str, Any]) -> None:
    if not wishes:
        raise validation(
            "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1"
        )
    for name, wish in wishes.items():
        if not wish:
            raise validation(f"The batch write request list for a table cannot be null or empty: {name}")
    if sum(len(wish) for wish in wishes.values()) > _MAX_WRITES:
        raise validation("Too many items requested for the BatchWriteItem call")


def _read_writes(table: Table, wish: list[Mapping[str, Any]]) -> list[Write]:
    writes = []
    for request in wish:
        if len(request) != 1:
            raise validation(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                "supported datatypes"
            )
        ((kind, given),) = request.items()
        required(given, "Item" if kind == "PutRequest" else "Key")
        writes.append(read_write(PUT if kind == "PutRequest" else DELETE, table, given))
    if len({write.place for write in writes}) != len(writes):
        raise validation("Provided list of item keys contains duplicates")
    return writes
