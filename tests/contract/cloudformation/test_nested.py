"""Stacks within stacks.

Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.cloudformation.harness import Stacks

CHILD = """
    Description: a de dentro
    Parameters:
      Nome: {Type: String}
      Senha: {Type: String, NoEcho: true, Default: nenhuma}
    Resources:
      Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nome}}
      CDKMetadata: {Type: AWS::CDK::Metadata, Properties: {Analytics: v2}}
    Outputs:
      Arn: {Value: !GetAtt Fila.Arn}
"""
PARENT = """
    Parameters:
      Nome: {Type: String, Default: um}
      Quebra: {Type: String, Default: nao}
      Senha: {Type: String, Default: secretissima, NoEcho: true}
    Conditions: {Quebra: !Equals [!Ref Quebra, sim]}
    Resources:
      Filha:
        Type: AWS::CloudFormation::Stack
        Properties:
          TemplateURL: https://s3.us-east-1.amazonaws.com/modelos/filha.yaml
          Parameters: {Nome: !Ref Nome, Senha: !Ref Senha}
          Tags: [{Key: time, Value: vendas}]
      Aviso:
        Type: AWS::SSM::Parameter
        Properties: {Type: String, Name: p, Value: !GetAtt Filha.Outputs.Arn}
      T: {Type: AWS::SNS::Topic, Condition: Quebra, DependsOn: Filha}
    Outputs:
      Arn: {Value: !GetAtt Filha.Outputs.Arn}
      Filha: {Value: !Ref Filha}
