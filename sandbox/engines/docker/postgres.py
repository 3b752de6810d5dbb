"""The PostgreSQL container as RDS sees it: instances are its databases."""

from __future__ import annotations

from urllib.parse import quote

import psycopg
from psycopg import sql

HOST = "127.0.0.1"
_SUPERUSER = "postgres"
#: As on RDS: master users make roles and databases but are no superusers.
_MASTERS = "rds_superuser"


class ContainerPostgres:
    """Implements `DatabaseServer` over the container's port on loopback.

    Args:
        password: the superuser's, as docker-compose.yml sets it.
    """

    def __init__(self, password: str) -> None:
        self.host = HOST
        self.port = 0
        self.version = ""
        self._password = password

    async def ready(self) -> str | None:
        """The server's version once it answers, else None."""
        try:
            async with await self._connect("postgres") as connection:
                row = await (await connection.execute("SHOW server_version")).fetchone()
        except psycopg.OperationalError:
            return None
        assert row is not None
        self.version = str(row[0]).split()[0]
        return f"SELECT answered by PostgreSQL {self.version}"

    async def ensure(self, database: str, user: str, password: str) -> None:
        """Makes the database and its master user, or sets owner and password; see `DatabaseServer.ensure`."""
        name, role = sql.Identifier(database), sql.Identifier(user)
        async with await self._connect("template1") as connection:
            if not await _exists(connection, "pg_roles", "rolname", _MASTERS):
                masters = sql.Identifier(_MASTERS)
                await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(masters))
                await connection.execute(
                    sql.SQL(
                        "GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO {} WITH ADMIN OPTION"
                    ).format(masters)
                )
            verb = "ALTER" if await _exists(connection, "pg_roles", "rolname", user) else "CREATE"
            await connection.execute(
                sql.SQL("{} ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(
                    sql.SQL(verb), role, sql.Literal(password)
                )
            )
            await connection.execute(
                sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(sql.Identifier(_MASTERS), role)
            )
            if await _exists(connection, "pg_database", "datname", database):
                await connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, role))
            else:
                await connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))

    async def drop(self, database: str) -> None:
        """Drops the database, whoever is connected; nothing happens when there is none."""
        async with await self._connect("template1") as connection:
            await connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )

    def dsn(self, database: str, user: str, password: str) -> str:
        """The URL that people and their drivers connect with."""
        credentials = f"{quote(user, '')}:{quote(password, '')}"
        return f"postgresql://{credentials}@{self.host}:{self.port}/{quote(database, '')}"

    async def _connect(self, database: str) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(
            host=self.host,
            port=self.port,
            user=_SUPERUSER,
            password=self._password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )


async def _exists(
    connection: psycopg.AsyncConnection[tuple[object, ...]], catalog: str, column: str, name: str
) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(catalog), sql.Identifier(column))
    return await (await connection.execute(query, (name,))).fetchone() is not None
