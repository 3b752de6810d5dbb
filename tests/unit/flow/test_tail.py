"""The journal's newest hops, in a file that is appended to: what a kill or a full disk leaves of it."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.errors import StoreError
from sandbox.flow import queries
from sandbox.flow.recorder import Journal
from sandbox.flow.tail import Tail
from sandbox.model.hops import HopKind, Link, LinkKind
from tests.unit.flow.journal import START, Story

HOP = (1, "api-call", 1.5, 2.5, "acct", "", "sqs", None, "\x00 \x1b ç", None, 1)


@contextmanager
def no_more_than(size: int) -> Iterator[None]:
    """Files cannot grow beyond some bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def killed(path: Path, folder: Path) -> Story:
    """The journal as it is after the process that had it was killed now."""
    folder.mkdir()
    for name in ("journal.tail-2", "journal.tail", "journal.db", "journal.db-wal"):
        shutil.copy(path.with_name(name), folder / name)
    clock = Clock(start=START, speed=0)
    return Story(Journal(folder / "journal.db", clock), clock)


@pytest.fixture(params=[True, False], ids=["mapped", "written"])
def mapped(request: pytest.FixtureRequest) -> bool:
    """Whether the file is written through a map, or by calls."""
    return bool(request.param)


def test_records_come_back_in_order(tmp_path: Path, mapped: bool) -> None:
    tail = Tail(tmp_path / "journal.db", mapped)
    tail.append([HOP, (2,)], [(2, 1, "batch")])
    tail.append([(3,)], [])
    again = Tail(tmp_path / "journal.db", mapped)
    assert list(again.records()) == [([HOP, (2,)], [(2, 1, "batch")]), ([(3,)], [])]
    again.turn()
    again.append([(4,)], [])
    again.forget_before()
    assert list(Tail(tmp_path / "journal.db").records()) == [([(4,)], [])]
    again.forget()
    assert not list(Tail(tmp_path / "journal.db").records())


@pytest.mark.parametrize("missing", range(1, 12))
def test_a_record_that_is_cut_off_is_left_out(tmp_path: Path, missing: int, mapped: bool) -> None:
    path = tmp_path / "journal.tail"
    tail = Tail(tmp_path / "journal.db", mapped)
    tail.append([(1,)], [])
    whole = tail.size
    tail.append([(2, "x" * 10)], [])
    path.write_bytes(path.read_bytes()[: max(whole, tail.size - missing)])
    assert list(Tail(tmp_path / "journal.db").records()) == [([(1,)], [])]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, mapped: bool) -> None:
    tail = Tail(tmp_path / "journal.db", mapped)
    tail.append([(1,)], [])
    room = (tmp_path / "journal.tail").stat().st_size
    with no_more_than(room + 100), pytest.raises(OSError):
        tail.append([(2, "x" * (room + 100))], [])
    assert (tmp_path / "journal.tail").stat().st_size == room
    tail.append([(3,)], [])
    assert list(Tail(tmp_path / "journal.db").records()) == [([(1,)], []), ([(3,)], [])]


def test_where_space_is_not_kept_nothing_is_written_through_a_map(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "journal.db", mapped=False)
    for number in range(3):
        tail.append([(number,)], [])
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert str(tmp_path) not in maps.read_text()
    assert (tmp_path / "journal.tail").stat().st_size == tail.size + 4
    tail.turn()
    tail.forget_before()
    with no_more_than(2), pytest.raises(OSError):
        tail.append([(9,)], [])
    assert not list(Tail(tmp_path / "journal.db").records())


def test_one_way_of_writing_reads_what_the_other_wrote(tmp_path: Path, mapped: bool) -> None:
    Tail(tmp_path / "journal.db", mapped).append([(1,)], [])
    other = Tail(tmp_path / "journal.db", not mapped)
    assert list(other.records()) == [([(1,)], [])]
    other.forget()
    other.append([(2,)], [])
    assert list(Tail(tmp_path / "journal.db", mapped).records()) == [([(2,)], [])]


def test_what_stood_there_before_is_no_record(tmp_path: Path, mapped: bool) -> None:
    tail = Tail(tmp_path / "journal.db", mapped)
    for number in range(3):
        tail.append([(number,)], [])
    tail.forget()
    tail.append([(9,)], [])
    assert list(Tail(tmp_path / "journal.db").records()) == [([(9,)], [])]


def test_a_file_grows_with_what_it_holds_and_gives_up_what_is_much(tmp_path: Path, mapped: bool) -> None:
    tail = Tail(tmp_path / "journal.db", mapped)
    many: list[tuple[list[tuple[object, ...]], list[tuple[object, ...]]]] = [
        ([(number, "x" * 100_000)], []) for number in range(100)
    ]
    for hops, links in many:
        tail.append(hops, links)
    assert list(Tail(tmp_path / "journal.db").records()) == many
    tail.forget()
    assert (tmp_path / "journal.tail").stat().st_size == 0
    tail.append([(1,)], [])
    assert list(Tail(tmp_path / "journal.db").records()) == [([(1,)], [])]


