"""Databases as files, by PostgreSQL's own `pg_dump` and `pg_restore`: they move from machine to machine.

Pages: https://www.postgresql.org/docs/18/app-pgdump.html, https://www.postgresql.org/docs/18/functions-admin.html
(snapshot synchronization)
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

from sandbox.backing.postgres.admin import Admin
from sandbox.backing.postgres.copies import DatabaseCopies
from sandbox.backing.postgres.settings import SUPERUSER
from sandbox.backing.postgres.wire import AdminConnection
from sandbox.errors import StoreError
from sandbox.model.dumps import DatabaseDump, DumpedDatabase


class Server(Protocol):
    """What is needed of the server."""

    @property
    def admin(self) -> Admin:
        """Runs statements in it."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...

    @property
    def copies(self) -> DatabaseCopies:
        """Makes databases aside."""
        ...

    @property
    def socket(self) -> Path:
        """Its socket."""
        ...

    @property
    def port(self) -> int:
        """Its port; the socket's name ends with it."""
        ...

    def program(self, name: str) -> str:
        """Path of a program of its build."""
        ...


class Dumps:
    """Writes databases into files, and reads them back.

    Args:
        server: a running server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    async def dump(self, owners: Mapping[str, str], folder: Path, moment: Callable[[], None]) -> DatabaseDump:
        """Writes each database as it is at one moment, whoever works in it.

        Args:
            owners: master user by name of the database.
            moment: called right before the databases are read: what it keeps is never newer than they are.

        Raises:
            StoreError: `pg_dump` failed.
        """
        found: dict[str, DumpedDatabase] = {}
        async with AsyncExitStack() as stack:
            connections = {}
            for name in owners:
                connection = await AdminConnection.connect(self._server.socket, SUPERUSER, name)
                stack.push_async_callback(connection.close)
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                connections[name] = connection
            moment()
            for number, (name, connection) in enumerate(connections.items(), 1):
                rows = await connection.execute("SELECT pg_export_snapshot()")
                file = f"database-{number}.dump"
                await self._run(
                    "pg_dump",
                    *("--format=custom", "--compress=1", f"--snapshot={rows[0][0]}"),
                    *(f"--file={folder / file}", name),
                )
                tables = await _tables(connection)
                found[name] = DumpedDatabase(file=file, owner=owners[name], tables=tables)
        roles = await self._server.admin.roles() if found else {}
        return DatabaseDump(databases=found, roles=roles, server=self._server.version)

    async def load(self, file: Path, owner: str) -> str:
        """Makes a database aside out of a file.

        Returns:
            Its name.

        Raises:
            StoreError: the file cannot be restored; nothing was kept of it.
        """
        name = await self._server.copies.make_empty(owner)
        try:
            await self._run(
                "pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={name}", str(file)
            )
        except BaseException:
            await self._server.copies.drop([name])
            raise
        return name

    async def _run(self, program: str, *words: str) -> None:
        server = self._server
        process = await asyncio.create_subprocess_exec(
            server.program(program),
            *("--host", str(server.socket.parent), "--port", str(server.port), "--username", SUPERUSER),
            "--no-password",
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        )
        try:
            _, said = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode != 0:
            text = said.decode(errors="replace").strip()
            raise StoreError(
                f"{program} failed (status {process.returncode})",
                text[-1000:] or "it said nothing",
                "free some disk space; a snapshot's file that was damaged must be made again",
            )


async def _tables(connection: AdminConnection) -> dict[str, tuple[int, str]]:
    """Rows and a digest of every table, whatever the order of its rows."""
    rows = await connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    found = {}
    for (name,) in rows:
        counted = await connection.execute(
            f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {name} AS t"
        )
        found[str(name)] = (int(counted[0][0] or 0), str(counted[0][1]))
    return found
