"""Copies of databases: frozen and put back, dumped and loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

from sandbox.backing.postgres import PostgresServer
from sandbox.backing.postgres.dumps import Dumps
from sandbox.errors import StoreError

pytestmark = pytest.mark.postgres

Scenario = Callable[[PostgresServer], Awaitable[None]]


def run(folder: Path, scenario: Scenario) -> None:
    """Runs a scenario on a started server with a database `nfe` that has one row."""

    async def whole() -> None:
        server = PostgresServer(folder)
        await server.start()
        try:
            await server.ensure("nfe", "nfe", "segredo123")
            await server.admin.execute("nfe", "CREATE TABLE t (n int); INSERT INTO t VALUES (1)", role="nfe")
            await scenario(server)
        finally:
            await server.stop()

    asyncio.run(whole())


async def rows(server: PostgresServer, database: str = "nfe") -> list[str | None]:
    """The rows of the table."""
    return [row[0] for row in await server.admin.execute(database, "SELECT n FROM t ORDER BY n", role="nfe")]


def connect(server: PostgresServer) -> psycopg.Connection[tuple[int]]:
    """A session as a function has it."""
    return psycopg.connect(server.dsn("nfe", "nfe", "segredo123"), autocommit=True)


def test_a_frozen_database_is_put_back_again_and_again(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.copies.freeze("a", {"nfe": "nfe"})
        for _ in range(3):
            with await asyncio.to_thread(connect, server) as session:
                await asyncio.to_thread(session.execute, "INSERT INTO t VALUES (2)")
                await asyncio.to_thread(session.execute, "CREATE TABLE other (n int)")
                await server.copies.put_back("a", ["nfe"])
                with pytest.raises(psycopg.OperationalError):
                    await asyncio.to_thread(session.execute, "SELECT 1")
            assert await rows(server) == ["1"]
        with await asyncio.to_thread(connect, server) as session:
            owned = await asyncio.to_thread(session.execute, "CREATE TABLE other (n int)")
            assert owned.statusmessage == "CREATE TABLE", "the clone belongs to its user"

    run(tmp_path / "p", scenario)


def test_databases_that_were_not_there_go(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.copies.freeze("a", {"nfe": "nfe"})
        await server.ensure("novo", "nfe", "segredo123")
        await server.copies.put_back("a", ["nfe", "novo"])
        assert await server.admin.databases() == ["nfe", "postgres"]
        await server.copies.idle()
        await server.copies.forget(["a"])
        left = await server.admin.execute(
            "nfe", "SELECT datname FROM pg_database WHERE datname LIKE 'sandbox~%'"
        )
        assert left == [("sandbox~home",)]

    run(tmp_path / "p", scenario)


def test_what_was_left_aside_goes_at_the_next_start(tmp_path: Path) -> None:
    async def leave(server: PostgresServer) -> None:
        assert await server.copies.make_empty("nfe") == "sandbox~1"

    async def again(server: PostgresServer) -> None:
        assert await server.copies.make_empty("nfe") == "sandbox~1"

    run(tmp_path / "p", leave)

    async def restart() -> None:
        server = PostgresServer(tmp_path / "p")
        await server.start()
        try:
            await again(server)
        finally:
            await server.stop()

    asyncio.run(restart())


def test_writes_are_counted_and_reads_are_not(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        before = await server.copies.writes()
        await rows(server)
        assert await server.copies.writes() == before
        await server.admin.execute("nfe", "INSERT INTO t VALUES (3)", role="nfe")
        assert await server.copies.writes() > before

    run(tmp_path / "p", scenario)


def test_a_dump_is_of_one_moment_and_moves_to_another_server(tmp_path: Path) -> None:
    dumped = []

    async def save(server: PostgresServer) -> None:
        await server.admin.execute("nfe", "CREATE ROLE leitor LOGIN; GRANT SELECT ON t TO leitor")
        told = []
        dump = await Dumps(server).dump({"nfe": "nfe"}, tmp_path, lambda: told.append(1))
        assert told == [1]
        assert dump.databases["nfe"].tables["public.t"][0] == 1
        dumped.append(dump)

    async def load(server: PostgresServer) -> None:
        (dump,) = dumped
        await server.admin.add_roles(dump.roles)
        made = await Dumps(server).load(tmp_path / dump.databases["nfe"].file, "nfe")
        await server.admin.execute("nfe", "INSERT INTO t VALUES (7)", role="nfe")
        await server.copies.replace({"nfe": made}, ["nfe"])
        assert await rows(server) == ["1"]
        granted = await server.admin.execute("nfe", "SELECT has_table_privilege('leitor', 't', 'SELECT')")
        assert granted == [("t",)]
        (tmp_path / "broken").write_bytes(b"PGDMP rubbish")
        with pytest.raises(StoreError, match="pg_restore failed"):
            await Dumps(server).load(tmp_path / "broken", "nfe")
        assert await server.admin.databases() == ["nfe", "postgres"]

    run(tmp_path / "one", save)
    run(tmp_path / "two", load)
