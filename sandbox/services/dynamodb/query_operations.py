"""Query and Scan.

Pages: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html, …/API_Scan.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import constraint, validation
from sandbox.model.dynamodb.expressions.conditions import meets, parse_condition
from sandbox.model.dynamodb.expressions.keyconditions import KeyRange, key_range_of, parse_key_condition
from sandbox.model.dynamodb.expressions.nodes import Condition, Path, attributes_of
from sandbox.model.dynamodb.expressions.paths import project
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.keys import BUCKETS, KeySchema
from sandbox.model.dynamodb.values import Item, check_item, item_size, kind_of
from sandbox.services.base import Answer, Params, operation
from sandbox.services.dynamodb.capacity import Consumption, read_units, wants_capacity
from sandbox.services.dynamodb.checks import check_limit
from sandbox.services.dynamodb.core import DynamoDbCore
from sandbox.services.dynamodb.definitions import READ, Index, Table
from sandbox.services.dynamodb.legacy import condition_of, filter_condition
from sandbox.services.dynamodb.pages import Page, Position, Source
from sandbox.services.dynamodb.projection import read_projection

_COMMON = (
    "TableName IndexName AttributesToGet Limit Select ConditionalOperator ExclusiveStartKey ConsistentRead "
    "ReturnConsumedCapacity ProjectionExpression FilterExpression ExpressionAttributeNames "
    "ExpressionAttributeValues "
)
_MAX_SEGMENTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What Query and Scan have in common, read from the parameters.

    Attributes:
        count_only: Select is COUNT.
    """

    source: Source
    placeholders: Placeholders
    filter: Condition | None
    projection: tuple[Path, ...] | None
    count_only: bool
    start: Item | None
    limit: int | None
    consistent: bool
    capacity: str | None

    @property
    def table(self) -> Table:
        """The table that is read, or whose index is."""
        return self.source.table

    @property
    def index(self) -> Index | None:
        """The index that is read."""
        return self.source.index

    @property
    def schema(self) -> KeySchema:
        """The key of what is read."""
        return self.table.schema if self.index is None else self.index.schema

    def key_at(self, item: Item) -> Item:
        """LastEvaluatedKey where the last item read is this one."""
        return {**(self.index.schema.of(item) if self.index else {}), **self.table.schema.of(item)}

    def position(self) -> Position | None:
        """ExclusiveStartKey as a place."""
        if self.start is None:
            return None
        bucket, partition, sort = self.schema.encode(self.start)
        if self.index is None:
            return Position(bucket, partition, sort)
        _, own_partition, own_sort = self.table.schema.encode(self.start)
        return Position(bucket, partition, sort, own_partition + own_sort)


