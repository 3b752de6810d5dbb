"""Checkpoints beside the loop."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.store.checkpoint import checkpoint_aside
from sandbox.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "state.db")
    made.define("CREATE TABLE t (x)")
    yield made
    made.close()


def _in_the_file(database: Database) -> int:
    """Rows that the file has without its log."""
    assert database.path is not None
    copy = database.path.with_name("copy.db")
    shutil.copy(database.path, copy)
    with closing(sqlite3.connect(copy)) as connection:
        count: int = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        return count


def test_what_is_committed_gets_into_the_file_while_the_loop_writes_on(database: Database) -> None:
    async def run() -> int:
        await checkpoint_aside(database)
        database.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(100)])
        await database.committed()
        assert _in_the_file(database) == 0
        database.execute("INSERT INTO t VALUES (100)")
        await checkpoint_aside(database)
        return _in_the_file(database)

    # The turn that the last one was written in may be over by then.
    assert asyncio.run(run()) in (100, 101)
    assert database.rows("SELECT count(*) FROM t")[0][0] == 101


def test_who_is_cancelled_leaves_no_checkpoint_behind(database: Database) -> None:
    async def run() -> None:
        database.execute("INSERT INTO t VALUES (1)")
        await database.committed()
        task = asyncio.create_task(checkpoint_aside(database))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert _in_the_file(database) == 1


def test_a_database_in_memory_has_none() -> None:
    database = Database(None)
    asyncio.run(checkpoint_aside(database))
    database.close()
