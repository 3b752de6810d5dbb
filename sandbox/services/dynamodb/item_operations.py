"""Operations on single items.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
"""

from __future__ import annotations

from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.nodes import Update
from sandbox.model.dynamodb.expressions.paths import project
from sandbox.model.dynamodb.keys import check_key
from sandbox.model.dynamodb.values import Item, check_item
from sandbox.services.base import Answer, Params, operation
from sandbox.services.dynamodb.capacity import wants_capacity
from sandbox.services.dynamodb.checks import check_choice
from sandbox.services.dynamodb.collections_ import collection_metrics
from sandbox.services.dynamodb.core import DynamoDbCore, required
from sandbox.services.dynamodb.projection import read_projection
from sandbox.services.dynamodb.writing import DELETE, PUT, UPDATE, Planned, read_write

_CHOICES = ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
_COMMON = (
    "TableName Expected ConditionalOperator ReturnValues ReturnConsumedCapacity ReturnItemCollectionMetrics "
    "ConditionExpression ExpressionAttributeNames ExpressionAttributeValues "
    "ReturnValuesOnConditionCheckFailure "
)


class ItemOperations(DynamoDbCore):
    """PutItem, GetItem, UpdateItem, DeleteItem."""

    @operation("PutItem", _COMMON + "Item")
    def put_item(self, call: Call, params: Params) -> Answer:
        """Writes a whole item, in place of the one with the same key."""
        required(params, "Item")
        planned, answer = self._write(PUT, call, params)
        if params.get("ReturnValues") == "ALL_OLD" and planned.old is not None:
            answer["Attributes"] = planned.old.item
        return answer

    @operation("DeleteItem", _COMMON + "Key")
    def delete_item(self, call: Call, params: Params) -> Answer:
        """Removes an item; none is no error."""
        required(params, "Key")
        planned, answer = self._write(DELETE, call, params)
        if params.get("ReturnValues") == "ALL_OLD" and planned.old is not None:
            answer["Attributes"] = planned.old.item
        return answer

    @operation("UpdateItem", _COMMON + "Key AttributeUpdates UpdateExpression")
    def update_item(self, call: Call, params: Params) -> Answer:
        """Changes attributes of an item, which is made where there is none."""
        required(params, "Key")
        planned, answer = self._write(UPDATE, call, params)
        shown = returned(params.get("ReturnValues"), planned)
        if shown:
            answer["Attributes"] = shown
        return answer

    @operation(
        "GetItem",
        "TableName Key AttributesToGet ConsistentRead ReturnConsumedCapacity ProjectionExpression "
        "ExpressionAttributeNames",
    )
    def get_item(self, call: Call, params: Params) -> Answer:
        """Reads an item by its key."""
        required(params, "Key")
        wanted = wants_capacity(params)
        table = self.table_of(call, params)
        projection = read_projection(params, table.schema)
        key = check_item(params["Key"])
        check_key(table.schema, key)
        found, consumed = self.read(table, key, consistent=bool(params.get("ConsistentRead")))
        answer: Answer = {}
        if found is not None:
            answer["Item"] = found.item if projection is None else project(found.item, projection)
        if wanted:
            answer["ConsumedCapacity"] = consumed.report(wanted)
        return answer

    def _write(self, kind: str, call: Call, params: Params) -> tuple[Planned, Answer]:
        choice = check_choice(params.get("ReturnValues"), "returnValues", _CHOICES)
        if kind != UPDATE and choice not in ("NONE", "ALL_OLD"):
            raise validation("Return values set to invalid value")
        wanted = wants_capacity(params)
        table = self.table_of(call, params)
        write = read_write(kind, table, params)
        planned, consumed = self.write(write, call.hop)
        answer: Answer = {}
        if wanted:
            answer["ConsumedCapacity"] = consumed.report(wanted)
        if params.get("ReturnItemCollectionMetrics") == "SIZE" and any(i.local for i in table.indexes):
            answer["ItemCollectionMetrics"] = collection_metrics(self.pages, table, write.key)
        return planned, answer


def returned(choice: str | None, planned: Planned) -> Item | None:
    """What ReturnValues asks for of a write; None where there is nothing of it."""
    old = None if planned.old is None else planned.old.item
    new, update = planned.new, planned.write.update
    if choice == "ALL_OLD":
        return old
    if choice == "ALL_NEW":
        return new
    if choice == "UPDATED_OLD" and old is not None:
        return _touched(old, update)
    if choice == "UPDATED_NEW" and new is not None:
        return _touched(new, update)
    return None


def _touched(item: Item, update: Update | None) -> Item:
    return project(item, update.paths) if update is not None and update.paths else {}
