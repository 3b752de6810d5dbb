"""Keys of tables and indexes, as bytes that sort like the keys.

Every part is escaped and closed by a mark, so that keys of several parts sort part by part, and the bytes
of a first part are the beginning of all keys that begin with it.
Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.model.dynamodb.numbers import sortable
from sandbox.model.dynamodb.values import Item, Value, kind_of

#: Bytes of a partition key and of a sort key, at most.
_LIMITS = {"HASH": 2048, "RANGE": 1024}
_EMPTY = {"S": "string", "B": "binary"}
#: Partitions are spread over this many buckets; segments of a parallel scan are ranges of them.
BUCKETS = 1 << 20
#: 2**32 divided by the golden ratio, made odd.
_SCATTER = 2_654_435_769


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One attribute of a key: its name, its type (`S`, `N`, `B`), and `HASH` or `RANGE`."""

    name: str
    kind: str
    role: str


@dataclass(frozen=True, slots=True)
class KeySchema:
    """The key of a table or index; a global secondary index may have up to four parts of either role."""

    parts: tuple[KeyPart, ...]
    #: The parts of the partition key; those of the sort key, in order; the names of all attributes.
    hash_parts: tuple[KeyPart, ...] = field(init=False, repr=False, compare=False)
    range_parts: tuple[KeyPart, ...] = field(init=False, repr=False, compare=False)
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Works out once what every request asks for."""
        put = object.__setattr__
        put(self, "hash_parts", tuple(part for part in self.parts if part.role == "HASH"))
        put(self, "range_parts", tuple(part for part in self.parts if part.role == "RANGE"))
        put(self, "names", tuple(part.name for part in self.parts))

    def of(self, item: Item) -> Item:
        """The key attributes of an item that has them all."""
        return {part.name: item[part.name] for part in self.parts}

    def encode(self, item: Item) -> tuple[int, bytes, bytes]:
        """Bucket, partition key and sort key of an item that has all parts."""
        partition = b"".join([encode(item[part.name]) for part in self.hash_parts])
        sort = b"".join([encode(item[part.name]) for part in self.range_parts])
        return bucket_of(partition), partition, sort


def bucket_of(partition: bytes) -> int:
    """Where a partition lies: as spread as on AWS, the same at every run."""
    # A checksum tells similar keys apart, and the product scatters them (Knuth's multiplicative hashing).
    return (crc32(partition) * _SCATTER & 0xFFFFFFFF) >> 12


def encode(value: Value) -> bytes:
    """One part of a key, closed."""
    return encode_open(value) + b"\x00\x01"


def encode_open(value: Value) -> bytes:
    """One part of a key without its end: what every longer value begins with, too."""
    ((kind, content),) = value.items()
    raw: bytes = content.encode() if kind == "S" else sortable(content) if kind == "N" else bytes(content)
    return raw.replace(b"\x00", b"\x00\xff")


def check_key(schema: KeySchema, key: Mapping[str, Value]) -> None:
    """Refuses a `Key` that is not the whole key and nothing else.

    Raises:
        AwsError: ValidationException.
    """
    if len(key) != len(schema.parts):
        raise validation("The provided key element does not match the schema")
    for part in schema.parts:
        value = key.get(part.name)
        if value is None or part.kind not in value:
            raise validation("The provided key element does not match the schema")
    for part in schema.parts:
        _check_content(part, key[part.name])


def check_item_key(schema: KeySchema, item: Item) -> None:
    """Refuses an item that lacks its key, or has one of another type.

    Raises:
        AwsError: ValidationException.
    """
    for part in schema.parts:
        value = item.get(part.name)
        if value is None:
            raise invalid(f"Missing the key {part.name} in the item")
        if kind_of(value) != part.kind:
            raise invalid(f"Type mismatch for key {part.name} expected: {part.kind} actual: {kind_of(value)}")
        _check_content(part, value)


def check_index_keys(index: str, schema: KeySchema, own: Sequence[str], item: Item) -> None:
    """Refuses an item whose attribute is the key of an index but of another type.

    Args:
        own: the names of the table's own key, which are checked already.

    Raises:
        AwsError: ValidationException.
    """
    for part in schema.parts:
        value = item.get(part.name)
        if value is None or part.name in own:
            continue
        if kind_of(value) != part.kind:
            raise invalid(
                f"Type mismatch for Index Key {part.name} Expected: {part.kind} Actual: {kind_of(value)} "
                f"IndexName: {index}"
            )
        if part.kind in _EMPTY and not value[part.kind]:
            raise validation(
                "One or more parameter values are not valid. A value specified for a secondary index key is "
                "not supported. The AttributeValue for a key attribute cannot contain an empty "
                f"{_EMPTY[part.kind]} value. IndexName: {index}, IndexKey: {part.name}"
            )


def _check_content(part: KeyPart, value: Value) -> None:
    content = value[part.kind]
    if part.kind not in _EMPTY:
        return
    if not content:
        raise validation(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
            f"contain an empty {_EMPTY[part.kind]} value. Key: {part.name}"
        )
    size = len(content.encode()) if part.kind == "S" else len(content)
    if size > _LIMITS[part.role]:
        what = "hashkey" if part.role == "HASH" else "rangekey"
        raise invalid(f"Size of {what} has exceeded the maximum size limit of {_LIMITS[part.role]} bytes")