def test_nothing_that_was_flushed_is_lost_by_a_kill(tmp_path: Path) -> None:
    clock = Clock(start=START, speed=0)
    story = Story(Journal(tmp_path / "journal.db", clock), clock)
    asked = story.hop(HopKind.HTTP_REQUEST, "apigateway", payload=json.dumps({"notaFiscalId": "nf-1"}))
    put = story.hop(HopKind.EVENT_PUT, "events", event_id="e-1", links=[Link(asked, LinkKind.BATCH)])
    story.journal.flush()

    after = killed(tmp_path / "journal.db", tmp_path / "killed")
    assert queries.find_flow(after.journal, "nf-1") == asked
    assert queries.find_flow(after.journal, "e-1") == put
    found = queries.hop_by_id(after.journal.database, put)
    assert found is not None
    assert found.links == (Link(asked, LinkKind.BATCH),)
    assert after.sent("next") == put + 1
    story.journal.close()
    after.journal.close()


def test_a_kill_between_the_tables_and_the_tail_writes_nothing_twice(tmp_path: Path) -> None:
    clock = Clock(start=START, speed=0)
    story = Story(Journal(tmp_path / "journal.db", clock), clock)
    sent = story.sent("m-1")
    story.journal.flush()
    before = (tmp_path / "journal.tail").read_bytes()
    assert queries.flow_of(story.journal.database, sent) == sent  # asking writes the tables
    assert not list(Tail(tmp_path / "journal.db").records())
    (tmp_path / "journal.tail").write_bytes(before)

    after = killed(tmp_path / "journal.db", tmp_path / "killed")
    assert [row["id"] for row in after.journal.database.rows("SELECT id FROM hops")] == [sent]
    story.journal.close()
    after.journal.close()


def test_a_full_disk_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    clock = Clock(start=START, speed=0)
    story = Story(Journal(tmp_path / "journal.db", clock), clock)
    ids = [story.sent("m-1")]
    story.journal.flush()
    room = (tmp_path / "journal.tail").stat().st_size
    large = "x" * (room // 5)
    ids += [story.hop(HopKind.MESSAGE_SENT, "sqs", payload=large) for _ in range(6)]
    with no_more_than(room), pytest.raises(StoreError, match="journal"):
        story.journal.flush()
    ids.append(story.sent("m-3"))
    assert [row["id"] for row in story.journal.database.rows("SELECT id FROM hops ORDER BY id")] == ids
    story.journal.close()


def test_a_kill_while_the_tables_take_over_loses_nothing(tmp_path: Path) -> None:
    clock = Clock(start=START, speed=0)
    story = Story(Journal(tmp_path / "journal.db", clock), clock)
    for number in range(5_000):
        sent = story.sent(f"m-{number}")
        if number % 10 == 9:
            story.journal.flush()
        if number % 1_000 == 999:
            after = killed(tmp_path / "journal.db", tmp_path / f"killed-{number}")
            (row,) = after.journal.database.rows("SELECT count(*), max(id) FROM hops")
            assert tuple(row) == (sent, sent)
            after.journal.close()
    story.journal.close()


def test_what_the_tables_cannot_take_waits_in_the_tail(tmp_path: Path) -> None:
    clock = Clock(start=START, speed=0)
    story = Story(Journal(tmp_path / "journal.db", clock), clock)
    database = story.journal.database
    (pages,) = database.rows("PRAGMA page_count")[0]
    database.rows(f"PRAGMA max_page_count = {pages + 1}")
    for number in range(5_000):
        sent = story.sent(f"m-{number}")
        if number % 10 == 9:
            story.journal.flush()
    with pytest.raises(StoreError, match="journal"):
        story.journal.settle()
    database.rows("PRAGMA max_page_count = 1000000")
    (row,) = story.journal.database.rows("SELECT count(*), max(id) FROM hops")
    assert tuple(row) == (sent, sent)
    assert not list(Tail(tmp_path / "journal.db").records())
    story.journal.close()


def test_a_text_that_is_no_unicode_is_kept_with_its_hop(tmp_path: Path) -> None:
    clock = Clock(start=START, speed=0)
    story = Story(Journal(tmp_path / "journal.db", clock), clock)
    sent = story.hop(HopKind.MESSAGE_SENT, resource="half of a pair: \ud83d", message_id="m-1")
    story.journal.settle()
    assert queries.find_flow(story.journal, "m-1") == sent
    found = queries.hop_by_id(story.journal.database, sent)
    assert found is not None
    assert found.resource == "half of a pair: ?"
    story.journal.close()
