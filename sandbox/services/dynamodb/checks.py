"""What DynamoDB refuses in the description of a table, in its wording.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.model.dynamodb.errors import constraint, invalid, validation

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}\Z")
#: Indexes of a table, projected attributes of all its indexes, key attributes of one role.
MAX_GLOBAL, MAX_LOCAL, MAX_INCLUDED, MAX_PARTS = 20, 5, 100, 4
_VIEWS = ("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")

Key = tuple[tuple[str, str], ...]


def check_name(name: str, member: str = "tableName") -> None:
    """Refuses the name of a table or index that has the wrong form."""
    if len(name) < 3:
        raise constraint(name, member, "Member must have length greater than or equal to 3")
    if len(name) > 255:
        raise constraint(name, member, "Member must have length less than or equal to 255")
    if not _NAME.match(name):
        raise constraint(name, member, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")


def read_attributes(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """AttributeDefinitions as a mapping."""
    attributes: dict[str, str] = {}
    for definition in given:
        name, kind = definition.get("AttributeName", ""), definition.get("AttributeType", "")
        if kind not in ("S", "N", "B"):
            raise constraint(
                kind,
                "attributeDefinitions.1.member.attributeType",
                "Member must satisfy enum value set: [B, N, S]",
            )
        if name in attributes:
            raise invalid(f"Duplicate attribute definitions: {name}")
        attributes[name] = kind
    return attributes


def read_key(given: Sequence[Mapping[str, str]], attributes: Mapping[str, str], index: str = "") -> Key:
    """A KeySchema: one partition key and at most one sort key; up to four of each in a global index."""
    key = tuple((part.get("AttributeName", ""), part.get("KeyType", "")) for part in given)
    roles = [role for _, role in key]
    most = MAX_PARTS if index else 1
    if not key or roles[0] != "HASH" or roles != sorted(roles):
        raise invalid(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
            if key
            else "Invalid KeySchema: KeySchema must not be empty"
        )
    if roles.count("HASH") > most or roles.count("RANGE") > most:
        if not index:
            raise invalid("Invalid KeySchema: Some KeySchemaElements are of the same type")
        raise invalid(
            f"Invalid KeySchema: a key of an index has up to {MAX_PARTS} attributes of each type. "
            f"Index: {index}"
        )
    names = [name for name, _ in key]
    if len(set(names)) != len(names):
        raise invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    missing = [name for name in names if name not in attributes]
    if missing:
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(missing)}], AttributeDefinitions: [{', '.join(attributes)}]"
        )
    return key


def check_all_used(attributes: Mapping[str, str], keys: Iterable[Key]) -> None:
    """Refuses attribute definitions that no key uses."""
    used = {name for key in keys for name, _ in key}
    if set(attributes) - used:
        raise invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )


def read_projection(index: str, given: Mapping[str, Any] | None) -> tuple[str, tuple[str, ...]]:
    """The type of a projection and the attributes that it includes."""
    projection = (given or {}).get("ProjectionType")
    included = tuple((given or {}).get("NonKeyAttributes") or ())
    if projection is None:
        raise invalid(f"Unknown ProjectionType: null, for index {index}")
    if projection not in ("ALL", "KEYS_ONLY", "INCLUDE"):
        raise invalid(f"Unknown ProjectionType: {projection}")
    if projection == "INCLUDE" and not included:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if projection != "INCLUDE" and included:
        raise invalid(f"ProjectionType is {projection}, but NonKeyAttributes is specified")
    return projection, included


def check_indexes(local: Sequence[str], global_: Sequence[str], included: int) -> None:
    """Refuses too many indexes, and two of one name."""
    if len(local) > MAX_LOCAL:
        raise invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5")
    if len(global_) > MAX_GLOBAL:
        raise invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20")
    names = [*local, *global_]
    for name in names:
        check_name(name, "indexName")
        if names.count(name) > 1:
            raise invalid(f"Duplicate index name: {name}")
    if included > MAX_INCLUDED:
        raise invalid("Number of NonKeyAttributes exceeds the limit of 100 for all indexes of a table")


def check_view(specification: Mapping[str, Any]) -> str:
    """The view type of a StreamSpecification that enables a stream."""
    view = specification.get("StreamViewType")
    if view is None:
        raise invalid("StreamViewType is required when stream is enabled")
    if view not in _VIEWS:
        raise constraint(
            view,
            "streamSpecification.streamViewType",
            f"Member must satisfy enum value set: [{', '.join(sorted(_VIEWS))}]",
        )
    return str(view)


def check_limit(limit: int | None) -> None:
    """Refuses a Limit below 1."""
    if limit is not None and limit < 1:
        raise validation(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )


def check_choice(value: str | None, member: str, allowed: Sequence[str]) -> str:
    """One of the allowed words; the first one where none is given."""
    if value is None:
        return allowed[0]
    if value not in allowed:
        raise constraint(value, member, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    return value
