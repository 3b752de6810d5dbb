"""Writes: put, update, delete and check one item, by itself or as part of a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.model.dynamodb.expressions.conditions import meets, parse_condition
from sandbox.model.dynamodb.expressions.nodes import Condition, Update
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.expressions.updates import apply_update, parse_update
from sandbox.model.dynamodb.keys import check_index_keys, check_item_key, check_key
from sandbox.model.dynamodb.values import Item, check_item, check_size, item_size, size_after
from sandbox.services.dynamodb.capacity import Consumption, index_writes, write_units
from sandbox.services.dynamodb.definitions import Place, Table
from sandbox.services.dynamodb.expiry import Expiry
from sandbox.services.dynamodb.items import ItemStore, Move, Stored, moves_of
from sandbox.services.dynamodb.legacy import expected_condition, legacy_update
from sandbox.services.dynamodb.streams import TTL_IDENTITY, StreamStore

PUT, UPDATE, DELETE, CHECK = "Put", "Update", "Delete", "ConditionCheck"


class Write(msgspec.Struct, frozen=True):
    """One write, checked as far as it can be without its item.

    Attributes:
        key: the item's key, and `place` where it leads.
        item: the whole new item, and `size` its bytes (put only).
        show_old: ReturnValuesOnConditionCheckFailure is ALL_OLD.
        insert: an item with the same key is a DuplicateItemException (put only).
    """

    kind: str
    table: Table
    key: Item
    place: Place
    item: Item | None = None
    update: Update | None = None
    condition: Condition | None = None
    show_old: bool = False
    insert: bool = False
    size: int = 0


class Planned(msgspec.Struct, frozen=True):
    """A write whose condition holds, and what it will make of its item.

    Attributes:
        size: bytes of the new item.
        moves: what becomes of the item in each index; a check moves nothing.
    """

    write: Write
    place: Place
    old: Stored | None
    new: Item | None
    size: int
    moves: Sequence[Move]


def read_write(kind: str, table: Table, params: Mapping[str, Any]) -> Write:
    """A write from the parameters of PutItem, UpdateItem, DeleteItem, or of a part of TransactWriteItems.

    Raises:
        AwsError: ValidationException.
    """
    _check_mixture(params)
    placeholders = Placeholders(
        params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues")
    )
    expressions = {"ConditionExpression": params.get("ConditionExpression")}
    if kind == UPDATE:
        expressions = {"UpdateExpression": params.get("UpdateExpression"), **expressions}
    placeholders.check_wanted(expressions)
    item, size = None, 0
    if kind == PUT:
        item = check_item(params["Item"])
        check_item_key(table.schema, item)
        check_index_entries(table, item)
        size = check_size(item_size(item))
        key = table.schema.of(item)
    else:
        key = check_item(params["Key"])
        check_key(table.schema, key)
    update = _read_update(table, params, placeholders) if kind == UPDATE else None
    condition = _read_condition(params, placeholders)
    placeholders.check_used()
    if kind == CHECK and condition is None:
        raise validation("The expression can not be empty;")
    shown = params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return Write(kind, table, key, table.schema.encode(key), item, update, condition, shown, size=size)


_LEGACY = ("AttributeUpdates", "Expected", "ConditionalOperator")
_MODERN = ("UpdateExpression", "ConditionExpression")


def _check_mixture(params: Mapping[str, Any]) -> None:
    """Refuses the old way of saying a thing beside the new one."""
    old = [name for name in _LEGACY if params.get(name)]
    new = [name for name in _MODERN if params.get(name) is not None]
    if old and new:
        raise validation(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} Expression parameters: {{{', '.join(new)}}}"
        )


def _read_condition(params: Mapping[str, Any], placeholders: Placeholders) -> Condition | None:
    text = params.get("ConditionExpression")
    if text is not None:
        return parse_condition("ConditionExpression", text, placeholders)
    return expected_condition(params.get("Expected"), params.get("ConditionalOperator"))


def _read_update(table: Table, params: Mapping[str, Any], placeholders: Placeholders) -> Update:
    text = params.get("UpdateExpression")
    update = (
        legacy_update(params.get("AttributeUpdates")) if text is None else parse_update(text, placeholders)
    )
    check_not_key(table, update)
    return update


def check_not_key(table: Table, update: Update) -> None:
    """Refuses an update of the key.

    Raises:
        AwsError: ValidationException.
    """
    for path in update.paths:
        if path.top in table.schema.names:
            raise invalid(f"Cannot update attribute {path.top}. This attribute is part of the key")


def check_index_entries(table: Table, item: Item) -> None:
    """Refuses an item whose attribute cannot be the key of an index that it would be.

    Raises:
        AwsError: ValidationException.
    """
    for index in table.indexes:
        check_index_keys(index.name, index.schema, table.schema.names, item)


class Writer:
    """Plans writes and carries them out: item, indexes, stream and expiry together."""

    def __init__(self, items: ItemStore, streams: StreamStore) -> None:
        self._items = items
        self._streams = streams
        #: Set by who has both.
        self.expiry: Expiry

    def plan(self, write: Write) -> Planned:
        """What a write will do, as things stand now.

        Raises:
            AwsError: ConditionalCheckFailedException, DuplicateItemException, ValidationException.
        """
        place = write.place
        old = self._items.get(write.table, place)
        before = {} if old is None else old.item
        if write.insert and old is not None:
            raise AwsError("DuplicateItemException", "Duplicate primary key exists in table")
        if write.condition is not None and not meets(write.condition, before):
            fields = {"Item": before} if write.show_old and old is not None else None
            raise AwsError("ConditionalCheckFailedException", "The conditional request failed", fields=fields)
        if write.kind == CHECK:
            return Planned(write, place, old, None, 0, ())
        new, size = write.item, write.size
        if write.kind == UPDATE:
            assert write.update is not None
            new = apply_update(write.update, before or dict(write.key))
            check_index_entries(write.table, new)
            size = check_size(_size_after(write.update, old, new))
        moves = moves_of(write.table, None if old is None else old.item, new)
        return Planned(write, place, old, new, size, moves)

    def carry_out(self, planned: Planned, hop: int | None) -> None:
        """Does what was planned."""
        write, place, old, moves = planned.write, planned.place, planned.old, planned.moves
        new: Stored | None = None
        if write.kind == CHECK:
            return
        if planned.new is not None:
            expires = self.expiry.time_of(write.table, planned.new)
            new = self._items.put(write.table, place, old, planned.new, planned.size, expires, moves)
            self.expiry.expect(expires)
        elif old is not None:
            self._items.delete(write.table, place, old, moves)
        self._streams.record(write.table, old, new, hop)

    def expire(self, table: Table, old: Stored) -> None:
        """Removes an item whose time has come."""
        self._items.delete(table, table.schema.encode(old.item), old)
        self._streams.record(table, old, None, None, TTL_IDENTITY)


def _size_after(update: Update, old: Stored | None, new: Item) -> int:
    if old is None:
        return item_size(new)
    return size_after(old.size, old.item, new, {path.top for path in update.paths})


def consumed_by(planned: Planned, factor: float = 1.0) -> Consumption:
    """What a write consumes.

    Args:
        factor: 2 in a transaction.
    """
    table, old, new = planned.write.table, planned.old, planned.new
    size = max(planned.size, 0 if old is None else old.size)
    units = write_units(size, factor)
    consumed = Consumption(table, write=units, keys=[(None, planned.place[1], units)])
    for move in planned.moves:
        index = move.index
        changes = index_writes(table, move, old, new, planned.size)
        if changes:
            consumed.indexes[index.name] = sum(units for _, units in changes) * factor
            if not index.local:
                consumed.keys += [(index, partition, units * factor) for partition, units in changes]
    return consumed
