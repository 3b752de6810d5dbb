"""The database: one commit per turn of the loop, told to those who wait, and what a full disk does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from sandbox.errors import StoreError
from sandbox.store.database import Database
from sandbox.store.format import FORMAT

T = TypeVar("T")
TABLE = "CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"
ADD = "INSERT INTO items (text) VALUES (?)"


def run(work: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        return await work()

    return asyncio.run(main())


def items(file: Path) -> list[str]:
    """What another process sees on disk now."""
    connection = sqlite3.connect(file)
    try:
        return [text for (text,) in connection.execute("SELECT text FROM items ORDER BY id")]
    finally:
        connection.close()


def database(file: Path | None) -> Database:
    made = Database(file)
    made.define(TABLE)
    return made


def add_and_fail(made: Database) -> None:
    with made.atomic():
        made.execute(ADD, ("undone",))
        raise ValueError("undone")


def almost_full(made: Database) -> None:
    """Leaves no room for more than a few pages; a WAL counts them when they are used."""
    (pages,) = made.rows("PRAGMA page_count")[0]
    made.row(f"PRAGMA max_page_count = {pages + 1}")


def test_what_is_taken_back_is_told(tmp_path: Path) -> None:
    made, other = database(tmp_path / "state.db"), database(None)
    made.execute(ADD, ("kept",))
    made.commit()
    assert made.undone == 0
    with pytest.raises(ValueError, match="undone"):
        add_and_fail(made)
    made.abandon()
    copy = sqlite3.connect(":memory:")
    other.copy_to(copy)
    made.replace_by(copy)
    assert made.undone == 3
    for one in (made, other, copy):
        one.close()


def test_a_turn_is_one_commit(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        made.execute(ADD, ("one",))
        made.executemany(ADD, [("two",), ("three",)])
        assert [row["text"] for row in made.rows("SELECT text FROM items")] == ["one", "two", "three"]
        assert items(tmp_path / "state.db") == []
        await made.committed()
        assert items(tmp_path / "state.db") == ["one", "two", "three"]
        made.close()

    run(work)


def test_nothing_written_is_nothing_waited_for() -> None:
    async def work() -> None:
        made = database(None)
        await made.committed()
        assert made.row("SELECT * FROM items") is None
        made.close()

    run(work)


def test_everybody_of_a_turn_waits_for_the_same_commit(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        commits: list[str] = []
        made.before_commit = lambda: commits.append("journal")

        async def request(text: str) -> None:
            made.execute(ADD, (text,))
            await made.committed()

        await asyncio.gather(*(request(str(number)) for number in range(50)))
        assert commits == ["journal"]
        assert len(items(tmp_path / "state.db")) == 50
        made.close()

    run(work)


def test_what_was_written_before_the_loop_is_committed_by_who_waits(tmp_path: Path) -> None:
    made = database(tmp_path / "state.db")
    made.execute(ADD, ("early",))

    async def work() -> None:
        await asyncio.wait_for(made.committed(), 5)
        assert items(tmp_path / "state.db") == ["early"]

    run(work)
    made.close()


def test_one_who_no_longer_waits_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        made.execute(ADD, ("one",))
        gone = asyncio.ensure_future(made.committed())
        stays = asyncio.ensure_future(made.committed())
        gone.cancel()
        await stays
        made.close()

    run(work)


def test_atomic_undoes_its_own_statements_only() -> None:
    async def work() -> list[str]:
        made = database(None)
        made.execute(ADD, ("before",))
        with pytest.raises(ValueError, match="undone"):
            add_and_fail(made)
        with made.atomic():
            made.execute(ADD, ("outer",))
            with pytest.raises(ValueError, match="undone"):
                add_and_fail(made)
            with made.atomic():
                made.execute(ADD, ("nested, kept",))
        await made.committed()
        found = [row["text"] for row in made.rows("SELECT text FROM items ORDER BY id")]
        made.close()
        return found

    assert run(work) == ["before", "outer", "nested, kept"]


def test_closing_commits(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        made.execute(ADD, ("last",))
        made.close()
        await asyncio.sleep(0)  # the end of the turn finds it closed

    run(work)
    assert items(tmp_path / "state.db") == ["last"]


# --- a full disk -----------------------------------------------------------------------------------------
def test_a_commit_that_fails_is_told_to_everybody_and_undone(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        made.execute(ADD, ("kept",))
        await made.committed()

        def fail() -> None:
            raise sqlite3.OperationalError("disk I/O error")

        made.before_commit = fail
        made.execute(ADD, ("lost",))
        for waited in await asyncio.gather(made.committed(), made.committed(), return_exceptions=True):
            assert isinstance(waited, StoreError)
            assert "disk I/O error" in waited.why
            assert waited.remedy
        made.before_commit = None
        made.execute(ADD, ("again",))
        await made.committed()
        assert items(tmp_path / "state.db") == ["kept", "again"]
        made.close()

    run(work)


def test_what_stands_in_a_transaction_that_sqlite_gave_up_is_not_acknowledged(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        made.execute(ADD, ("lost with the other",))
        waiting = asyncio.ensure_future(made.committed())
        made.rows("ROLLBACK")  # as SQLite does by itself when the disk is full
        with pytest.raises(StoreError, match="could not store"):
            made.execute(ADD, ("in the same turn",))
        with pytest.raises(StoreError, match="gave the transaction up"):
            await waiting
        made.execute(ADD, ("next turn",))
        await made.committed()
        assert items(tmp_path / "state.db") == ["next turn"]
        made.close()

    run(work)


def test_a_full_disk_refuses_and_keeps_what_was_there(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        made.execute(ADD, ("kept",))
        await made.committed()
        almost_full(made)

        async def request() -> None:
            made.execute(ADD, ("x" * 100_000,))
            await made.committed()

        heard: list[str] = []
        made.when_lost(lambda: heard.append("lost"))
        made.execute(ADD, ("in the same turn",))
        waiting = asyncio.ensure_future(made.committed())
        with pytest.raises(StoreError, match="full"):
            await request()
        with pytest.raises(StoreError, match="full"):
            made.execute(ADD, ("after what failed",))
        with pytest.raises(StoreError, match="full"):
            await waiting
        await asyncio.sleep(0)
        assert heard == ["lost"]
        made.row("PRAGMA max_page_count = 100000")
        made.execute(ADD, ("after",))
        await made.committed()
        assert items(tmp_path / "state.db") == ["kept", "after"]
        made.close()

    run(work)


def test_a_request_that_asks_later_learns_that_its_turn_was_lost(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        failing = True

        def journal() -> None:
            if failing:
                raise sqlite3.OperationalError("disk I/O error")

        made.before_commit = journal

        async def request(text: str) -> None:
            made.execute(ADD, (text,))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await made.committed()

        with pytest.raises(StoreError, match="could not store"):
            await asyncio.create_task(request("lost"))
        failing = False
        await asyncio.create_task(request("kept"))
        assert items(tmp_path / "state.db") == ["kept"]
        made.close()

    run(work)


# --- files that cannot be used ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("other", "whose"), [(FORMAT + 1, "a newer"), (FORMAT - 1, "an older"), (0, "an older")]
)
def test_another_format_is_refused(tmp_path: Path, other: int, whose: str) -> None:
    file = tmp_path / "state.db"
    database(file).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {other}")
    with pytest.raises(StoreError, match=f"written by {whose} sandbox") as caught:
        Database(file)
    assert "--fresh" in caught.value.remedy
    assert "what is lost" in caught.value.remedy
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (other,), "the file is as it was"


def test_a_file_that_a_killed_start_left_empty_is_new(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    database(file).close()


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    file.write_bytes(b"this is not SQLite at all, but long enough to look at" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        Database(file)


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        Database(tmp_path / "missing" / "state.db")


def test_state_is_there_after_reopening(tmp_path: Path) -> None:
    async def write() -> None:
        made = database(tmp_path / "state.db")
        made.execute(ADD, ("kept",))
        await made.committed()
        made.close()

    run(write)
    again = database(tmp_path / "state.db")
    assert [row["text"] for row in again.rows("SELECT text FROM items")] == ["kept"]
    again.close()


def test_what_begins_after_a_lost_turn_is_not_refused_for_it(tmp_path: Path) -> None:
    async def work() -> None:
        made = database(tmp_path / "state.db")
        asked: list[asyncio.Task[None]] = []
        made.when_lost(lambda: asked.append(asyncio.create_task(made.committed())))

        def fail() -> None:
            raise sqlite3.OperationalError("disk I/O error")

        made.before_commit = fail
        made.execute(ADD, ("lost",))
        with pytest.raises(StoreError):
            await made.committed()
        made.before_commit = None
        await asyncio.sleep(0)
        await asyncio.gather(*asked)
        assert len(asked) == 1
        made.close()

    run(work)


def test_a_statement_takes_as_many_values_as_it_is_said() -> None:
    with closing(Database(None)) as store:
        marks = ", ".join("?" * store.most_values)
        assert store.row(f"SELECT 1 WHERE 1 IN ({marks})", [1] * store.most_values) is not None
        with pytest.raises(sqlite3.OperationalError, match="too many SQL variables"):
            store.rows(f"SELECT 1 WHERE 1 IN ({marks}, ?)", [1] * (store.most_values + 1))


def test_a_journal_that_breaks_takes_one_turn_with_it_and_no_more(tmp_path: Path) -> None:
    with closing(database(tmp_path / "state.db")) as store:

        def breaks() -> None:
            raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")

        store.before_commit = breaks
        store.execute(ADD, ("lost",))
        with pytest.raises(StoreError, match="could not store"):
            store.commit()
        store.before_commit = None
        store.execute(ADD, ("kept",))
        store.commit()
        assert items(tmp_path / "state.db") == ["kept"]
