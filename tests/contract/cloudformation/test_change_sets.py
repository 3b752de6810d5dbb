"""Change sets, as `aws cloudformation deploy` and `sam deploy` use them.

Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.cloudformation.harness import Stacks

QUEUE = """
Resources:
  Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: pedidos, VisibilityTimeout: 30}}
"""
SLOWER = QUEUE.replace("30", "45")
RENAMED = QUEUE.replace("pedidos", "outros")
TOPIC = "\nResources: {T: {Type: AWS::SNS::Topic}}\n"
ROLE = """
Resources:
  P: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}}
"""
FUNCTION = """
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: a.b, CodeUri: "s3://codigo/a.zip"}
"""


def change_set(stacks: Stacks, template: str, kind: str, name: str = "um", **params: Any) -> dict[str, Any]:
    """Makes a change set; returns it as it is in the end."""
    stacks.call(
        "CreateChangeSet",
        StackName="filas",
        ChangeSetName=name,
        ChangeSetType=kind,
        TemplateBody=template,
        **params,
    )
    return stacks.call("DescribeChangeSet", StackName="filas", ChangeSetName=name)


def execute(stacks: Stacks, name: str = "um") -> str:
    """Executes a change set; returns the status of the stack in the end."""
    stacks.call("ExecuteChangeSet", StackName="filas", ChangeSetName=name)
    return str(stacks.stack()["StackStatus"])


def changes(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    parts = [change["ResourceChange"] for change in found["Changes"]]
    return [(part["Action"], part["LogicalResourceId"], part.get("Replacement")) for part in parts]


def test_a_stack_is_made_by_a_change_set(stacks: Stacks) -> None:
    found = change_set(stacks, QUEUE, "CREATE")
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert changes(found) == [("Add", "Fila", None)]
    assert stacks.stack()["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert stacks.aws.names("queue") == set()
    assert execute(stacks) == "CREATE_COMPLETE"
    assert stacks.stack()["StackId"] == found["StackId"]
    assert stacks.stack()["ChangeSetId"] == found["ChangeSetId"]
    done = stacks.call("DescribeChangeSet", ChangeSetName=found["ChangeSetId"])
    assert done["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_a_change_set_tells_what_is_changed_replaced_and_removed(stacks: Stacks) -> None:
    change_set(stacks, QUEUE, "CREATE")
    execute(stacks)
    assert changes(change_set(stacks, SLOWER, "UPDATE", "lenta")) == [("Modify", "Fila", "False")]
    assert changes(change_set(stacks, RENAMED, "UPDATE", "outra")) == [("Modify", "Fila", "True")]
    assert changes(change_set(stacks, TOPIC, "UPDATE", "topico")) == [
        ("Add", "T", None),
        ("Remove", "Fila", None),
    ]
    listed = stacks.call("ListChangeSets", StackName="filas")["Summaries"]
    assert [one["ChangeSetName"] for one in listed if one["ExecutionStatus"] == "AVAILABLE"] == [
        "lenta",
        "outra",
        "topico",
    ]
    assert execute(stacks, "lenta") == "UPDATE_COMPLETE"
    assert stacks.aws.things["queue", "pedidos"]["VisibilityTimeout"] == "45"
    assert stacks.refused("DescribeChangeSet", StackName="filas", ChangeSetName="outra").code == (
        "ChangeSetNotFound"
    )


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (QUEUE, "The submitted information didn't contain changes."),
        (FUNCTION, "No updates are to be performed."),
    ],
)
def test_a_change_set_without_changes_fails_in_the_words_that_clients_know(
    stacks: Stacks, template: str, reason: str
) -> None:
    change_set(stacks, template, "CREATE", Capabilities=["CAPABILITY_IAM"])
    execute(stacks)
    found = change_set(stacks, template, "UPDATE", "nada", Capabilities=["CAPABILITY_IAM"])
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"].startswith(reason)
    error = stacks.refused("ExecuteChangeSet", StackName="filas", ChangeSetName="nada")
    assert error.code == "InvalidChangeSetStatus"


def test_roles_are_acknowledged_before_a_change_set_or_after_its_transform(stacks: Stacks) -> None:
    error = stacks.refused(
        "CreateChangeSet", StackName="filas", ChangeSetName="a", ChangeSetType="CREATE", TemplateBody=ROLE
    )
    assert error.code == "InsufficientCapabilitiesException"
    found = change_set(stacks, FUNCTION, "CREATE")
    assert (found["Status"], found["StatusReason"]) == ("FAILED", "Requires capabilities : [CAPABILITY_IAM]")


def test_change_sets_are_for_stacks_that_fit_their_type(stacks: Stacks) -> None:
    params: dict[str, Any] = {"ChangeSetName": "a", "StackName": "filas", "TemplateBody": QUEUE}
    missing = stacks.refused("CreateChangeSet", **params)
    assert (missing.code, missing.message) == ("ValidationError", "Stack with id filas does not exist")
    change_set(stacks, QUEUE, "CREATE")
    assert stacks.refused("CreateChangeSet", **params).message == "Stack with id filas does not exist"
    again = {**params, "ChangeSetName": "um", "ChangeSetType": "CREATE"}
    assert stacks.refused("CreateChangeSet", **again).code == "AlreadyExistsException"
    execute(stacks)
    error = stacks.refused("CreateChangeSet", **params, ChangeSetType="CREATE")
    assert (error.code, error.message) == ("AlreadyExistsException", "Stack [filas] already exists")
    assert stacks.refused("CreateChangeSet", **params, ChangeSetType="IMPORT").code == "NotImplemented"


def test_a_change_set_is_deleted_and_so_is_the_stack_that_only_it_had(stacks: Stacks) -> None:
    change_set(stacks, QUEUE, "CREATE")
    stacks.call("DeleteChangeSet", StackName="filas", ChangeSetName="um")
    assert stacks.call("ListChangeSets", StackName="filas")["Summaries"] == []
    assert stacks.call("DeleteChangeSet", StackName="filas", ChangeSetName="um") == {}
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.refused("DescribeStacks", StackName="filas").code == "ValidationError"
