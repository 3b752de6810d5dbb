"""Change sets, as `aws cloudformation deploy` and `sam deploy` use them.

Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
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


def test_values_of_properties_are_shown_on_demand(stacks: Stacks) -> None:
    change_set(stacks, QUEUE, "CREATE")
    execute(stacks)
    found = change_set(stacks, SLOWER, "UPDATE", "lenta")
    (shown,) = found["Changes"]
    assert shown["ResourceChange"]["Details"] == [
        {"Target": {"Attribute": "Properties", "Name": "VisibilityTimeout"}, "Evaluation": "Static"}
    ]
    assert "BeforeContext" not in shown["ResourceChange"]
    more = stacks.call(
        "DescribeChangeSet", StackName="filas", ChangeSetName="lenta", IncludePropertyValues=True
    )
    (change,) = (one["ResourceChange"] for one in more["Changes"])
    assert change["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "VisibilityTimeout",
        "Path": "/Properties/VisibilityTimeout",
        "AttributeChangeType": "Modify",
        "BeforeValue": "30",
        "AfterValue": "45",
    }
    assert json.loads(change["BeforeContext"])["Properties"]["VisibilityTimeout"] == 30
    assert json.loads(change["AfterContext"])["Properties"]["VisibilityTimeout"] == 45


def test_values_that_are_secret_or_not_known_yet_are_not_shown(stacks: Stacks) -> None:
    template = """
Parameters: {Senha: {Type: String, NoEcho: true}}
Resources:
  Fila: {Type: AWS::SQS::Queue}
  Nova: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt Fila.QueueName, DisplayName: !Ref Senha}}
"""
    given = [{"ParameterKey": "Senha", "ParameterValue": "muito-secreta"}]
    change_set(stacks, template, "CREATE", Parameters=given)
    more = stacks.call("DescribeChangeSet", StackName="filas", ChangeSetName="um", IncludePropertyValues=True)
    after = [json.loads(one["ResourceChange"]["AfterContext"])["Properties"] for one in more["Changes"]]
    assert {"TopicName": "{{changeSet:KNOWN_AFTER_APPLY}}", "DisplayName": "****"} in after


def test_events_tell_why_a_change_set_could_not_be_made(stacks: Stacks) -> None:
    change_set(stacks, FUNCTION, "CREATE")
    (event,) = stacks.call("DescribeEvents", StackName="filas", ChangeSetName="um")["OperationEvents"]
    assert (event["EventType"], event["ValidationStatusReason"]) == (
        "VALIDATION_ERROR",
        "Requires capabilities : [CAPABILITY_IAM]",
    )
    change_set(stacks, QUEUE, "CREATE", "dois")
    assert stacks.call("DescribeEvents", StackName="filas", ChangeSetName="dois")["OperationEvents"] == []


def test_events_of_a_stack_can_be_those_that_failed_alone(stacks: Stacks) -> None:
    stacks.aws.refuse["CreateQueue"] = AwsError("InvalidParameter", "não")
    change_set(stacks, QUEUE, "CREATE")
    execute(stacks)
    every = stacks.call("DescribeEvents", StackName="filas")["OperationEvents"]
    assert len(every) > 3
    failed = stacks.call("DescribeEvents", StackName="filas", Filters={"FailedEvents": True})
    (event,) = failed["OperationEvents"]
    assert (event["LogicalResourceId"], event["EventType"]) == ("Fila", "PROVISIONING_ERROR")
    assert event["ResourceStatusReason"] == "InvalidParameter: não"


def test_deployments_that_do_not_wait_are_refused_by_name(stacks: Stacks) -> None:
    error = stacks.refused(
        "CreateChangeSet",
        StackName="filas",
        ChangeSetName="um",
        ChangeSetType="CREATE",
        TemplateBody=QUEUE,
        DeploymentConfig={"Mode": "EXPRESS"},
    )
    assert (error.code, "EXPRESS" in error.message) == ("NotImplemented", True)
    change_set(stacks, QUEUE, "CREATE", DeploymentConfig={"Mode": "STANDARD"})


def test_a_stack_that_only_a_change_set_has_made_has_no_template_yet(stacks: Stacks) -> None:
    change_set(stacks, QUEUE, "CREATE")
    assert stacks.call("GetTemplate", StackName="filas")["TemplateBody"] == ""
