"""UpdateTable, as a new definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.services.dynamodb.checks import MAX_GLOBAL, check_choice, check_indexes
from sandbox.services.dynamodb.creation import (
    read_encryption,
    read_global_index,
    read_on_demand,
    read_throughput,
    with_attributes,
)
from sandbox.services.dynamodb.definitions import (
    ON_DEMAND,
    PROVISIONED,
    Definition,
    IndexDefinition,
    Throughput,
)

replace = msgspec.structs.replace


def changed_definition(
    table: str, definition: Definition, params: Mapping[str, Any], now: float
) -> Definition:
    """The definition after everything that UpdateTable asks for, but its stream.

    Args:
        table: its name.

    Raises:
        AwsError: ValidationException, ResourceNotFoundException, LimitExceededException.
    """
    check_anything(params)
    changed = _billing(definition, params, now)
    if "DeletionProtectionEnabled" in params:
        changed = replace(changed, deletion_protection=bool(params["DeletionProtectionEnabled"]))
    if "TableClass" in params:
        choices = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")
        changed = replace(changed, table_class=check_choice(params["TableClass"], "tableClass", choices))
    if "SSESpecification" in params:
        changed = replace(changed, sse=read_encryption(params["SSESpecification"]))
    if "OnDemandThroughput" in params:
        changed = replace(changed, on_demand=read_on_demand(params["OnDemandThroughput"]))
    updates = params.get("GlobalSecondaryIndexUpdates") or ()
    attributes = with_attributes(definition, params.get("AttributeDefinitions"))
    for update in updates:
        changed = _index_update(table, changed, update, attributes)
    _check_units(changed)
    return with_used_attributes(replace(changed, attributes=attributes))


def with_used_attributes(definition: Definition) -> Definition:
    """A definition that defines the attributes of its keys and of those of its indexes, and no others."""
    indexes = (*definition.indexes, *definition.leaving)
    used = {name for key in (definition.key, *(index.key for index in indexes)) for name, _ in key}
    attributes = {name: kind for name, kind in definition.attributes.items() if name in used}
    return replace(definition, attributes=attributes)


#: What UpdateTable changes here.
_CHANGES = (
    "ProvisionedThroughput", "BillingMode", "StreamSpecification", "GlobalSecondaryIndexUpdates",
    "SSESpecification", "DeletionProtectionEnabled", "OnDemandThroughput", "TableClass",
)  # fmt: skip


def check_anything(params: Mapping[str, Any]) -> None:
    """Refuses a request that asks for nothing; one that asks for what is so already is none.

    Raises:
        AwsError: ValidationException.
    """
    if all(params.get(name) in (None, []) for name in _CHANGES):
        raise validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
            "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, "
            "WarmThroughput or TableClass is required"
        )


def _billing(definition: Definition, params: Mapping[str, Any], now: float) -> Definition:
    billing = check_choice(
        params.get("BillingMode", definition.billing), "billingMode", (PROVISIONED, ON_DEMAND)
    )
    given = params.get("ProvisionedThroughput")
    if given is None and params.get("BillingMode") == PROVISIONED:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    if billing == definition.billing and given is None:
        return definition
    units = read_throughput(given, billing)
    if billing == definition.billing == PROVISIONED and units == definition.throughput:
        raise _unchanged("table", "the table", units)
    changed = replace(definition, billing=billing, throughput=units)
    if billing == definition.billing:
        return changed
    indexes = tuple(replace(index, throughput=Throughput(), on_demand=None) for index in definition.indexes)
    billing_changed = now if billing == ON_DEMAND else definition.billing_changed
    return replace(changed, indexes=indexes, on_demand=None, billing_changed=billing_changed)


def _unchanged(what: str, where: str, units: Throughput) -> AwsError:
    return validation(
        f"The provisioned throughput for the {what} will not change. The requested value equals the current "
        f"value. Current ReadCapacityUnits provisioned for {where}: {units.read}. Requested "
        f"ReadCapacityUnits: {units.read}. Current WriteCapacityUnits provisioned for {where}: "
        f"{units.write}. Requested WriteCapacityUnits: {units.write}. Refer to the Amazon DynamoDB "
        "Developer Guide for current limits and how to request higher limits."
    )


def _check_units(definition: Definition) -> None:
    """Refuses a provisioned table with an index that is not: one that was on demand has to be told."""
    for index in definition.indexes:
        if definition.billing == PROVISIONED and not index.local and index.throughput == Throughput():
            raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")


def _index_update(
    table: str, definition: Definition, update: Mapping[str, Any], attributes: Mapping[str, str]
) -> Definition:
    if len(update) != 1:
        raise invalid("One of GlobalSecondaryIndexUpdate's Create, Update and Delete must be given")
    ((action, given),) = update.items()
    if action == "Create":
        return _with_index(definition, given, attributes)
    known = next(
        (index for index in definition.indexes if index.name == given.get("IndexName") and not index.local),
        None,
    )
    if known is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Requested resource not found: Index {given.get('IndexName')} for table {table}",
        )
    others = tuple(index for index in definition.indexes if index is not known)
    if action == "Delete":
        return replace(definition, indexes=others, leaving=(*definition.leaving, known))
    indexes = tuple(
        _with_units(index, given, definition.billing) if index is known else index
        for index in definition.indexes
    )
    return replace(definition, indexes=indexes)


def _with_index(
    definition: Definition, given: Mapping[str, Any], attributes: Mapping[str, str]
) -> Definition:
    index = read_global_index(definition.next_index, given, attributes, definition.billing)
    index = replace(index, filling=True)
    if any(known.name == index.name for known in definition.indexes):
        raise validation(f"Attempting to create an index which already exists: {index.name}")
    indexes = (*definition.indexes, index)
    if sum(not known.local for known in indexes) > MAX_GLOBAL:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of "
            f"{MAX_GLOBAL}",
        )
    check_indexes(
        [known.name for known in indexes if known.local],
        [known.name for known in indexes if not known.local],
        sum(len(known.included) for known in indexes),
    )
    return replace(definition, indexes=indexes, next_index=definition.next_index + 1)


def _with_units(index: IndexDefinition, given: Mapping[str, Any], billing: str) -> IndexDefinition:
    changed = index
    if "ProvisionedThroughput" in given:
        if billing == ON_DEMAND:
            raise invalid(
                f"The only Updates for index: {index.name} when TableThroughputMode is PAY_PER_REQUEST can "
                "be to OnDemandThroughput, WarmThroughput"
            )
        units = read_throughput(given["ProvisionedThroughput"], billing, index.name)
        if units == index.throughput:
            raise _unchanged(f"index {index.name}", f"index {index.name}", units)
        changed = replace(changed, throughput=units)
    if "OnDemandThroughput" in given:
        changed = replace(changed, on_demand=read_on_demand(given["OnDemandThroughput"]))
    return changed
