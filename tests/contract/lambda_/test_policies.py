"""Resource policies: stored and shown as AWS builds them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.lambda_.harness import World, arn

RULE = "arn:aws:events:us-east-1:000000000000:rule/agenda"


def add(world: World, **params: Any) -> dict[str, Any]:
    given = {"StatementId": "s1", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    answer = world.call("AddPermission", FunctionName="estoque", **{**given, **params})
    statement: dict[str, Any] = json.loads(answer["Statement"])
    return statement


@pytest.mark.parametrize(
    ("params", "principal", "condition"),
    [
        ({}, {"Service": "events.amazonaws.com"}, None),
        ({"SourceArn": RULE}, {"Service": "events.amazonaws.com"}, {"ArnLike": {"AWS:SourceArn": RULE}}),
        ({"Principal": "123456789012"}, {"AWS": "arn:aws:iam::123456789012:root"}, None),
        ({"Principal": "*", "PrincipalOrgID": "o-1"}, "*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        (
            {"SourceArn": RULE, "SourceAccount": "000000000000"},
            {"Service": "events.amazonaws.com"},
            {"ArnLike": {"AWS:SourceArn": RULE}, "StringEquals": {"AWS:SourceAccount": "000000000000"}},
        ),
    ],
)
def test_a_statement_is_built_as_aws_builds_it(
    world: World, params: dict[str, Any], principal: Any, condition: Any
) -> None:
    world.function()
    statement = add(world, **params)
    assert statement["Principal"] == principal
    assert statement.get("Condition") == condition
    assert (statement["Sid"], statement["Effect"], statement["Resource"]) == ("s1", "Allow", str(arn()))
    policy = world.call("GetPolicy", FunctionName="estoque")
    assert json.loads(policy["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [statement],
    }
    shown = world.call("GetFunctionConfiguration", FunctionName="estoque")
    assert policy["RevisionId"] == shown["RevisionId"]


def test_statements_have_unique_ids_and_can_be_removed(world: World) -> None:
    world.function()
    assert world.refused("GetPolicy", FunctionName="estoque").code == "ResourceNotFoundException"
    add(world)
    again = world.refused(
        "AddPermission", FunctionName="estoque", StatementId="s1", Action="lambda:*", Principal="*"
    )
    assert again.code == "ResourceConflictException"
    assert again.message.startswith("The statement id (s1) provided already exists.")
    missing = world.refused("RemovePermission", FunctionName="estoque", StatementId="s2")
    assert missing.message == "Statement s2 is not found in resource policy."
    stale = world.refused("RemovePermission", FunctionName="estoque", StatementId="s1", RevisionId="velha")
    assert stale.code == "PreconditionFailedException"
    world.call("RemovePermission", FunctionName="estoque", StatementId="s1")
    none = world.refused("RemovePermission", FunctionName="estoque", StatementId="s1")
    assert none.message == "No policy is associated with the given resource."
