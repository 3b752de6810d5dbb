"""The door before PostgreSQL: connections that are refused, or end around a commit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sandbox.backing.postgres import PostgresServer
from sandbox.backing.postgres.door import DatabaseDoor

pytestmark = pytest.mark.postgres

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass
class FakeJudge:
    """Refuses or ends what it was told to, and keeps what it was asked."""

    refusal: tuple[str, str] | None = None
    moment: str = ""
    asked: list[str] = field(default_factory=list)

    def refuses(self, function: str, port: int) -> tuple[str, str] | None:
        refusal, self.refusal = self.refusal, None
        return refusal

    def ends(self, function: str, port: int, moment: str) -> bool:
        self.asked.append(f"{function} {moment}")
        if moment != self.moment:
            return False
        self.moment = ""
        return True


class House:
    """A server with a table, and a door before it."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.judge = FakeJudge()
        self.door = DatabaseDoor(lambda: (server.host, server.port), self.judge)

    async def ask(self, work: Callable[[Connection], Any], **options: Any) -> Any:
        """Does something with a connection through the door."""
        host, port = self.door.address("f")

        def go() -> Any:
            dsn = self.server.dsn("nfe", "nfe", "segredo123")
            with contextlib.closing(psycopg.connect(dsn, host=host, port=port, **options)) as connection:
                found = work(connection)
                connection.commit()
                return found

        return await asyncio.to_thread(go)

    async def rows(self) -> int:
        def count() -> int:
            with psycopg.connect(self.server.dsn("nfe", "nfe", "segredo123")) as connection:
                row = connection.execute("SELECT count(*) FROM t").fetchone()
                return row[0] if row else -1

        return await asyncio.to_thread(count)


def run(folder: Path, scenario: Callable[[House], Awaitable[None]]) -> None:
    """Runs a scenario, and ends everything."""

    async def whole() -> None:
        server = PostgresServer(folder)
        await server.start()
        try:
            await server.ensure("nfe", "nfe", "segredo123")
            house = House(server)
            await house.ask(lambda connection: connection.execute("CREATE TABLE t (n int)") and None)
            house.judge.asked.clear()
            try:
                await scenario(house)
            finally:
                await house.door.close()
        finally:
            await server.stop()

    asyncio.run(whole())


def insert(connection: Connection) -> None:
    connection.execute("INSERT INTO t VALUES (%s)", (1,))


def test_what_is_said_goes_through_in_both_directions(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        def talk(connection: Connection) -> list[tuple[Any, ...]]:
            with connection.cursor().copy("COPY t FROM STDIN") as copy:
                for number in range(2000):
                    copy.write_row((number,))
            for _ in range(8):  # prepared by then
                connection.execute("SELECT n FROM t WHERE n = %s", (7,))
            with connection.pipeline():
                connection.execute("SELECT 1")
                connection.execute("SELECT 2")
            with pytest.raises(psycopg.errors.UndefinedTable), connection.transaction():
                connection.execute("SELECT 1 FROM nowhere")
            return connection.execute("SELECT count(*), sum(n) FROM t").fetchall()

        assert await house.ask(talk) == [(2000, 1999000)]
        assert await house.rows() == 2000
        assert {"f statement", "f before-commit", "f after-commit"} == set(house.judge.asked)

    run(tmp_path, scenario)


@pytest.mark.parametrize(("moment", "kept"), [("statement", 0), ("before-commit", 0), ("after-commit", 1)])
@pytest.mark.parametrize("autocommit", [False, True])
def test_a_connection_ends_around_a_commit(tmp_path: Path, moment: str, kept: int, autocommit: bool) -> None:
    async def scenario(house: House) -> None:
        house.judge.moment = moment
        with pytest.raises(psycopg.OperationalError):
            await house.ask(insert, autocommit=autocommit)
        assert await house.rows() == kept
        await house.ask(insert, autocommit=autocommit)
        assert await house.rows() == kept + 1

    run(tmp_path, scenario)


def test_a_commit_that_fails_is_none(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        def fail(connection: Connection) -> None:
            connection.execute("CREATE TABLE u (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            connection.execute("INSERT INTO u VALUES (1), (1)")

        house.judge.moment = "after-commit"
        with pytest.raises(psycopg.errors.UniqueViolation):
            await house.ask(fail)
        assert house.judge.moment == "after-commit", "it was not asked"

    run(tmp_path, scenario)


def test_a_client_is_refused_with_the_words_of_the_server(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        for mode in ("disable", "prefer"):
            house.judge.refusal = ("53300", "sorry, too many clients already")
            with pytest.raises(psycopg.OperationalError, match="sorry, too many clients already"):
                await house.ask(insert, sslmode=mode)
        await house.ask(insert)

    run(tmp_path, scenario)


def test_a_client_that_is_none_and_a_server_that_is_gone_are_no_harm(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        reader, writer = await asyncio.open_connection(*house.door.address("f"))
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        await house.server.stop()
        with pytest.raises(psycopg.OperationalError):
            await house.ask(insert)

    run(tmp_path, scenario)
