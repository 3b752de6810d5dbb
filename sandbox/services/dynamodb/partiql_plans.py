"""Updates by statements that came before with other parameters: ready without being read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sandbox.model.dynamodb.expressions.binding import Bind, Binding, UnboundError
from sandbox.model.dynamodb.expressions.nodes import Condition, Update
from sandbox.model.dynamodb.partiql.grammar import parse_with_values
from sandbox.model.dynamodb.partiql.nodes import Change
from sandbox.model.dynamodb.values import Item, Value, check_value, kind_of
from sandbox.model.recent import Recent
from sandbox.model.scope import Scope
from sandbox.services.dynamodb.definitions import Table
from sandbox.services.dynamodb.partiql_writes import write_of
from sandbox.services.dynamodb.tables import TableStore
from sandbox.services.dynamodb.writing import UPDATE, Write

#: Statements that are remembered.
_REMEMBERED = 500


class _Plan(msgspec.Struct, frozen=True):
    """An update of one table, but for its parameters.

    Attributes:
        kinds: of the parameters that it is for; other ones are read, and refused, anew.
    """

    table: Table
    kinds: tuple[str, ...]
    key: Bind[Item]
    update: Bind[Update]
    condition: Bind[Condition]
    returning: str | None


class Plans:
    """What is known of statements; a plan holds as long as its table stays as it is."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables
        self._known: Recent[tuple[Scope, str], _Plan] = Recent(_REMEMBERED)

    def write(self, scope: Scope, request: Mapping[str, Any]) -> tuple[Write, str | None] | None:
        """The write that a request asks for, and its RETURNING; None: it has to be read.

        Raises:
            AwsError: ValidationException, ResourceNotFoundException: as reading it would.
        """
        plan = self._known.get((scope, request.get("Statement") or ""))
        if plan is None:
            return None
        values = [check_value(value) for value in request.get("Parameters") or ()]
        if tuple(map(kind_of, values)) != plan.kinds:
            return None
        table = self._tables.get(scope, plan.table.name)
        if table is not plan.table:
            return None
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        key = plan.key(values)
        write = Write(
            UPDATE,
            table,
            key,
            table.schema.encode(key),
            update=plan.update(values),
            condition=plan.condition(values),
            show_old=shown,
        )
        return write, plan.returning

    def learn(self, scope: Scope, table: Table, request: Mapping[str, Any]) -> None:
        """Remembers an update with parameters, which was read without complaint, if it can be planned."""
        text, given = request["Statement"], request.get("Parameters")
        if given and table.scope == scope and (plan := _plan_of(table, text, given)) is not None:
            self._known.put((scope, text), plan)


def _plan_of(table: Table, text: str, given: Sequence[Value]) -> _Plan | None:
    statement, values = parse_with_values(text, given)
    if not isinstance(statement, Change):
        return None
    write = write_of(table, statement, show_old=False)
    assert write.update is not None
    assert write.condition is not None
    try:
        found = Binding(values)
        key, update = found.key(write.key), found.update(write.update)
        condition = found.condition(write.condition)
        found.check_each_found()
    except UnboundError:
        return None
    return _Plan(table, tuple(map(kind_of, values)), key, update, condition, statement.returning)
