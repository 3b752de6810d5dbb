"""INSERT, UPDATE, DELETE and EXISTS as writes of single items.

Pages: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html,
…update.html, …delete.html, and ql-functions.exists.html
"""

from __future__ import annotations

from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.nodes import Condition, Function, Logical, Path
from sandbox.model.dynamodb.keys import check_item_key
from sandbox.model.dynamodb.partiql.keyed import key_of
from sandbox.model.dynamodb.partiql.nodes import Change, Exists, Insert, Removal
from sandbox.model.dynamodb.values import Item, check_size, item_size, kind_of
from sandbox.services.dynamodb.definitions import Table
from sandbox.services.dynamodb.writing import (
    CHECK,
    DELETE,
    PUT,
    UPDATE,
    Write,
    check_index_entries,
    check_not_key,
)


def write_of(table: Table, statement: Insert | Change | Removal | Exists, *, show_old: bool) -> Write:
    """The write that a statement is.

    Args:
        show_old: ReturnValuesOnConditionCheckFailure is ALL_OLD.

    Raises:
        AwsError: ValidationException.
    """
    if isinstance(statement, Insert):
        return _insertion(table, statement.item, show_old=show_old)
    if isinstance(statement, Exists):
        select = statement.select
        named = None if select.index is not None else key_of(table.schema, select.where)
        if named is None or named[1] is None:
            raise validation("EXISTS() must contain a single item read with additional condition")
        key, rest = named
        return Write(CHECK, table, key, table.schema.encode(key), condition=rest, show_old=show_old)
    named = key_of(table.schema, statement.where)
    if named is None:
        raise validation("Where clause does not contain a mandatory equality on all key attributes")
    key, rest = named
    place = table.schema.encode(key)
    there = Path((table.schema.parts[0].name,))
    if isinstance(statement, Removal):
        # An item that is not there is no error, whatever else is said of it.
        missing = Function("attribute_not_exists", (there,))
        return Write(
            DELETE,
            table,
            key,
            place,
            condition=None if rest is None else Logical("OR", missing, rest),
            show_old=show_old,
        )
    check_not_key(table, statement.update)
    exists: Condition = Function("attribute_exists", (there,))
    condition = exists if rest is None else Logical("AND", exists, rest)
    return Write(UPDATE, table, key, place, update=statement.update, condition=condition, show_old=show_old)


def _insertion(table: Table, item: Item, *, show_old: bool) -> Write:
    for part in table.schema.parts:
        value = item.get(part.name)
        if value is None:
            raise validation(f"Key attribute should be present in the item: Key {part.name}")
        if kind_of(value) != part.kind:
            raise validation(
                f"Key attribute's data type should match its data type in table's schema: Key {part.name}"
            )
    check_item_key(table.schema, item)
    check_index_entries(table, item)
    size = check_size(item_size(item))
    key = table.schema.of(item)
    return Write(PUT, table, key, table.schema.encode(key), item, show_old=show_old, insert=True, size=size)
