"""A statement that came before is carried out, and refused, as if it were new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.contract.dynamodb.harness import Tables, key

#: Statements on the item `a`, 1 of the table, with the parameters of each time that they come.
CASES: Mapping[str, Sequence[Sequence[Any]]] = {
    "UPDATE pedidos SET s = ? SET t = ? WHERE pk = ? AND sk = ? AND s = ?": [
        [{"S": "dois"}, {"S": "agora"}, {"S": "a"}, {"N": "1"}, {"S": "um"}],
        [{"S": "três"}, {"S": "logo"}, {"S": "a"}, {"N": "01.0"}, {"S": "dois"}],
        [{"S": "quatro"}, {"S": "logo"}, {"S": "a"}, {"N": "1"}, {"S": "dois"}],  # is `três`
        [{"S": "quatro"}, {"L": [{"N": "1.0"}]}, {"S": "a"}, {"N": "1"}, {"S": "três"}],
        [{"S": "cinco"}, {"S": "logo"}, {"S": "a"}, {"S": "1"}, {"S": "quatro"}],  # a key of another type
        [{"S": "cinco"}, {"S": "logo"}, {"S": "a"}, {"N": "x"}, {"S": "quatro"}],
        [{"S": "cinco"}, {}, {"S": "a"}, {"N": "1"}, {"S": "quatro"}],
        [{"S": "cinco"}, {"S": "logo"}, {"S": "a"}, {"N": "1"}],
        [{"S": "cinco"}, {"S": "logo"}, {"S": "a"}, {"N": "1"}, {"S": "quatro"}, {"S": "zuviel"}],
        [{"S": "cinco"}, {"S": "logo"}, {"S": "b"}, {"N": "1"}, {"S": "um"}],  # is not there
        [],
    ],
    "UPDATE pedidos SET n = n + ? WHERE pk = 'a' AND sk = 1": [[{"N": "1"}], [{"N": "2"}], [{"S": "2"}]],
    "UPDATE pedidos SET l = [?, 'fim'] WHERE pk = 'a' AND sk = 1": [[{"N": "1"}], [{"N": "2"}]],
    "UPDATE pedidos SET q = '?' REMOVE s WHERE pk = ? AND sk = 1": [[{"S": "a"}], [{"S": "b"}], [{"S": "a"}]],
    "UPDATE pedidos SET v = ? WHERE pk = 'a' AND sk = 1 AND (NOT n <> ? OR n > ?)": [
        [{"N": "1"}, {"N": "9"}, {"N": "3"}],
        [{"N": "2"}, {"N": "5"}, {"N": "7"}],
        [{"N": "3"}, {"N": "4"}, {"N": "7"}],
        [{"N": "3"}, {"N": "5"}, {"BOOL": True}],
    ],
    "UPDATE pedidos SET v = ? WHERE pk = 'a' AND sk = 1 AND n BETWEEN ? AND ?": [
        [{"N": "1"}, {"N": "1"}, {"N": "9"}],
        [{"N": "2"}, {"N": "9"}, {"N": "1"}],
        [{"N": "3"}, {"N": "6"}, {"N": "9"}],
    ],
    "UPDATE pedidos SET v = ? WHERE pk = 'a' AND sk = 1 AND attribute_type(n, ?)": [
        [{"N": "1"}, {"S": "N"}],
        [{"N": "2"}, {"S": "S"}],
        [{"N": "3"}, {"S": "zahl"}],
    ],
    "UPDATE pedidos SET v = ? WHERE pk = 'a' AND sk = 1 AND n IN [?, 5]": [
        [{"N": "1"}, {"N": "4"}],
        [{"N": "2"}, {"N": "6"}],
    ],
    "UPDATE pedidos SET v = set_add(v, ?) WHERE pk = 'a' AND sk = 1": [[{"NS": ["1"]}], [{"NS": ["2", "2"]}]],
    "UPDATE pedidos SET m.a = ? REMOVE m.b WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *": [
        [{"S": "x"}],
        [{"M": {"": {"S": "y"}}}],
        [{"M": {"c": {"N": "1.50"}}}],
    ],
    "UPDATE pedidos SET v = ? WHERE pk = 'a' AND pk = ? AND sk = 1": [
        [{"N": "1"}, {"S": "a"}],
        [{"N": "2"}, {"S": "b"}],
    ],
    "UPDATE pedidos SET pk = ? WHERE pk = 'a' AND sk = 1": [[{"S": "b"}], [{"S": "c"}]],
    "UPDATE pedidos SET i = ? WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *": [
        [{"S": "índice"}],
        [{"N": "1"}],
        [{"S": ""}],
        [{"S": "outro"}],
    ],
    "DELETE FROM pedidos WHERE pk = ? AND sk = 1 AND s = ?": [
        [{"S": "a"}, {"S": "dois"}],
        [{"S": "a"}, {"S": "um"}],
        [{"S": "a"}, {"S": "um"}],
    ],
}
ITEM: dict[str, Any] = {"s": {"S": "um"}, "n": {"N": "5"}, "m": {"M": {"a": {"S": "1"}, "b": {"S": "2"}}}}


def table(tables: Tables) -> None:
    tables.table(
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("pk", "S"), ("sk", "N"), ("i", "S"))
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "por-i",
                "KeySchema": [{"AttributeName": "i", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    tables.put(**ITEM)


def request(text: str, parameters: Sequence[Any]) -> dict[str, Any]:
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return {"Statement": text, **({"Parameters": list(parameters)} if parameters else {}), **shown}


def answer(tables: Tables, text: str, parameters: Sequence[Any]) -> Any:
    """What a batch of the one statement answers, and the item after it."""
    given = [request(text, parameters)]
    return tables.call("BatchExecuteStatement", Statements=given)["Responses"], tables.get()


@pytest.mark.parametrize("text", CASES)
def test_again_is_as_at_first(tables: Tables, text: str) -> None:
    table(tables)
    for parameters in CASES[text]:
        with Tables() as fresh:  # it has never heard of the statement
            table(fresh)
            before = tables.get()
            if before is None:
                fresh.call("DeleteItem", TableName="pedidos", Key=key())
            else:
                fresh.call("PutItem", TableName="pedidos", Item=before)
            assert answer(tables, text, parameters) == answer(fresh, text, parameters)


UPDATE = "UPDATE pedidos SET s = ? WHERE pk = ? AND sk = ?"


def test_one_batch_changes_what_each_of_its_statements_names(tables: Tables) -> None:
    table(tables)
    for number in range(25):
        tables.put(sk=number)
    batch = [
        request(UPDATE, [{"S": f"valor {number}"}, {"S": "a"}, {"N": str(number)}]) for number in range(25)
    ]
    for _ in range(2):
        assert tables.call("BatchExecuteStatement", Statements=batch)["Responses"] == (
            [{"TableName": "pedidos"}] * 25
        )
    for number in range(25):
        assert (tables.get(sk=number) or {})["s"] == {"S": f"valor {number}"}


def test_each_statement_says_by_itself_what_a_failed_condition_shows(tables: Tables) -> None:
    table(tables)
    text = "UPDATE pedidos SET v = ? WHERE pk = 'a' AND sk = 1 AND s = ?"
    asked = request(text, [{"S": "x"}, {"S": "nunca"}])
    silent = {**asked, "ReturnValuesOnConditionCheckFailure": "NONE"}
    for given, shown in ((asked, True), (silent, False), (asked, True)):
        (response,) = tables.call("BatchExecuteStatement", Statements=[given])["Responses"]
        assert ("Item" in response["Error"]) is shown


def test_a_table_that_was_made_anew_is_read_anew(tables: Tables) -> None:
    table(tables)
    parameters = [{"S": "x"}, {"S": "a"}, {"N": "1"}]
    assert answer(tables, UPDATE, parameters)[0] == [{"TableName": "pedidos"}]
    tables.call("DeleteTable", TableName="pedidos")
    (gone,) = tables.call("BatchExecuteStatement", Statements=[request(UPDATE, parameters)])["Responses"]
    assert gone["Error"]["Code"] == "ResourceNotFound"
    tables.table(
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "s", "AttributeType": "S"},
        ],
    )
    (other,) = tables.call("BatchExecuteStatement", Statements=[request(UPDATE, parameters)])["Responses"]
    assert "mandatory equality on all key attributes" in other["Error"]["Message"]


def test_a_table_that_was_changed_is_read_anew(tables: Tables) -> None:
    table(tables)
    text = "UPDATE pedidos SET j = ? WHERE pk = 'a' AND sk = 1"
    assert "Error" not in answer(tables, text, [{"N": "1"}])[0][0]
    tables.call(
        "UpdateTable",
        TableName="pedidos",
        AttributeDefinitions=[{"AttributeName": "j", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "por-j",
                    "KeySchema": [{"AttributeName": "j", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )
    tables.settle()
    assert answer(tables, text, [{"N": "2"}])[0][0]["Error"]["Code"] == "ValidationError"
    assert answer(tables, text, [{"S": "dois"}])[0] == [{"TableName": "pedidos"}]
    found = tables.call("Scan", TableName="pedidos", IndexName="por-j")["Items"]
    assert found == [{**key(), "j": {"S": "dois"}}]
