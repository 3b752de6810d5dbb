"""What goes wrong beneath a stack: it ends in a state that says so, whatever it was."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import StoreError
from sandbox.model.awserror import AwsError
from tests.contract.cloudformation.harness import Stacks

QUEUE = """
Parameters:
  Espera: {Type: Number, Default: 30}
Resources:
  Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: pedidos, VisibilityTimeout: !Ref Espera}}
"""
SLOWER = QUEUE.replace("30", "45")


def broken(stacks: Stacks) -> None:
    """Has the deployer fail as only a defect does."""

    async def deploy(*_: object) -> None:
        raise ZeroDivisionError("um defeito")

    stacks.service.deployer.deploy = deploy  # type: ignore[method-assign, assignment]


def reported(stacks: Stacks) -> list[str]:
    """What the event loop is told of defects."""
    told: list[str] = []
    stacks.runner.get_loop().set_exception_handler(lambda _, context: told.append(str(context["exception"])))
    return told


def test_a_defect_ends_a_creation_with_its_reason(stacks: Stacks) -> None:
    told = reported(stacks)
    broken(stacks)
    found = stacks.create(QUEUE)
    assert found["StackStatus"] == "CREATE_FAILED"
    assert found["StackStatusReason"] == "Internal failure of the sandbox: ZeroDivisionError: um defeito"
    assert stacks.statuses() == ["CREATE_IN_PROGRESS", "CREATE_FAILED"]
    assert told == ["um defeito"]
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.stack(found["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_defect_ends_an_update_which_can_be_tried_again(stacks: Stacks) -> None:
    reported(stacks)
    stacks.create(QUEUE)
    whole = stacks.service.deployer.deploy
    broken(stacks)
    assert stacks.update(SLOWER)["StackStatus"] == "UPDATE_FAILED"
    stacks.service.deployer.deploy = whole  # type: ignore[method-assign]
    assert stacks.update(SLOWER)["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.aws.things["queue", "pedidos"]["VisibilityTimeout"] == "45"


def test_a_defect_fails_a_change_set(stacks: Stacks) -> None:
    reported(stacks)

    async def plan(*_: object) -> None:
        raise ZeroDivisionError("um defeito")

    stacks.service.deployer.plan = plan  # type: ignore[assignment, method-assign]
    stacks.call(
        "CreateChangeSet", StackName="filas", ChangeSetName="um", ChangeSetType="CREATE", TemplateBody=QUEUE
    )
    found = stacks.call("DescribeChangeSet", StackName="filas", ChangeSetName="um")
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "ZeroDivisionError" in found["StatusReason"]
    by_arn = stacks.call("DescribeChangeSet", ChangeSetName=found["ChangeSetId"])
    assert by_arn["Status"] == "FAILED"


def test_a_stack_whose_end_cannot_be_stored_has_failed(stacks: Stacks) -> None:
    held = stacks.do(lambda: stacks.hold())
    stack_id = stacks.call("CreateStack", StackName="filas", TemplateBody=QUEUE)["StackId"]

    def full() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def finish() -> None:
        stacks.database.before_commit = full
        held.set()
        await stacks.service.worker.ended(stack_id, 60.0)

    async def settle() -> None:
        await finish()
        stacks.database.before_commit = None

    stacks.run(settle)
    found = stacks.stack()
    assert found["StackStatus"] == "CREATE_FAILED"
    assert "could not store a change: database or disk is full" in found["StackStatusReason"]


def test_a_stack_that_could_not_be_stored_is_not_made(stacks: Stacks) -> None:
    def full() -> None:
        stacks.database.before_commit = None  # there is space again at once
        raise sqlite3.OperationalError("database or disk is full")

    async def idle() -> None:
        while tasks := stacks.service.work():
            await asyncio.wait(tasks)

    begin = stacks.service.worker.begin

    def beginning(*work: Any) -> None:
        stacks.database.before_commit = full
        begin(*work)

    stacks.service.worker.begin = beginning  # type: ignore[assignment, method-assign]
    with pytest.raises(StoreError):
        stacks.call("CreateStack", StackName="filas", TemplateBody=QUEUE)
    stacks.run(idle)
    assert stacks.refused("DescribeStacks", StackName="filas").code == "ValidationError"
    assert stacks.aws.names("queue") == set()


@pytest.mark.parametrize(
    ("ongoing", "ended"),
    [("create", "CREATE_FAILED"), ("update", "UPDATE_FAILED"), ("delete", "DELETE_FAILED")],
)
def test_a_killed_sandbox_leaves_no_stack_under_way(tmp_path: Path, ongoing: str, ended: str) -> None:
    left = tmp_path / "left.db"
    with Stacks(tmp_path / "state.db") as stacks:
        if ongoing != "create":
            stacks.create(QUEUE)
        stacks.do(lambda: stacks.hold())
        if ongoing == "create":
            stacks.call("CreateStack", StackName="filas", TemplateBody=QUEUE)
        elif ongoing == "update":
            stacks.call("UpdateStack", StackName="filas", TemplateBody=SLOWER)
        else:
            stacks.call("DeleteStack", StackName="filas")
        assert stacks.call("ListStacks")["StackSummaries"][0]["StackStatus"].endswith("_IN_PROGRESS")
        with sqlite3.connect(left) as copy:  # what a `kill -9` leaves
            stacks.database.copy_to(copy)
        copy.close()
        stacks.release()
    with Stacks(left) as again:
        found = again.stack()
        assert found["StackStatus"] == ended
        assert "stopped while this was under way" in found["StackStatusReason"]
        again.call("DeleteStack", StackName="filas")
        assert again.stack(found["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_what_a_killed_sandbox_was_making_is_told_to_go(tmp_path: Path) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:fabrica"
    child = f"""
