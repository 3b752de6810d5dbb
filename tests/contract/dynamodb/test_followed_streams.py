"""What those who follow a stream get is what the store has, whatever became of the writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox.errors import StoreError
from sandbox.model.arn import parse_arn
from sandbox.model.ports import StreamRecord
from sandbox.services.dynamodb.lately import Lately
from sandbox.services.dynamodb.source import TableStreams
from sandbox.services.dynamodb.stream_records import parse_sequence
from sandbox.store.database import Database
from tests.contract.dynamodb.harness import Tables, key
from tests.support.fulldisk import LARGE, full
from tests.support.world import HERE

DAY = 24 * 3600.0
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


class Follower:
    """Follows the stream of a table as a mapping does, and reads it beside as one that was not there."""

    def __init__(self, tables: Tables, name: str = "pedidos") -> None:
        self.arn = parse_arn(tables.call("DescribeTable", TableName=name)["Table"]["LatestStreamArn"])
        self.source = TableStreams(tables.service.streams)
        (self.shard,) = self.source.shards(self.arn)
        self.leave = self.source.on_available(self.arn, lambda: None)
        self._lately: Lately = tables.service.streams._lately

    def read(self, after: str | None = None, limit: int = 1000) -> list[StreamRecord]:
        """Records after a place, from the first one on unless it is given."""
        place = after or self.source.begin(self.arn, self.shard.id, "TRIM_HORIZON")
        return list(self.source.read(self.arn, self.shard.id, place, limit).records)

    def anew(self) -> list[StreamRecord]:
        """All records, out of the store."""
        self._lately.forget()
        return self.read()

    def remembers(self, after: str) -> bool:
        """Whether what follows a place needs no store."""
        stream = self.source._get(self.arn).id
        return self._lately.after(stream, parse_sequence(after), 0.0, 1) is not None


@pytest.fixture
def following(tables: Tables) -> Follower:
    tables.table(StreamSpecification=STREAM)
    return Follower(tables)


def values(records: list[StreamRecord]) -> list[Any]:
    """The value of each, by its new image."""
    return [record.record["dynamodb"].get("NewImage", {}).get("v", {}).get("S") for record in records]


def test_remembered_records_are_those_of_the_store(tables: Tables, following: Follower) -> None:
    tables.put("início", v={"S": 'aspas " e ação'}, b={"B": b"\x00\xff"}, s={"BS": [b"a", b"b"]})
    first = following.read()[0].sequence
    tables.put("início", v={"L": [{"M": {"n": {"N": "1.50"}}}, {"NULL": True}, {"BOOL": False}]})
    tables.put("início", s={"NS": ["2", "1"]}, t={"SS": ["b", "a"]})
    tables.call("DeleteItem", TableName="pedidos", Key=key("início"))
    assert following.remembers(first)
    lately = following.read()
    assert lately == following.anew()
    assert len(lately) == 4
    for record in lately:
        assert msgspec.json.decode(record.json()) == record.record
        assert record.record["eventSourceARN"] == str(following.arn)


def test_who_removed_what_expired_is_told_as_by_the_store(tables: Tables, following: Follower) -> None:
    tables.call(
        "UpdateTimeToLive",
        TableName="pedidos",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "f"},
    )
    tables.put(f={"N": str(int(tables.clock.now()) + 5)})
    tables.advance(6)
    lately = following.read()
    assert lately[-1].record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert lately == following.anew()


def test_pages_begin_where_the_one_before_ended(tables: Tables, following: Follower) -> None:
    for number in range(5):
        tables.put(v={"S": str(number)})
    page = following.read(limit=2)
    assert values(page) == ["0", "1"]
    assert values(following.read(page[-1].sequence, 2)) == ["2", "3"]
    assert values(following.read(page[-1].sequence)) == ["2", "3", "4"]
    assert following.read(following.read()[-1].sequence) == []


def test_nothing_is_missing_after_a_time_in_which_nobody_followed(
    tables: Tables, following: Follower
) -> None:
    tables.put(v={"S": "antes"})
    following.leave()
    tables.put(v={"S": "entretanto"})
    again = Follower(tables)
    tables.put(v={"S": "depois"})
    assert values(again.read()) == ["antes", "entretanto", "depois"]


def test_what_a_transaction_takes_back_is_not_read(tables: Tables, following: Follower) -> None:
    tables.put(v={"S": "antes"})
    before = following.read()

    def half() -> None:
        table = tables.service.tables.get(HERE, "pedidos")
        with tables.database.atomic():
            old = tables.service.items.get(table, table.schema.encode(key()))
            tables.service.streams.record(table, old, None, None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tables.do(half)
    assert following.read() == before == following.anew()
    tables.put(v={"S": "depois"})  # its number is the one that was taken back
    assert values(following.read()) == ["antes", "depois"]
    assert following.read() == following.anew()


@pytest.mark.parametrize(("way", "text"), [("statement", LARGE), ("commit", "perdido")])
def test_a_write_that_could_not_be_stored_is_not_read(tmp_path: Path, way: str, text: str) -> None:
    with Tables(tmp_path / "state.db") as tables:
        tables.table(StreamSpecification=STREAM)
        following = Follower(tables)
        tables.put(v={"S": "antes"})
        with full(tables.database, way), pytest.raises(StoreError):
            tables.put(v={"S": text})
        assert values(following.read()) == ["antes"]
        tables.put(v={"S": "depois"})
        assert values(following.read()) == ["antes", "depois"]
        assert following.read() == following.anew()


def test_another_state_is_read_once_it_is_there(tmp_path: Path) -> None:
    with Tables(tmp_path / "state.db") as tables:
        tables.table(StreamSpecification=STREAM)
        following = Follower(tables)
        tables.put(v={"S": "antes"})
        copy = Database(tmp_path / "copy.db")
        copy.replace_by(tables.database._connection)
        tables.put(v={"S": "depois"})
        tables.database.replace_by(copy._connection)
        assert values(following.read()) == ["antes"]
        tables.put(v={"S": "outra vez"})
        assert values(following.read()) == ["antes", "outra vez"]
        copy.close()


@pytest.mark.parametrize("how", ["start", "recall"])
def test_a_service_that_looks_again_reads_the_store(tables: Tables, following: Follower, how: str) -> None:
    tables.put(v={"S": "antes"})
    (record,) = following.read()
    assert following.remembers(record.sequence)
    if how == "start":
        tables.run(tables.service.start)
    else:
        tables.do(tables.service.recall)
    assert not following.remembers(record.sequence)
    tables.put(v={"S": "depois"})
    assert values(following.read()) == ["antes", "depois"]


def test_remembered_records_go_after_a_day_too(tables: Tables, following: Follower) -> None:
    tables.put(v={"S": "ontem"})
    tables.advance(DAY - 10)
    tables.put(v={"S": "hoje"})
    tables.advance(11)
    assert values(following.read()) == ["hoje"]
    tables.advance(DAY)
    assert following.read() == []


def test_a_closed_stream_ends_with_its_last_record(tables: Tables, following: Follower) -> None:
    tables.put(v={"S": "último"})
    tables.call("UpdateTable", TableName="pedidos", StreamSpecification={"StreamEnabled": False})
    place = following.source.begin(following.arn, following.shard.id, "TRIM_HORIZON")
    page = following.source.read(following.arn, following.shard.id, place, 10)
    assert (values(list(page.records)), page.ended) == (["último"], True)


def test_streams_are_told_apart(tables: Tables, following: Follower) -> None:
    tables.table("outra", StreamSpecification=STREAM)
    other = Follower(tables, "outra")
    for number in range(3):
        tables.put(v={"S": f"a{number}"})
        tables.put(table="outra", v={"S": f"b{number}"})
    assert values(following.read()) == ["a0", "a1", "a2"]
    assert values(other.read()) == ["b0", "b1", "b2"]
    first = other.read()[0]
    assert values(other.read(first.sequence)) == ["b1", "b2"]


def test_much_is_not_remembered_but_read_all_the_same(tables: Tables, following: Follower) -> None:
    tables.table("outra", StreamSpecification=STREAM)
    other = Follower(tables, "outra")
    tables.put(table="outra", v={"S": "só"})
    for number in range(60):  # each a record of two images
        tables.put(v={"S": f"{number}{LARGE}"})
    found = following.read()
    assert values(found) == [f"{number}{LARGE}" for number in range(60)]
    assert not following.remembers(found[0].sequence)
    assert following.remembers(found[-2].sequence)
    assert values(following.read(found[-3].sequence)) == values(found[-2:])
    assert values(other.read()) == ["só"]


def test_what_is_kept_is_bounded_and_has_no_gaps() -> None:
    database = Database(None)
    lately = Lately(database, most=100)
    for number in range(1, 51):
        lately.put(7, number, StreamRecord(str(number), b"{}", float(number), 1), 20)
        kept = [lately.after(7, after, 0.0, 100) for after in range(number)]
        texts = [[record.sequence for record in records] for records in kept if records is not None]
        assert all(found == [str(n) for n in range(number + 1 - len(found), number + 1)] for found in texts)
        assert max(map(len, texts), default=0) <= 5
    lately.put(7, 51, StreamRecord("51", b"{}", 51.0, 1), 1000)
    assert lately.after(7, 50, 0.0, 10) is None
    assert lately.after(7, 51, 0.0, 10) == []
    database.close()
