"""Keys that were never seen are not looked for in the table; those that were are always found."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from sandbox.flow.keybook import KeyBook, write
from sandbox.flow.schema import SCHEMA
from sandbox.flow.seen import Seen
from sandbox.store.database import Database


def key() -> tuple[str, str, str]:
    return ("pedidoId", str(uuid.uuid4()), "000000000000")


def test_what_was_seen_is_known_and_hardly_anything_else() -> None:
    seen, keys = Seen(), [key() for _ in range(20_000)]
    for one in keys:
        seen.add(one)
    assert all(seen.maybe(one) for one in keys)
    assert sum(seen.maybe(key()) for _ in range(20_000)) < 100


class Asked(Database):
    """A database that counts questions for a key."""

    count = 0

    def row(self, sql: str, parameters: Any = ()) -> Any:
        self.count += "FROM keys WHERE" in sql
        return super().row(sql, parameters)


@pytest.fixture
def database() -> Any:
    database = Asked(None)
    database.define(SCHEMA)
    yield database
    database.close()


def test_a_new_key_is_not_looked_for(database: Asked) -> None:
    book = KeyBook(database)
    known = key()
    book.learn(known, 1, 2)
    assert [book.find(key()) for _ in range(50)] == [None] * 50
    assert book.find(known) == (1, 2)
    assert database.count == 0


def test_a_key_that_is_forgotten_in_memory_is_found_in_the_table(database: Asked) -> None:
    book, keys = KeyBook(database, remembered=2), [key() for _ in range(10)]
    for number, one in enumerate(keys):
        book.learn(one, number, number)
    write(database, book.due(10, 0, now=True) or (), 10)
    assert [book.find(one) for one in keys] == [(number, number) for number in range(10)]


@pytest.mark.parametrize("read", [100, 2])
def test_keys_of_an_earlier_process_are_found(database: Asked, read: int) -> None:
    """However many there are."""
    before, keys = KeyBook(database), [key() for _ in range(10)]
    for number, one in enumerate(keys):
        before.learn(one, number, number)
    write(database, before.due(10, 0, now=True) or (), 10)
    book = KeyBook(database, read=read)
    assert [book.find(one) for one in keys] == [(number, number) for number in range(10)]
    assert book.find(key()) is None
    assert database.count == (10 if read == 100 else 11)
