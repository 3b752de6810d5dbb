"""Pages of items in the order of a table or an index: up to a limit, and up to 1 MB.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.dynamodb.expressions.keyconditions import KeyRange
from sandbox.model.dynamodb.keys import bucket_of, encode
from sandbox.model.dynamodb.values import Item, item_size
from sandbox.services.dynamodb.definitions import Index, Table
from sandbox.services.dynamodb.items import unpack
from sandbox.store.database import Database

#: Bytes that one request reads, at most.
PAGE = 1024 * 1024
#: Rows that are fetched at a time, at first and at most.
_FEW, _MANY = 32, 1024


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a table or index: an item's key there; `tie` tells equal keys of an index apart."""

    bucket: int
    partition: bytes
    sort: bytes
    tie: bytes = b""


@dataclass(frozen=True, slots=True)
class Source:
    """What is read: a table, or one of its indexes.

    Attributes:
        whole: items with all their attributes, though the index keeps fewer (a local one can fetch them).
    """

    table: Table
    index: Index | None = None
    whole: bool = False

    @property
    def id(self) -> int:
        """What its rows are found by."""
        return self.table.id if self.index is None else self.index.id

    @property
    def narrow(self) -> bool:
        """Whether items are cut down to what the index keeps."""
        return self.index is not None and not self.whole and self.index.definition.projection != "ALL"

    @property
    def select(self) -> str:
        """The beginning of the statement that reads it."""
        return _OF_TABLE if self.index is None else _OF_INDEX


_OF_TABLE = "SELECT p.bucket, p.pk, p.sk, p.size, p.item FROM dynamodb_items p WHERE p.tbl = ?"
_OF_INDEX = (
    "SELECT p.bucket, p.pk, p.sk, p.tie, i.size, i.item FROM dynamodb_entries p "
    "JOIN dynamodb_items i ON i.id = p.entry WHERE p.idx = ?"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What was read.

    Attributes:
        items: with what the index keeps of them, in order.
        bytes: of the items read.
        full: the page ended before the range did, or just with it (the limit was reached).
    """

    items: list[Item]
    bytes: int
    full: bool


class PageReader:
    """Reads pages of tables and indexes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def query(
        self,
        source: Source,
        wanted: KeyRange,
        start: Position | None,
        limit: int | None,
        *,
        forward: bool,
    ) -> Page:
        """Items of one partition, by sort key.

        Args:
            start: the place after which to begin.
            limit: items, at most.
        """
        where = ["bucket = ?", "pk = ?", "sk >= ?"]
        values: list[Any] = [wanted.bucket, wanted.partition, wanted.low]
        if wanted.high is not None:
            where.append("sk < ?")
            values.append(wanted.high)
        place = None if start is None else {"sk": start.sort, "tie": start.tie}
        order = ("sk",) if source.index is None else ("sk", "tie")
        return self._read(source, _Range(where, values, order, place, forward), limit)

    def scan(
        self, source: Source, buckets: tuple[int, int], start: Position | None, limit: int | None
    ) -> Page:
        """Items of the buckets from the first up to the second (left out), in the table's own order."""
        place = None
        if start is not None:
            place = {"bucket": start.bucket, "pk": start.partition, "sk": start.sort, "tie": start.tie}
        order = ("bucket", "pk", "sk", *(() if source.index is None else ("tie",)))
        return self._read(source, _Range(["bucket >= ?", "bucket < ?"], list(buckets), order, place), limit)

    def partition_bytes(self, table: Table, key: Item) -> int:
        """Bytes of all items that have the partition key of `key`."""
        partition = b"".join(encode(key[part.name]) for part in table.schema.hash_parts)
        row = self._database.row(
            "SELECT coalesce(sum(size), 0) AS bytes FROM dynamodb_items "
            "WHERE tbl = ? AND bucket = ? AND pk = ?",
            (table.id, bucket_of(partition), partition),
        )
        assert row is not None
        return int(row["bytes"])

    def _read(self, source: Source, range_: _Range, limit: int | None) -> Page:
        items: list[Item] = []
        size = 0
        for row in self._rows(source, range_, limit):
            if limit is not None and len(items) >= limit:
                break
            item = unpack(row["item"])
            own = row["size"]
            if source.narrow:
                assert source.index is not None
                item = source.index.projected(item, source.table.schema)
                own = item_size(item)
            if items and size + own > PAGE:
                return Page(items, size, full=True)
            items.append(item)
            size += own
        return Page(items, size, full=limit is not None and len(items) >= limit)

    def _rows(self, source: Source, range_: _Range, limit: int | None) -> Iterator[Any]:
        """The rows of a range, a few at a time: a page may end long before the range does."""
        direction, beyond = ("", ">") if range_.forward else (" DESC", "<")
        order = ", ".join(f"p.{name}" for name in range_.order)
        sorting = ", ".join(f"p.{name}{direction}" for name in range_.order)
        place = range_.place
        chunk = _FEW if limit is None else min(limit, _MANY)
        while True:
            where = [f"p.{condition}" for condition in range_.where]
            values = list(range_.values)
            if place is not None:
                where.append(f"({order}) {beyond} ({', '.join('?' * len(range_.order))})")
                values += [place[name] for name in range_.order]
            rows = self._database.rows(
                f"{source.select} AND {' AND '.join(where)} ORDER BY {sorting} LIMIT ?",
                (source.id, *values, chunk),
            )
            yield from rows
            if len(rows) < chunk:
                return
            place = {name: rows[-1][name] for name in range_.order}
            chunk = min(chunk * 4, _MANY)


@dataclass(frozen=True, slots=True)
class _Range:
    """A part of a table or index.

    Attributes:
        where, values: its bounds.
        place: the values of `order` after which to begin.
    """

    where: list[str]
    values: list[Any]
    order: tuple[str, ...]
    place: Mapping[str, Any] | None
    forward: bool = True
