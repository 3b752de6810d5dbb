"""The same requests to DynamoDB Local and to the native service: the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from tests.contract.dynamodb import oracle_cases, partiql_cases
from tests.contract.dynamodb.harness import Tables
from tests.contract.dynamodb.oracle_operations import operations
from tests.support.dynamodb_local import DynamoDbLocal, OracleMissingError

#: Where AWS itself words a refusal in another way than DynamoDB Local does, or says more: the beginnings of
#: the latter's messages. In all these cases the native service uses AWS's wording.
WORDED_OTHERWISE = (
    "A value provided cannot be converted into a number",
    "BatchWriteItem cannot have a null or no requests set",
    "Cannot do operations on a non-existent table",
    "DynamoDB only supports precision up to 38 digits",
    "Exclusive Start Key must have same size as table's key schema",
    "If total segments is specified",
    "Input collection contains duplicates",
    "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: "
    "attribute_type, operand type: {",
    "Limit must be greater than or equal to 1",
    "Member must have length less than or equal to 100",
    "One of the required keys was not given a value",
    "One or more parameter values were invalid: Type mismatch for Index Key",
    "One or more parameter values were invalid: Type mismatch for key",
    "Query condition missed key schema element",
    "The list of keys in RequestItems for BatchGetItem is required",
    "The number of conditions on the keys is invalid",
    "The provided starting key does not match the range key predicate",
    "Value [] at 'transactItems' failed to satisfy constraint",
    "1 validation error detected: Value '2' at 'segment'",
)


#: An update with several faults may be refused for any of them, and paths may clash with several others.
FAULTS_OF_AN_ITEM = (
    "The document path provided in the update expression is invalid for update",
    "The provided expression refers to an attribute that does not exist in the item",
    "An operand in the update expression has an incorrect data type",
)


@pytest.fixture(scope="module")
def oracle() -> Iterator[DynamoDbLocal]:
    try:
        with DynamoDbLocal() as running:
            yield running
    except OracleMissingError as missing:
        pytest.skip(f"no oracle to compare with: {missing}")


Statements = tuple[DynamoDbLocal, Tables]


@pytest.fixture
def statements(oracle: DynamoDbLocal) -> Iterator[Statements]:
    """Both, with the items that the statements are about."""
    with Tables() as tables:
        oracle.call("CreateTable", oracle_cases.TABLE)
        ask(tables, "CreateTable", oracle_cases.TABLE)
        for operation, params in partiql_cases.inserts():
            oracle.call(operation, params)
            ask(tables, operation, params)
        yield oracle, tables
        oracle.call("DeleteTable", {"TableName": "tab"})


def ask(tables: Tables, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """The native answer, in the oracle's form."""
    try:
        return tables.call(operation, **params)
    except AwsError as error:
        return {"error": error.code, "message": error.message, **error.fields}


def alike(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Whether two answers are the same, but for wording that AWS has otherwise.

    Consumed capacity that nobody asked for (DynamoDB Local reports it of a delete that finds nothing) is
    passed over.
    """
    if theirs.get("message") in FAULTS_OF_AN_ITEM and ours.get("message") in FAULTS_OF_AN_ITEM:
        return True
    if "ConsumedCapacity" not in ours:
        theirs = {name: value for name, value in theirs.items() if name != "ConsumedCapacity"}
    if "error" in theirs and theirs["error"] == ours.get("error"):
        message = theirs["message"]
        overlap = "Two document paths" in message and "Two document paths" in ours["message"]
        if not message or overlap or message.startswith(WORDED_OTHERWISE):
            ours, theirs = {**ours, "message": ""}, {**theirs, "message": ""}
    return theirs == ours


def test_known_requests_are_answered_alike(oracle: DynamoDbLocal) -> None:
    with Tables() as tables:
        oracle.call("CreateTable", oracle_cases.TABLE)
        ask(tables, "CreateTable", oracle_cases.TABLE)
        try:
            different = [
                (operation, params, theirs, ours)
                for operation, params in oracle_cases.all_cases()
                if not alike(theirs := oracle.call(operation, params), ours := ask(tables, operation, params))
            ]
        finally:
            oracle.call("DeleteTable", {"TableName": "tab"})
    assert not different


@pytest.mark.timeout(300)
@settings(
    max_examples=60,
    deadline=None,
    # Neither shrinking nor explaining: both take longer than the requests, which the failure shows anyway.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(requests=st.lists(operations(), min_size=10, max_size=40))
def test_generated_operations_leave_the_same_items(
    oracle: DynamoDbLocal, requests: list[tuple[str, dict[str, Any]]]
) -> None:
    with Tables() as tables:
        oracle.call("CreateTable", oracle_cases.TABLE)
        ask(tables, "CreateTable", oracle_cases.TABLE)
        try:
            for operation, params in requests:
                theirs, ours = oracle.call(operation, params), ask(tables, operation, params)
                assert alike(theirs, ours), (operation, params, theirs, ours)
            scan = {"TableName": "tab"}
            theirs, ours = oracle.call("Scan", scan), ask(tables, "Scan", scan)
            assert by_key(theirs["Items"]) == by_key(ours["Items"])
        finally:
            oracle.call("DeleteTable", {"TableName": "tab"})


def by_key(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items in an order that both have."""
    return sorted(items, key=lambda item: (item["pk"]["S"], float(item["sk"]["N"])))


# --- PartiQL ---------------------------------------------------------------------------------------------
def test_known_statements_are_answered_alike(oracle: DynamoDbLocal) -> None:
    with Tables() as tables:
        oracle.call("CreateTable", oracle_cases.TABLE)
        ask(tables, "CreateTable", oracle_cases.TABLE)
        try:
            different = [
                (operation, params, theirs, ours)
                for operation, params in partiql_cases.all_cases()
                if not alike(
                    unordered(theirs := oracle.call(operation, params)),
                    unordered(ours := ask(tables, operation, params)),
                )
            ]
        finally:
            oracle.call("DeleteTable", {"TableName": "tab"})
    assert not different


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    # No example changes the items: they may share them.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(conditions=st.lists(partiql_cases.CONDITIONS, min_size=5, max_size=10))
def test_generated_conditions_find_the_same_items(statements: Statements, conditions: list[str]) -> None:
    oracle, tables = statements
    for condition in conditions:
        params = {"Statement": f"SELECT pk, sk FROM tab WHERE {condition}"}
        theirs, ours = oracle.call("ExecuteStatement", params), ask(tables, "ExecuteStatement", params)
        assert alike(unordered(theirs), unordered(ours)), (condition, theirs, ours)


def unordered(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer whose items are in an order that both have."""
    return {**answer, "Items": sorted(answer["Items"], key=repr_of)} if "Items" in answer else answer


def repr_of(item: dict[str, Any]) -> str:
    """An item as text, whatever the order of its attributes."""
    return repr(sorted(item.items()))
