"""What takes as long as a table is large is done in slices: what is seen, refused and kept meanwhile.

Pages: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import StoreError
from sandbox.model.call import Call
from sandbox.services.dynamodb.pace import Pace
from tests.contract.dynamodb.harness import Tables, key
from tests.contract.dynamodb.test_tables import CLIENTE, GSI, described
from tests.support.world import HERE, turns

#: A table of a few hundred items is a large one.
SLOW = Pace(small=20, few=2, entries=2, seconds=0.0)
COUNT = 300
OTHER = {**GSI, "IndexName": "outro"}
CREATE: dict[str, Any] = {
    "AttributeDefinitions": CLIENTE,
    "GlobalSecondaryIndexUpdates": [{"Create": GSI}],
}
REMOVE: dict[str, Any] = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "por-cliente"}}]}
INDEXED: dict[str, Any] = {"AttributeDefinitions": CLIENTE, "GlobalSecondaryIndexes": [GSI]}
IN_USE = "Attempt to change a resource which is still in use: "


@pytest.fixture
def tables() -> Iterator[Tables]:
    with Tables(pace=SLOW) as running:
        yield running


def _fill(tables: Tables, name: str = "pedidos", count: int = COUNT, **params: Any) -> None:
    """A table of which half the items have a customer, and every third one expires in an hour."""
    tables.table(name, **params)
    expires = {"N": str(int(tables.clock.now()) + 3600)}

    def put() -> None:
        table = tables.service.tables.find(HERE, name)
        assert table is not None
        for number in range(count):
            item: dict[str, Any] = key(f"p{number}", number)
            item |= {"cliente": {"S": f"c{number % 7}"}} if number % 2 else {}
            item |= {"fim": expires} if number % 3 == 0 else {}
            place = table.schema.encode(item)
            tables.service.items.put(table, place, None, item, 30, None)

    tables.do(put)


def _update(tables: Tables, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = tables.call("UpdateTable", TableName="pedidos", **params)["TableDescription"]
    return answer


def _ttl(tables: Tables, *, enabled: bool = True, attribute: str = "fim") -> None:
    given = {"AttributeName": attribute, "Enabled": enabled}
    tables.call("UpdateTimeToLive", TableName="pedidos", TimeToLiveSpecification=given)


def _ttl_status(tables: Tables) -> dict[str, Any]:
    status: dict[str, Any] = tables.call("DescribeTimeToLive", TableName="pedidos")["TimeToLiveDescription"]
    return status


def _counts(tables: Tables) -> tuple[int, int]:
    """Rows of items and of entries that the store holds."""
    row = tables.database.row(
        "SELECT (SELECT count(*) FROM dynamodb_items) AS i, (SELECT count(*) FROM dynamodb_entries) AS e"
    )
    assert row is not None
    return row["i"], row["e"]


def _scanned(tables: Tables, index: str = "por-cliente") -> int:
    count: int = tables.call("Scan", TableName="pedidos", IndexName=index)["Count"]
    return count


# --- deleting --------------------------------------------------------------------------------------------
def test_a_large_table_is_deleting_until_its_last_item_is_gone(tables: Tables) -> None:
    _fill(tables, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}, **INDEXED)
    _fill(tables, "outra", count=40)
    tables.call("DeleteTable", TableName="pedidos")

    assert described(tables)["TableStatus"] == "DELETING"
    assert 0 < _counts(tables)[1] < COUNT // 2
    assert tables.call("ListTables")["TableNames"] == ["outra", "pedidos"]

    tables.settle()

    assert tables.refused("DescribeTable", TableName="pedidos").code == "ResourceNotFoundException"
    assert tables.call("ListTables")["TableNames"] == ["outra"]
    assert _counts(tables) == (40, 0)
    assert described(tables, "outra")["ItemCount"] == 40
    tables.table()
    assert described(tables)["ItemCount"] == 0


def test_what_is_refused_while_a_table_is_deleted(tables: Tables) -> None:
    _fill(tables)
    arn = described(tables)["TableArn"]
    tables.call("DeleteTable", TableName="pedidos")
    deleting = IN_USE + "Table is being deleted: pedidos"
    tag = [{"Key": "a", "Value": "b"}]
    changes: dict[str, dict[str, Any]] = {
        "DeleteTable": {},
        "UpdateTable": {"DeletionProtectionEnabled": True},
        "UpdateTimeToLive": {"TimeToLiveSpecification": {"AttributeName": "fim", "Enabled": True}},
    }
    for operation, params in changes.items():
        error = tables.refused(operation, TableName="pedidos", **params)
        assert (error.code, error.message) == ("ResourceInUseException", deleting)
    assert tables.refused("TagResource", ResourceArn=arn, Tags=tag).message == deleting
    assert tables.refused("DescribeTimeToLive", TableName="pedidos").message == (
        "Cannot describe time to live while table is in DELETING state: Current table state is DELETING"
    )
    items: dict[str, dict[str, Any]] = {"GetItem": {"Key": key()}, "PutItem": {"Item": key()}, "Scan": {}}
    for operation, params in items.items():
        assert tables.refused(operation, TableName="pedidos", **params).code == "ResourceNotFoundException"
    with pytest.raises(Exception, match="Table already exists: pedidos"):
        tables.table()
    assert described(tables)["TableStatus"] == "DELETING"


def test_items_of_a_deleted_table_do_not_expire(tables: Tables) -> None:
    _fill(tables, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    _ttl(tables)
    tables.settle()
    tables.call("DeleteTable", TableName="pedidos")
    tables.advance(7200)
    assert described(tables)["TableStatus"] == "DELETING"
    assert tables.database.rows("SELECT * FROM dynamodb_stream_records") == []
    tables.settle()
    assert _counts(tables) == (0, 0)


# --- indexes ---------------------------------------------------------------------------------------------
def test_an_index_of_a_large_table_is_filled_on_the_way(tables: Tables) -> None:
    _fill(tables)
    made = _update(tables, **CREATE)
    assert made["TableStatus"] == "UPDATING"
    assert made["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert made["GlobalSecondaryIndexes"][0]["Backfilling"] is False

    table = described(tables)
    assert table["TableStatus"] == "ACTIVE"
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert table["GlobalSecondaryIndexes"][0]["Backfilling"] is True
    reads: dict[str, dict[str, Any]] = {
        "Scan": {"TableName": "pedidos", "IndexName": "por-cliente"},
        "ExecuteStatement": {"Statement": 'SELECT * FROM "pedidos"."por-cliente"'},
    }
    for operation, params in reads.items():
        error = tables.refused(operation, **params)
        assert error.code == "ValidationException"
        assert error.message == "Cannot read from backfilling global secondary index: por-cliente"

    tables.settle()

    index = described(tables)["GlobalSecondaryIndexes"][0]
    assert (index["IndexStatus"], index["ItemCount"]) == ("ACTIVE", COUNT // 2)
    assert "Backfilling" not in index
    assert _scanned(tables) == COUNT // 2


def test_writes_while_an_index_is_filled_are_in_it_once(tables: Tables) -> None:
    _fill(tables)
    _update(tables, **CREATE)
    tables.put("p1", 1, cliente={"S": "novo"})  # filled by now
    for number in (299, 297):  # to be filled yet: moved, and taken out
        tables.put(f"p{number}", number, cliente={"S": "novo"})
    tables.put("p295", 295)
    tables.call("DeleteItem", TableName="pedidos", Key=key("p293", 293))
    tables.put("z", 1, cliente={"S": "novo"})
    assert described(tables)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"

    tables.settle()

    assert described(tables)["GlobalSecondaryIndexes"][0]["ItemCount"] == COUNT // 2 - 1
    assert _scanned(tables) == COUNT // 2 - 1
    found = tables.call(
        "Query",
        TableName="pedidos",
        IndexName="por-cliente",
        KeyConditionExpression="cliente = :c",
        ExpressionAttributeValues={":c": {"S": "novo"}},
    )["Items"]
    assert sorted(item["pk"]["S"] for item in found) == ["p1", "p297", "p299", "z"]


def test_what_is_refused_while_an_index_is_filled(tables: Tables) -> None:
    _fill(tables)
    _update(tables, **CREATE)
    again = tables.refused(
        "UpdateTable",
        TableName="pedidos",
        AttributeDefinitions=CLIENTE,
        GlobalSecondaryIndexUpdates=[{"Create": OTHER}],
    )
    assert again.code == "LimitExceededException"
    assert "Only 1 online index can be created or deleted simultaneously per table" in again.message
    error = tables.refused("DeleteTable", TableName="pedidos")
    assert (error.code, error.message) == (
        "ResourceInUseException",
        IN_USE + "Cannot delete table while indexes are being created, updated, or deleted.",
    )
    _update(tables, DeletionProtectionEnabled=True)
    assert described(tables)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"


def test_an_index_may_be_given_up_while_it_is_filled(tables: Tables) -> None:
    _fill(tables)
    _update(tables, **CREATE)
    _update(tables, **REMOVE)
    tables.settle()
    assert "GlobalSecondaryIndexes" not in described(tables)
    assert _counts(tables) == (COUNT, 0)


def test_a_large_index_is_deleting_until_its_last_entry_is_gone(tables: Tables) -> None:
    _fill(tables, **INDEXED)
    removed = _update(tables, **REMOVE)["GlobalSecondaryIndexes"][0]
    assert (removed["IndexName"], removed["IndexStatus"]) == ("por-cliente", "DELETING")
    table = described(tables)
    assert table["TableStatus"] == "UPDATING"
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "DELETING"
    assert table["AttributeDefinitions"] == CLIENTE
    tables.put("p1", 1, cliente={"S": "novo"})
    assert (
        "does not have the specified index"
        in tables.refused("Scan", TableName="pedidos", IndexName="por-cliente").message
    )

    being = "Index is being deleted. Table: pedidos Index: por-cliente"
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    for params, message in (
        (CREATE, being),
        (REMOVE, being),
        ({"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}, "Can't change table IOPS when an"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 5}}, "OnDemandThroughput cannot be updated while"),
    ):
        error = tables.refused("UpdateTable", TableName="pedidos", **params)
        assert error.code == "ResourceInUseException"
        assert error.message.startswith(IN_USE + message)
    other = {**CREATE, "GlobalSecondaryIndexUpdates": [{"Create": OTHER}]}
    assert tables.refused("UpdateTable", TableName="pedidos", **other).code == "LimitExceededException"
    assert "Cannot delete table" in tables.refused("DeleteTable", TableName="pedidos").message

    tables.settle()

    table = described(tables)
    assert (table["TableStatus"], table["AttributeDefinitions"]) == ("ACTIVE", CLIENTE[:2])
    assert "GlobalSecondaryIndexes" not in table
    assert _counts(tables) == (COUNT, 0)
    _update(tables, **CREATE)
    tables.settle()
    assert _scanned(tables) == COUNT // 2


def test_one_index_is_made_or_deleted_at_a_time(tables: Tables) -> None:
    tables.table(**INDEXED)
    both = [{"Create": OTHER}, {"Delete": {"IndexName": "por-cliente"}}]
    error = tables.refused(
        "UpdateTable", TableName="pedidos", AttributeDefinitions=CLIENTE, GlobalSecondaryIndexUpdates=both
    )
    assert error.code == "LimitExceededException"


# --- time to live ----------------------------------------------------------------------------------------
def test_time_to_live_of_a_large_table_is_enabling_until_all_is_marked(tables: Tables) -> None:
    _fill(tables)
    _ttl(tables)
    assert _ttl_status(tables) == {"TimeToLiveStatus": "ENABLING", "AttributeName": "fim"}
    for attribute, enabled, message in (
        ("fim", True, "TimeToLive is already enabled"),
        ("x", True, "TimeToLive is active on a different AttributeName: current AttributeName is fim"),
        ("fim", False, "Time to live has been modified multiple times within a fixed interval"),
    ):
        given = {"AttributeName": attribute, "Enabled": enabled}
        error = tables.refused("UpdateTimeToLive", TableName="pedidos", TimeToLiveSpecification=given)
        assert (error.code, error.message) == ("ValidationException", message)

    tables.settle()

    assert _ttl_status(tables) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "fim"}
    tables.advance(3601)
    assert described(tables)["ItemCount"] == COUNT * 2 // 3


def test_nothing_expires_once_time_to_live_is_disabled(tables: Tables) -> None:
    _fill(tables)
    _ttl(tables)
    tables.settle()
    _ttl(tables, enabled=False)
    assert _ttl_status(tables) == {"TimeToLiveStatus": "DISABLING", "AttributeName": "fim"}
    tables.advance(3601)
    tables.settle()
    assert _ttl_status(tables) == {"TimeToLiveStatus": "DISABLED"}
    assert described(tables)["ItemCount"] == COUNT
    assert tables.database.rows("SELECT id FROM dynamodb_items WHERE expires IS NOT NULL") == []


# --- counting --------------------------------------------------------------------------------------------
def test_a_count_takes_in_what_is_written_meanwhile(tables: Tables) -> None:
    _fill(tables, **INDEXED)
    _forget_counts(tables)

    async def counted() -> dict[str, Any]:
        question = asyncio.create_task(_call(tables, "DescribeTable", TableName="pedidos"))
        await asyncio.sleep(0)
        for number in (1, 299):  # counted by now, and to be counted yet
            item = {**key(f"p{number}", number), "nota": {"S": "x" * 100}}
            await _call(tables, "PutItem", TableName="pedidos", Item=item)
            gone = key(f"p{number - 1}", number - 1)
            await _call(tables, "DeleteItem", TableName="pedidos", Key=gone)
        await _call(tables, "PutItem", TableName="pedidos", Item={**key("z"), "cliente": {"S": "c"}})
        assert not question.done()
        answer: dict[str, Any] = (await question)["Table"]
        return answer

    table = tables.run(counted)
    rows = tables.database.row("SELECT count(*) AS n, sum(size) AS b FROM dynamodb_items")
    entered = tables.database.row(
        "SELECT count(*) AS n, sum(size) AS b FROM dynamodb_entries JOIN dynamodb_items ON id = entry"
    )
    assert rows is not None
    assert entered is not None
    index = table["GlobalSecondaryIndexes"][0]
    assert [table["ItemCount"], table["TableSizeBytes"]] == [*rows] == [COUNT - 1, rows["b"]]
    assert [index["ItemCount"], index["IndexSizeBytes"]] == [*entered] == [COUNT // 2 - 1, entered["b"]]


def test_a_count_begins_anew_when_writes_are_taken_back(tables: Tables) -> None:
    _fill(tables)
    _forget_counts(tables)

    async def counted() -> int:
        question = asyncio.create_task(_call(tables, "DescribeTable", TableName="pedidos"))
        for _ in range(10):
            await asyncio.sleep(0)
        await _call(tables, "PutItem", TableName="pedidos", Item=key("z"))
        tables.database.abandon()
        assert not question.done()
        count: int = (await question)["Table"]["ItemCount"]
        return count

    assert tables.run(counted) in (COUNT, COUNT + 1)
    rows = tables.database.row("SELECT count(*) AS n FROM dynamodb_items")
    assert rows is not None
    assert described(tables)["ItemCount"] == rows["n"]


def _forget_counts(tables: Tables) -> None:
    """What a crash does to them."""
    table = tables.service.tables.find(HERE, "pedidos")
    assert table is not None
    for id_ in (table.own, *(index.id for index in table.indexes)):
        tables.do(partial(tables.service.totals.forget, id_))


async def _call(tables: Tables, operation: str, **params: Any) -> dict[str, Any]:
    return await tables.service.call(operation, Call(scope=HERE, request_id="r", hop=1), params)


# --- stops, crashes, full disks --------------------------------------------------------------------------
def _begin_all(tables: Tables) -> None:
    """Every kind of work on a table of its own name: deleting `outra`, the others on `pedidos`."""
    _fill(tables, "outra")
    _fill(tables, **INDEXED)
    tables.call("DeleteTable", TableName="outra")
    _update(tables, **REMOVE)
    _ttl(tables)


def _check_all_done(tables: Tables) -> None:
    tables.settle()
    assert tables.call("ListTables")["TableNames"] == ["pedidos"]
    table = described(tables)
    assert (table["TableStatus"], table["ItemCount"]) == ("ACTIVE", COUNT)
    assert "GlobalSecondaryIndexes" not in table
    assert _counts(tables) == (COUNT, 0)
    assert _ttl_status(tables)["TimeToLiveStatus"] == "ENABLED"
    row = tables.database.row("SELECT count(*) AS n FROM dynamodb_items WHERE expires IS NOT NULL")
    assert row is not None
    assert row["n"] == COUNT // 3


def _check_none_done(tables: Tables) -> None:
    items, entries = _counts(tables)
    assert COUNT < items < 2 * COUNT
    assert entries
    assert _ttl_status(tables)["TimeToLiveStatus"] == "ENABLING"


def test_a_stop_in_the_middle_is_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with Tables(path, pace=SLOW) as before:
        _begin_all(before)
        _check_none_done(before)
    with Tables(path, pace=SLOW) as after:
        _check_none_done(after)
        _check_all_done(after)


def test_a_crash_in_the_middle_is_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    copy = tmp_path / "copy.db"
    with Tables(path, pace=SLOW) as before:
        _begin_all(before)
        before.database.commit()
        for suffix in ("", "-wal"):
            copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
    with Tables(copy, pace=SLOW) as after:
        _check_none_done(after)
        _check_all_done(after)


def test_a_restore_of_the_middle_is_gone_on_from(tables: Tables) -> None:
    """What the session does to a service: `session/world.py`."""
    _begin_all(tables)
    with closing(sqlite3.connect(":memory:")) as middle:
        tables.database.copy_to(middle)
        _check_all_done(tables)
        tables.run(tables.service.stop)
        tables.database.replace_by(middle)
        tables.run(tables.service.start)
    _check_none_done(tables)
    _check_all_done(tables)


def test_a_filling_that_crashed_ends_with_the_right_count(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with Tables(path, pace=SLOW) as before:
        _fill(before)
        _update(before, **CREATE)
        assert described(before)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    with Tables(path, pace=SLOW) as after:
        assert described(after)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
        after.put("p1", 1)
        after.settle()
        index = described(after)["GlobalSecondaryIndexes"][0]
        assert (index["IndexStatus"], index["ItemCount"]) == ("ACTIVE", COUNT // 2 - 1)
        assert _scanned(after) == COUNT // 2 - 1


def test_a_full_disk_in_the_middle_is_tried_again(tables: Tables) -> None:
    _begin_all(tables)

    def full() -> None:
        raise StoreError("the sandbox could not store a change", "disk full", "free some disk space")

    tables.database.before_commit = full
    tables.runner.run(turns())
    tables.database.before_commit = None
    assert tables.service.work() == set()
    tables.advance(6)
    assert tables.service.work()
    _check_all_done(tables)


def test_a_small_table_is_done_before_the_answer(tables: Tables) -> None:
    _fill(tables, count=20)
    _ttl(tables)
    assert _ttl_status(tables)["TimeToLiveStatus"] == "ENABLED"
    _update(tables, **CREATE)
    assert described(tables)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    tables.call("DeleteTable", TableName="pedidos")
    assert tables.call("ListTables")["TableNames"] == []
    assert tables.service.work() == set()