Resources:
  Fila: {{Type: AWS::SQS::Queue, Properties: {{QueueName: de-dentro}}}}
  Coisa: {{Type: Custom::Coisa, DependsOn: Fila, Properties: {{ServiceToken: "{function}"}}}}
"""
    parent = """
Resources:
  Filha:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: "https://s3.amazonaws.com/modelos/filha.yaml"}
"""
    left = tmp_path / "left.db"
    with Stacks(tmp_path / "state.db") as stacks:
        stacks.aws.things["object", "modelos/filha.yaml"] = {"Body": child.encode()}
        stacks.aws.providers[function] = lambda _: None
        stacks.call("CreateStack", StackName="filas", TemplateBody=parent)
        stacks.run(stacks.aws.asked.wait)
        with sqlite3.connect(left) as copy:  # what a `kill -9` leaves
            stacks.database.copy_to(copy)
        copy.close()
        made = dict(stacks.aws.things)
    with Stacks(left) as again:
        again.aws.things |= made
        again.aws.providers[function] = lambda _: {}
        found = again.call("ListStacks")["StackSummaries"]
        assert {one["StackStatus"] for one in found} == {"CREATE_FAILED"}
        assert len(found) == 2
        again.call("DeleteStack", StackName="filas")
        outermost = next(one["StackId"] for one in found if "ParentId" not in one)
        assert again.stack(outermost)["StackStatus"] == "DELETE_COMPLETE"
        (request,) = again.aws.requests
        assert request["RequestType"] == "Delete"
        assert "-Coisa-" in request["PhysicalResourceId"]
        assert again.aws.names("queue") == set()
        assert again.call("DescribeStacks")["Stacks"] == []


SECRET = """
Parameters:
  Senha: {Type: String, NoEcho: true}
  Nome: {Type: String, Default: um}
Resources:
  T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Senha, TopicName: !Ref Nome}}
