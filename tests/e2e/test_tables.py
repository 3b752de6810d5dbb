"""Tables with several clients at once, and under `kill -9`: conditions hold, what was acknowledged stays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox, gone
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

_CLIENTS = 8


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One without a system."""
    made = Sandbox(tmp_path_factory.mktemp("t"))
    try:
        made.up()
        yield made
    finally:
        made.close()


def _table(sandbox: Sandbox, name: str, **more: Any) -> str:
    sandbox.aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    return name


def test_of_many_who_create_one_item_one_does(sandbox: Sandbox) -> None:
    table = _table(sandbox, "reservas")

    def reserve(who: int) -> str:
        try:
            sandbox.aws("dynamodb").put_item(
                TableName=table,
                Item={"id": {"S": "assento-1"}, "de": {"N": str(who)}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(_CLIENTS) as pool:
        outcomes = list(pool.map(reserve, range(_CLIENTS)))

    lost = ["ConditionalCheckFailedException"] * (_CLIENTS - 1)
    assert sorted(outcomes) == sorted(["done", *lost])
    winner = sandbox.aws("dynamodb").get_item(TableName=table, Key={"id": {"S": "assento-1"}})["Item"]
    assert winner["de"] == {"N": str(outcomes.index("done"))}


def test_optimistic_locks_lose_no_update(sandbox: Sandbox) -> None:
    table = _table(sandbox, "contadores")
    key = {"id": {"S": "c"}}
    sandbox.aws("dynamodb").put_item(TableName=table, Item={**key, "versao": {"N": "0"}})
    each = 10

    def count(_: int) -> int:
        client, conflicts, done = sandbox.aws("dynamodb"), 0, 0
        while done < each:
            seen = client.get_item(TableName=table, Key=key)["Item"]["versao"]
            try:
                client.update_item(
                    TableName=table,
                    Key=key,
                    UpdateExpression="SET versao = versao + :um",
                    ConditionExpression="versao = :vista",
                    ExpressionAttributeValues={":um": {"N": "1"}, ":vista": seen},
                )
                done += 1
            except client.exceptions.ConditionalCheckFailedException:
                conflicts += 1
        return conflicts

    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(pool.map(count, range(_CLIENTS)))

    found = sandbox.aws("dynamodb").get_item(TableName=table, Key=key)["Item"]
    assert found["versao"] == {"N": str(_CLIENTS * each)}


def test_transactions_side_by_side_keep_the_sum(sandbox: Sandbox) -> None:
    table = _table(sandbox, "saldos")
    accounts = ["a", "b", "c"]
    for account in accounts:
        item = {"id": {"S": account}, "saldo": {"N": "5"}}
        sandbox.aws("dynamodb").put_item(TableName=table, Item=item)

    def change(account: str, amount: int) -> dict[str, Any]:
        values = {":n": {"N": str(amount)}, ":menos": {"N": str(max(0, -amount))}}
        return {
            "Update": {
                "TableName": table,
                "Key": {"id": {"S": account}},
                "UpdateExpression": "SET saldo = saldo + :n",
                "ConditionExpression": "saldo >= :menos",
                "ExpressionAttributeValues": values,
            }
        }

    def move(turn: int) -> str:
        source, target = list(itertools.permutations(accounts, 2))[turn % 6]
        try:
            sandbox.aws("dynamodb").transact_write_items(
                TransactItems=[change(source, -3), change(target, 3)]
            )
        except ClientError as refused:
            reasons = [reason["Code"] for reason in refused.response["CancellationReasons"]]
            return f"{refused.response['Error']['Code']} {reasons}"
        return "done"

    with ThreadPoolExecutor(_CLIENTS) as pool:
        outcomes = set(pool.map(move, range(60)))

    assert outcomes <= {"done", "TransactionCanceledException ['ConditionalCheckFailed', 'None']"}
    assert "done" in outcomes
    left = [int(item["saldo"]["N"]) for item in sandbox.aws("dynamodb").scan(TableName=table)["Items"]]
    assert (sum(left), min(left) >= 0) == (15, True)


def test_a_conflict_of_transactions_can_be_asked_for(sandbox: Sandbox) -> None:
    table = _table(sandbox, "conflitos")
    client = sandbox.aws("dynamodb")
    words = ("faults", "add", "error", "--service", "dynamodb", "--operation", "PutItem", "--times", "1")
    sandbox.cli(*words, "--set", "code=TransactionConflictException", "--set", "status=400")

    with pytest.raises(client.exceptions.TransactionConflictException):
        client.put_item(TableName=table, Item={"id": {"S": "x"}})

    client.put_item(TableName=table, Item={"id": {"S": "x"}})


def test_killing_the_daemon_in_the_middle_of_an_index_and_of_a_deletion(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    table = _table(sandbox, "grande")
    batches = [
        [
            {"PutRequest": {"Item": {"id": {"S": f"{number}-{more}"}, "c": {"S": str(more)}}}}
            for more in range(25)
        ]
        for number in range(160)
    ]
    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(
            pool.map(lambda one: sandbox.aws("dynamodb").batch_write_item(RequestItems={table: one}), batches)
        )
    sandbox.aws("dynamodb").update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "c")],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "por-c",
                    "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )
    gone(sandbox.kill_daemon(), "`kill -9` of the daemon")

    sandbox.up()
    index = eventually(
        lambda: sandbox.aws("dynamodb").describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"][0],
        lambda found: found["IndexStatus"] == "ACTIVE",
        what="the index",
    )
    assert index["ItemCount"] == 4000
    pages = sandbox.aws("dynamodb").get_paginator("scan").paginate(TableName=table, IndexName="por-c")
    assert sum(page["Count"] for page in pages) == 4000
    sandbox.aws("dynamodb").delete_table(TableName=table)
    gone(sandbox.kill_daemon(), "`kill -9` of the daemon")

    sandbox.up()
    eventually(
        lambda: sandbox.aws("dynamodb").list_tables()["TableNames"], lambda names: not names, what="no table"
    )
    _table(sandbox, "grande")
    assert sandbox.aws("dynamodb").scan(TableName=table)["Count"] == 0


def test_killing_the_daemon_under_load_loses_no_item_and_no_record(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    table = _table(sandbox, "pedidos", StreamSpecification=stream)
    acknowledged: list[list[str]] = [[] for _ in range(_CLIENTS)]
    over = Event()

    def put(client: int) -> None:
        dynamodb = sandbox.aws("dynamodb")
        for number in itertools.count():
            name = f"{client}-{number}"
            try:
                dynamodb.put_item(TableName=table, Item={"id": {"S": name}})
            except (ClientError, BotoCoreError):
                return
            acknowledged[client].append(name)
            if over.is_set():
                return

    with ThreadPoolExecutor(_CLIENTS) as pool:
        for client in range(_CLIENTS):
            pool.submit(put, client)
        eventually(
            lambda: min(map(len, acknowledged)), lambda least: least >= 20, what="20 items of every client"
        )
        gone(sandbox.kill_daemon(), "`kill -9` of the daemon")
        over.set()

    sandbox.up()
    names = {name for of_client in acknowledged for name in of_client}
    pages = sandbox.aws("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = {item["id"]["S"] for page in pages for item in page["Items"]}
    assert names <= items
    assert _recorded(sandbox, table) == items
    # And what was counted before the crash is counted anew.
    assert sandbox.aws("dynamodb").describe_table(TableName=table)["Table"]["ItemCount"] == len(items)
    sandbox.down()


def _recorded(sandbox: Sandbox, table: str) -> set[str]:
    """The ids of all items that the table's stream has a record of."""
    streams = sandbox.aws("dynamodbstreams")
    arn = streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: set[str] = set()
    while records := (answer := streams.get_records(ShardIterator=place))["Records"]:
        found |= {record["dynamodb"]["Keys"]["id"]["S"] for record in records}
        place = answer["NextShardIterator"]
    return found
