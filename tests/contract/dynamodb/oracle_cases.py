"""Requests that DynamoDB Local and the native service must answer alike, in order, on one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TABLE = {
    "TableName": "tab",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
        {"AttributeName": "g", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "gidx",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
OTHER = {"pk": {"S": "zz"}, "sk": {"N": "1"}}
ONE = {"N": "1"}

Case = tuple[str, dict[str, Any]]


def puts() -> Iterator[Case]:
    """Items of every faulty kind, then good ones."""
    faulty: tuple[dict[str, Any], ...] = (
        {"pk": {"N": "1"}},
        {"pk": {"S": ""}},
        {"g": {"N": "1"}},
        {"g": {"S": ""}},
        {"x": {}},
        {"x": {"S": "a", "N": "1"}},
        *({"x": {"N": number}} for number in ("abc", "1e126", "1e-131", "1" * 39, "", "1e", "0x1", " 1")),
        {"x": {"SS": []}},
        {"x": {"SS": ["a", "a"]}},
        {"x": {"NS": ["1", "1.0"]}},
        {"x": {"NULL": False}},
        {"": {"S": "a"}},
        {"x": {"S": "a" * 410_000}},
        {"x": {"M": {"": {"S": "a"}}}},
    )
    for extra in faulty:
        yield "PutItem", {"Item": {**KEY, **extra}}
    yield "PutItem", {"Item": {"pk": {"S": "a"}}}
    yield "PutItem", {"Item": KEY, "ReturnValues": "ALL_NEW"}
    good = {
        "v": {"N": "1.50e2"}, "w": {"N": "-0.0"}, "ns": {"NS": ["3", "1", "2.0"]}, "ss": {"SS": ["b", "a"]},
        "nothing": {"NULL": True}, "big": {"N": "1E+40"}, "small": {"N": "1E-40"}, "neg": {"N": "-12.340"},
    }  # fmt: skip
    yield "PutItem", {"Item": {**KEY, **good}, "ReturnConsumedCapacity": "TOTAL"}
    yield "GetItem", {"Key": KEY}
    yield "PutItem", {"Item": {**KEY, "v": {"N": "0"}}, "ReturnValues": "ALL_OLD"}


_CONDITIONS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("", None),
    ("a =", None),
    ("name = :v", {":v": {"S": "a"}}),
    ("a = :v", None),
    ("#a = :v", {":v": {"S": "a"}}),
    ("a = :v", {":v": {"S": "a"}, ":w": {"S": "a"}}),
    ("a = :v", {"v": {"S": "a"}}),
    ("a = a", None),
    ("foo(a)", None),
    ("attribute_exists(a, b)", None),
    ("attribute_exists(:v)", {":v": {"S": "a"}}),
    ("begins_with(a, :v)", {":v": ONE}),
    ("attribute_type(a, :v)", {":v": {"S": "X"}}),
    ("attribute_type(a, :v)", {":v": ONE}),
    ("attribute_type(a, b)", None),
    ("a BETWEEN :b AND :a", {":a": ONE, ":b": {"N": "2"}}),
    ("a BETWEEN :b AND :a", {":a": ONE, ":b": {"S": "2"}}),
    ("a < :b", {":b": {"BOOL": True}}),
    ("size(a) = :b", {":b": {"S": "x"}}),
    ("size(:b) > :b", {":b": ONE}),
    ("contains(a, a)", None),
    ("(a = :b", {":b": {"S": "x"}}),
    ("((a = :b))", {":b": {"S": "x"}}),
    ("((a = :b) AND (a = :b))", {":b": {"S": "x"}}),
    ("a[x] = :b", {":b": {"S": "x"}}),
    ("a ! :b", {":b": {"S": "x"}}),
    ("a = :b AND", {":b": {"S": "x"}}),
    ("size(a)", None),
    ("a = attribute_exists(a)", None),
    ("a IN ()", None),
    ("a IN (:b, :c)", {":b": ONE, ":c": {"S": "x"}}),
    ("if_not_exists(a, b)", None),
    ("NOT NOT attribute_exists(a)", None),
    ("attribute_exists(a) AND attribute_exists(b) OR attribute_not_exists(c)", None),
    ("_a = :b", {":b": ONE}),
    ("a-b = :b", {":b": ONE}),
    ("a <> :b", {":b": ONE}),
    ("NOT a = :b", {":b": ONE}),
    ("attribute_not_exists(pk)", None),
    ("attribute_type(v, :t)", {":t": {"S": "N"}}),
    ("size(v) > :b", {":b": ONE}),
    ("v IN (:b, :c)", {":b": {"N": "0"}, ":c": ONE}),
    ("v BETWEEN :b AND :c", {":b": {"N": "-1"}, ":c": ONE}),
    ("contains(pk, :b)", {":b": {"S": ""}}),
    ("contains(v, :b)", {":b": ONE}),
    ("begins_with(pk, :b)", {":b": {"S": ""}}),
    ("begins_with(pk, sk)", None),
    ("pk = :b AND a.b.c[0][1].d = :b", {":b": {"S": "a"}}),
    ("attribute_exists (pk)", None),
    ("Attribute_Exists(pk)", None),
    ("pk = :b and sk = :c", {":b": {"S": "a"}, ":c": ONE}),
    ("pk=:b AND(sk=:c)", {":b": {"S": "a"}, ":c": ONE}),
    # Limits: 300 operators and functions, 32 levels of a path, 255 characters of a placeholder.
    *((" OR ".join(["v=:b"] * count), {":b": ONE}) for count in (150, 151, 500)),
    *((" OR ".join(["contains(v,:b)"] * count), {":b": ONE}) for count in (150, 151)),
    *((" OR ".join(["size(v)=:b"] * count), {":b": ONE}) for count in (100, 101)),
    *((" OR ".join(["v BETWEEN :b AND :b"] * count), {":b": ONE}) for count in (150, 151)),
    *((" OR ".join(["v IN(:b)"] * count), {":b": ONE}) for count in (150, 151)),
    *(("NOT " * count + "v=:b", {":b": ONE}) for count in (299, 300, 1000)),
    *(("v" + ".e" * count + " = :b", {":b": ONE}) for count in (31, 32, 40)),
    *(("v" + "[0]" * count + " = :b", {":b": ONE}) for count in (31, 32)),
    *((f"v = :{'b' * count}", {f":{'b' * count}": ONE}) for count in (254, 255)),
)


def conditions() -> Iterator[Case]:
    """Conditions, most of them faulty; those that hold rewrite the item as it is."""
    for text, values in _CONDITIONS:
        given: dict[str, Any] = {"Item": {**KEY, "v": {"N": "0"}}, "ConditionExpression": text}
        if values is not None:
            given["ExpressionAttributeValues"] = values
        yield "PutItem", given
    for count in (254, 255):
        alias = {f"#{'a' * count}": "v"}
        yield (
            "PutItem",
            {
                "Item": {**KEY, "v": {"N": "0"}},
                "ConditionExpression": f"attribute_exists({next(iter(alias))})",
                "ExpressionAttributeNames": alias,
            },
        )
    names = {"Item": KEY, "ConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": ONE}}
    yield "PutItem", {**names, "ExpressionAttributeNames": {"#x": "x"}}
    yield "PutItem", {**names, "ExpressionAttributeNames": {"x": "x"}}
    yield "PutItem", {"Item": KEY, "ExpressionAttributeValues": {":v": {"S": "a"}}}
    yield "PutItem", {**names, "Expected": {"a": {"Exists": True}}}
    failing = {"Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}
    yield "PutItem", {**failing, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def gets() -> Iterator[Case]:
    """Reads by key."""
    yield "GetItem", {"Key": {"pk": {"S": "a"}}}
    yield "GetItem", {"Key": {"pk": {"S": "a"}, "sk": {"S": "a"}}}
    yield "GetItem", {"Key": {"pk": {"S": "a"}, "x": {"S": "a"}}}
    yield "GetItem", {"Key": {**KEY, "x": {"S": "a"}}}
    for text in ("a, a", "a, a.b", "a[0], a.b", "", "a b", "a,", "pk, v", "v[0]", "pk.x, v"):
        yield "GetItem", {"Key": KEY, "ProjectionExpression": text}
    yield "GetItem", {"Key": KEY, "ProjectionExpression": "a", "AttributesToGet": ["a"]}
    yield "GetItem", {"Key": KEY, "AttributesToGet": ["v", "pk"]}
    yield "GetItem", {"Key": KEY, "ReturnConsumedCapacity": "TOTAL", "ConsistentRead": True}
    yield "GetItem", {"Key": OTHER, "ReturnConsumedCapacity": "TOTAL"}
    yield "DeleteItem", {"Key": KEY, "ReturnValues": "ALL_NEW"}
    yield "DeleteItem", {"Key": OTHER}


_LIST = {":l": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]}}
_N = {":n": ONE}
_UPDATES: tuple[tuple[str, dict[str, Any] | None, str], ...] = (
    ("SET a = :n", _N, "ALL_NEW"),
    ("SET a = :n SET b = :n", _N, "NONE"),
    ("SET a = :n, a = :n", _N, "NONE"),
    ("SET a.b = :n", _N, "NONE"),
    ("SET zz.b = :n", _N, "NONE"),
    ("SET a[0] = :n", _N, "NONE"),
    ("SET pk = :n", _N, "NONE"),
    ("SET a = a + :s", {":s": {"S": "x"}}, "NONE"),
    ("SET b = q + :n", _N, "NONE"),
    ("SET b = :s + :n", {**_N, ":s": {"S": "x"}}, "NONE"),
    ("ADD a :s", {":s": {"S": "x"}}, "NONE"),
    ("ADD a :s", {":s": {"SS": ["x"]}}, "NONE"),
    ("ADD a.b :n", _N, "NONE"),
    ("ADD newnum :n REMOVE gone", _N, "UPDATED_NEW"),
    ("DELETE a :n", _N, "NONE"),
    ("DELETE a :s", {":s": {"SS": ["x"]}}, "NONE"),
    ("SET l = :l", _LIST, "UPDATED_NEW"),
    ("SET l[10] = :n", _N, "ALL_NEW"),
    ("SET l[0] = :n REMOVE l[1]", _N, "ALL_NEW"),
    ("SET l[0] = :n, l[2] = :m", {":n": {"N": "7"}, ":m": {"N": "9"}}, "ALL_NEW"),
    ("REMOVE l[0], l[1]", None, "ALL_NEW"),
    ("REMOVE l[7]", None, "ALL_NEW"),
    ("SET l = list_append(l, :n)", _N, "NONE"),
    ("SET l = list_append(:l, l)", {":l": {"L": []}}, "ALL_NEW"),
    ("SET l = list_append(l, :l)", _LIST, "ALL_NEW"),
    ("SET x = if_not_exists(x)", None, "NONE"),
    ("SET x = if_not_exists(:n, x)", _N, "NONE"),
    ("SET x = if_not_exists(x, :n) + :n", _N, "UPDATED_NEW"),
    ("SET x = foo(x)", None, "NONE"),
    ("SET x = :n :n", _N, "NONE"),
    ("SET x", None, "NONE"),
    ("", None, "NONE"),
    ("FOO x", None, "NONE"),
    ("REMOVE pk", None, "NONE"),
    ("SET x = :n REMOVE x", _N, "NONE"),
    ("SET x.y = :n REMOVE x", _N, "NONE"),
    ("SET a = size(a)", None, "NONE"),
    ("SET m = :m", {":m": {"M": {"k": {"M": {"z": {"N": "1"}}}, "other": {"S": "s"}}}}, "NONE"),
    ("SET m.k.y = :n, m.k.z = m.k.z - :n", _N, "ALL_NEW"),
    ("REMOVE m.k.y", None, "ALL_OLD"),
    ("REMOVE m.nope", None, "ALL_NEW"),
    ("REMOVE m.nope.deep", None, "NONE"),
    ("REMOVE nope.deep", None, "NONE"),
    ("SET g = :n", _N, "NONE"),
    ("SET e = :e", {":e": {"SS": []}}, "NONE"),
    ("DELETE ss :s", {":s": {"SS": ["a"]}}, "ALL_NEW"),
    ("ADD ss :s", {":s": {"SS": ["a", "b"]}}, "UPDATED_NEW"),
    ("DELETE ss :s", {":s": {"SS": ["a", "b"]}}, "UPDATED_NEW"),
    ("ADD x :n", _N, "UPDATED_OLD"),
    ("SET x = (:n + :n)", _N, "ALL_NEW"),
    ("SET x = :n + :n + :n", _N, "NONE"),
    ("SET x = x", None, "ALL_NEW"),
    ("SET x = y1", None, "NONE"),
    ("SET x = m", None, "ALL_NEW"),
    ("SET x = l[0], l[0] = a", None, "ALL_NEW"),
    ("set x = :n remove a", _N, "ALL_NEW"),
    ("ADD m.count :n", _N, "ALL_NEW"),
    ("ADD ns :s", {":s": {"NS": ["1", "2.5"]}}, "ALL_NEW"),
    ("DELETE ns :s", {":s": {"NS": ["2.5"]}}, "ALL_NEW"),
    ("SET x = :a - :b", {":a": {"N": "1e20"}, ":b": {"N": "1e-20"}}, "NONE"),
    ("SET x = :a + :b", {":a": {"N": "9e125"}, ":b": {"N": "9e125"}}, "NONE"),
    ("SET x = :a - :b", {":a": {"N": "0.3"}, ":b": {"N": "0.1"}}, "ALL_NEW"),
)


def updates() -> Iterator[Case]:
    """Updates of one item, one after the other."""
    for text, values, returned in _UPDATES:
        given: dict[str, Any] = {"Key": KEY, "UpdateExpression": text, "ReturnValues": returned}
        if values is not None:
            given["ExpressionAttributeValues"] = values
        yield "UpdateItem", given
    condition = "x > :n AND NOT (x < :n OR x = :n)"
    yield "UpdateItem", {
        "Key": KEY, "UpdateExpression": "SET x = :n", "ConditionExpression": condition,
        "ExpressionAttributeValues": _N,
    }  # fmt: skip
    yield "UpdateItem", {"Key": KEY}
    yield "UpdateItem", {"Key": {"pk": {"S": "new"}, "sk": ONE}, "ReturnValues": "ALL_NEW"}
    yield (
        "UpdateItem",
        {
            "Key": KEY,
            "AttributeUpdates": {"q": {"Action": "PUT", "Value": {"S": "old way"}}},
            "ReturnValues": "ALL_NEW",
        },
    )


_P = {":p": {"S": "a"}}
_QUERIES: tuple[tuple[str, dict[str, Any] | None, dict[str, Any]], ...] = (
    ("pk = :p", _P, {"Limit": 1}),
    ("sk = :p", _P, {}),
    ("pk > :p", _P, {}),
    ("pk = :p AND x = :p", _P, {}),
    ("pk = :p AND sk <> :p", _P, {}),
    ("pk = :p AND sk = :p", _P, {}),
    ("pk = :p OR sk = :p", _P, {}),
    ("NOT pk = :p", _P, {}),
    ("pk = :p AND pk = :p", _P, {}),
    ("pk = :p AND begins_with(sk, :q)", {**_P, ":q": ONE}, {}),
    ("pk = :p AND sk BETWEEN :b AND :q", {**_P, ":q": ONE, ":b": {"N": "2"}}, {}),
    ("pk = :p AND sk IN (:q)", {**_P, ":q": ONE}, {}),
    ("pk = :p AND attribute_exists(sk)", _P, {}),
    ("pk.x = :p", _P, {}),
    ("pk = sk", None, {}),
    (":p = pk", _P, {}),
    ("pk = :p", {":p": ONE}, {}),
    ("pk = :p", {":p": {"S": ""}}, {}),
    ("pk = :p", _P, {"FilterExpression": "pk = :p"}),
    ("pk = :p", _P, {"FilterExpression": "sk = :p"}),
    ("pk = :p", _P, {"FilterExpression": "attribute_exists(g)"}),
    ("pk = :p", _P, {"Limit": 0}),
    ("pk = :p", _P, {"IndexName": "nope"}),
    ("g = :p", _P, {"IndexName": "gidx", "ConsistentRead": True}),
    ("pk = :p", _P, {"Select": "COUNT", "ReturnConsumedCapacity": "INDEXES"}),
    ("pk = :p", _P, {"Select": "COUNT", "ProjectionExpression": "pk"}),
    ("pk = :p", _P, {"Select": "SPECIFIC_ATTRIBUTES"}),
    ("pk = :p", _P, {"Select": "ALL_PROJECTED_ATTRIBUTES"}),
    ("pk = :p", _P, {"ExclusiveStartKey": {"pk": {"S": "a"}}}),
    ("pk = :p", _P, {"ExclusiveStartKey": {"pk": {"S": "b"}, "sk": ONE}}),
    ("g = :p", _P, {"IndexName": "gidx", "ExclusiveStartKey": {"pk": {"S": "a"}}}),
    ("pk = :p", _P, {"ScanIndexForward": False, "ExclusiveStartKey": KEY}),
)


def reads() -> Iterator[Case]:
    """Queries and scans."""
    for text, values, more in _QUERIES:
        given: dict[str, Any] = {"KeyConditionExpression": text, **more}
        if values is not None:
            given["ExpressionAttributeValues"] = values
        yield "Query", given
    yield "Query", {}
    yield (
        "Query",
        {
            "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
            "AttributesToGet": ["pk"],
        },
    )
    yield "Scan", {"TotalSegments": 2}
    yield "Scan", {"Segment": 2, "TotalSegments": 2}
    yield "Scan", {"IndexName": "gidx", "ConsistentRead": True}
    yield "Scan", {"FilterExpression": "a = :n", "ExpressionAttributeValues": _N}
    yield "Scan", {"Select": "COUNT"}


_AT = {"TableName": "tab"}


def batches() -> Iterator[Case]:
    """Batches and transactions."""
    put = {"PutRequest": {"Item": KEY}}
    many = [{"pk": {"S": str(number)}, "sk": ONE} for number in range(101)]
    yield "BatchWriteItem", {"RequestItems": {}}
    yield "BatchWriteItem", {"RequestItems": {"tab": []}}
    yield "BatchWriteItem", {"RequestItems": {"tab": [put] * 26}}
    yield "BatchWriteItem", {"RequestItems": {"tab": [put, put]}}
    yield "BatchWriteItem", {"RequestItems": {"tab": [{}]}}
    yield "BatchWriteItem", {"RequestItems": {"nope": [put]}}
    yield "BatchWriteItem", {"RequestItems": {"tab": [put, {"DeleteRequest": {"Key": OTHER}}]}}
    yield "BatchGetItem", {"RequestItems": {"tab": {"Keys": [KEY, KEY]}}}
    yield "BatchGetItem", {"RequestItems": {"tab": {"Keys": []}}}
    yield "BatchGetItem", {"RequestItems": {"tab": {"Keys": many}}}
    yield "BatchGetItem", {"RequestItems": {"tab": {"Keys": [KEY, OTHER], "ProjectionExpression": "pk"}}}
    yield "TransactWriteItems", {"TransactItems": []}
    yield "TransactWriteItems", {"TransactItems": [{"Put": {**_AT, "Item": KEY}}] * 2}
    failing = {**_AT, "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}
    yield (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {**failing, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
                {"Delete": {**_AT, "Key": OTHER}},
            ]
        },
    )
    yield "TransactWriteItems", {"TransactItems": [{"Put": {**_AT, "Item": {"pk": {"S": "x"}}}}]}
    yield (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {**_AT, "Item": KEY}, "Delete": {**_AT, "Key": KEY}}]},
    )
    yield "TransactWriteItems", {"TransactItems": [{}]}
    check = {**_AT, "Key": KEY, "ConditionExpression": "attribute_exists(pk)"}
    yield (
        "TransactWriteItems",
        {"TransactItems": [{"ConditionCheck": check}], "ReturnConsumedCapacity": "TOTAL"},
    )
    yield (
        "TransactWriteItems",
        {"ClientRequestToken": "tok", "TransactItems": [{"Put": {**_AT, "Item": KEY}}]},
    )
    changed = {**KEY, "z": {"S": "a"}}
    yield (
        "TransactWriteItems",
        {"ClientRequestToken": "tok", "TransactItems": [{"Put": {**_AT, "Item": changed}}]},
    )
    yield "TransactWriteItems", {"TransactItems": [{"Put": {**_AT, "Item": item}} for item in many]}
    yield (
        "TransactGetItems",
        {"TransactItems": [{"Get": {**_AT, "Key": KEY}}, {"Get": {**_AT, "Key": OTHER}}]},
    )


def all_cases() -> Iterator[Case]:
    """Every case, in order; the table's name is put in where the operation takes one."""
    for part in (puts, conditions, gets, updates, reads, batches):
        for operation, params in part():
            named = operation.startswith(("Batch", "Transact"))
            yield operation, params if named else {"TableName": "tab", **params}
