"""UpdateTable, as a new definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.services.dynamodb.checks import check_choice, check_indexes
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


def changed_definition(definition: Definition, params: Mapping[str, Any], now: float) -> Definition:
    """The definition after everything that UpdateTable asks for, but its stream.

    Raises:
        AwsError: ValidationException, ResourceNotFoundException.
    """
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
        changed = _index_update(changed, update, attributes)
    return with_used_attributes(replace(changed, attributes=attributes))


def with_used_attributes(definition: Definition) -> Definition:
    """A definition that defines the attributes of its keys and of those of its indexes, and no others."""
    indexes = (*definition.indexes, *definition.leaving)
    used = {name for key in (definition.key, *(index.key for index in indexes)) for name, _ in key}
    attributes = {name: kind for name, kind in definition.attributes.items() if name in used}
    return replace(definition, attributes=attributes)


def _billing(definition: Definition, params: Mapping[str, Any], now: float) -> Definition:
    billing = check_choice(
        params.get("BillingMode", definition.billing), "billingMode", (PROVISIONED, ON_DEMAND)
    )
    given = params.get("ProvisionedThroughput")
    if billing == definition.billing and given is None:
        return definition
    units = read_throughput(given, billing)
    if billing == definition.billing == PROVISIONED and units == definition.throughput:
        raise validation(
            "The provisioned throughput for the table will not change. The requested value equals the "
            f"current value. Current ReadCapacityUnits provisioned for the table: {units.read}. Requested "
            f"ReadCapacityUnits: {units.read}. Current WriteCapacityUnits provisioned for the table: "
            f"{units.write}. Requested WriteCapacityUnits: {units.write}. Refer to the Amazon DynamoDB "
            "Developer Guide for current limits and how to request higher limits."
        )
    changed = replace(definition, billing=billing, throughput=units)
    if billing == ON_DEMAND:
        indexes = tuple(replace(index, throughput=Throughput()) for index in definition.indexes)
        return replace(changed, billing_changed=now, indexes=indexes)
    return changed


def _index_update(
    definition: Definition, update: Mapping[str, Any], attributes: Mapping[str, str]
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
            "Requested resource not found"
            if action == "Delete"
            else f"The table does not have the specified index: {given.get('IndexName')}",
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
    check_indexes(
        [known.name for known in indexes if known.local],
        [known.name for known in indexes if not known.local],
        sum(len(known.included) for known in indexes),
    )
    return replace(definition, indexes=indexes, next_index=definition.next_index + 1)


def _with_units(index: IndexDefinition, given: Mapping[str, Any], billing: str) -> IndexDefinition:
    changed = index
    if "ProvisionedThroughput" in given:
        changed = replace(
            changed, throughput=read_throughput(given["ProvisionedThroughput"], billing, index.name)
        )
    if "OnDemandThroughput" in given:
        changed = replace(changed, on_demand=read_on_demand(given["OnDemandThroughput"]))
    return changed
