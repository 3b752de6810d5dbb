"""What is refused while work on a table is under way, in AWS's wording.

Pages: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html and
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.services.dynamodb.definitions import Definition, Table


def check_deletable(table: Table) -> None:
    """Refuses to delete a table that is being deleted, or one whose indexes are.

    Raises:
        AwsError: ResourceInUseException.
    """
    check_not_deleting(table)
    if table.definition.leaving or any(index.definition.filling for index in table.indexes):
        raise _in_use("Cannot delete table while indexes are being created, updated, or deleted.")


def check_not_deleting(table: Table) -> None:
    """Refuses a change of a table that is being deleted.

    Raises:
        AwsError: ResourceInUseException.
    """
    if table.deleting:
        raise _in_use(f"Table is being deleted: {table.name}")


def check_changeable(table: Table, params: Mapping[str, Any]) -> None:
    """Refuses what UpdateTable cannot do to a table as it is now.

    Raises:
        AwsError: ResourceInUseException, LimitExceededException.
    """
    check_not_deleting(table)
    updates = params.get("GlobalSecondaryIndexUpdates") or ()
    _check_indexes(table, [pair for update in updates for pair in update.items()])
    leaving = ", ".join(index.name for index in table.definition.leaving)
    if leaving and _changes_units(table.definition, params):
        raise _in_use(
            "Can't change table IOPS when an index is being deleted. "
            f"Table: {table.name} Indexes: [{leaving}]"
        )
    if leaving and "OnDemandThroughput" in params:
        raise _in_use(
            "OnDemandThroughput cannot be updated while index deletion is in progress for indexes: "
            f"[{leaving}]"
        )


def _check_indexes(table: Table, updates: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    leaving = {index.name for index in table.definition.leaving}
    filling = {index.name for index in table.indexes if index.definition.filling}
    online = 0
    for action, given in updates:
        name = given.get("IndexName")
        if name in leaving:
            raise _in_use(f"Index is being deleted. Table: {table.name} Index: {name}")
        if action == "Delete" and name in filling:
            filling.discard(name)  # it may be given up
        online += action in ("Create", "Delete")
    if online > 1 or (online and (leaving or filling)):
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per "
            "table",
        )


def _changes_units(definition: Definition, params: Mapping[str, Any]) -> bool:
    return "ProvisionedThroughput" in params or params.get("BillingMode", definition.billing) != (
        definition.billing
    )


def _in_use(detail: str) -> AwsError:
    return AwsError("ResourceInUseException", f"Attempt to change a resource which is still in use: {detail}")
