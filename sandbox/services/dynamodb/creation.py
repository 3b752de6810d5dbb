"""From the parameters of CreateTable and UpdateTable to definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.services.dynamodb.checks import (
    Key,
    check_all_used,
    check_choice,
    check_indexes,
    read_attributes,
    read_key,
    read_projection,
)
from sandbox.services.dynamodb.definitions import (
    ON_DEMAND,
    PROVISIONED,
    Definition,
    IndexDefinition,
    Throughput,
)

_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


def read_definition(params: Mapping[str, Any], table_id: str, now: float) -> Definition:
    """The definition that CreateTable asks for, still without its stream.

    Raises:
        AwsError: ValidationException.
    """
    attributes = read_attributes(params.get("AttributeDefinitions") or ())
    key = read_key(params.get("KeySchema") or (), attributes)
    billing = check_choice(params.get("BillingMode"), "billingMode", (PROVISIONED, ON_DEMAND))
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if params.get(name) == []:
            raise invalid(f"List of {name} is empty")
    local = [
        _local_index(number, given, key, attributes)
        for number, given in enumerate(params.get("LocalSecondaryIndexes") or (), 1)
    ]
    global_ = [
        read_global_index(number, given, attributes, billing)
        for number, given in enumerate(params.get("GlobalSecondaryIndexes") or (), len(local) + 1)
    ]
    indexes = (*local, *global_)
    check_indexes(
        [index.name for index in local],
        [index.name for index in global_],
        sum(len(index.included) for index in indexes),
    )
    check_all_used(attributes, [key, *(index.key for index in indexes)])
    return Definition(
        table_id=table_id,
        attributes=attributes,
        key=key,
        indexes=indexes,
        next_index=len(indexes) + 1,
        billing=billing,
        billing_changed=now if billing == ON_DEMAND else None,
        throughput=read_throughput(params.get("ProvisionedThroughput"), billing),
        on_demand=read_on_demand(params.get("OnDemandThroughput")),
        table_class=check_choice(params.get("TableClass"), "tableClass", _CLASSES),
        deletion_protection=bool(params.get("DeletionProtectionEnabled")),
        sse=read_encryption(params.get("SSESpecification")),
    )


def _local_index(
    number: int, given: Mapping[str, Any], table_key: Key, attributes: Mapping[str, str]
) -> IndexDefinition:
    name = given.get("IndexName") or ""
    if len(table_key) == 1:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    key = read_key(given.get("KeySchema") or (), attributes, name)
    if len(key) != 2 or key[1][1] != "RANGE":
        raise invalid("Index KeySchema does not have a range key for index: " + name)
    if key[0] != table_key[0]:
        raise invalid(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {key[0][0]}, table hash key: {table_key[0][0]}"
        )
    projection, included = read_projection(name, given.get("Projection"))
    return IndexDefinition(number, name, True, key, projection, included)


def read_global_index(
    number: int, given: Mapping[str, Any], attributes: Mapping[str, str], billing: str
) -> IndexDefinition:
    """A global secondary index.

    Raises:
        AwsError: ValidationException.
    """
    name = given.get("IndexName") or ""
    key = read_key(given.get("KeySchema") or (), attributes, name)
    projection, included = read_projection(name, given.get("Projection"))
    units = read_throughput(given.get("ProvisionedThroughput"), billing, name)
    on_demand = read_on_demand(given.get("OnDemandThroughput"))
    return IndexDefinition(number, name, False, key, projection, included, units, on_demand)


def read_throughput(given: Mapping[str, int] | None, billing: str, index: str = "") -> Throughput:
    """ProvisionedThroughput; none on demand.

    Raises:
        AwsError: ValidationException.
    """
    where = f" for index: {index}" if index else ""
    if billing == ON_DEMAND:
        if given and (given.get("ReadCapacityUnits") or given.get("WriteCapacityUnits")):
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                f"PAY_PER_REQUEST{where}"
            )
        return Throughput()
    if not given:
        raise invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            f"PROVISIONED{where}"
        )
    read, write = given.get("ReadCapacityUnits", 0), given.get("WriteCapacityUnits", 0)
    for member, units in (("readCapacityUnits", read), ("writeCapacityUnits", write)):
        if units < 1:
            raise validation(
                f"1 validation error detected: Value '{units}' at 'provisionedThroughput.{member}' failed to "
                "satisfy constraint: Member must have value greater than or equal to 1"
            )
    return Throughput(read, write)


def read_on_demand(given: Mapping[str, int] | None) -> Mapping[str, int] | None:
    """OnDemandThroughput: a limit of -1 is none."""
    return {name: units for name, units in given.items() if units != -1} if given else None


def read_encryption(given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """SSESpecification with a key of its own; encryption by AWS's own key is not shown, as on AWS."""
    if not given or not given.get("Enabled"):
        return None
    return {"KMSMasterKeyId": given.get("KMSMasterKeyId") or "alias/aws/dynamodb"}


def with_attributes(definition: Definition, given: Sequence[Mapping[str, str]] | None) -> Mapping[str, str]:
    """The attribute definitions of a table together with those that UpdateTable brings.

    Raises:
        AwsError: ValidationException: one is given another type.
    """
    new = read_attributes(given or ())
    for name, kind in new.items():
        if definition.attributes.get(name, kind) != kind and name in dict(definition.key):
            raise invalid(f"Attribute {name} is a key of the table and keeps its type")
    return {**definition.attributes, **new}
