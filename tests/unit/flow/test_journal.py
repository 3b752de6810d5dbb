"""The journal: hops join flows by cause and by business key, survive, and do not grow without end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.errors import StoreError
from sandbox.flow.keys import business_key
from sandbox.flow.recorder import Journal
from sandbox.flow.schema import ID
from sandbox.flow.tail import Tail
from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.model.scope import Scope

HERE = Scope()
NOTA = business_key("notaFiscalId", ["$.notaFiscalId", "$.detail.notaFiscalId"])


class Book:
    """A journal, and the hops that were told to a subscriber."""

    def __init__(self, path: Path | None = None, **limits: Any) -> None:
        self.clock = Clock(start=1000, speed=0)
        self.journal = Journal(path, self.clock, **limits)
        self.journal.declare_keys([NOTA])
        self.told: list[Hop] = []
        self.journal.subscribe(self.told.append)

    def record(self, kind: HopKind = HopKind.API_CALL, **facts: Any) -> Hop:
        scope = facts.pop("scope", HERE)
        self.journal.record(kind, scope, "sqs", **facts)
        return self.told[-1]

    def written(self, what: str = "id") -> list[Any]:
        self.journal.settle()
        return [row[0] for row in self.journal.database.rows(f"SELECT {what} FROM hops ORDER BY id")]


@pytest.fixture
def book() -> Iterator[Book]:
    made = Book()
    yield made
    made.journal.close()


def nota(identity: str, **more: Any) -> str:
    return json.dumps({"notaFiscalId": identity, **more})


def test_the_newest_hop_tells_how_far_time_has_come(book: Book) -> None:
    assert book.journal.newest_at() is None
    book.record()
    book.clock.put_back(1060, 0)
    book.record()
    assert book.journal.newest_at() == 1060


# --- flows -----------------------------------------------------------------------------------------------
def test_a_hop_without_a_cause_begins_a_flow(book: Book) -> None:
    hop = book.record()
    assert (hop.flow, hop.cause) == (hop.id, None)


def test_what_it_causes_belongs_to_it(book: Book) -> None:
    root = book.record(HopKind.HTTP_REQUEST)
    child = book.record(HopKind.INVOKE_START, cause=root.id)
    grandchild = book.record(HopKind.INVOKE_END, cause=child.id)
    assert [child.flow, grandchild.flow] == [root.id, root.id]
    assert book.record().flow not in (root.id,)


def test_a_reserved_id_is_known_before_its_hop(book: Book) -> None:
    reserved = book.journal.reserve()
    child = book.record(HopKind.INVOKE_START, cause=reserved)
    assert child.flow == reserved
    book.clock.pause()
    root = book.record(HopKind.HTTP_REQUEST, hop=reserved)
    assert (root.id, root.flow) == (reserved, reserved)
    assert root.id < child.id


def test_a_reserved_hop_joins_the_flow_of_its_cause(book: Book) -> None:
    root = book.record()
    reserved = book.journal.reserve(cause=root.id)
    assert book.record(cause=reserved).flow == root.id
    assert book.record(hop=reserved, cause=root.id).flow == root.id


def test_a_hop_is_dated_at_its_beginning() -> None:
    book = Book()
    reserved = book.journal.reserve()
    asyncio.run(book.clock.advance(30))
    assert book.record(hop=reserved).at == 1000
    assert book.record().at == 1030
    book.journal.close()


# --- business keys ---------------------------------------------------------------------------------------
def test_an_event_published_by_somebody_else_joins_by_its_key(book: Book) -> None:
    request = book.record(HopKind.HTTP_REQUEST, payload=nota("7"))
    outbox = book.record(HopKind.SCHEDULE_FIRED)
    event = book.record(
        HopKind.EVENT_PUT, cause=outbox.id, payload=json.dumps({"detail": {"notaFiscalId": "7"}})
    )
    assert (event.flow, event.cause) == (request.id, outbox.id)
    assert event.links == (Link(request.id, LinkKind.INFERRED),)
    assert event.keys == {"notaFiscalId": "7"}
    assert book.record(HopKind.RULE_MATCHED, cause=event.id).flow == request.id


def test_who_only_reads_stays_a_flow_of_its_own(book: Book) -> None:
    book.record(HopKind.HTTP_REQUEST, payload=nota("7"))
    reading = book.record(HopKind.HTTP_REQUEST, payload=nota("7"))
    assert (reading.flow, reading.links) == (reading.id, ())


def test_within_a_flow_nothing_is_inferred(book: Book) -> None:
    request = book.record(HopKind.HTTP_REQUEST, payload=nota("7"))
    assert book.record(HopKind.EVENT_PUT, cause=request.id, payload=nota("7")).links == ()


def test_keys_of_another_account_are_other_keys(book: Book) -> None:
    book.record(HopKind.HTTP_REQUEST, payload=nota("7"))
    away = book.record(HopKind.EVENT_PUT, payload=nota("7"), scope=Scope("111111111111"))
    assert away.flow == away.id


def test_a_key_seen_together_with_a_known_one_leads_to_the_same_flow(book: Book) -> None:
    book.journal.declare_keys([business_key("pedido", ["$.pedido"]), NOTA])
    request = book.record(HopKind.HTTP_REQUEST, payload=nota("7"))
    book.record(HopKind.EVENT_PUT, payload=nota("7", pedido="p1"))
    later = book.record(HopKind.EVENT_PUT, payload='{"pedido": "p1"}')
    assert later.flow == request.id


def test_a_key_is_known_after_a_restart(tmp_path: Path) -> None:
    before = Book(tmp_path / "journal.db")
    request = before.record(HopKind.HTTP_REQUEST, payload=nota("7"))
    before.journal.close()
    after = Book(tmp_path / "journal.db")
    event = after.record(HopKind.EVENT_PUT, payload=nota("7"))
    assert event.id > request.id
    assert event.flow == request.id
    assert after.record(cause=request.id).flow == request.id
    after.journal.close()


def test_a_batch_is_linked_to_each_of_its_messages(book: Book) -> None:
    one, two = book.record(HopKind.MESSAGE_SENT), book.record(HopKind.MESSAGE_SENT)
    links = (Link(one.id, LinkKind.BATCH), Link(two.id, LinkKind.BATCH))
    invoked = book.record(HopKind.INVOKE_START, cause=one.id, links=links)
    assert (invoked.flow, invoked.links) == (one.id, links)
    book.journal.settle()
    rows = book.journal.database.rows(
        "SELECT cause, kind FROM links WHERE hop = ? ORDER BY cause", (invoked.id,)
    )
    assert [tuple(row) for row in rows] == [(one.id, "batch"), (two.id, "batch")]


# --- what is kept ----------------------------------------------------------------------------------------
def test_payloads_are_bounded_and_masked() -> None:
    book = Book(payload_limit=100)
    long = book.record(payload="x" * 150)
    assert long.payload.startswith("x" * 100)
    assert long.payload.endswith("(50 more characters)")
    assert book.record(payload='{"senha": "segredo"}').payload == '{"senha": "***"}'
    assert "segredo" not in str(book.record(detail={"request": '{"senha": "segredo"}'}).detail)
    assert book.written("payload")[1] == '{"senha": "***"}'
    assert "segredo" not in "".join(book.written("detail"))
    book.journal.close()


def test_hops_are_written_once_per_turn(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "journal.db")
        tail = Tail(tmp_path / "journal.tail")
        book.record()
        book.record()
        assert not list(tail.records())
        await asyncio.sleep(0)
        ((hops, _),) = Tail(tmp_path / "journal.tail").records()
        assert [hop[ID] for hop in hops] == [1, 2]
        book.journal.close()

    asyncio.run(work())


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "journal.db")
        book.record()
        book.journal.settle()
        database = book.journal.database
        (pages,) = database.rows("PRAGMA page_count")[0]
        database.rows(f"PRAGMA max_page_count = {pages + 1}")
        for _ in range(20):
            book.record(payload="x" * 20_000, links=[Link(1, LinkKind.BATCH)])
        with pytest.raises(StoreError, match="journal") as caught:
            book.journal.settle()
        assert "full" in caught.value.why
        await asyncio.sleep(0)  # the end of the turn tries again, and only tells the log
        database.rows("PRAGMA max_page_count = 1000000")
        book.record()
        assert book.written() == list(range(1, 23))
        book.journal.close()

    asyncio.run(work())


def test_a_hop_that_is_written_twice_is_there_once(tmp_path: Path) -> None:
    book = Book(tmp_path / "journal.db")
    book.record(status="ok")
    assert book.written("status") == ["ok"]
    book.record(hop=1, status="error")  # as after a commit that was done, and said to have failed
    book.record()
    assert book.written("status") == ["error", "ok"]
    book.journal.close()


def test_a_journal_that_keeps_nothing_still_gives_ids() -> None:
    book = Book(limit=0)
    reserved = book.journal.reserve()
    first = book.journal.record(HopKind.API_CALL, HERE, "sqs", hop=reserved)
    assert [first, book.journal.record(HopKind.API_CALL, HERE, "sqs")] == [reserved, reserved + 1]
    assert (book.told, book.written()) == ([], [])
    book.journal.close()


def test_the_oldest_hops_go_beyond_the_limit() -> None:
    book = Book(limit=1_000)
    for _ in range(60):
        for _ in range(100):
            book.record(payload=nota("1"), links=[Link(1, LinkKind.BATCH)])
        book.journal.flush()
    kept = book.written()
    assert kept[-1] == 6_000
    assert 1_000 <= len(kept) <= 1_200
    rows = book.journal.database.rows("SELECT min(hop) AS hop FROM links")
    assert rows[0]["hop"] >= kept[0]
    book.journal.close()


def test_long_payloads_reach_the_limit_on_disk_first(tmp_path: Path) -> None:
    book = Book(tmp_path / "journal.db", max_bytes=4 * 1024 * 1024)
    for _ in range(60):
        for _ in range(100):
            book.record(payload="x" * 2_000)
        book.journal.settle()
    assert len(book.written()) < 5_000
    assert (tmp_path / "journal.db").stat().st_size < 12 * 1024 * 1024
    book.journal.close()


def test_ids_go_on_after_a_restart(tmp_path: Path) -> None:
    first = Book(tmp_path / "journal.db")
    ids = [first.record().id for _ in range(3)]
    first.journal.close()
    second = Book(tmp_path / "journal.db")
    assert second.record().id == ids[-1] + 1
    second.journal.close()


def test_subscribers_may_leave(book: Book) -> None:
    seen: list[Hop] = []
    stop = book.journal.subscribe(seen.append)
    book.record()
    stop()
    book.record()
    assert len(seen) == 1