"""
GIVEN = [{"ParameterKey": "Senha", "ParameterValue": "muito-secreta"}]


def test_values_of_noecho_parameters_are_neither_stored_nor_shown(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with Stacks(file) as stacks:
        found = stacks.create(SECRET, Parameters=GIVEN)
        assert {"ParameterKey": "Senha", "ParameterValue": "****"} in found["Parameters"]
        (topic,) = stacks.aws.made("CreateTopic")
        assert topic["Attributes"]["DisplayName"] == "muito-secreta"
        stacks.call(
            "CreateChangeSet",
            StackName="filas",
            ChangeSetName="um",
            TemplateBody=SECRET.replace("Default: um", "Default: dois"),
            Parameters=[{"ParameterKey": "Senha", "UsePreviousValue": True}],
        )
        shown = stacks.call("DescribeChangeSet", StackName="filas", ChangeSetName="um")
        assert {"ParameterKey": "Senha", "ParameterValue": "****"} in shown["Parameters"]
        stacks.database.commit()
        for kept in tmp_path.glob("state.db*"):
            assert b"muito-secreta" not in kept.read_bytes()
    assert (tmp_path / "noecho.key").stat().st_mode & 0o077 == 0
    with Stacks(file) as again:
        again.call("ExecuteChangeSet", StackName="filas", ChangeSetName="um")
        assert again.stack()["StackStatus"] == "UPDATE_COMPLETE"
        made = again.aws.made("CreateTopic")
        assert [topic["Attributes"]["DisplayName"] for topic in made] == ["muito-secreta"]


def test_a_value_sealed_in_another_state_folder_has_to_be_given_again(tmp_path: Path) -> None:
    with Stacks(tmp_path / "state.db") as stacks:
        stacks.create(SECRET, Parameters=GIVEN)
    (tmp_path / "noecho.key").unlink()
    with Stacks(tmp_path / "state.db") as elsewhere:
        kept = [{"ParameterKey": "Senha", "UsePreviousValue": True}]
        other = SECRET.replace("Default: um", "Default: dois")
        error = elsewhere.refused("UpdateStack", StackName="filas", TemplateBody=other, Parameters=kept)
        assert error.code == "ValidationError"
        assert "Senha was sealed in another state folder" in error.message
        elsewhere.update(other, Parameters=GIVEN)
        assert elsewhere.stack()["StackStatus"] == "UPDATE_COMPLETE"


def test_what_a_service_repeats_of_a_secret_is_not_told(stacks: Stacks) -> None:
    stacks.aws.refuse["CreateTopic"] = AwsError("InvalidParameter", "muito-secreta is no name")
    stacks.create(SECRET, Parameters=GIVEN)
    events = stacks.call("DescribeStackEvents", StackName="filas")["StackEvents"]
    reasons = [event["ResourceStatusReason"] for event in events if "ResourceStatusReason" in event]
    assert "InvalidParameter: **** is no name" in reasons
    assert "muito-secreta" not in str(events)


def test_long_listings_come_in_pages(stacks: Stacks) -> None:
    many = "".join(f"  Q{number:03d}: {{Type: AWS::SQS::Queue}}\n" for number in range(120))
    stacks.create(f"\nResources:\n{many}")
    seen = {
        "DescribeStackEvents": ("StackEvents", "EventId", 242),
        "ListStackResources": ("StackResourceSummaries", "LogicalResourceId", 120),
    }
    for operation, (member, identity, count) in seen.items():
        first = stacks.call(operation, StackName="filas")
        found = list(first[member])
        assert len(found) == 100
        token = first["NextToken"]
        while token is not None:
            answer = stacks.call(operation, StackName="filas", NextToken=token)
            found += answer[member]
            token = answer.get("NextToken")
        assert len({one[identity] for one in found}) == len(found) == count
        error = stacks.refused(operation, StackName="filas", NextToken="outro")
        assert (error.code, error.message) == ("ValidationError", "NextToken is not valid for this listing.")


def test_stacks_are_listed_in_pages_that_hold_when_one_goes(stacks: Stacks) -> None:
    for number in range(101):
        stacks.call(
            "CreateChangeSet",
            StackName=f"s{number:03d}",
            ChangeSetName="um",
            ChangeSetType="CREATE",
            TemplateBody="Resources: {F: {Type: AWS::SQS::Queue}}",
        )
        stacks.advance(1)
    first = stacks.call("ListStacks")
    names = [one["StackName"] for one in first["StackSummaries"]]
    assert names == [f"s{number:03d}" for number in range(100, 0, -1)]
    stacks.call("DeleteStack", StackName="s050")
    rest = stacks.call("ListStacks", NextToken=first["NextToken"])
    assert [one["StackName"] for one in rest["StackSummaries"]] == ["s000"]
    assert "NextToken" not in rest
