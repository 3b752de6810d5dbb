"""Filters and pages of what is described.

Page: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.services.rds.errors import invalid_value
from sandbox.services.rds.instances import Instance

T = TypeVar("T")
_MOST = 100
_LEAST = 20
_FILTERS = frozenset({"db-instance-id", "dbi-resource-id", "engine"})


def filtered(instances: Sequence[Instance], filters: Sequence[Mapping[str, Any]] | None) -> list[Instance]:
    """The instances that every filter lets pass.

    Raises:
        AwsError: InvalidParameterValue: a filter that AWS or the sandbox does not have.
    """
    kept = list(instances)
    for one in filters or []:
        name, values = str(one.get("Name")), set(one.get("Values") or [])
        if name not in _FILTERS:
            raise invalid_value(f"Unrecognized filter name: {name}")
        kept = [instance for instance in kept if values & _facts(instance, name)]
    return kept


def page(
    things: Sequence[T], name_of: Callable[[T], str], params: Mapping[str, Any]
) -> tuple[list[T], str | None]:
    """One page, and the marker of the next one if there is one.

    Args:
        things: in the order of their names.

    Raises:
        AwsError: InvalidParameterValue: `MaxRecords` out of its range.
    """
    size = params.get("MaxRecords")
    size = _MOST if size is None else int(size)
    if not _LEAST <= size <= _MOST:
        raise invalid_value(f"Invalid value {size} for MaxRecords. Must be between {_LEAST} and {_MOST}")
    after = str(params.get("Marker") or "")
    rest = [thing for thing in things if name_of(thing) > after]
    listed = rest[:size]
    return listed, name_of(listed[-1]) if len(rest) > size else None


def _facts(instance: Instance, name: str) -> set[str]:
    facts = {
        "db-instance-id": {instance.identifier, str(instance.arn)},
        "dbi-resource-id": {instance.resource_id},
        "engine": {"postgres"},
    }
    return facts[name]
