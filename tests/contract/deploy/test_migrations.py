"""Migrations on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from sandbox.clock import Clock
from sandbox.deploy.errors import MigrationError
from sandbox.deploy.migrations import apply_migrations
from sandbox.deploy.system import DatabaseSpec, System
from sandbox.errors import UsageError
from sandbox.testing import Stack
from tests.contract.deploy.harness import Bench

pytestmark = [pytest.mark.postgres, pytest.mark.sandbox("database.yaml")]


@pytest.fixture
def dsn(stack: Stack) -> str:
    return stack.dsn


def apply(folder: Path, dsn: str) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []

    def tell(migration: object, phase: str, seconds: float) -> None:
        told.append((getattr(migration, "name", ""), phase))

    clock = Clock(start=0, speed=0, wall=lambda: 1_700_000_000.0)
    asyncio.run(apply_migrations(folder, dsn, clock, tell))
    return told


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_they_are_applied_once_in_order_and_recorded(tmp_path: Path, dsn: str) -> None:
    write(tmp_path, "0001_t.sql", "CREATE TABLE t (a int); INSERT INTO t VALUES (1); -- 100%s fine")
    write(tmp_path, "0002_u.sql", "SET search_path = pg_temp; INSERT INTO public.t VALUES (2);")
    assert apply(tmp_path, dsn) == [
        ("0001_t", "start"),
        ("0001_t", "done"),
        ("0002_u", "start"),
        ("0002_u", "done"),
    ]
    assert apply(tmp_path, dsn) == []
    write(tmp_path, "0003_v.sql", "INSERT INTO t VALUES (3)")
    assert apply(tmp_path, dsn) == [("0003_v", "start"), ("0003_v", "done")]
    assert rows(dsn, "SELECT a FROM t ORDER BY a") == [(1,), (2,), (3,)]
    recorded = rows(dsn, "SELECT name, length(checksum), extract(epoch FROM applied_at)::int "
                         "FROM sandbox.sandbox_migrations ORDER BY name")  # fmt: skip
    assert recorded == [(name, 64, 1_700_000_000) for name in ("0001_t", "0002_u", "0003_v")]


def test_a_mistake_is_told_with_its_line_and_leaves_nothing(tmp_path: Path, dsn: str) -> None:
    write(tmp_path, "0001_t.sql", "CREATE TABLE t (a int);")
    write(tmp_path, "0002_u.sql", "CREATE TABLE u (a int);\n\nINSERT INTO uu VALUES (1);\n")
    with pytest.raises(MigrationError) as caught:
        apply(tmp_path, dsn)
    assert caught.value.what.startswith(f"{tmp_path / '0002_u.sql'}:3 ")
    assert 'relation "uu" does not exist' in caught.value.why
    assert rows(dsn, "SELECT to_regclass('t') IS NULL, to_regclass('u') IS NULL") == [(False, True)]
    write(tmp_path, "0002_u.sql", "CREATE TABLE u (a int);")
    assert apply(tmp_path, dsn) == [("0002_u", "start"), ("0002_u", "done")]


def test_a_file_may_not_end_its_transaction(tmp_path: Path, dsn: str) -> None:
    write(tmp_path, "0001_t.sql", "CREATE TABLE t (a int); COMMIT;")
    with pytest.raises(MigrationError, match="ends the transaction"):
        apply(tmp_path, dsn)


def test_a_changed_migration_is_refused(tmp_path: Path, dsn: str) -> None:
    write(tmp_path, "0001_t.sql", "CREATE TABLE t (a int);")
    apply(tmp_path, dsn)
    write(tmp_path, "0001_t.sql", "CREATE TABLE t (a bigint);")
    with pytest.raises(MigrationError, match="was changed after"):
        apply(tmp_path, dsn)


def test_a_database_that_is_away(tmp_path: Path) -> None:
    write(tmp_path, "0001_t.sql", "SELECT 1")
    with pytest.raises(MigrationError, match="cannot be reached"):
        apply(tmp_path, f"host={tmp_path} user=nobody dbname=none")


def test_the_facade_asks_for_the_database_of_the_stack(bench: Bench, tmp_path: Path, dsn: str) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    write(folder, "0001_t.sql", "CREATE TABLE t (a int);")
    bench.deploy(
        """
        Resources:
          Banco:
            Type: AWS::RDS::DBInstance
            Properties: {DBInstanceIdentifier: meu, Engine: postgres, DBInstanceClass: db.t4g.micro}
        """
    )
    asked: list[str] = []

    def find(identifier: str) -> str:
        asked.append(identifier)
        return dsn

    system = System("demo", tmp_path, tmp_path / "demo.yaml", {}, (DatabaseSpec("Banco", folder),))
    applied = asyncio.run(bench.deployer().migrate(system, find, on_event=bench.events.append))
    assert (asked, [migration.name for migration in applied]) == (["meu"], ["0001_t"])
    wrong = System("demo", tmp_path, tmp_path / "demo.yaml", {}, (DatabaseSpec("Banko", folder),))
    with pytest.raises(UsageError, match="Did you mean Banco"):
        asyncio.run(bench.deployer().migrate(wrong, find))
