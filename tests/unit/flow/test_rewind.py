"""The journal taken back: what came after is forgotten, or all of it is another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.clock import Clock
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
