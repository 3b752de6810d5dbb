"""The clock over a restart."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sandbox.clock import LATEST, Clock
from sandbox.session.clockstore import catch_up, restore_clock, save_clock
from sandbox.store.database import Database


def restored(file: Path, clock: Clock | None = None, *, ahead: float = 0.0) -> Clock:
    """The clock as a restart finds it, after another one was saved."""
    database = Database(file)
    restore_clock(database)
    if clock is not None:
        save_clock(database, clock, ahead=ahead)
    database.close()
    again = Database(file)
    try:
        return restore_clock(again)
    finally:
        again.close()


def test_begins_at_the_wall_clock(tmp_path: Path) -> None:
    clock = restored(tmp_path / "state.db")
    assert clock.offset == pytest.approx(0, abs=60)
    assert clock.speed == 1


def test_a_stopped_clock_stands_where_it_stood(tmp_path: Path) -> None:
    clock = restored(tmp_path / "state.db", Clock(5000, 0))
    assert (clock.now(), clock.speed) == (5000, 0)


def test_a_moved_clock_goes_on_from_there(tmp_path: Path) -> None:
    clock = restored(tmp_path / "state.db", Clock(time.time() + 86_400))
    assert clock.offset == pytest.approx(86_400, abs=60)


def test_time_passes_at_its_speed_while_nothing_runs(tmp_path: Path) -> None:
    an_hour_ago = time.time() - 3600
    clock = restored(tmp_path / "state.db", Clock(0, 10, wall=lambda: an_hour_ago))
    assert clock.now() == pytest.approx(36_000, abs=600)


def test_a_wall_clock_that_went_back_does_not_take_time_along(tmp_path: Path) -> None:
    tomorrow = time.time() + 86_400
    clock = restored(tmp_path / "state.db", Clock(1000, 1, wall=lambda: tomorrow))
    assert clock.now() == pytest.approx(1000, abs=60)


def test_a_crash_in_the_middle_of_a_move_leads_to_its_end(tmp_path: Path) -> None:
    assert restored(tmp_path / "state.db", Clock(5000, 0), ahead=61).now() == 5061


def test_never_past_the_end_of_dates(tmp_path: Path) -> None:
    assert restored(tmp_path / "state.db", Clock(LATEST, 0), ahead=100).now() == LATEST


def test_time_goes_on_from_what_happened_last_where_the_wall_clock_was_set_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db")
    an_hour_ahead = time.time() + 3600
    clock = restore_clock(database)
    catch_up(database, clock, an_hour_ahead)
    assert clock.now() == pytest.approx(an_hour_ahead, abs=60)
    database.commit()
    again = restore_clock(database)  # the distance is kept, whatever is recorded until then
    assert again.offset == pytest.approx(3600, abs=60)
    database.close()


def test_time_stays_where_it_is_when_nothing_happened_later(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db")
    clock = restore_clock(database)
    for recorded in (None, time.time() - 3600):
        catch_up(database, clock, recorded)
        assert clock.offset == pytest.approx(0, abs=60)
    assert database.rows("SELECT * FROM session_clock") == []
    database.close()
