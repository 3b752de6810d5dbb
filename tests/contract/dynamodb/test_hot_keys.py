"""One partition key has 1,000 write and 3,000 read units a second, however its table is provisioned.

Pages: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html and
…/troubleshooting-throttling-diagnostics.html
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.clock import Clock
from tests.contract.dynamodb.harness import Tables, key
from tests.support.world import START

#: An item of this many bytes takes 400 units to write, and 100 to read.
_LARGE = {"S": "x" * (399 * 1024)}
_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/pedidos"


class Seconds:
    """Real time that a test moves by hand: the clock runs by it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def running(seconds: Seconds) -> Iterator[Tables]:
    with Tables(clock=Clock(start=START, speed=1, monotonic=seconds)) as tables:
        yield tables


def _write_hot(tables: Tables, table: str = "pedidos") -> None:
    for sk in range(3):
        tables.put("quente", sk, table, texto=_LARGE)


def test_a_hot_partition_key_is_throttled_until_the_next_second(running: Tables, seconds: Seconds) -> None:
    running.table()
    _write_hot(running)

    refused = running.refused("PutItem", TableName="pedidos", Item=key("quente", 4))

    assert refused.code == "ThrottlingException"
    assert "check if you have a hot key" in refused.message
    assert refused.fields["throttlingReasons"] == [
        {"reason": "TableWriteKeyRangeThroughputExceeded", "resource": _ARN}
    ]
    assert running.get("quente", 4) is None
    running.put("fria")  # others are not held up
    assert running.get("quente", 2) is not None  # nor are reads
    seconds.now += 1
    running.put("quente", 4)


def test_reads_of_a_hot_partition_key_are_throttled(running: Tables, seconds: Seconds) -> None:
    running.table()
    running.put(texto=_LARGE)
    for _ in range(30):
        running.call("GetItem", TableName="pedidos", Key=key(), ConsistentRead=True)

    query = {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "a"}},
    }
    for operation, params in (("GetItem", {"Key": key()}), ("Query", query)):
        refused = running.refused(operation, TableName="pedidos", **params)
        assert refused.fields["throttlingReasons"][0]["reason"] == "TableReadKeyRangeThroughputExceeded"
    answer = running.call("BatchGetItem", RequestItems={"pedidos": {"Keys": [key(), key("b")]}})
    assert answer["UnprocessedKeys"] == {"pedidos": {"Keys": [key()]}}
    seconds.now += 1
    assert running.get() is not None


def test_provisioned_tables_say_it_in_their_own_way(running: Tables) -> None:
    units = {"ReadCapacityUnits": 10_000, "WriteCapacityUnits": 10_000}
    running.table(BillingMode="PROVISIONED", ProvisionedThroughput=units)
    _write_hot(running)

    refused = running.refused("DeleteItem", TableName="pedidos", Key=key("quente", 0))

    assert refused.code == "ProvisionedThroughputExceededException"
    assert refused.fields["ThrottlingReasons"] == [
        {"reason": "TableWriteKeyRangeThroughputExceeded", "resource": _ARN}
    ]


def test_a_hot_key_of_a_global_index_holds_up_writes_to_its_table(running: Tables) -> None:
    index = {
        "IndexName": "por-status",
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    names = (("pk", "S"), ("sk", "N"), ("status", "S"))
    running.table(
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in names],
        GlobalSecondaryIndexes=[index],
    )
    for number in range(3):
        running.put(f"cliente-{number}", status={"S": "ABERTO"}, texto=_LARGE)

    refused = running.refused(
        "PutItem", TableName="pedidos", Item={**key("cliente-9"), "status": {"S": "ABERTO"}}
    )

    assert refused.fields["throttlingReasons"] == [
        {"reason": "IndexWriteKeyRangeThroughputExceeded", "resource": f"{_ARN}/index/por-status"}
    ]
    running.put("cliente-9", status={"S": "FECHADO"})


def test_a_transaction_on_a_hot_key_is_cancelled_whole(running: Tables) -> None:
    running.table()
    _write_hot(running)
    puts = [{"Put": {"TableName": "pedidos", "Item": key(pk, 9)}} for pk in ("fria", "quente")]

    refused = running.refused("TransactWriteItems", TransactItems=puts)

    assert refused.code == "TransactionCanceledException"
    assert [reason["Code"] for reason in refused.fields["CancellationReasons"]] == ["None", "ThrottlingError"]
    assert running.get("fria", 9) is None


def test_what_is_throttled_in_a_batch_is_handed_back(running: Tables) -> None:
    running.table()
    _write_hot(running)
    puts = [{"PutRequest": {"Item": key(pk, 9)}} for pk in ("fria", "quente")]

    answer = running.call("BatchWriteItem", RequestItems={"pedidos": puts})

    assert answer["UnprocessedItems"] == {"pedidos": puts[1:]}
    assert running.get("fria", 9) is not None


def test_partition_keys_are_not_counted_while_time_stands_still(tables: Tables) -> None:
    tables.table()
    _write_hot(tables)
    tables.put("quente", 4)


def test_a_table_is_not_taken_for_an_index_of_another(running: Tables) -> None:
    index = {
        "IndexName": "por-status",
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    names = (("pk", "S"), ("sk", "N"), ("status", "S"))
    running.table(
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in names],
        GlobalSecondaryIndexes=[index],
    )
    # A table whose number is the id of that index.
    running.database.execute("UPDATE sqlite_sequence SET seq = 1000 WHERE name = 'dynamodb_tables'")
    running.table("mil")
    for number in range(3):
        running.put(f"cliente-{number}", status={"S": "ABERTO"}, texto=_LARGE)

    running.put("ABERTO", table="mil")
