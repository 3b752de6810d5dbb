"""Keeps the clock over a restart: time goes on where it was, moved, paused or scaled."""

from __future__ import annotations

import time

from sandbox.clock import LATEST, Clock
from sandbox.store.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS session_clock (one INTEGER PRIMARY KEY CHECK (one = 1), virtual REAL NOT NULL,
    wall REAL NOT NULL, speed REAL NOT NULL);
"""


def restore_clock(database: Database) -> Clock:
    """The clock as it was saved, gone on since at its speed; a new one at the wall clock where none was."""
    database.define(_SCHEMA)
    row = database.row("SELECT * FROM session_clock")
    if row is None:
        return Clock()
    passed = max(0.0, time.time() - row["wall"])
    return Clock(min(row["virtual"] + passed * row["speed"], LATEST), row["speed"])


def catch_up(database: Database, clock: Clock, recorded: float | None) -> None:
    """Time never goes back: where the machine's clock was set back while nothing ran, virtual time goes on
    from what happened last, and keeps that distance from then on. Otherwise what is in flight would stay
    hidden, and schedules would rest, for as long as the clock was set back.

    Args:
        recorded: virtual time of the newest hop of the journal; None where there is none.
    """
    if recorded is not None and clock.now() < recorded:
        clock.put_back(recorded, clock.speed)
        save_clock(database, clock)


def put_back_clock(database: Database, clock: Clock) -> None:
    """Has the clock stand, or run on, exactly where it was saved; at the wall clock where it was not."""
    row = database.row("SELECT * FROM session_clock")
    if row is None:
        clock.put_back(clock.real_now(), clock.speed)
    else:
        clock.put_back(row["virtual"], row["speed"])


def save_clock(database: Database, clock: Clock, *, ahead: float = 0.0) -> None:
    """Notes where the clock stands, whenever somebody moved it.

    Args:
        ahead: virtual seconds that it is about to be moved: what fires on the way is stored as it happens, so
            a crash in the middle must not lead to a time before that.
    """
    database.execute(
        "INSERT OR REPLACE INTO session_clock VALUES (1, ?, ?, ?)",
        (clock.now() + ahead, clock.real_now(), clock.speed),
    )
