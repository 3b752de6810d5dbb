"""PartiQL as its reference documents it; wording and single operators are compared in `test_oracle`.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.dynamodb.harness import Tables, key


def run(tables: Tables, statement: str, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"Parameters": list(parameters)} if parameters else {}
    return tables.call("ExecuteStatement", Statement=statement, **given, **more)


def found(tables: Tables, statement: str, **more: Any) -> list[tuple[str, int]]:
    """The keys of what a SELECT finds, page after page."""
    keys: list[tuple[str, int]] = []
    token: dict[str, Any] = {}
    while True:
        answer = run(tables, statement, **token, **more)
        keys += [(item["pk"]["S"], int(item["sk"]["N"])) for item in answer["Items"]]
        if "NextToken" not in answer:
            return keys
        token = {"NextToken": answer["NextToken"]}


@pytest.fixture
def orders(tables: Tables) -> Tables:
    """Two partitions of three items each."""
    index = {
        "IndexName": "por-status",
        "KeySchema": [
            {"AttributeName": "status", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    tables.table(
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "status", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[index],
    )
    for pk in ("a", "b"):
        for sk in (1, 2, 3):
            tables.put(pk, sk, status={"S": "novo" if sk < 3 else "pago"}, total={"N": str(sk * 10)})
    return tables


# --- reading ---------------------------------------------------------------------------------------------
def test_a_partition_is_read_in_the_order_of_its_sort_keys(orders: Tables) -> None:
    assert found(orders, "SELECT pk, sk FROM pedidos WHERE pk='a'") == [("a", 1), ("a", 2), ("a", 3)]
    assert found(orders, "SELECT * FROM pedidos WHERE pk='a' AND sk > 1 ORDER BY sk DESC") == [
        ("a", 3),
        ("a", 2),
    ]


def test_several_partitions_are_read_one_after_the_other(orders: Tables) -> None:
    where = "WHERE pk IN ['a', 'b', 'c'] AND sk <= 2"
    ordered = f"SELECT * FROM pedidos {where} ORDER BY pk DESC, sk DESC"
    assert found(orders, ordered) == [("b", 2), ("b", 1), ("a", 2), ("a", 1)]
    assert found(orders, ordered, Limit=1) == [("b", 2), ("b", 1), ("a", 2), ("a", 1)]
    with pytest.raises(AwsError, match="must begin with the partition key pk"):
        run(orders, f"SELECT * FROM pedidos {where} ORDER BY sk")


def test_a_query_consumes_what_it_reads_and_a_scan_everything(orders: Tables) -> None:
    for number in range(4, 8):
        orders.put("a", number, texto={"S": "x" * 4000})
    query = run(orders, "SELECT sk FROM pedidos WHERE pk='b' AND sk=1", ReturnConsumedCapacity="TOTAL")
    scan = run(orders, "SELECT sk FROM pedidos WHERE total=10", ReturnConsumedCapacity="TOTAL")
    assert query["ConsumedCapacity"] == {"TableName": "pedidos", "CapacityUnits": 0.5}
    assert (len(scan["Items"]), scan["ConsumedCapacity"]["CapacityUnits"]) == (2, 2.0)


def test_pages_hold_as_many_items_as_were_looked_at(orders: Tables) -> None:
    statement = "SELECT * FROM pedidos WHERE status='pago'"
    first = run(orders, statement, Limit=2)
    assert first["Items"] == []
    assert set(first["LastEvaluatedKey"]) == {"pk", "sk"}
    assert sorted(found(orders, statement, Limit=2)) == [("a", 3), ("b", 3)]


def test_a_token_belongs_to_its_statement(orders: Tables) -> None:
    token = run(orders, "SELECT * FROM pedidos", Limit=1)["NextToken"]
    for statement, given in (("SELECT sk FROM pedidos", token), ("SELECT * FROM pedidos", token[:-8])):
        with pytest.raises(AwsError, match="Invalid NextToken"):
            run(orders, statement, NextToken=given)


def test_an_index_is_read_by_its_own_key(orders: Tables) -> None:
    statement = 'SELECT * FROM "pedidos"."por-status" WHERE status=\'pago\' AND sk=3'
    answer = run(orders, statement, ReturnConsumedCapacity="INDEXES")
    assert [set(item) for item in answer["Items"]] == [{"pk", "sk", "status"}] * 2
    assert answer["ConsumedCapacity"]["GlobalSecondaryIndexes"] == {"por-status": {"CapacityUnits": 0.5}}
    with pytest.raises(AwsError, match=r"por-status does not project \[total\]"):
        run(orders, "SELECT total FROM pedidos.\"por-status\" WHERE status='pago'")


def test_a_projection_names_what_it_shows_by_the_last_step(orders: Tables) -> None:
    run(orders, "INSERT INTO pedidos VALUE {'pk':'c','sk':1,'itens':[{'sku':'x','precos':[1,2]}]}")
    answer = run(orders, "SELECT itens[0].sku, itens[0].precos[1], nada FROM pedidos WHERE pk='c'")
    assert answer["Items"] == [{"sku": {"S": "x"}, "precos[1]": {"N": "2"}}]


# --- writing ---------------------------------------------------------------------------------------------
def test_an_insert_never_replaces(orders: Tables) -> None:
    statement = "INSERT INTO pedidos VALUE {'pk': ?, 'sk': ?, 'tags': <<'b', 'a'>>, 'foto': ?}"
    parameters: list[dict[str, Any]] = [{"S": "c"}, {"N": "1"}, {"B": b"\x00"}]
    assert run(orders, statement, *parameters) == {"Items": []}
    assert orders.get("c", 1) == {**key("c", 1), "tags": {"SS": ["a", "b"]}, "foto": {"B": b"\x00"}}
    with pytest.raises(AwsError, match="Duplicate primary key exists in table") as refused:
        run(orders, statement, *parameters)
    assert refused.value.code == "DuplicateItemException"


def test_an_update_needs_its_item_and_a_delete_does_not(orders: Tables) -> None:
    with pytest.raises(AwsError) as refused:
        run(orders, "UPDATE pedidos SET total=1 WHERE pk='q' AND sk=1")
    assert refused.value.code == "ConditionalCheckFailedException"
    assert orders.get("q", 1) is None
    assert run(orders, "DELETE FROM pedidos WHERE pk='q' AND sk=1 AND total=5") == {"Items": []}


def test_what_a_write_consumes_is_reported(orders: Tables) -> None:
    statement = "UPDATE pedidos SET status='pago' WHERE pk='a' AND sk=1"
    answer = run(orders, statement, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert answer["Table"] == {"CapacityUnits": 1.0}
    assert answer["GlobalSecondaryIndexes"] == {"por-status": {"CapacityUnits": 2.0}}


def test_sets_have_elements_of_one_type(orders: Tables) -> None:
    for literal in ("<<>>", "<<1, 'a'>>", "<<true>>"):
        with pytest.raises(AwsError, match="Sets must have elements of one type"):
            run(orders, f"INSERT INTO pedidos VALUE {{'pk':'c','sk':1,'s':{literal}}}")


@pytest.mark.parametrize(
    ("condition", "refusal"),
    [
        ("(" * 400 + "x=1" + ")" * 400, "Nesting Levels"),
        ("NOT " * 400 + "x=1", "too many operators"),
        ("x=1" + " AND x=1" * 400, "too many operators"),
        ("size(" * 400 + "x" + ")" * 400 + "=1", "Nesting Levels"),
        ("x=" + "[" * 400 + "]" * 400, "Nesting Levels"),
    ],
)
def test_a_statement_does_not_nest_without_end(orders: Tables, condition: str, refusal: str) -> None:
    with pytest.raises(AwsError, match=refusal):
        run(orders, f"SELECT * FROM pedidos WHERE {condition}")


# --- several statements ----------------------------------------------------------------------------------
def batch(tables: Tables, *statements: str) -> Any:
    given = [{"Statement": statement} for statement in statements]
    return tables.call("BatchExecuteStatement", Statements=given)["Responses"]


def test_statements_of_a_batch_fail_each_for_itself(orders: Tables) -> None:
    duplicate, inserted, malformed = batch(
        orders,
        "INSERT INTO pedidos VALUE {'pk':'a','sk':1}",
        "INSERT INTO pedidos VALUE {'pk':'c','sk':1}",
        "INSERT pedidos",
    )
    assert duplicate["Error"] == {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
    assert inserted == {"TableName": "pedidos"}
    assert malformed["Error"]["Code"] == "ValidationError"
    assert orders.get("c", 1) is not None


def transact(tables: Tables, *statements: str, **more: Any) -> Any:
    given = [{"Statement": statement} for statement in statements]
    return tables.call("ExecuteTransaction", TransactStatements=given, **more)


def test_a_transaction_does_all_or_nothing(orders: Tables) -> None:
    with pytest.raises(AwsError) as refused:
        transact(
            orders,
            "UPDATE pedidos SET total=99 WHERE pk='a' AND sk=1",
            "INSERT INTO pedidos VALUE {'pk':'a','sk':2}",
            "EXISTS(SELECT * FROM pedidos WHERE pk='a' AND sk=3 AND total=0)",
        )
    assert refused.value.code == "TransactionCanceledException"
    codes = [reason["Code"] for reason in refused.value.fields["CancellationReasons"]]
    assert codes == ["None", "DuplicateItem", "ConditionalCheckFailed"]
    assert (orders.get() or {})["total"] == {"N": "10"}


def test_a_transaction_with_a_token_is_carried_out_once(orders: Tables) -> None:
    statement = "UPDATE pedidos SET total=total+1 WHERE pk='a' AND sk=1"
    for _ in range(2):
        transact(orders, statement, ClientRequestToken="uma-vez")
    assert (orders.get() or {})["total"] == {"N": "11"}
    with pytest.raises(AwsError) as refused:
        transact(orders, statement.replace("+1", "+2"), ClientRequestToken="uma-vez")
    assert refused.value.code == "IdempotentParameterMismatchException"


def test_a_transaction_reads_twice_the_units(orders: Tables) -> None:
    statement = "SELECT total FROM pedidos WHERE pk='a' AND sk=1"
    answer = transact(orders, statement, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{"Item": {"total": {"N": "10"}}}]
    assert answer["ConsumedCapacity"] == [{"TableName": "pedidos", "CapacityUnits": 2.0}]


def test_a_written_statement_is_there_after_a_restart(tmp_path: Path) -> None:
    with Tables(tmp_path / "db") as first:
        first.table()
        run(first, "INSERT INTO pedidos VALUE {'pk':'a','sk':1}")
    with Tables(tmp_path / "db") as second:
        assert found(second, "SELECT * FROM pedidos") == [("a", 1)]
