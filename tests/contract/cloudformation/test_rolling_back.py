"""Going back by hand.

Pages: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html
"""

from __future__ import annotations

from sandbox.model.awserror import AwsError
from tests.contract.cloudformation.harness import Stacks

QUEUE = """
    Parameters: {Nome: {Type: String, Default: um}}
    Resources:
      Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nome}}
"""
MORE = QUEUE + "      T: {Type: AWS::SNS::Topic, DependsOn: Fila}\n"
ANOTHER_NAME = [{"ParameterKey": "Nome", "ParameterValue": "dois"}]
DENIED = AwsError("AccessDenied", "não")


def test_a_creation_that_stayed_is_taken_back(stacks: Stacks) -> None:
    stacks.aws.refuse["CreateTopic"] = DENIED
    assert stacks.create(MORE, DisableRollback=True)["StackStatus"] == "CREATE_FAILED"
    stacks.call("RollbackStack", StackName="filas")
    assert stacks.stack()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.aws.names("queue") == set()


def test_an_update_that_stayed_is_taken_back(stacks: Stacks) -> None:
    stacks.create(QUEUE)
    stacks.aws.refuse["CreateTopic"] = DENIED
    failed = stacks.update(MORE, DisableRollback=True, Parameters=ANOTHER_NAME)
    assert failed["StackStatus"] == "UPDATE_FAILED"
    assert stacks.aws.names("queue") == {"um", "dois"}
    stacks.call("RollbackStack", StackName="filas", ClientRequestToken="meu")
    assert stacks.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.aws.names("queue") == {"um"}
    assert stacks.stack()["Parameters"] == [{"ParameterKey": "Nome", "ParameterValue": "um"}]


def test_a_creation_that_was_changed_and_failed_again_leaves_nothing(stacks: Stacks) -> None:
    stacks.aws.refuse["CreateTopic"] = DENIED
    stacks.create(MORE, DisableRollback=True)
    again = stacks.update(MORE, DisableRollback=True, Parameters=ANOTHER_NAME)
    assert again["StackStatus"] == "UPDATE_FAILED"
    stacks.call("RollbackStack", StackName="filas")
    assert stacks.stack()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.aws.names("queue") == set()


def test_a_way_back_that_failed_is_gone_once_more(stacks: Stacks) -> None:
    stacks.create(QUEUE)
    stacks.aws.refuse["CreateTopic"] = DENIED
    held = stacks.update(MORE.replace("QueueName", "VisibilityTimeout: 9, QueueName"), DisableRollback=True)
    assert held["StackStatus"] == "UPDATE_FAILED"
    stacks.aws.refuse["SetQueueAttributes"] = DENIED
    stacks.call("RollbackStack", StackName="filas")
    assert stacks.stack()["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    error = stacks.refused("ContinueUpdateRollback", StackName="filas", ResourcesToSkip=["Fila"])
    assert error.code == "NotImplemented"
    stacks.aws.refuse.clear()
    stacks.call("ContinueUpdateRollback", StackName="filas")
    assert stacks.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.aws.things["queue", "um"].get("VisibilityTimeout", "30") == "30"


def test_what_did_not_fail_is_not_taken_back(stacks: Stacks) -> None:
    stacks.create(QUEUE)
    for operation in ("RollbackStack", "ContinueUpdateRollback"):
        error = stacks.refused(operation, StackName="filas")
        assert error.code == "ValidationError"
        assert "is in CREATE_COMPLETE state and can not" in error.message
