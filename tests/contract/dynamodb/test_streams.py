"""Streams of tables, as clients and as event source mappings read them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.services.dynamodb.items import Stored
from sandbox.services.dynamodb.source import TableStreams
from tests.contract.dynamodb.harness import Tables, key
from tests.support.world import HERE

DAY = 24 * 3600.0


def stream_of(tables: Tables, view: str = "NEW_AND_OLD_IMAGES") -> str:
    tables.table(StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    arn: str = tables.call("DescribeTable", TableName="pedidos")["Table"]["LatestStreamArn"]
    return arn


def iterator(tables: Tables, arn: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    shard = tables.stream_call("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    answer = tables.stream_call(
        "GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **more
    )
    text: str = answer["ShardIterator"]
    return text


def records(tables: Tables, place: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tables.stream_call("GetRecords", ShardIterator=place, **more)["Records"]
    return found


def change_three_times(tables: Tables) -> None:
    tables.put(v={"N": "1"})
    tables.put(v={"N": "2"})
    tables.put(v={"N": "2"})  # nothing changes: no record
    tables.call("DeleteItem", TableName="pedidos", Key=key())


def test_every_change_is_a_record(tables: Tables) -> None:
    arn = stream_of(tables)
    change_three_times(tables)
    found = records(tables, iterator(tables, arn))
    assert [record["eventName"] for record in found] == ["INSERT", "MODIFY", "REMOVE"]
    modified = found[1]["dynamodb"]
    assert modified["OldImage"]["v"] == {"N": "1"}
    assert modified["NewImage"]["v"] == {"N": "2"}
    assert modified["Keys"] == key()
    assert "NewImage" not in found[2]["dynamodb"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in found]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(("view", "sizes"), [
    ("KEYS_ONLY", [7, 7, 7]),
    ("NEW_IMAGE", [7 + 13, 7 + 16, 7]),
    ("OLD_IMAGE", [7, 7 + 13, 7 + 16]),
    ("NEW_AND_OLD_IMAGES", [7 + 13, 7 + 16 + 13, 7 + 16]),
])  # fmt: skip
def test_a_record_says_how_large_it_is(tables: Tables, view: str, sizes: list[int]) -> None:
    arn = stream_of(tables, view)
    tables.put(v={"S": "cinco"})
    tables.put(v={"S": "são oito"[:7]})
    tables.call("DeleteItem", TableName="pedidos", Key=key())
    found = records(tables, iterator(tables, arn))
    assert [record["dynamodb"]["SizeBytes"] for record in found] == sizes


@pytest.mark.parametrize(("view", "images"), [
    ("KEYS_ONLY", set()),
    ("NEW_IMAGE", {"NewImage"}),
    ("OLD_IMAGE", {"OldImage"}),
])  # fmt: skip
def test_the_view_says_which_images(tables: Tables, view: str, images: set[str]) -> None:
    arn = stream_of(tables, view)
    change_three_times(tables)
    modified = records(tables, iterator(tables, arn))[1]["dynamodb"]
    assert {"NewImage", "OldImage"} & set(modified) == images


def test_places_in_a_shard(tables: Tables) -> None:
    arn = stream_of(tables)
    latest = iterator(tables, arn, "LATEST")
    change_three_times(tables)
    found = records(tables, latest)
    assert len(found) == 3
    second = found[1]["dynamodb"]["SequenceNumber"]
    at = records(tables, iterator(tables, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=second))
    after = records(tables, iterator(tables, arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=second))
    assert (len(at), len(after)) == (2, 1)
    page = tables.stream_call("GetRecords", ShardIterator=iterator(tables, arn), Limit=2)
    assert len(page["Records"]) == 2
    assert len(records(tables, page["NextShardIterator"])) == 1


def test_records_go_after_a_day_and_iterators_after_a_quarter_of_an_hour(tables: Tables) -> None:
    arn = stream_of(tables)
    tables.put()
    place = iterator(tables, arn)
    tables.advance(901)
    with pytest.raises(AwsError, match="ExpiredIteratorException"):
        records(tables, place)
    assert len(records(tables, iterator(tables, arn))) == 1
    tables.advance(DAY)
    assert records(tables, iterator(tables, arn)) == []


def test_many_old_records_go_some_in_one_turn(tables: Tables) -> None:
    stream_of(tables)

    def change() -> None:
        table = tables.service.tables.find(HERE, "pedidos")
        assert table is not None
        for number in range(2500):
            tables.service.streams.record(table, None, Stored(number, key(sk=number), 0), None)

    tables.do(change)
    left: list[int] = []

    async def look() -> None:
        (row,) = tables.database.rows("SELECT count(*) AS n FROM dynamodb_stream_records")
        left.append(row["n"])

    tables.clock.settle = look
    tables.advance(DAY + 1)
    assert list(dict.fromkeys(left)) == [2500, 1500, 500, 0]


def test_a_stream_outlives_its_table(tables: Tables) -> None:
    arn = stream_of(tables)
    tables.put()
    tables.call("DeleteTable", TableName="pedidos")
    shown = tables.stream_call("DescribeStream", StreamArn=arn)["StreamDescription"]
    assert shown["StreamStatus"] == "DISABLED"
    answer = tables.stream_call("GetRecords", ShardIterator=iterator(tables, arn))
    assert len(answer["Records"]) == 1
    assert "NextShardIterator" not in answer
    assert len(tables.stream_call("ListStreams", TableName="pedidos")["Streams"]) == 1


def test_what_expires_is_removed_by_the_service(tables: Tables) -> None:
    arn = stream_of(tables)
    tables.call(
        "UpdateTimeToLive",
        TableName="pedidos",
        TimeToLiveSpecification={"AttributeName": "f", "Enabled": True},
    )
    tables.put(f={"N": str(int(tables.clock.now()) + 5)})
    tables.advance(6)
    removed = records(tables, iterator(tables, arn))[-1]
    assert removed["eventName"] == "REMOVE"
    assert removed["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def test_functions_get_who_removed_what_expired_as_events_have_it(tables: Tables) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html."""
    arn = parse_arn(stream_of(tables))
    tables.call(
        "UpdateTimeToLive",
        TableName="pedidos",
        TimeToLiveSpecification={"AttributeName": "f", "Enabled": True},
    )
    tables.put(f={"N": str(int(tables.clock.now()) + 5)})
    tables.advance(6)
    source = TableStreams(tables.service.streams)
    (shard,) = source.shards(arn)
    place = source.begin(arn, shard.id, "TRIM_HORIZON")
    removed = source.read(arn, shard.id, place, 10).records[-1].record
    assert removed["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_a_change_is_a_hop_caused_by_the_call(tables: Tables) -> None:
    stream_of(tables)
    tables.put(b={"B": b"\x00"})
    (hop,) = [hop for hop in tables.hops.hops if hop.kind is HopKind.ITEM_CHANGED]
    assert (hop.operation, hop.resource) == ("INSERT", "pedidos")
    assert hop.cause is not None
    assert '"B":"AA=="' in str(hop.payload)


def test_event_source_mappings_are_woken_and_get_json(tables: Tables) -> None:
    arn = parse_arn(stream_of(tables))
    source = TableStreams(tables.service.streams)
    woken: list[bool] = []
    end = source.on_available(arn, lambda: woken.append(True))
    (shard,) = source.shards(arn)
    start = source.begin(arn, shard.id, "LATEST")
    tables.put(b={"B": b"\x00"})
    assert woken == [True]
    (record,) = source.read(arn, shard.id, start, 10).records
    assert record.record["eventSourceARN"] == str(arn)
    assert record.record["dynamodb"]["NewImage"]["b"] == {"B": "AA=="}
    assert record.hop > 0
    assert source.read(arn, shard.id, record.sequence, 10).records == []
    end()
    tables.put("again")
    assert woken == [True]
