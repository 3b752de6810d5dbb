"""The tables that there are, kept in the store and, ready for use, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from sandbox.model.arn import is_arn, parse_arn, table_arn
from sandbox.model.dynamodb.errors import no_resource
from sandbox.model.scope import Scope
from sandbox.services.dynamodb.definitions import Definition, Table
from sandbox.store.database import Database

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Definition).decode


class TableStore:
    """The rows of `dynamodb_tables`; memory only repeats what the store has."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str, str], Table] = {}

    def forget(self) -> None:
        """Drops what is in memory: the store was put back."""
        self._known.clear()

    def find(self, scope: Scope, name: str) -> Table | None:
        """A table by its name or ARN."""
        if is_arn(name):
            arn = parse_arn(name)
            scope, name = arn.scope, arn.resource.removeprefix("table/").split("/")[0]
        key = (scope.account, scope.region, name)
        found = self._known.get(key)
        if found is None:
            row = self._database.row(
                "SELECT id, definition, created FROM dynamodb_tables "
                "WHERE account = ? AND region = ? AND name = ?",
                key,
            )
            if row is None:
                return None
            found = Table(row["id"], *key, _decode(row["definition"]), row["created"])
            self._known[key] = found
        return found

    def get(self, scope: Scope, name: str) -> Table:
        """A table by its name or ARN, for operations on its items.

        Raises:
            AwsError: ResourceNotFoundException: there is none, or it is being deleted.
        """
        found = self.find(scope, name)
        if found is None or found.deleting:
            raise no_resource()
        return found

    def by_id(self, id_: int) -> Table | None:
        """A table by the id of its row."""
        row = self._database.row("SELECT account, region, name FROM dynamodb_tables WHERE id = ?", (id_,))
        return None if row is None else self.find(Scope(row["account"], row["region"]), row["name"])

    def names(self, scope: Scope) -> list[str]:
        """The names of all tables of a scope, in order."""
        rows = self._database.rows(
            "SELECT name FROM dynamodb_tables WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return [row["name"] for row in rows]

    def all(self) -> list[Table]:
        """Every table of every scope."""
        rows = self._database.rows("SELECT account, region, name FROM dynamodb_tables ORDER BY name")
        found = (self.find(Scope(row["account"], row["region"]), row["name"]) for row in rows)
        return [table for table in found if table is not None]

    def create(
        self, scope: Scope, name: str, definition: Definition, tags: Mapping[str, str], now: float
    ) -> Table:
        """Adds a table."""
        self._database.execute(
            "INSERT INTO dynamodb_tables (account, region, name, definition, tags, created) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (scope.account, scope.region, name, _encode(definition), json.dumps(dict(tags)), now),
        )
        return self.get(scope, name)

    def change(self, table: Table, definition: Definition) -> Table:
        """Gives a table another definition; the object handed in is out of date from now on."""
        self._database.execute(
            "UPDATE dynamodb_tables SET definition = ? WHERE id = ?", (_encode(definition), table.id)
        )
        self._known.pop((table.account, table.region, table.name), None)
        changed = self.find(Scope(table.account, table.region), table.name)
        assert changed is not None
        return changed

    def remove(self, table: Table) -> None:
        """Takes a table out that has neither items nor entries any more; its streams stay readable."""
        self._database.execute("DELETE FROM dynamodb_tables WHERE id = ?", (table.id,))
        self._known.pop((table.account, table.region, table.name), None)

    def tags(self, table: Table) -> dict[str, str]:
        """The tags of a table."""
        row = self._database.row("SELECT tags FROM dynamodb_tables WHERE id = ?", (table.id,))
        return {} if row is None else json.loads(row["tags"])

    def set_tags(self, table: Table, tags: Mapping[str, str]) -> None:
        """Replaces the tags of a table."""
        self._database.execute(
            "UPDATE dynamodb_tables SET tags = ? WHERE id = ?", (json.dumps(dict(tags)), table.id)
        )


def arn_of(table: Table) -> str:
    """The ARN of a table."""
    return str(table_arn(Scope(table.account, table.region), table.name))
