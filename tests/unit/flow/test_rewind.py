"""The journal taken back: what came after is forgotten, or all of it is another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.errors import StoreError
from sandbox.flow import queries
from sandbox.flow.keys import business_key
from sandbox.flow.recorder import Journal
from sandbox.model.hops import HopKind
from sandbox.model.scope import Scope
from sandbox.session.snapshots import journalcopy


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    """A journal that looks for `nota`."""
    path = tmp_path / "journal.db" if request.param == "file" else None
    made = Journal(path, Clock(0.0, 0.0))
    made.declare_keys([business_key("nota", ["$.nota"])])
    return made


def put(journal: Journal, nota: str, cause: int | None = None) -> int:
    """Records an event of an invoice."""
    payload = f'{{"nota": "{nota}"}}'
    return journal.record(
        HopKind.EVENT_PUT, Scope(), "events", cause=cause, event_id=f"id-{nota}", payload=payload
    )


def test_what_came_later_is_forgotten(journal: Journal) -> None:
    kept = put(journal, "1")
    journal.settle()
    put(journal, "2")
    put(journal, "1")
    journal.rewind(kept)
    assert [hop.id for hop in queries.hops_of_flow(journal.database, kept)] == [kept]
    assert queries.find_flow(journal, "id-2") is None
    assert queries.find_flow(journal, "2") is None
    again = put(journal, "2")
    journal.settle()
    assert again > kept + 2, "ids are not given twice"
    assert queries.find_flow(journal, "2") == again, "it does not join what is forgotten"
    assert queries.find_flow(journal, "1") == kept
    journal.close()


def test_a_copy_is_put_back_into_another_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db", Clock(0.0, 0.0))
    first.declare_keys([business_key("nota", ["$.nota"])])
    begun = put(first, "1")
    last = put(first, "1")
    first.settle()
    name = journalcopy.identity(first.database)
    assert journalcopy.copy(tmp_path / "journal.db", tmp_path / "copy.db", last) == 2
    put(first, "3")

    other = Journal(None, Clock(0.0, 0.0))
    for _ in range(5):
        put(other, "9")
    journalcopy.put_back(other, name, last, tmp_path / "copy.db")
    assert queries.find_flow(other, "1") == begun
    assert queries.find_flow(other, "9") is None
    assert put(other, "4") > 5

    journalcopy.put_back(first, name, last, tmp_path / "copy.db")
    assert queries.find_flow(first, "3") is None
    assert queries.find_flow(first, "1") == begun
    first.close()
    other.close()


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    other = Journal(None, Clock(0.0, 0.0))
    for number in range(3_000):
        put(other, str(number + 10))
    rows = {
        table: [tuple(row) for row in other.database.rows(f"SELECT * FROM {table}")]
        for table in ("hops", "links", "keys")
    }
    other.close()

    journal = Journal(tmp_path / "journal.db", Clock(0.0, 0.0))
    journal.declare_keys([business_key("nota", ["$.nota"])])
    begun = put(journal, "1")
    (pages,) = journal.database.rows("PRAGMA page_count")[0]
    journal.database.rows(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreError, match="journal"):
        journal.replace_by(rows["hops"], rows["links"], rows["keys"])
    journal.database.rows("PRAGMA max_page_count = 1000000")
    assert queries.find_flow(journal, "id-1") == begun
    assert queries.find_flow(journal, "1") == begun
    assert put(journal, "1", cause=begun) == begun + 1
    journal.replace_by(rows["hops"], rows["links"], rows["keys"])
    assert queries.find_flow(journal, "id-1") is None
    assert queries.find_flow(journal, "id-3009") == 3_000
    journal.close()


def test_hops_put_back_stay_though_older_ones_had_gone(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db", Clock(0.0, 0.0), limit=1_000)
    for number in range(3_000):
        put(first, str(number))
        if number % 100 == 99:
            first.flush()
    other = Journal(None, Clock(0.0, 0.0))
    begun = put(other, "kept")
    rows = [tuple(row) for row in other.database.rows("SELECT * FROM hops")]
    first.replace_by(rows, [], [])
    for number in range(900):
        put(first, str(number))
        first.settle()
    assert queries.find_flow(first, "id-kept") == begun
    for number in range(200):
        put(first, str(number))
        first.settle()
    assert queries.find_flow(first, "id-kept") is None, "now there are a thousand newer ones"
    (row,) = first.database.rows("SELECT count(*) FROM hops")
    assert row[0] == 1_000
    other.close()
    first.close()


def test_a_journal_that_was_emptied_keeps_as_many_hops_as_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", Clock(0.0, 0.0), limit=1_000)
    for number in range(5_000):
        put(journal, str(number))
    journal.rewind(0)
    for number in range(1_500):
        put(journal, str(number))
        if number % 10 == 9:
            journal.flush()
        if number % 100 == 99:
            (row,) = journal.database.rows("SELECT count(*) FROM hops")
            assert row[0] == min(number + 1, 1_000)
    journal.close()
