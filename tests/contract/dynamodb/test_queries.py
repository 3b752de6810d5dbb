"""Query and Scan: order, ranges, pages, segments, projections."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.numbers import canonical, number_text, sortable
from tests.contract.dynamodb.harness import Tables

BY_SITUATION: dict[str, Any] = {
    "IndexName": "por-situacao",
    "KeySchema": [
        {"AttributeName": "cliente", "KeyType": "HASH"},
        {"AttributeName": "situacao", "KeyType": "RANGE"},
        {"AttributeName": "dia", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
DEFINITIONS = [
    {"AttributeName": name, "AttributeType": kind}
    for name, kind in (("pk", "S"), ("sk", "N"), ("cliente", "S"), ("situacao", "S"), ("dia", "N"))
]


def query(tables: Tables, condition: str, **params: Any) -> dict[str, Any]:
    """A query whose values are given as `p=…` in DynamoDB's form."""
    values = {f":{name}": params.pop(name) for name in list(params) if name.islower()}
    return tables.call(
        "Query",
        TableName="pedidos",
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        **params,
    )


def sort_keys(answer: dict[str, Any]) -> list[int]:
    return [int(item["sk"]["N"]) for item in answer["Items"]]


@pytest.mark.parametrize(("condition", "expected"), [
    ("pk = :p", [-20, -3, 0, 1, 2, 10, 100]),
    ("pk = :p AND sk > :a", [2, 10, 100]),
    ("pk = :p AND sk >= :a", [1, 2, 10, 100]),
    ("pk = :p AND sk < :a", [-20, -3, 0]),
    ("pk = :p AND sk <= :a", [-20, -3, 0, 1]),
    ("pk = :p AND sk = :a", [1]),
    ("sk BETWEEN :a AND :b AND pk = :p", [1, 2, 10]),
])  # fmt: skip
def test_numbers_sort_as_numbers(tables: Tables, condition: str, expected: list[int]) -> None:
    tables.table()
    for number in (10, 1, -3, 2, 100, -20, 0):
        tables.put(sk=number)
    tables.put("other", sk=5)
    values = {"p": {"S": "a"}, "a": {"N": "1"}, "b": {"N": "10"}}
    used = {name: value for name, value in values.items() if f":{name}" in condition}
    assert sort_keys(query(tables, condition, **used)) == expected
    backwards = query(tables, condition, ScanIndexForward=False, **used)
    assert sort_keys(backwards) == expected[::-1]


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3), min_size=2, max_size=20))
def test_encoded_numbers_sort_like_the_numbers(numbers: list[Decimal]) -> None:
    texts = [format(number, "f") for number in numbers]
    assert sorted(texts, key=lambda text: (sortable(text), Decimal(text))) == sorted(texts, key=Decimal)
    assert all(
        (sortable(one) == sortable(other)) == (Decimal(one) == Decimal(other))
        for one in texts
        for other in texts
    )


@given(st.integers(min_value=0, max_value=10**18 - 1), st.text("0123456789", min_size=1, max_size=18))
def test_short_numbers_are_the_same_by_the_short_way(whole: int, fraction: str) -> None:
    text = f"{whole}.{fraction}"
    assert canonical(text) == number_text(Decimal(text))
    assert sortable(str(whole)) == sortable(f"{whole}.0")


def test_pages_by_limit_cover_everything_once(tables: Tables) -> None:
    tables.table()
    for number in range(7):
        tables.put(sk=number)
    seen: list[int] = []
    start: dict[str, Any] = {}
    pages = 0
    while True:
        answer = query(tables, "pk = :p", p={"S": "a"}, Limit=3, **start)
        seen += sort_keys(answer)
        pages += 1
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert (seen, pages) == (list(range(7)), 3)


