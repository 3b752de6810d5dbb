"""What outlives a deletion, a replacement and a way back.

Pages: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""

from __future__ import annotations

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.cloudformation.harness import Stacks

LOGS = """
    Resources:
      Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: pedidos}}
      Outra: {Type: AWS::SQS::Queue, Properties: {QueueName: outros}}
      Grupo: {Type: AWS::Logs::LogGroup, DependsOn: Fila}
"""
QUEUE = """
    Parameters: {{Nome: {{Type: String, Default: um}}}}
    Resources:
      Fila: {{Type: AWS::SQS::Queue, {policy} Properties: {{QueueName: !Ref Nome}}}}
"""
FAILING = "      T: {Type: AWS::SNS::Topic, DependsOn: Fila}\n"
ANOTHER_NAME = [{"ParameterKey": "Nome", "ParameterValue": "dois"}]
DENIED = AwsError("AccessDenied", "não")


def failed_deletion(stacks: Stacks) -> None:
    """Has a stack whose log group cannot be deleted."""
    stacks.create(LOGS)
    stacks.aws.refuse["DeleteLogGroup"] = DENIED
    stacks.call("DeleteStack", StackName="filas")


def test_a_deletion_goes_on_beside_what_cannot_be_deleted(stacks: Stacks) -> None:
    failed_deletion(stacks)
    found = stacks.stack()
    assert found["StackStatus"] == "DELETE_FAILED"
    assert found["StackStatusReason"] == "The following resource(s) failed to delete: [Grupo]."
    assert stacks.aws.names("queue") == {"pedidos"}, "the log group needs it"
    assert stacks.statuses(logical_id="Outra")[-1] == "DELETE_COMPLETE"
    assert stacks.statuses(logical_id="Grupo")[-1] == "DELETE_FAILED"


def test_a_failed_deletion_can_leave_resources_behind(stacks: Stacks) -> None:
    failed_deletion(stacks)
    stack_id = stacks.stack()["StackId"]
    stacks.call("DeleteStack", StackName="filas", RetainResources=["Grupo"])
    assert stacks.stack(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.aws.names("queue") == set()
    assert len(stacks.aws.names("group")) == 1
    events = stacks.call("DescribeStackEvents", StackName=stack_id)["StackEvents"]
    assert next(e for e in events if e["LogicalResourceId"] == "Grupo")["ResourceStatus"] == "DELETE_SKIPPED"


def test_a_failed_deletion_can_be_forced(stacks: Stacks) -> None:
    stacks.create(LOGS)
    early = stacks.refused("DeleteStack", StackName="filas", DeletionMode="FORCE_DELETE_STACK")
    assert "FORCE_DELETE_STACK in a delete stack operation only when the stack is in" in early.message
    stacks.aws.refuse["DeleteLogGroup"] = DENIED
    stacks.call("DeleteStack", StackName="filas")
    stack_id = stacks.stack()["StackId"]
    stacks.call("DeleteStack", StackName="filas", DeletionMode="FORCE_DELETE_STACK")
    assert stacks.stack(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert len(stacks.aws.names("group")) == 1
    assert stacks.aws.names("queue") == set()


def test_a_forced_deletion_leaves_behind_what_was_not_even_tried_before(stacks: Stacks) -> None:
    failed_deletion(stacks)
    stacks.aws.refuse["DeleteQueue"] = DENIED
    stack_id = stacks.stack()["StackId"]
    stacks.call("DeleteStack", StackName="filas", DeletionMode="FORCE_DELETE_STACK")
    assert stacks.stack(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.aws.names("queue") == {"pedidos"}


def test_only_what_is_left_of_a_failed_deletion_can_be_retained(stacks: Stacks) -> None:
    stacks.create(LOGS)
    early = stacks.refused("DeleteStack", StackName="filas", RetainResources=["Grupo"])
    assert early.code == "ValidationError"
    assert "only when the stack is in the DELETE_FAILED state" in early.message
    stacks.aws.refuse["DeleteLogGroup"] = DENIED
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.stack()["StackStatus"] == "DELETE_FAILED"
    gone = stacks.refused("DeleteStack", StackName="filas", RetainResources=["Outra"])
    assert "Do not specify resources that are in the DELETE_COMPLETE state" in gone.message
    unknown = stacks.refused("DeleteStack", StackName="filas", RetainResources=["Nada"])
    assert "[Nada] do not exist" in unknown.message


@pytest.mark.parametrize(
    ("policy", "left"),
    [("Delete", set()), ("Retain", {"um"}), ("RetainExceptOnCreate", {"um"})],
)
def test_a_deletion_policy_decides_what_a_deletion_leaves(
    stacks: Stacks, policy: str, left: set[str]
) -> None:
    found = stacks.create(QUEUE.format(policy=f"DeletionPolicy: {policy},"))
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.stack(found["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.aws.names("queue") == left


@pytest.mark.parametrize(
    ("policy", "left"),
    [("Delete", {"eu"}), ("Retain", {"eu", "um"}), ("RetainExceptOnCreate", {"eu"})],
)
def test_what_an_update_that_fails_had_created_goes_as_its_policy_says(
    stacks: Stacks, policy: str, left: set[str]
) -> None:
    stacks.create("Resources: {Eu: {Type: AWS::SQS::Queue, Properties: {QueueName: eu}}}")
    stacks.aws.refuse["CreateTopic"] = DENIED
    more = QUEUE.format(policy=f"DeletionPolicy: {policy},") + FAILING
    found = stacks.update(more + "      Eu: {Type: AWS::SQS::Queue, Properties: {QueueName: eu}}\n")
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.aws.names("queue") == left


@pytest.mark.parametrize(("policy", "left"), [("Delete", {"dois"}), ("Retain", {"um", "dois"})])
def test_an_update_replace_policy_decides_what_a_replacement_leaves(
    stacks: Stacks, policy: str, left: set[str]
) -> None:
    template = QUEUE.format(policy=f"UpdateReplacePolicy: {policy},")
    stacks.create(template)
    assert stacks.update(template, Parameters=ANOTHER_NAME)["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.aws.names("queue") == left


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_going_back_keeps_the_very_resource_that_was_replaced(stacks: Stacks, policy: str) -> None:
    template = QUEUE.format(policy=f"UpdateReplacePolicy: {policy},")
    stacks.create(template)
    stacks.aws.refuse["CreateTopic"] = DENIED
    found = stacks.update(template + FAILING, Parameters=ANOTHER_NAME)
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert [queue["QueueName"] for queue in stacks.aws.made("CreateQueue")] == ["um", "dois"]
    assert stacks.aws.names("queue") == {"um"}
    (resource,) = stacks.call("DescribeStackResources", StackName="filas")["StackResources"]
    assert resource["PhysicalResourceId"].endswith("/um")
    stacks.aws.refuse.clear()
    assert stacks.update(template, Parameters=ANOTHER_NAME)["StackStatus"] == "UPDATE_COMPLETE"
    assert "dois" in stacks.aws.names("queue")


@pytest.mark.parametrize("key", ["DeletionPolicy", "UpdateReplacePolicy"])
def test_snapshots_of_what_has_none_are_refused(stacks: Stacks, key: str) -> None:
    template = QUEUE.format(policy=f"{key}: Snapshot,").replace("\n    ", "\n")
    error = stacks.refused("CreateStack", StackName="filas", TemplateBody=template)
    assert f"AWS::SQS::Queue takes no snapshots: {key} cannot be Snapshot" in error.message