"""
DENIED = AwsError("AccessDenied", "não")


def upload(stacks: Stacks, text: str, name: str = "filha.yaml") -> None:
    """Puts a template where nested stacks find theirs."""
    stacks.aws.things["object", f"modelos/{name}"] = {"Body": dedent(text).encode()}


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


@pytest.fixture
def family(stacks: Stacks) -> Stacks:
    """A parent with its child."""
    upload(stacks, CHILD)
    assert stacks.create(PARENT)["StackStatus"] == "CREATE_COMPLETE"
    return stacks


def child(stacks: Stacks) -> dict[str, Any]:
    """The nested stack."""
    return stacks.stack(outputs(stacks.stack())["Filha"])


def test_a_stack_within_a_stack_is_a_stack(family: Stacks) -> None:
    parent, inner = family.stack(), child(family)
    assert inner["StackName"].startswith("filas-Filha-")
    assert inner["StackStatus"] == "CREATE_COMPLETE"
    assert inner["Description"] == "a de dentro"
    assert inner["ParentId"] == inner["RootId"] == parent["StackId"]
    assert inner["Tags"] == [{"Key": "time", "Value": "vendas"}]
    assert {"ParameterKey": "Senha", "ParameterValue": "****"} in inner["Parameters"]
    assert "secretissima" not in repr(inner)
    assert "ParentId" not in parent
    arn = "arn:aws:sqs:us-east-1:000000000000:um"
    assert outputs(parent)["Arn"] == outputs(inner)["Arn"] == arn
    assert family.aws.things["parameter", "p"]["Value"] == arn
    one = family.call("DescribeStackResource", StackName="filas", LogicalResourceId="Filha")
    assert one["StackResourceDetail"]["PhysicalResourceId"] == inner["StackId"]
    body = family.call("GetTemplate", StackName=inner["StackName"])["TemplateBody"]
    assert body == dedent(CHILD)
    assert family.statuses(inner["StackName"]) == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert family.statuses(inner["StackName"], "Fila") == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert family.statuses(logical_id="Filha") == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    listed = {one["StackName"]: one.get("RootId") for one in family.call("ListStacks")["StackSummaries"]}
    assert listed == {"filas": None, inner["StackName"]: parent["StackId"]}


def test_its_parameters_change_it(family: Stacks) -> None:
    before = child(family)["StackId"]
    assert family.update(PARENT, Parameters=given(Nome="dois"))["StackStatus"] == "UPDATE_COMPLETE"
    inner = child(family)
    assert (inner["StackId"], inner["StackStatus"]) == (before, "UPDATE_COMPLETE")
    assert family.aws.names("queue") == {"dois"}
    assert family.aws.things["parameter", "p"]["Value"].endswith(":dois")


def test_another_template_at_the_same_url_changes_it(family: Stacks) -> None:
    upload(family, CHILD + "      Nome: {Value: !Ref Nome}\n")
    more = PARENT + "      Nome: {Value: !GetAtt Filha.Outputs.Nome}\n"
    assert outputs(family.update(more))["Nome"] == "um"
    assert family.refused("UpdateStack", StackName="filas", TemplateBody=dedent(more)).message == (
        "No updates are to be performed."
    )


def test_it_goes_with_its_parent(family: Stacks) -> None:
    inner = child(family)["StackId"]
    family.call("DeleteStack", StackName="filas")
    assert family.call("DescribeStacks")["Stacks"] == []
    found = family.stack(inner)
    assert found["StackStatus"] == "DELETE_COMPLETE"
    assert "DeletionTime" in found
    assert family.aws.names("queue") == set()


def test_it_goes_when_the_template_no_longer_has_it(family: Stacks) -> None:
    inner = child(family)["StackId"]
    found = family.update("Resources: {Eu: {Type: AWS::SQS::Queue, Properties: {QueueName: eu}}}")
    assert found["StackStatus"] == "UPDATE_COMPLETE"
    assert family.stack(inner)["StackStatus"] == "DELETE_COMPLETE"
    assert family.aws.names("queue") == {"eu"}


def test_a_child_that_fails_takes_its_parent_back(stacks: Stacks) -> None:
    upload(stacks, CHILD)
    stacks.aws.refuse["CreateQueue"] = DENIED
    found = stacks.create(PARENT)
    assert found["StackStatus"] == "ROLLBACK_COMPLETE"
    events = stacks.call("DescribeStackEvents", StackName="filas")["StackEvents"]
    failed = next(event for event in events if event["ResourceStatus"] == "CREATE_FAILED")
    assert failed["LogicalResourceId"] == "Filha"
    assert "was not successfully created" in failed["ResourceStatusReason"]
    assert "AccessDenied: não" in failed["ResourceStatusReason"]
    inner = next(one for one in stacks.call("ListStacks")["StackSummaries"] if one.get("ParentId"))
    assert inner["StackStatus"] == "DELETE_COMPLETE"
    told = [
        event["ResourceStatus"]
        for event in stacks.call("DescribeStackEvents", StackName=inner["StackId"])["StackEvents"]
    ]
    assert told[0] == "DELETE_COMPLETE"
    assert "CREATE_FAILED" in told


def test_going_back_takes_the_child_back_too(family: Stacks) -> None:
    family.aws.refuse["CreateTopic"] = DENIED
    made = len(family.aws.made("CreateQueue"))
    found = family.update(PARENT, Parameters=given(Nome="dois", Quebra="sim"))
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    inner = child(family)
    assert inner["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert family.aws.names("queue") == {"um"}
    assert [q["QueueName"] for q in family.aws.made("CreateQueue")][made:] == ["dois"], "the old one stayed"
    assert family.statuses(inner["StackName"])[2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]


def test_a_change_that_fails_within_is_taken_back(family: Stacks) -> None:
    upload(family, CHILD.replace("Outputs:", "  T: {Type: AWS::SNS::Topic, DependsOn: Fila}\n    Outputs:"))
    family.aws.refuse["CreateTopic"] = DENIED
    found = family.update(PARENT, Parameters=given(Nome="dois"))
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert family.aws.names("queue") == {"um"}
    inner = child(family)
    body = family.call("GetTemplate", StackName=inner["StackName"])["TemplateBody"]
    assert body == dedent(CHILD), "though its URL gives another one now"
    assert family.statuses(inner["StackName"])[2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]


def test_stacks_go_as_deep_as_they_like(stacks: Stacks) -> None:
    upload(stacks, CHILD)
    upload(stacks, PARENT, "mae.yaml")
    url = "https://modelos.s3.amazonaws.com/mae.yaml"
    found = stacks.create(
        f"""
        Resources:
          Mae: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: "{url}"}}}}
        Outputs: {{Arn: {{Value: !GetAtt Mae.Outputs.Arn}}}}
        """
    )
    assert outputs(found)["Arn"].endswith(":um")
    inner = [one for one in stacks.call("DescribeStacks")["Stacks"] if "ParentId" in one]
    assert {one["RootId"] for one in inner} == {found["StackId"]}
    assert len({one["ParentId"] for one in inner}) == 2
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.call("DescribeStacks")["Stacks"] == []
    assert stacks.aws.names("queue") == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "modelos/filha.yaml cannot be read"),
        ("Resources: [", "filha.yaml"),
        ("Resources: {A: {Type: AWS::StepFunctions::StateMachine}}", "resource A: AWS::StepFunctions"),
    ],
)
def test_what_is_wrong_within_is_told_at_once(stacks: Stacks, text: str | None, said: str) -> None:
    if text is not None:
        upload(stacks, text)
    error = stacks.refused("CreateStack", StackName="filas", TemplateBody=dedent(PARENT))
    assert said in error.message
    assert stacks.call("ListStacks")["StackSummaries"] == []


def test_an_output_that_is_not_there_fails_who_asks_for_it(stacks: Stacks) -> None:
    upload(stacks, CHILD)
    assert (
        stacks.create(PARENT.replace("Outputs.Arn}\n      T", "Outputs.Nada}\n      T"))["StackStatus"]
        == "ROLLBACK_COMPLETE"
    )
    events = stacks.call("DescribeStackEvents", StackName="filas")["StackEvents"]
    assert any("Output 'Nada' not found" in event.get("ResourceStatusReason", "") for event in events)


def test_files_are_templates_of_uploaded_stacks_never(stacks: Stacks) -> None:
    local = PARENT.replace("https://s3.us-east-1.amazonaws.com/modelos/", "")
    error = stacks.refused("CreateStack", StackName="filas", TemplateBody=dedent(local))
    assert "filha.yaml is not the URL of an object in S3" in error.message


def test_what_cannot_be_cleaned_up_does_not_take_an_update_back(stacks: Stacks) -> None:
    upload(stacks, CHILD)
    stacks.create(PARENT)
    stacks.aws.refuse["DeleteQueue"] = DENIED
    found = stacks.update(PARENT, Parameters=given(Nome="dois"))
    assert found["StackStatus"] == "UPDATE_COMPLETE"
    assert found["StackStatusReason"] == "Update successful. One or more resources could not be deleted."
    assert stacks.aws.names("queue") == {"um", "dois"}