def test_a_page_ends_before_one_megabyte(tables: Tables) -> None:
    tables.table()
    for number in range(5):
        tables.put(sk=number, x={"S": "y" * (300 * 1024)})
    first = query(tables, "pk = :p", p={"S": "a"}, ReturnConsumedCapacity="TOTAL")
    assert sort_keys(first) == [0, 1, 2]
    assert first["ConsumedCapacity"]["CapacityUnits"] == 113.0
    rest = query(tables, "pk = :p", p={"S": "a"}, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert sort_keys(rest) == [3, 4]


def test_segments_of_a_scan_share_the_items(tables: Tables) -> None:
    tables.table()
    for number in range(100):
        tables.put(f"p{number}", sk=number)
    segments = [
        sort_keys(tables.call("Scan", TableName="pedidos", Segment=segment, TotalSegments=4))
        for segment in range(4)
    ]
    assert sorted(number for segment in segments for number in segment) == list(range(100))
    assert all(10 < len(segment) < 40 for segment in segments)


def test_a_scan_goes_on_where_it_ended(tables: Tables) -> None:
    tables.table()
    for number in range(20):
        tables.put(f"p{number}", sk=number)
    whole = sort_keys(tables.call("Scan", TableName="pedidos"))
    first = tables.call("Scan", TableName="pedidos", Limit=12)
    rest = tables.call("Scan", TableName="pedidos", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert sort_keys(first) + sort_keys(rest) == whole


def test_an_index_with_a_key_of_several_attributes(tables: Tables) -> None:
    tables.table(AttributeDefinitions=DEFINITIONS, GlobalSecondaryIndexes=[BY_SITUATION])
    for number, (situation, day) in enumerate([("A", 1), ("A", 2), ("AB", 1), ("B", 1), ("A", 10)]):
        tables.put(
            sk=number, cliente={"S": "c"}, situacao={"S": situation}, dia={"N": str(day)}, x={"S": "y"}
        )
    index = {"IndexName": "por-situacao"}
    everything = query(tables, "cliente = :c", c={"S": "c"}, **index)
    assert sort_keys(everything) == [0, 1, 4, 2, 3]
    assert set(everything["Items"][0]) == {"pk", "sk", "cliente", "situacao", "dia"}
    one = query(tables, "cliente = :c AND situacao = :s", c={"S": "c"}, s={"S": "A"}, **index)
    assert sort_keys(one) == [0, 1, 4]
    late = query(
        tables,
        "cliente = :c AND situacao = :s AND dia > :d",
        c={"S": "c"},
        s={"S": "A"},
        d={"N": "1"},
        **index,
    )
    assert sort_keys(late) == [1, 4]
    begun = query(tables, "cliente = :c AND begins_with(situacao, :s)", c={"S": "c"}, s={"S": "A"}, **index)
    assert sort_keys(begun) == [0, 1, 4, 2]


def test_pages_of_an_index_with_equal_keys(tables: Tables) -> None:
    index = {**BY_SITUATION, "KeySchema": BY_SITUATION["KeySchema"][:1]}
    tables.table(AttributeDefinitions=DEFINITIONS[:3], GlobalSecondaryIndexes=[index])
    for number in range(5):
        tables.put(sk=number, cliente={"S": "c"})
    named = {"IndexName": "por-situacao", "c": {"S": "c"}}
    first = query(tables, "cliente = :c", Limit=2, **named)
    assert set(first["LastEvaluatedKey"]) == {"pk", "sk", "cliente"}
    rest = query(tables, "cliente = :c", ExclusiveStartKey=first["LastEvaluatedKey"], **named)
    assert sort_keys(first) + sort_keys(rest) == [0, 1, 2, 3, 4]


def test_what_an_index_does_not_keep(tables: Tables) -> None:
    local = {
        "IndexName": "local",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "dia", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y"]},
    }
    tables.table(
        AttributeDefinitions=DEFINITIONS,
        GlobalSecondaryIndexes=[BY_SITUATION],
        LocalSecondaryIndexes=[local],
    )
    tables.put(cliente={"S": "c"}, situacao={"S": "A"}, dia={"N": "1"}, x={"S": "long"}, y={"S": "kept"})
    narrow = query(tables, "pk = :p", p={"S": "a"}, IndexName="local")["Items"][0]
    assert set(narrow) == {"pk", "sk", "dia", "y"}
    fetched = query(tables, "pk = :p", p={"S": "a"}, IndexName="local", ProjectionExpression="x")
    assert fetched["Items"] == [{"x": {"S": "long"}}]
    with pytest.raises(AwsError, match=r"does not project \[x\]"):
        query(tables, "cliente = :c", c={"S": "c"}, IndexName="por-situacao", ProjectionExpression="x")


def test_a_filter_counts_what_it_looked_at(tables: Tables) -> None:
    tables.table()
    for number in range(4):
        tables.put(sk=number, v={"N": str(number)})
    answer = query(tables, "pk = :p", p={"S": "a"}, v={"N": "2"}, FilterExpression="v >= :v", Select="COUNT")
    assert answer == {"Count": 2, "ScannedCount": 4}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000 + "v",
        "(" * 1000 + "v=:b" + ")" * 1000,
        "NOT (" * 600 + "v=:b" + ")" * 600,
        "v=:b AND (" * 300 + "v=:b" + ")" * 300,
        "size(" * 600 + "v" + ")" * 600 + "=:b",
    ],
    ids=lambda text: text[:10],
)
def test_operators_within_operators_are_refused_however_deep(tables: Tables, text: str) -> None:
    tables.table()
    values = {":b": {"N": "1"}}
    error = tables.refused(
        "Scan", TableName="pedidos", FilterExpression=text, ExpressionAttributeValues=values
    )
    assert error.code == "ValidationException"
    assert error.message.startswith("Invalid FilterExpression: The expression ")
