"""State queries and invariants of sagas, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

from sandbox.backing.postgres import PostgresServer
from sandbox.model.saga.declaration import Invariant, Meaning, State
from sandbox.model.saga.progress import Row
from sandbox.session.statequeries import Answers, StateQueryError, asking

pytestmark = pytest.mark.postgres

KEY = "00000000-0000-4000-8000-00000000000"
SCHEMA = f"""
CREATE TABLE orders (id uuid PRIMARY KEY, status text, at timestamptz, until timestamptz, error text);
INSERT INTO orders VALUES
    ('{KEY}1', 'DONE', '2026-01-01 00:00:00+00', '2026-01-01 00:00:05.5+00', NULL),
    ('{KEY}2', 'PENDING', '2026-01-01 00:01:00+00', NULL, NULL),
    ('{KEY}3', 'UNDONE', '2026-01-01 00:02:00+00', '2026-01-01 00:02:01+00', 'no stock');
CREATE TABLE seen (id int);
"""
COLUMNS = "status, at AS started_at, until AS ended_at, error"
STATE = State(
    database="d",
    query=f"SELECT {COLUMNS} FROM orders WHERE id = %(key)s",
    newest=f"SELECT id AS key, {COLUMNS} FROM orders ORDER BY at DESC LIMIT %(limit)s;",
    values={"PENDING": Meaning.RUNNING, "DONE": Meaning.COMPLETED, "UNDONE": Meaning.COMPENSATED},
)


def ask(folder: Path, scenario: Callable[[Answers, str], Awaitable[None]]) -> None:
    async def whole() -> None:
        server = PostgresServer(folder / "postgres")
        await server.start()
        try:
            await server.ensure("shop", "shop", "segredo123")
            dsn = server.dsn("shop", "shop", "segredo123")
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                await connection.execute(SCHEMA.encode())
            async with asking("order", dsn) as answers:
                await scenario(answers, dsn)
        finally:
            await server.stop()

    asyncio.run(whole())


def test_states_are_read(tmp_path: Path) -> None:
    async def scenario(answers: Answers, dsn: str) -> None:
        assert await answers.one(STATE, f"{KEY}1") == Row(
            key=f"{KEY}1", status="DONE", started_at=1767225600.0, ended_at=1767225605.5
        )
        assert await answers.one(STATE, f"{KEY}9") is None
        assert await answers.one(STATE, "not a uuid") is None
        assert [row.key[-1] for row in await answers.newest(STATE, 2)] == ["3", "2"]
        assert (await answers.newest(STATE, 1))[0].error == "no stock"
        assert await answers.running(STATE) == 1
        assert not await answers.holds_rows("public.seen")
        assert await answers.holds_rows("orders")
        assert not await answers.holds_rows("nowhere.at_all")
        assert await answers.holds_rows("orders")

    ask(tmp_path, scenario)


def test_violations_are_shown_and_counted(tmp_path: Path) -> None:
    async def scenario(answers: Answers, dsn: str) -> None:
        fine = Invariant(name="fine", query="SELECT id FROM orders WHERE status = '100%'")
        assert await answers.violations(fine) is None
        broken = Invariant(name="broken", query="SELECT n, NULL AS void FROM generate_series(1, 20) AS n ;")
        found = await answers.violations(broken)
        assert found is not None
        assert (found.count, found.error) == (20, "")
        assert found.rows == [{"n": str(n), "void": "NULL"} for n in range(1, 6)]

    ask(tmp_path, scenario)


def test_a_query_that_fails_or_takes_long_leaves_the_others_alone(tmp_path: Path) -> None:
    async def scenario(answers: Answers, dsn: str) -> None:
        wrong = await answers.violations(Invariant(name="wrong", query="SELECT * FROM nowhere"))
        slow = await answers.violations(Invariant(name="slow", query="SELECT pg_sleep(60)"))
        assert wrong is not None
        assert wrong.error == 'relation "nowhere" does not exist'
        assert slow is not None
        assert slow.error == "it took longer than 2 s"
        assert await answers.running(STATE) == 1

    ask(tmp_path, scenario)


def test_nothing_can_be_written(tmp_path: Path) -> None:
    async def scenario(answers: Answers, dsn: str) -> None:
        for query in (
            "WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone",
            "SELECT 1) AS x; COMMIT; DELETE FROM orders; SELECT * FROM (SELECT 1",
        ):
            found = await answers.violations(Invariant(name="writes", query=query))
            assert found is not None
            assert found.error
        assert await answers.running(STATE) == 1

    ask(tmp_path, scenario)


def test_everything_is_asked_of_one_state_of_the_database(tmp_path: Path) -> None:
    async def scenario(answers: Answers, dsn: str) -> None:
        assert await answers.running(STATE) == 1
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as other:
            await other.execute("UPDATE orders SET status = 'PENDING'")
        assert await answers.running(STATE) == 1

    ask(tmp_path, scenario)


def test_a_list_without_its_columns_is_told(tmp_path: Path) -> None:
    async def scenario(answers: Answers, dsn: str) -> None:
        state = State(database="d", query="SELECT 1 AS x, %(key)s AS y", values=STATE.values)
        with pytest.raises(StateQueryError) as caught:
            await answers.one(state, "k")
        assert "no column status" in caught.value.what
        assert caught.value.remedy

    ask(tmp_path, scenario)


def test_a_database_that_is_away_is_told() -> None:
    async def scenario() -> None:
        async with asking("order", "postgresql://a:b@127.0.0.1:1/x"):
            pytest.fail("nothing listens there")

    with pytest.raises(StateQueryError, match="cannot be reached"):
        asyncio.run(scenario())
