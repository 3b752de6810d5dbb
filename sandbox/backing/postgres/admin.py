"""What the sandbox does inside its PostgreSQL: roles, databases, scripts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.backing.postgres.settings import SUPERUSER
from sandbox.backing.postgres.wire import (
    AdminConnection,
    PostgresError,
    Row,
    identifier,
    literal,
    scram_verifier,
)

#: The database that administration connects to: it always exists, and users never work in it.
_HOME = "template1"
_RESERVED_DATABASES = frozenset({"template0", "template1"})
#: As on RDS, master users are members of this role: they make roles and databases but are no superusers.
_MASTERS = "rds_superuser"


class Admin:
    """Administration through the server's own socket.

    Args:
        socket: gives the path of the socket, as long as the server runs.
    """

    def __init__(self, socket: Callable[[], Path]) -> None:
        self._socket = socket
        # CREATE DATABASE wants its template to itself, and administration lives in that template.
        self._alone = asyncio.Lock()

    async def ensure_role(self, user: str, password: str) -> None:
        """Makes a master user as RDS gives one, or sets the password of the one that is there.

        Raises:
            PostgresError: the name is not one, or belongs to the server itself.
        """
        if user == SUPERUSER or user.startswith("pg_"):
            raise PostgresError("42939", f"the role name {user} is reserved")
        name = identifier(user)
        verifier = literal(scram_verifier(password))
        async with self._home() as connection:
            if not await _exists(connection, "pg_roles", "rolname", _MASTERS):
                await connection.execute(
                    f"CREATE ROLE {_MASTERS} NOLOGIN; GRANT pg_monitor, pg_signal_backend, pg_checkpoint"
                    f" TO {_MASTERS} WITH ADMIN OPTION"
                )
            verb = "ALTER" if await _exists(connection, "pg_roles", "rolname", user) else "CREATE"
            await connection.execute(
                f"{verb} ROLE {name} LOGIN CREATEDB CREATEROLE PASSWORD {verifier};"
                f" GRANT {_MASTERS} TO {name} WITH ADMIN OPTION"
            )

    async def ensure_database(self, name: str, owner: str) -> None:
        """Makes a database, or gives the one that is there to `owner`.

        Raises:
            PostgresError: no such role, or the name is not one.
        """
        database = _database(name)
        role = identifier(owner)
        async with self._home() as connection:
            if await _exists(connection, "pg_database", "datname", name):
                await connection.execute(f"ALTER DATABASE {database} OWNER TO {role}")
            else:
                await connection.execute(f"CREATE DATABASE {database} OWNER {role}")

    async def drop_database(self, name: str) -> None:
        """Drops a database and ends the sessions in it; nothing happens when there is none.

        Raises:
            PostgresError: the name is not one, or belongs to the server itself.
        """
        async with self._home() as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {_database(name)} WITH (FORCE)")

    async def databases(self) -> list[str]:
        """The names of the databases that users can connect to, in order."""
        async with self._home() as connection:
            rows = await connection.execute(
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT LIKE 'sandbox~%'"
                " ORDER BY datname"
            )
        return [row[0] for row in rows if row[0] is not None]

    async def execute(self, database: str, sql: str, *, role: str | None = None) -> list[Row]:
        """Runs statements in a database as one transaction (a migration, a check).

        Args:
            role: whom the statements run as, and whom what they make belongs to; the superuser by default.

        Returns:
            The rows of all statements, as text.

        Raises:
            PostgresError: one of the statements was refused; nothing of them was kept.
        """
        connection = await AdminConnection.connect(self._socket(), SUPERUSER, database)
        try:
            if role is not None:
                await connection.execute(f"SET SESSION AUTHORIZATION {identifier(role)}")
            return await connection.execute(sql)
        finally:
            await connection.close()

    async def roles(self) -> dict[str, str]:
        """The roles that users made or own databases with: what makes each, by name."""
        async with self._home() as connection:
            rows = await connection.execute(
                "SELECT rolname, rolcanlogin, rolcreatedb, rolcreaterole, rolinherit, rolpassword"
                " FROM pg_authid WHERE rolname !~ '^pg_'"
                f" AND rolname NOT IN ({literal(SUPERUSER)}, {literal(_MASTERS)})"
            )
        return {str(row[0]): _attributes(row) for row in rows}

    async def add_roles(self, roles: Mapping[str, str]) -> None:
        """Makes the roles that are missing; those that are there stay as they are.

        Args:
            roles: from `roles`, maybe of another server.

        Raises:
            PostgresError: a name or an attribute that PostgreSQL refuses.
        """
        async with self._home() as connection:
            for name, attributes in roles.items():
                if not await _exists(connection, "pg_roles", "rolname", name):
                    await connection.execute(f"CREATE ROLE {identifier(name)} {attributes}")

    async def connect_home(self, home: str) -> AdminConnection:
        """A lasting connection, to a database that serves nothing else and is made first where it is missing.

        Raises:
            PostgresError: the server cannot be asked.
        """
        async with self._home() as connection:
            if not await _exists(connection, "pg_database", "datname", home):
                await connection.execute(f"CREATE DATABASE {identifier(home)} IS_TEMPLATE true")
        return await AdminConnection.connect(self._socket(), SUPERUSER, home)

    @asynccontextmanager
    async def _home(self) -> AsyncIterator[AdminConnection]:
        async with self._alone:
            connection = await AdminConnection.connect(self._socket(), SUPERUSER, _HOME)
            try:
                yield connection
            finally:
                await connection.close()


def _attributes(row: Row) -> str:
    """The attributes of a role as CREATE ROLE takes them."""
    words = [
        word if value == "t" else f"NO{word}"
        for word, value in zip(("LOGIN", "CREATEDB", "CREATEROLE", "INHERIT"), row[1:5], strict=True)
    ]
    password = row[5]
    return " ".join([*words, *([f"PASSWORD {literal(password)}"] if password else [])])


async def _exists(connection: AdminConnection, catalog: str, column: str, name: str) -> bool:
    return bool(await connection.execute(f"SELECT 1 FROM {catalog} WHERE {column} = {literal(name)}"))


def _database(name: str) -> str:
    if name in _RESERVED_DATABASES:
        raise PostgresError("42939", f"the database name {name} is reserved")
    return identifier(name)