class QueryOperations(DynamoDbCore):
    """Reads of many items."""

    @operation("Query", _COMMON + "KeyConditions QueryFilter ScanIndexForward KeyConditionExpression")
    def query(self, call: Call, params: Params) -> Answer:
        """Items with one partition key, in the order of their sort keys."""
        reading = self._reading(call, params, "QueryFilter")
        wanted = _key_range(params, reading)
        reading.placeholders.check_used()
        _check_filter(reading)
        start = reading.position()
        if start is not None and not _within(start, wanted):
            raise validation(
                "The provided starting key is outside query boundaries based on provided conditions"
            )
        self.limiter.check(reading.table, READ, [reading.index] if reading.index else ())
        forward = params.get("ScanIndexForward") is not False
        page = self.pages.query(reading.source, wanted, start, reading.limit, forward=forward)
        return self.answer_page(reading, page, wanted.partition)

    @operation("Scan", _COMMON + "ScanFilter TotalSegments Segment")
    def scan(self, call: Call, params: Params) -> Answer:
        """All items, in the table's own order; in segments that can be read side by side."""
        buckets = _segment(params)
        reading = self._reading(call, params, "ScanFilter")
        reading.placeholders.check_used()
        start = reading.position()
        if start is not None and not buckets[0] <= start.bucket < buckets[1]:
            raise validation(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                "ExclusiveStartKey with correct Segment. TotalSegments: "
                f"{params.get('TotalSegments')} Segment: {params.get('Segment')}"
            )
        self.limiter.check(reading.table, READ, [reading.index] if reading.index else ())
        return self.answer_page(reading, self.pages.scan(reading.source, buckets, start, reading.limit))

    def _reading(self, call: Call, params: Params, old_filter: str) -> Reading:
        check_limit(params.get("Limit"))
        _check_mixture(params, old_filter)
        table = self.table_of(call, params)
        index = index_of(table, params)
        placeholders = Placeholders(
            params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues")
        )
        expressions = {
            name: params.get(name)
            for name in ("FilterExpression", "ProjectionExpression", "KeyConditionExpression")
            if name != "KeyConditionExpression" or old_filter == "QueryFilter"
        }
        placeholders.check_wanted(expressions)
        text = params.get("FilterExpression")
        condition = (
            parse_condition("FilterExpression", text, placeholders)
            if text is not None
            else filter_condition(params.get(old_filter), params.get("ConditionalOperator"))
        )
        projection = read_projection(params, table.schema, placeholders)
        count_only, whole = read_select(params, table, index, projection)
        start = params.get("ExclusiveStartKey")
        return Reading(
            Source(table, index, whole),
            placeholders,
            condition,
            projection,
            count_only,
            None if start is None else _start_key(table, index, start),
            params.get("Limit"),
            bool(params.get("ConsistentRead")),
            wants_capacity(params),
        )

    def answer_page(self, reading: Reading, page: Page, partition: bytes | None = None) -> Answer:
        """A page as an answer: filtered, projected, and counted against the capacity.

        Args:
            partition: the one partition key that was read.
        """
        found = page.items
        if reading.filter is not None:
            found = [item for item in found if meets(reading.filter, item)]
        answer: Answer = {"Count": len(found), "ScannedCount": len(page.items)}
        if not reading.count_only:
            if reading.projection is not None:
                found = [project(item, reading.projection) for item in found]
            answer["Items"] = found
        if page.full and page.items:
            answer["LastEvaluatedKey"] = reading.key_at(page.items[-1])
        units = read_units(page.bytes, consistent=reading.consistent)
        consumed = Consumption(reading.table)
        if partition is not None:
            global_ = reading.index if reading.index is not None and not reading.index.local else None
            consumed.keys.append((global_, partition, units))
        if reading.index is None:
            consumed.read = units
        else:
            consumed.indexes[reading.index.name] = units
            if reading.source.whole:
                consumed.read = sum(
                    read_units(item_size(item), consistent=reading.consistent) for item in page.items
                )
        self.limiter.take(consumed, READ)
        if reading.capacity:
            answer["ConsumedCapacity"] = consumed.report(reading.capacity)
        return answer


def _check_mixture(params: Params, old_filter: str) -> None:
    old = [
        name
        for name in ("AttributesToGet", old_filter, "ConditionalOperator", "KeyConditions")
        if params.get(name)
    ]
    new = [
        name
        for name in ("FilterExpression", "ProjectionExpression", "KeyConditionExpression")
        if params.get(name) is not None
    ]
    if old and new:
        raise validation(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} Expression parameters: {{{', '.join(new)}}}"
        )


def index_of(table: Table, params: Mapping[str, Any]) -> Index | None:
    """The index that IndexName names.

    Raises:
        AwsError: ValidationException.
    """
    name = params.get("IndexName")
    if name is None:
        return None
    index = table.by_name.get(name)
    if index is None:
        raise validation(f"The table does not have the specified index: {name}")
    if params.get("ConsistentRead") and not index.local:
        raise validation("Consistent reads are not supported on global secondary indexes")
    if index.definition.filling:
        raise validation(f"Cannot read from backfilling global secondary index: {name}")
    return index


