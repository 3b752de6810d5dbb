"""Tables and rows of PostgreSQL, looked at read-only and with a time limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sandbox.errors import SandboxError, UsageError
from sandbox.model.views.system import RowsView, TableView

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql as pg

#: Real seconds that a statement may take.
TIMEOUT = 2
#: Rows are counted up to here; beyond it PostgreSQL's own estimate is taken.
_COUNTED = 10_000
#: Characters of a value that are shown.
_SHOWN = 2_000
_OPTIONS = (
    f"-c statement_timeout={TIMEOUT * 1000} -c lock_timeout={TIMEOUT * 1000}"
    " -c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO"
)
_TABLES = """
SELECT space.nspname, class.relname, class.reltuples::bigint,
       array_agg(attribute.attname::text ORDER BY attribute.attnum)
FROM pg_class AS class
JOIN pg_namespace AS space ON space.oid = class.relnamespace
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
WHERE class.relkind IN ('r', 'p', 'v', 'm') AND attribute.attnum > 0 AND NOT attribute.attisdropped
  AND space.nspname NOT IN ('pg_catalog', 'information_schema') AND space.nspname NOT LIKE 'pg_toast%%'
GROUP BY space.nspname, class.relname, class.reltuples ORDER BY space.nspname <> 'public', 1, 2
"""
_PRIMARY_KEY = """
SELECT attribute.attname::text FROM pg_index AS index
JOIN pg_attribute AS attribute
  ON attribute.attrelid = index.indrelid AND attribute.attnum = ANY(index.indkey)
WHERE index.indisprimary AND index.indrelid = to_regclass(%s)
ORDER BY array_position(index.indkey, attribute.attnum)
"""


class TablesError(SandboxError):
    """A database could not be looked into."""


async def tables(database: str, dsn: str) -> list[TableView]:
    """The tables and views of a database.

    Raises:
        TablesError: it could not be asked.
    """
    async with _asking(database, dsn) as connection:
        return [
            TableView(
                kind="postgres",
                database=database,
                name=name if schema == "public" else f"{schema}.{name}",
                rows=await _count(connection, schema, name, estimate),
                columns=columns,
            )
            for schema, name, estimate, columns in await _all(connection, _TABLES)
        ]


async def rows(database: str, dsn: str, table: str, limit: int, offset: int, match: str = "") -> RowsView:
    """Some rows of a table, by primary key where it has one.

    Args:
        match: only rows of which a value has this text, in letters of either case.

    Raises:
        UsageError: no such table.
        TablesError: it could not be asked.
    """
    from psycopg import sql

    async with _asking(database, dsn) as connection:
        known = {
            (name if schema == "public" else f"{schema}.{name}"): (schema, name, columns)
            for schema, name, _, columns in await _all(connection, _TABLES)
        }
        if table not in known:
            raise UsageError(
                f"there is no table {table} in {database}",
                f"it has: {', '.join(known) or 'none'}",
                "name one of them",
            )
        schema, name, columns = known[table]
        identifier = sql.Identifier(schema, name)
        shown = sql.SQL(", ").join(
            sql.SQL("left({}::text, {})").format(sql.Identifier(column), sql.Literal(_SHOWN))
            for column in columns
        )
        keys = [row[0] for row in await _all(connection, _PRIMARY_KEY, [identifier.as_string(None)])]
        order = sql.SQL(" ORDER BY ") + sql.SQL(", ").join(map(sql.Identifier, keys)) if keys else sql.SQL("")
        statement = sql.SQL("SELECT {} FROM {}{}{} LIMIT {} OFFSET {}").format(
            shown, identifier, _having(match, columns), order, sql.Literal(limit + 1), sql.Literal(offset)
        )
        found = await _all(connection, statement)
    return RowsView(columns=columns, rows=[list(row) for row in found[:limit]], more=len(found) > limit)


def _having(match: str, columns: Sequence[str]) -> pg.Composable:
    from psycopg import sql

    if not match:
        return sql.SQL("")
    text = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL(" WHERE strpos(lower(concat_ws(' ', {})), lower({})) > 0").format(text, sql.Literal(match))


# --- inside ----------------------------------------------------------------------------------------------
@asynccontextmanager
async def _asking(database: str, dsn: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """One read-only transaction."""
    import psycopg

    try:
        connection = await psycopg.AsyncConnection.connect(
            dsn, options=_OPTIONS, connect_timeout=TIMEOUT + 1, application_name="sandbox data"
        )
        async with connection:
            await connection.set_read_only(True)
            yield connection
    except psycopg.Error as error:
        raise TablesError(
            f"the database {database} could not be looked into",
            str(error).strip().split("\n", 1)[0] or type(error).__name__,
            f"statements get {TIMEOUT} seconds; look with psql: `eval $(sandbox env); psql`",
        ) from error


async def _all(
    connection: psycopg.AsyncConnection[Any], statement: Any, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(statement, values or None)
    return await cursor.fetchall()


async def _count(connection: psycopg.AsyncConnection[Any], schema: str, name: str, estimate: int) -> int:
    from psycopg import sql

    statement = sql.SQL("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {}) AS part").format(
        sql.Identifier(schema, name), sql.Literal(_COUNTED)
    )
    ((count,),) = await _all(connection, statement)
    return max(int(count), estimate) if count >= _COUNTED else int(count)
