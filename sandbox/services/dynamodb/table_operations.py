"""Operations on tables: create, describe, list, change, delete.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import constraint, invalid, no_table, validation
from sandbox.services.base import Answer, Params, operation
from sandbox.services.dynamodb.changes import changed_definition
from sandbox.services.dynamodb.checks import check_name, check_view
from sandbox.services.dynamodb.core import DynamoDbCore, required
from sandbox.services.dynamodb.creation import read_definition
from sandbox.services.dynamodb.definitions import Definition, StreamDefinition, Table
from sandbox.services.dynamodb.description import UPDATING, describe
from sandbox.services.dynamodb.in_use import check_changeable, check_deletable
from sandbox.services.dynamodb.table_tags import check_tags

_MAX_NAMES = 100
replace = msgspec.structs.replace


class TableOperations(DynamoDbCore):
    """What DynamoDB does with tables as a whole."""

    @operation(
        "CreateTable",
        "AttributeDefinitions TableName KeySchema LocalSecondaryIndexes GlobalSecondaryIndexes BillingMode "
        "ProvisionedThroughput StreamSpecification SSESpecification Tags TableClass "
        "DeletionProtectionEnabled OnDemandThroughput",
    )
    def create_table(self, call: Call, params: Params) -> Answer:
        """Makes a table; it is ready at once."""
        required(params, "TableName", "KeySchema", "AttributeDefinitions")
        name = params["TableName"]
        check_name(name)
        now = self.clock.now()
        definition = read_definition(params, self.kit.ids.uuid(), now)
        tags = check_tags(params.get("Tags") or ())
        stream = params.get("StreamSpecification") or {}
        view = check_view(stream) if stream.get("StreamEnabled") else None
        if self.tables.find(call.scope, name) is not None:
            raise AwsError("ResourceInUseException", f"Table already exists: {name}")
        table = self.tables.create(call.scope, name, definition, tags, now)
        if view is not None:
            table = self.tables.change(table, self._with_stream(table, definition, view))
        self.upkeep.count(table)
        return {"TableDescription": describe(self.totals, table, "CREATING")}

    @operation("DescribeTable", "TableName")
    async def describe_table(self, call: Call, params: Params) -> Answer:
        """The description of a table; who asks waits for the count of a large one, and nobody else."""
        while (counted := self.upkeep.count(self.known_table(call, params))) is not None:
            await counted.wait()
        return {"Table": describe(self.totals, self.known_table(call, params))}

    @operation("ListTables", "ExclusiveStartTableName Limit")
    def list_tables(self, call: Call, params: Params) -> Answer:
        """The names of tables, in order."""
        limit = params.get("Limit", _MAX_NAMES)
        if not 1 <= limit <= _MAX_NAMES:
            bound = "greater than or equal to 1" if limit < 1 else f"less than or equal to {_MAX_NAMES}"
            raise constraint(limit, "limit", f"Member must have value {bound}")
        after = params.get("ExclusiveStartTableName", "")
        names = [name for name in self.tables.names(call.scope) if name > after]
        answer: Answer = {"TableNames": names[:limit]}
        if len(names) > limit:
            answer["LastEvaluatedTableName"] = names[limit - 1]
        return answer

    @operation("DeleteTable", "TableName")
    def delete_table(self, call: Call, params: Params) -> Answer:
        """Removes a table with all its items; its stream stays readable for 24 hours.

        A large table is DELETING until the last item is gone, and its items are out of reach at once.
        """
        table = self.known_table(call, params)
        if table.definition.deletion_protection:
            raise validation(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        check_deletable(table)
        answer = describe(self.totals, table, "DELETING")
        if table.definition.stream is not None:
            self.streams.close(table.definition.stream.id)
        self.upkeep.delete(self.tables.change(table, replace(table.definition, deleting=True)))
        self.limiter.forget()
        return {"TableDescription": answer}

    @operation(
        "UpdateTable",
        "AttributeDefinitions TableName BillingMode ProvisionedThroughput GlobalSecondaryIndexUpdates "
        "StreamSpecification SSESpecification TableClass DeletionProtectionEnabled OnDemandThroughput",
    )
    def update_table(self, call: Call, params: Params) -> Answer:
        """Changes throughput, indexes, stream and protection of a table.

        An index that is made later for a large table is CREATING until all items are entered; one that is
        deleted is DELETING until the last entry is gone.
        """
        table = self.known_table(call, params)
        check_changeable(table, params)
        definition = changed_definition(table.name, table.definition, params, self.clock.now())
        stream = params.get("StreamSpecification")
        if stream is not None:
            definition = self._switched(table, definition, stream)
        before = set(_ids(table))
        table = self.tables.change(table, definition)
        self.limiter.forget()
        self.upkeep.count(table)
        answer = describe(self.totals, table, UPDATING)
        for index in table.indexes:
            if index.id not in before:
                self.upkeep.fill(table, index)
        for id_ in before - set(_ids(table)):
            self.upkeep.empty(table, id_)
        return {"TableDescription": answer}

    def known_table(self, call: Call, params: Params) -> Table:
        """The table that a table operation names; its absence is worded differently there.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        required(params, "TableName")
        found = self.tables.find(call.scope, params["TableName"])
        if found is None:
            raise no_table(params["TableName"])
        return found

    def _with_stream(self, table: Table, definition: Definition, view: str) -> Definition:
        moment = datetime.fromtimestamp(self.clock.now(), UTC)
        label = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"
        stream = StreamDefinition(self.streams.open(table, view, label), label, view)
        return replace(definition, stream=stream)

    def _switched(self, table: Table, definition: Definition, given: Mapping[str, Any]) -> Definition:
        """The definition with its stream switched on or off."""
        old = definition.stream
        enabled = old is not None and old.enabled
        if given.get("StreamEnabled"):
            if enabled:
                raise validation(f"Table already has an enabled stream: TableName: {table.name}")
            if "StreamViewType" not in given:
                raise invalid("If stream is being enabled then UpdateViewType is required")
            return self._with_stream(table, definition, check_view(given))
        if old is None or not enabled:
            raise validation(f"Table has no stream to disable: TableName: {table.name}")
        if "StreamViewType" in given:
            raise invalid("If stream is being disabled, then UpdateViewType must not be specified")
        self.streams.close(old.id)
        return replace(definition, stream=replace(old, enabled=False))


def _ids(table: Table) -> list[int]:
    """The ids of the indexes that a table has."""
    return [index.id for index in table.indexes]
