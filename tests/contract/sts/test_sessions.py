"""The sessions of roles: what is remembered of them, for how long, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from sandbox.services.sts.sessions import SCHEMA, RoleSession, Sessions
from sandbox.store.database import Database

DAY = 86_400.0


class Looked(RoleSession, frozen=True):
    """A session that counts how often anything looked at its end."""

    times: ClassVar[int] = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "expires":
            Looked.times += 1
        return super().__getattribute__(name)


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database(None)
    made.define(SCHEMA)
    yield made
    made.close()


def session(number: int, expires: float, kind: type[RoleSession] = RoleSession) -> RoleSession:
    arn = "arn:aws:sts::000000000000:assumed-role/r/s"
    return kind(f"ASIA{number:06}", arn, "AROA:s", expires)


def stored(database: Database) -> list[str]:
    return [row["access_key"] for row in database.rows("SELECT access_key FROM sts_sessions ORDER BY 1")]


def test_sessions_are_forgotten_a_week_after_their_end_whichever_came_first(database: Database) -> None:
    sessions = Sessions(database)
    sessions.add(session(1, 3 * DAY), 0.0)
    sessions.add(session(2, 1 * DAY), 0.0)
    sessions.add(session(3, 8.5 * DAY), 8.0 * DAY)
    assert stored(database) == ["ASIA000001", "ASIA000002", "ASIA000003"]
    sessions.add(session(4, 9 * DAY), 8.1 * DAY)
    assert stored(database) == ["ASIA000001", "ASIA000003", "ASIA000004"]
    assert sessions.get("ASIA000002") is None
    assert sessions.get("ASIA000001") is not None


def test_those_that_were_read_are_forgotten_too(database: Database) -> None:
    before = Sessions(database)
    for number in range(5):
        before.add(session(number, (5 - number) * DAY), 0.0)
    after = Sessions(database)
    after.read()
    after.add(session(9, 11 * DAY), 10.5 * DAY)
    assert stored(database) == ["ASIA000000", "ASIA000001", "ASIA000009"]


def test_one_more_session_looks_at_few_of_the_others(database: Database) -> None:
    sessions = Sessions(database)
    for number in range(1_000):
        sessions.add(session(number, DAY, Looked), 0.0)
    Looked.times = 0
    sessions.add(session(1_001, DAY, Looked), 0.0)
    assert 0 < Looked.times < 10