def read_select(
    params: Params, table: Table, index: Index | None, projection: Sequence[Path] | None
) -> tuple[bool, bool]:
    """Whether only the count is asked for, and whether more than the index keeps.

    Raises:
        AwsError: ValidationException.
    """
    select = _checked_select(params, index, projection)
    if index is None or index.definition.projection == "ALL":
        return select == "COUNT", False
    kept = {*index.schema.names, *table.schema.names, *index.definition.included}
    missing = sorted({path.top for path in projection or ()} - kept)
    if missing and not index.local:
        raise validation(
            "One or more parameter values were invalid: Global secondary index "
            f"{index.name} does not project [{', '.join(missing)}]"
        )
    return select == "COUNT", bool(missing) or select == "ALL_ATTRIBUTES"


def _checked_select(params: Params, index: Index | None, projection: Sequence[Path] | None) -> str | None:
    select = params.get("Select")
    if select is None:
        return None
    if select not in ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES"):
        raise constraint(
            select,
            "select",
            "Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, "
            "ALL_PROJECTED_ATTRIBUTES]",
        )
    if select == "SPECIFIC_ATTRIBUTES":
        if projection is None:
            raise validation(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                "SPECIFIC_ATTRIBUTES"
            )
        return "SPECIFIC_ATTRIBUTES"
    if projection is not None:
        which = "ProjectionExpression" if params.get("ProjectionExpression") else "AttributesToGet"
        what = "only the Count" if select == "COUNT" else select
        raise validation(f"Cannot specify the {which} when choosing to get {what}")
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    narrow = index is not None and not index.local and index.definition.projection != "ALL"
    if select == "ALL_ATTRIBUTES" and index is not None and narrow:
        raise validation(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "
            f"global secondary index {index.name} because its projection type is not ALL"
        )
    return str(select)


def _start_key(table: Table, index: Index | None, given: Mapping[str, Any]) -> Item:
    """ExclusiveStartKey, checked: the table's key, and the index's where one is read."""
    start = check_item(given)
    parts = {part.name: part.kind for part in table.schema.parts}
    if index is not None:
        parts |= {part.name: part.kind for part in index.schema.parts}
    if set(start) != set(parts):
        raise validation("The provided starting key is invalid")
    for name, kind in parts.items():
        if kind_of(start[name]) != kind:
            raise validation(
                "The provided starting key is invalid: The provided key element does not match the schema"
            )
    return start


def _key_range(params: Params, reading: Reading) -> KeyRange:
    text = params.get("KeyConditionExpression")
    if text is not None:
        return parse_key_condition(text, reading.placeholders, reading.schema)
    conditions = params.get("KeyConditions")
    if not conditions:
        raise validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    return key_range_of([condition_of(name, given) for name, given in conditions.items()], reading.schema)


def _within(start: Position, wanted: KeyRange) -> bool:
    return (
        start.partition == wanted.partition
        and wanted.low <= start.sort
        and (wanted.high is None or start.sort < wanted.high)
    )


def _check_filter(reading: Reading) -> None:
    """A filter of a query may not look at the key that the query goes by."""
    if reading.filter is None:
        return
    for name in attributes_of(reading.filter):
        if name in reading.schema.names:
            raise validation(
                "Filter Expression can only contain non-primary key attributes: "
                f"Primary key attribute: {name}"
            )


def _segment(params: Params) -> tuple[int, int]:
    """The buckets of a segment: all of them where the scan is in one piece."""
    total, segment = params.get("TotalSegments"), params.get("Segment")
    if total is None and segment is None:
        return 0, BUCKETS
    if total is None:
        raise validation(
            "The TotalSegments parameter is required but was not present in the request when Segment "
            "parameter is present"
        )
    if segment is None:
        raise validation(
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present"
        )
    if not 1 <= total <= _MAX_SEGMENTS:
        bound = "greater than or equal to 1" if total < 1 else f"less than or equal to {_MAX_SEGMENTS}"
        raise constraint(total, "totalSegments", f"Member must have value {bound}")
    if segment < 0:
        raise constraint(segment, "segment", "Member must have value greater than or equal to 0")
    if segment >= total:
        raise validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: "
            f"{segment} is not less than TotalSegments: {total}"
        )
    return BUCKETS * segment // total, BUCKETS * (segment + 1) // total
