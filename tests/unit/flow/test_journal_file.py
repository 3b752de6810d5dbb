"""The journal on disk: how hops are found, what a crash leaves, and how much of the past stays."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from pathlib import Path

from sandbox.clock import Clock
from sandbox.flow import queries
from sandbox.flow.keybook import KeyBook
from sandbox.flow.listing import flows
from sandbox.flow.lookup import TOGETHER
from sandbox.flow.recorder import Journal
from sandbox.flow.summaries import summary
from sandbox.model.hops import HopKind
from sandbox.model.views.flows import FlowFilter
from tests.unit.flow.journal import HERE, MANY, RARE, START, Story, listed, opened, send_many


def test_ids_are_found_among_many(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as story:
        send_many(story)
        beyond = story.sent("beyond")
        assert queries.find_flow(story.journal, "beyond") == beyond
        for number in (0, 1_000, MANY - 1):
            message = f"00000000-0000-4000-8000-{number:012d}"
            assert queries.find_flow(story.journal, message) == number + 1
            assert queries.find_flow(story.journal, f"request-{number}") == number + 1
        assert queries.find_flow(story.journal, "ffffffff-0000-4000-8000-000000000001") is None
        assert len(listed(story, FlowFilter(queue="reserva", limit=600))) == 600


def test_a_hop_is_found_by_the_root_of_its_trace_and_by_the_whole_header(tmp_path: Path) -> None:
    root = "1-67891233-abcdef012345678912345678"
    header = f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1"
    with opened(tmp_path / "journal.db") as story:
        send_many(story)
        traced = story.sent("traced", trace=header)
        story.sent("traced later", trace=header)
        assert queries.find_flow(story.journal, root) == traced
        assert queries.find_flow(story.journal, header) == traced


def test_a_question_reads_few_hops(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as story:
        send_many(story)
        told = story.journal.database.rows("SELECT first, last, hops FROM mentioned")
    assert [row["first"] for row in told] == [1, *(row["last"] + 1 for row in told[:-1])]
    assert told[-1]["last"] == MANY
    assert all(row["hops"] == row["last"] - row["first"] + 1 < 2 * TOGETHER for row in told)


def test_hops_that_come_a_few_at_a_time_lie_together(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as story:
        for number in range(100):
            story.sent(f"message-{number}")
            story.journal.settle()
        assert len(story.journal.database.rows("SELECT 1 FROM mentioned")) == 1
    with opened(tmp_path / "journal.db") as story:
        story.sent("after a start")
        assert len(story.journal.database.rows("SELECT 1 FROM mentioned")) == 1
        assert queries.find_flow(story.journal, "message-7") == 8


def test_a_hop_recorded_late_is_found(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as story:
        reserved = story.journal.reserve()
        send_many(story)
        story.hop(HopKind.API_CALL, "lambda", hop=reserved, request_id="late", operation="Invoke")
        story.journal.flush()
        assert queries.find_flow(story.journal, "late") == reserved
        assert listed(story, FlowFilter(before=3))[-1].id == reserved
        send_many(story)
        assert queries.find_flow(story.journal, "late") == reserved


def test_flows_are_listed_page_by_page(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as story:
        late = story.journal.reserve()
        send_many(story)
        story.hop(HopKind.API_CALL, "sqs", operation="CreateQueue")  # begins a flow that nobody asks for
        beyond = story.sent("beyond")
        story.hop(HopKind.HTTP_REQUEST, "apigateway", hop=late)
        expected = [beyond, *range(beyond - 2, 0, -1)]
        before, seen = None, []
        while page := listed(story, FlowFilter(limit=3_000, before=before)):
            seen += [one.id for one in page]
            before = seen[-1]
        assert seen == expected


def test_others_have_their_turns_while_flows_are_searched(tmp_path: Path) -> None:
    async def search(story: Story) -> tuple[list[int], int]:
        question = asyncio.create_task(flows(story.journal, FlowFilter(match="message-7")))
        turns = 0
        while not question.done():
            await asyncio.sleep(0)
            story.sent(f"meanwhile {turns}")
            turns += 1
        return [one.id for one in question.result()], turns

    with opened(tmp_path / "journal.db") as story:
        for _ in range(3):
            send_many(story)
        sought = story.hop(HopKind.EVENT_PUT, "events", operation="message-7")
        for _ in range(3):
            send_many(story)
        found, turns = asyncio.run(search(story))
        assert sought in found
        assert turns > 3
        assert found == [one.id for one in listed(story, FlowFilter(match="message-7"))]


def test_the_newest_flows_that_touched_a_queue_come_first_though_an_old_one_touched_it_last(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "journal.db") as story:
        old = story.sent("old")
        send_many(story, TOGETHER)
        newer = story.hop(HopKind.MESSAGE_SENT, resource=RARE)
        send_many(story, TOGETHER)
        story.hop(HopKind.MESSAGE_SENT, resource=RARE, cause=old)
        assert [one.id for one in listed(story, FlowFilter(queue="Rara"))] == [newer, old]
        assert [one.id for one in listed(story, FlowFilter(queue="rara", limit=1))] == [newer]
        assert [one.id for one in listed(story, FlowFilter(queue="rara", before=newer))] == [old]


def test_the_hops_of_an_older_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as story:
        send_many(story)
    with sqlite3.connect(path) as older:
        older.execute("DROP TABLE mentioned")
    older.close()
    with opened(path) as story:
        assert queries.find_flow(story.journal, "request-7") == 8
        assert len(listed(story, FlowFilter(limit=600))) == 600


def test_what_a_killed_process_left_in_the_tail_is_found(tmp_path: Path) -> None:
    clock = Clock(start=START, speed=0)
    killed = Journal(tmp_path / "journal.db", clock)
    story = Story(killed, clock)
    sent = story.sent("in the tail")
    killed.flush()
    for name in ("journal.db", "journal.db-wal", "journal.tail", "journal.tail-2"):
        (tmp_path / "copy").mkdir(exist_ok=True)
        shutil.copy(tmp_path / name, tmp_path / "copy" / name)
    killed.close()
    with opened(tmp_path / "copy" / "journal.db") as again:
        assert queries.find_flow(again.journal, "in the tail") == sent


def test_what_was_said_of_hops_goes_with_them(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", limit=2 * TOGETHER) as story:
        send_many(story, 8 * TOGETHER)
        (row,) = story.journal.database.rows("SELECT count(*), min(last) FROM mentioned")
        assert row[0] <= 5
        assert row[1] > 3 * TOGETHER
        assert queries.find_flow(story.journal, "request-7") is None


def test_keys_that_a_crash_kept_out_of_their_table_are_read_off_the_hops(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as story:
        first = story.sent("m-1", payload=json.dumps({"notaFiscalId": "nf-1"}))
        assert queries.flow_of(story.journal.database, first) == first  # as far as a kill would have come
        with sqlite3.connect(path) as reader:
            assert reader.execute("SELECT count(*) FROM keys").fetchone() == (0,)
            assert reader.execute("SELECT count(*) FROM hops").fetchone() == (1,)
        reader.close()
        book = KeyBook(story.journal.database)
        assert book.find(("notaFiscalId", "nf-1", HERE.account)) == (first, first)


def test_the_oldest_hops_go_a_few_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", limit=1_000) as story:
        story.sent("first", payload=json.dumps({"notaFiscalId": "nf-1"}))
        kept = []
        for _ in range(60):
            for number in range(50):
                story.sent(f"m-{number}")
            story.journal.flush()
            rows = story.journal.database.rows("SELECT count(*), min(id) FROM hops")
            kept.append(int(rows[0][0]))
        assert kept[-1] == 1_000
        assert max(kept) <= 1_100
        assert queries.find_flow(story.journal, "nf-1") is None


def test_long_payloads_reach_the_limit_of_bytes_first(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", max_bytes=2_000_000) as story:
        for _ in range(250):
            for number in range(20):
                story.sent(f"m-{number}", payload="x" * 2_000)
            story.journal.flush()
        (row,) = story.journal.database.rows("SELECT count(*) FROM hops")
        assert 100 < row[0] < 4_500


def test_a_flow_whose_beginning_is_gone_still_has_figures(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", limit=100) as story:
        sent = story.sent("m-1")
        for number in range(400):
            story.received(sent, count=number)
            story.journal.flush()
        found = summary(story.journal.database, sent)
        assert found is not None
        assert found.hops == 100


def test_secrets_are_masked_in_payloads_and_facts(story: Story) -> None:
    hop = story.sent("m-1", payload='{"senha": "abc"}', detail={"request": '{"password": "abc"}', "n": 1})
    story.journal.settle()
    found = queries.hop_by_id(story.journal.database, hop)
    assert found is not None
    assert "abc" not in found.payload
    assert "abc" not in found.detail["request"]
    assert found.detail["n"] == 1
