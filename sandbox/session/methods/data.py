"""Databases: their tables, and rows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.control.server import Method
from sandbox.errors import UsageError
from sandbox.model.views.system import RowsView, TableView
from sandbox.session.dynamotables import DATABASE as DYNAMODB
from sandbox.session.dynamotables import dynamo_rows, dynamo_tables
from sandbox.session.tables import rows, tables

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Data:
    """Methods about what databases hold."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {"tables": self.tables, "table_rows": self.table_rows}

    async def tables(self) -> list[TableView]:
        """Every table and view of every database that a stack declares, then the tables of DynamoDB.

        Raises:
            TablesError: a database could not be asked.
        """
        found: list[TableView] = []
        for database, dsn in (await self._databases()).items():
            found += await tables(database, dsn)
        return found + await dynamo_tables(self._session)

    async def table_rows(
        self, database: str, table: str, limit: int = 50, offset: int = 0, match: str = ""
    ) -> RowsView:
        """Some rows of a table, every value as text.

        Args:
            database: its name, as `tables` gives it; `dynamodb` for a table of DynamoDB.
            table: its name, with its schema where that is not `public`.
            match: only rows of which a value has this text.

        Raises:
            UsageError: no such database or table.
            TablesError: the database could not be asked.
        """
        known = await self._databases()
        if database == DYNAMODB and DYNAMODB in self._session.engine.services:
            return await dynamo_rows(self._session, table, limit, offset, match)
        if database not in known:
            raise UsageError(
                f"there is no database {database}",
                f"the sandbox has: {', '.join(known) or 'none'}",
                "name one of them",
            )
        return await rows(database, known[database], table, limit, offset, match)

    async def _databases(self) -> dict[str, str]:
        """Name of each database -> how to connect to it."""
        topology = await self._session.topology.now()
        engine = self._session.engine
        return {
            name: engine.database_dsn(identifier)
            for identifier, name in topology.databases.items()
            if engine.has_database(identifier)
        }
