"""SELECT: by query where WHERE names a partition, by scan elsewhere; and reads of single items.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.conditions import meets
from sandbox.model.dynamodb.expressions.keyconditions import KeyRange
from sandbox.model.dynamodb.expressions.nodes import Condition, Path
from sandbox.model.dynamodb.expressions.paths import resolve
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.keys import BUCKETS, KeySchema
from sandbox.model.dynamodb.partiql.keyed import key_of, ranges_of
from sandbox.model.dynamodb.partiql.nodes import Select
from sandbox.model.dynamodb.values import Item
from sandbox.services.base import Answer, Params
from sandbox.services.dynamodb.capacity import Consumption, wants_capacity
from sandbox.services.dynamodb.checks import check_limit
from sandbox.services.dynamodb.definitions import READ, Place, Table
from sandbox.services.dynamodb.pages import PAGE, Page, Source
from sandbox.services.dynamodb.query_operations import QueryOperations, Reading, index_of, read_select


class _Token(msgspec.Struct, array_like=True):
    """NextToken: where a statement goes on.

    Attributes:
        range: number of the range that is read (0 in a scan).
        after: key of the item read last; None: from the beginning of that range.
        digest: of the statement and its parameters, which may not change between pages.
    """

    range: int
    after: Item | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Get:
    """The read of one item.

    Attributes:
        condition: what WHERE says beside the key.
    """

    table: Table
    key: Item
    select: Select
    condition: Condition | None

    @property
    def place(self) -> Place:
        """Where its item lies."""
        return self.table.schema.encode(self.key)

    def shown(self, item: Item | None) -> Answer:
        """The item as a part of an answer; nothing where WHERE does not find it."""
        if item is None or (self.condition is not None and not meets(self.condition, item)):
            return {}
        return {"Item": _picked(item, self.select.paths)}


def get_of(table: Table, select: Select, refusal: str) -> Get:
    """A statement as the read of one item.

    Args:
        refusal: what is said of one that may find several.

    Raises:
        AwsError: ValidationException.
    """
    named = None if select.index is not None else key_of(table.schema, select.where)
    if named is None:
        raise validation(refusal)
    return Get(table, named[0], select, named[1])


class StatementReads(QueryOperations):
    """Reads of statements."""

    def get(self, get: Get, *, consistent: bool, factor: float = 1.0) -> tuple[Answer, Consumption]:
        """Reads one item.

        Args:
            factor: 2 in a transaction.
        """
        found, consumed = self.read(get.table, get.key, consistent=consistent, factor=factor)
        return get.shown(None if found is None else found.item), consumed

    def select(self, call: Call, select: Select, params: Params) -> Answer:
        """One page of what a SELECT finds."""
        check_limit(params.get("Limit"))
        table = self.tables.get(call.scope, select.table)
        names = {"IndexName": select.index, "ConsistentRead": params.get("ConsistentRead")}
        index = index_of(table, names)
        schema = table.schema if index is None else index.schema
        ranges = ranges_of(schema, select.where)
        forward, ordered = _ordered(select, schema, ranges)
        token = _read_token(params)
        whole = read_select({}, table, index, select.paths)[1]
        reading = Reading(
            Source(table, index, whole),
            Placeholders(None, None),
            select.where,
            None,
            False,
            token.after,
            params.get("Limit"),
            bool(params.get("ConsistentRead")),
            wants_capacity(params),
        )
        self.limiter.check(table, READ, [index] if index else ())
        number, page = self._page(reading, ordered, token.range, forward=forward)
        one = ordered[0].partition if ordered is not None and len(ordered) == 1 else None
        answer = self.answer_page(reading, page, one)
        shown: Answer = {"Items": [_picked(item, select.paths) for item in answer.pop("Items")]}
        after = answer.get("LastEvaluatedKey")
        if after is not None:
            shown |= {"NextToken": _write_token(number, after, params), "LastEvaluatedKey": after}
        if "ConsumedCapacity" in answer:
            shown["ConsumedCapacity"] = answer["ConsumedCapacity"]
        return shown

    def _page(
        self, reading: Reading, ranges: Sequence[KeyRange] | None, number: int, *, forward: bool
    ) -> tuple[int, Page]:
        """A page that begins in the range of that number, and the number of the range that it ends in."""
        start, limit = reading.position(), reading.limit
        if ranges is None:
            return 0, self.pages.scan(reading.source, (0, BUCKETS), start, limit)
        items: list[Item] = []
        size = 0
        for at in range(number, len(ranges)):
            left = None if limit is None else limit - len(items)
            page = self.pages.query(reading.source, ranges[at], start, left, forward=forward)
            items += page.items
            size += page.bytes
            if items and (page.full or size >= PAGE):
                return at, Page(items, size, full=True)
            start = None
        return len(ranges), Page(items, size, full=False)


def _ordered(
    select: Select, schema: KeySchema, ranges: Sequence[KeyRange] | None
) -> tuple[bool, Sequence[KeyRange] | None]:
    """Whether sort keys ascend, and the ranges in the order in which they are read."""
    if not select.order:
        return True, ranges
    if select.where is None:
        raise validation("Must have WHERE clause in the statement when using ORDER BY clause.")
    if ranges is None:
        raise validation(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY "
            "clause."
        )
    descending = dict(select.order)
    for name in descending:
        if name not in schema.names:
            raise validation(f"Variable reference {name} in ORDER BY clause must be part of the primary key")
    first, last = schema.hash_parts[0].name, [part.name for part in schema.range_parts]
    if first in descending:
        ranges = sorted(ranges, key=lambda one: one.partition, reverse=descending[first])
    elif len(ranges) > 1:
        raise validation(f"ORDER BY of several partitions must begin with the partition key {first}")
    return not any(descending.get(name) for name in last), ranges


def _picked(item: Item, paths: Sequence[Path] | None) -> Item:
    """What a projection shows of an item: every path under its last name, `a.b` as `b`, `a[0]` as `a[0]`."""
    if paths is None:
        return item
    found = ((_label(path), resolve(path, item)) for path in paths)
    return {label: value for label, value in found if value is not None}


def _label(path: Path) -> str:
    label = ""
    for step in path.steps:
        label = f"{label}[{step}]" if isinstance(step, int) else step
    return label


def _digest(params: Params) -> bytes:
    return sha256(msgspec.msgpack.encode([params["Statement"], params.get("Parameters")])).digest()[:12]


def _write_token(number: int, after: Item, params: Params) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(_Token(number, after, _digest(params)))).decode()


def _read_token(params: Params) -> _Token:
    given = params.get("NextToken")
    if given is None:
        return _Token(0, None, b"")
    try:
        token = msgspec.msgpack.decode(urlsafe_b64decode(given), type=_Token)
    except (NotBase64, ValueError, msgspec.MsgspecError):
        raise validation("Invalid NextToken") from None
    if token.digest != _digest(params):
        raise validation("Invalid NextToken")
    return token
