"""What is found by ids and names is what a look at every hop finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.flow import queries
from sandbox.flow.lookup import TOGETHER, Lookup
from sandbox.flow.retention import Retention
from sandbox.flow.schema import (
    COLUMNS,
    EVENT,
    FLOW,
    FUNCTION,
    ID,
    KIND,
    MESSAGE,
    REPLACE_HOP,
    REQUEST,
    RESOURCE,
    SCHEMA,
    TRACE,
    Row,
)
from sandbox.model.hops import HopKind
from sandbox.model.views.flows import FlowFilter
from sandbox.store.database import Database
from tests.unit.flow.journal import RARE, Story, listed, opened, send_many

#: Hops of one row, so that a few of them fill many.
FEW = 3
LIMIT = 40
ROOT = "1-67891233-abcdef012345678912345678"
IDS = (
    "", "a", "ab", "00000000-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000001",
    "two\nlines", "lines\ntwo", "é\x00Ç", "x" * 300, f"Root={ROOT}",
)  # fmt: skip
TRACES = (
    "",
    ROOT,
    f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1",
    "Parent=5399",
    f"Self=1;Root={ROOT}",
    "Root=a\nb",
)
NAMES = (
    "",
    "arn:aws:sqs:us-east-1:000000000000:Reserva",
    "reserva-dlq",
    "FILA-Ç",
    "fila-ç",
    "one\ntwo",
    "n" * 300,
)
ASKED = (*IDS, *TRACES, *NAMES, "RESERVA", "Ç", "e\nt", "nobody", "\n")
KINDS = ("api-call", "message-sent", "event-put")


def root_of(trace: str) -> str:
    return trace.split("Root=", 1)[1][:35] if "Root=" in trace else trace


def small(text: str) -> str:
    """In small letters, as SQLite has them: those of ASCII alone."""
    return text.encode().lower().decode()


class Hops:
    """A journal's tables as far as lookups go, and the hops that should be in them.

    Args:
        path: the file, or None for one in memory.
        limit: hops kept.
    """

    def __init__(self, path: Path | None = None, limit: int = LIMIT) -> None:
        self.path = path
        self.limit = limit
        self.kept: dict[int, Row] = {}
        self.reserved: list[int] = []
        self.next = 1
        self.open()

    def open(self) -> None:
        self.database = Database(self.path)
        self.database.define(SCHEMA)
        self.lookup = Lookup(self.database, FEW)
        self.retention = Retention(self.database, self.lookup, self.limit, 2**40)

    def close(self) -> None:
        self.database.close()

    def write(self, batch: Sequence[Row], *, lost: bool = False) -> None:
        """Hops come; or they would, but the disk is full."""
        self.database.executemany(REPLACE_HOP, batch)
        self.lookup.add(batch)
        self.retention.sweep(self.next - 1, len(batch))
        if lost:
            self.database.abandon()
            self.lookup.reopen()
            self.retention.reopen()
            return
        self.database.commit()
        self.kept |= {row[ID]: row for row in batch}
        there = {row["id"] for row in self.database.rows("SELECT id FROM hops")}
        self.kept = {hop: row for hop, row in self.kept.items() if hop in there}

    def rewind(self, hop: int) -> None:
        self.database.execute("DELETE FROM hops WHERE id > ?", (hop,))
        self.lookup.rewind(hop)
        self.database.commit()
        self.retention.reopen()
        self.kept = {number: row for number, row in self.kept.items() if number <= hop}

    def check(self, before: int, limit: int) -> None:
        """Asks for everything there is."""
        for text in ASKED:
            assert self.lookup.hop(text) == self.first_with(text), text
            assert self.lookup.flows_touching(text, before, limit) == self.touched(text, before, limit), text
        for kinds in (KINDS[:1], KINDS[1:]):
            begun = [hop for hop, row in self.kept.items() if row[FLOW] == hop and row[KIND] in kinds]
            expected = sorted((hop for hop in begun if hop < before), reverse=True)[:limit]
            assert self.lookup.roots(kinds, before, limit) == expected

    def first_with(self, text: str) -> int | None:
        def has(row: Row) -> bool:
            return text in (row[REQUEST], row[EVENT], row[MESSAGE], row[TRACE], root_of(row[TRACE]))

        return min((hop for hop, row in self.kept.items() if has(row)), default=None) if text else None

    def touched(self, name: str, before: int, limit: int) -> list[int]:
        found = {
            row[FLOW]
            for row in self.kept.values()
            if small(name) in small(row[RESOURCE]) or small(name) in small(row[FUNCTION])
        }
        return sorted((flow for flow in found if flow < before), reverse=True)[:limit]


def some_hops(hops: Hops, random: Random) -> list[Row]:
    """Hops that come together: new ones, and some that were reserved long ago."""
    batch = []
    for _ in range(random.randint(1, 3 * FEW)):
        if hops.reserved and random.random() < 0.3:
            batch.append(new_hop(hops, random, hops.reserved.pop(random.randrange(len(hops.reserved)))))
        else:
            reserved = random.choice((0, 0, 1, 60))
            hops.reserved += range(hops.next, hops.next + reserved)
            hops.next += reserved
            batch.append(new_hop(hops, random))
    return batch


def new_hop(hops: Hops, random: Random, number: int | None = None) -> Row:
    """A hop; of the next number where none is given."""
    if number is None:
        number = hops.next
        hops.next += 1
    values = dict.fromkeys(COLUMNS, "") | {"at": 0, "real_at": 0, "cause": None, "duration_ms": None}
    values |= {name: random.choice(IDS) for name in ("request_id", "event_id", "message_id")}
    values |= {name: random.choice(NAMES) for name in ("resource", "function")}
    values |= {"id": number, "kind": random.choice(KINDS), "trace": random.choice(TRACES)}
    # A hop that was reserved may belong to a flow that began after it.
    values["flow"] = random.choice((number, random.randint(1, hops.next)))
    return tuple(values[column] for column in COLUMNS)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(("write", "write", "write", "lose", "rewind", "reopen")), max_size=25),
    st.randoms(),
)
def test_lookups_find_what_a_look_at_every_hop_finds(doings: list[str], random: Random) -> None:
    with TemporaryDirectory() as folder:
        hops = Hops(Path(folder) / "journal.db")
        for doing in doings:
            if doing in ("write", "lose"):
                hops.write(some_hops(hops, random), lost=doing == "lose")
            elif doing == "rewind":
                hops.rewind(random.randint(0, hops.next))
            else:
                hops.close()
                hops.open()
            hops.check(random.randint(0, hops.next + 1), random.randint(0, 6))
        hops.database.close()


def test_hops_that_come_late_do_not_make_questions_read_much() -> None:
    hops = Hops(limit=100_000)
    random = Random(1)
    late: list[int] = []
    for turn in range(300):
        late.append(hops.next)
        hops.next += 1
        batch = [new_hop(hops, random) for _ in range(2 * FEW)]
        if turn >= 100:
            batch.insert(random.randrange(len(batch)), new_hop(hops, random, late.pop(0)))
        hops.write(batch)
    sql = "SELECT (SELECT count(*) FROM hops WHERE id BETWEEN first AND last) FROM mentioned"
    assert len(hops.kept) > 400 * FEW
    assert max(row[0] for row in hops.database.rows(sql)) < 20 * FEW
    hops.check(hops.next, 50)
    hops.close()


def test_the_first_hop_with_an_id_is_found_though_it_came_after_others(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as story:
        send_many(story, TOGETHER - 5)
        call = story.journal.reserve()
        send_many(story, 3 * TOGETHER)
        story.sent("of the call", request_id="the call")
        story.journal.settle()
        send_many(story, TOGETHER)
        story.hop(HopKind.API_CALL, hop=call, request_id="the call")
        assert story.journal.lookup.hop("the call") is not None
        story.journal.settle()
        assert story.journal.lookup.hop("the call") == call


def test_a_flow_that_began_after_its_hop_is_listed(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as story:
        rare = story.journal.reserve()
        send_many(story, TOGETHER)
        receive = story.sent("what the reserved hop comes from")
        send_many(story, 8 * TOGETHER)
        older = story.hop(HopKind.MESSAGE_SENT, resource=RARE, cause=5)
        story.journal.settle()
        story.hop(HopKind.INVOKE_START, resource=RARE, cause=receive, hop=rare)
        assert [one.id for one in listed(story, FlowFilter(queue="rara", limit=1))] == [receive]
        assert older > receive


def test_ids_and_names_with_ends_of_lines_in_them_are_found_after_a_start(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as story:
        sent = story.sent("zz\naa", request_id="kk\nbb", trace="Root=1\n2")
        story.hop(HopKind.MESSAGE_SENT, resource=RARE + "\nz\na")
    with opened(tmp_path / "journal.db") as story:
        story.sent("next")
        for identity in ("zz\naa", "kk\nbb", "1\n2", "Root=1\n2"):
            assert queries.find_flow(story.journal, identity) == sent
        assert [one.id for one in listed(story, FlowFilter(queue="rara\nz"))] == [sent + 1]


def test_letters_beyond_ascii_are_found_as_they_are(story: Story) -> None:
    queue = "arn:aws:sqs:us-east-1:000000000000:FILA-Ç"
    sent = story.hop(HopKind.MESSAGE_SENT, resource=queue, payload='{"notaFiscalId": "NF-Ç"}')
    assert [one.id for one in listed(story, FlowFilter(queue="fila-Ç"))] == [sent]
    assert [one.id for one in listed(story, FlowFilter(match="nf-Ç"))] == [sent]


def test_an_id_that_looks_like_a_trace_header_is_found(story: Story) -> None:
    looks_so = f"Root={ROOT}, and so on"
    sent = story.sent("m-1", request_id=looks_so)
    assert queries.find_flow(story.journal, looks_so) == sent
