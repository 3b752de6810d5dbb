"""Stacks through the API.

Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.cloudformation.harness import Stacks

QUEUE = """
    Parameters:
      Espera: {Type: Number, Default: 30}
    Resources:
      Fila:
        Type: AWS::SQS::Queue
        Properties: {QueueName: pedidos, VisibilityTimeout: !Ref Espera}
    Outputs:
      Arn: {Value: !GetAtt Fila.Arn, Description: a fila, Export: {Name: fila-arn}}
"""
TWO = QUEUE.replace("Outputs:", "  Outra: {Type: AWS::SNS::Topic, DependsOn: Fila}\n    Outputs:")
ROLE = """
    Resources:
      Papel:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
"""


def given(**values: str) -> list[dict[str, Any]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def test_a_stack_is_created_beside_the_request(stacks: Stacks) -> None:
    held = stacks.do(lambda: stacks.hold())
    stack_id = stacks.call("CreateStack", StackName="filas", TemplateBody=QUEUE)["StackId"]
    (summary,) = stacks.call("ListStacks")["StackSummaries"]
    assert (summary["StackId"], summary["StackStatus"]) == (stack_id, "CREATE_IN_PROGRESS")
    stacks.do(held.set)
    assert stacks.stack()["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.aws.names("queue") == {"pedidos"}


def test_a_stack_says_what_it_is_made_of(stacks: Stacks) -> None:
    found = stacks.create(QUEUE, Tags=[{"Key": "time", "Value": "vendas"}], Parameters=given(Espera="7"))
    arn = "arn:aws:sqs:us-east-1:000000000000:pedidos"
    assert found["Outputs"] == [
        {"OutputKey": "Arn", "OutputValue": arn, "Description": "a fila", "ExportName": "fila-arn"}
    ]
    assert found["Parameters"] == [{"ParameterKey": "Espera", "ParameterValue": "7"}]
    assert found["Tags"] == [{"Key": "time", "Value": "vendas"}]
    (resource,) = stacks.call("DescribeStackResources", StackName=found["StackId"])["StackResources"]
    assert (resource["LogicalResourceId"], resource["ResourceStatus"]) == ("Fila", "CREATE_COMPLETE")
    (listed,) = stacks.call("ListStackResources", StackName="filas")["StackResourceSummaries"]
    one = stacks.call("DescribeStackResource", StackName="filas", LogicalResourceId="Fila")
    assert one["StackResourceDetail"]["PhysicalResourceId"] == listed["PhysicalResourceId"]
    assert listed["PhysicalResourceId"].endswith("/pedidos")
    (export,) = stacks.call("ListExports")["Exports"]
    assert export == {"ExportingStackId": found["StackId"], "Name": "fila-arn", "Value": arn}
    assert stacks.call("GetTemplate", StackName="filas")["TemplateBody"] == QUEUE.replace("\n    ", "\n")


def test_events_tell_what_happened_the_newest_first(stacks: Stacks) -> None:
    stacks.create(QUEUE, ClientRequestToken="meu")
    events = stacks.call("DescribeStackEvents", StackName="filas")["StackEvents"]
    assert [(e["LogicalResourceId"], e["ResourceStatus"]) for e in events] == [
        ("filas", "CREATE_COMPLETE"),
        ("Fila", "CREATE_COMPLETE"),
        ("Fila", "CREATE_IN_PROGRESS"),
        ("filas", "CREATE_IN_PROGRESS"),
    ]
    assert {e["ClientRequestToken"] for e in events} == {"meu"}
    assert events[-1]["ResourceStatusReason"] == "User Initiated"


def test_the_calls_of_a_deployment_follow_from_the_call_that_asked_for_it(stacks: Stacks) -> None:
    stacks.create(QUEUE)
    assert any(cause is not None for cause in stacks.causes)


def test_a_stack_is_updated_and_keeps_the_parameters_it_is_told_to_keep(stacks: Stacks) -> None:
    stacks.create(QUEUE, Parameters=given(Espera="7"))
    previous = [{"ParameterKey": "Espera", "UsePreviousValue": True}]
    found = stacks.update(TWO, Parameters=previous)
    assert found["StackStatus"] == "UPDATE_COMPLETE"
    assert found["Parameters"] == [{"ParameterKey": "Espera", "ParameterValue": "7"}]
    assert len(stacks.aws.names("topic")) == 1
    stacks.call("UpdateStack", StackName="filas", UsePreviousTemplate=True, Parameters=given(Espera="9"))
    assert stacks.stack()["Parameters"] == [{"ParameterKey": "Espera", "ParameterValue": "9"}]
    assert stacks.aws.things["queue", "pedidos"]["VisibilityTimeout"] == "9"


def test_an_update_without_changes_is_refused(stacks: Stacks) -> None:
    stacks.create(QUEUE)
    error = stacks.refused("UpdateStack", StackName="filas", TemplateBody=QUEUE)
    assert (error.code, error.message) == ("ValidationError", "No updates are to be performed.")
    more = QUEUE + "      Nome: {Value: novo}\n"
    assert [one["OutputKey"] for one in stacks.update(more)["Outputs"]] == ["Arn", "Nome"]


def test_a_creation_that_fails_is_rolled_back(stacks: Stacks) -> None:
    stacks.aws.refuse["CreateTopic"] = AwsError("InvalidParameter", "não")
    found = stacks.create(TWO)
    assert found["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.aws.names("queue") == set()
    assert stacks.statuses() == ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]
    events = stacks.call("DescribeStackEvents", StackName="filas")["StackEvents"]
    reasons = {(e["LogicalResourceId"], e["ResourceStatus"]): e.get("ResourceStatusReason") for e in events}
    assert reasons["Outra", "CREATE_FAILED"] == "InvalidParameter: não"
    assert reasons["filas", "ROLLBACK_IN_PROGRESS"] == (
        "The following resource(s) failed to create: [Outra]. Rollback requested by user."
    )
    error = stacks.refused("UpdateStack", StackName="filas", TemplateBody=QUEUE)
    assert "is in ROLLBACK_COMPLETE state and can not be updated." in error.message
    assert (
        stacks.refused("CreateStack", StackName="filas", TemplateBody=QUEUE).code == "AlreadyExistsException"
    )


def test_what_becomes_of_a_creation_that_fails_can_be_chosen(stacks: Stacks) -> None:
    stacks.aws.refuse["CreateTopic"] = AwsError("InvalidParameter", "não")
    assert stacks.create(TWO, DisableRollback=True)["StackStatus"] == "CREATE_FAILED"
    assert stacks.aws.names("queue") == {"pedidos"}
    del stacks.aws.refuse["CreateTopic"]
    assert stacks.update(TWO)["StackStatus"] == "UPDATE_COMPLETE"
    stacks.aws.refuse["CreateTopic"] = AwsError("InvalidParameter", "não")
    other = TWO.replace("pedidos", "outros").replace("fila-arn", "outra-arn")
    gone = stacks.call("CreateStack", StackName="b", TemplateBody=other, OnFailure="DELETE")["StackId"]
    assert stacks.stack(gone)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.aws.names("queue") == {"pedidos"}


def test_an_update_that_fails_goes_back(stacks: Stacks) -> None:
    stacks.create(QUEUE, Parameters=given(Espera="7"))
    stacks.aws.refuse["CreateTopic"] = AwsError("InvalidParameter", "não")
    found = stacks.update(TWO, Parameters=given(Espera="9"))
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert found["Parameters"] == [{"ParameterKey": "Espera", "ParameterValue": "7"}]
    assert stacks.aws.things["queue", "pedidos"]["VisibilityTimeout"] == "7"
    assert stacks.statuses()[-3:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    assert "Outra" not in stacks.call("GetTemplate", StackName="filas")["TemplateBody"]


def test_a_deleted_stack_is_known_by_its_id_alone(stacks: Stacks) -> None:
    stack_id = stacks.create(QUEUE)["StackId"]
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.stack(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.aws.names("queue") == set()
    error = stacks.refused("DescribeStacks", StackName="filas")
    assert (error.code, error.message) == ("ValidationError", "Stack with id filas does not exist")
    assert stacks.call("DeleteStack", StackName="filas", RetainResources=[]) == {}
    assert stacks.create(QUEUE)["StackId"] != stack_id


def test_a_stack_can_be_protected(stacks: Stacks) -> None:
    stacks.create(QUEUE, EnableTerminationProtection=True)
    assert "TerminationProtection is enabled" in stacks.refused("DeleteStack", StackName="filas").message
    stacks.call("UpdateTerminationProtection", StackName="filas", EnableTerminationProtection=False)
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.call("DescribeStacks")["Stacks"] == []


def test_a_stack_whose_export_is_imported_stays(stacks: Stacks) -> None:
    stacks.create(QUEUE)
    stacks.create(
        """
        Resources:
          T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue fila-arn}}
        """,
        "leitora",
    )
    assert stacks.call("ListImports", ExportName="fila-arn")["Imports"] == ["leitora"]
    stacks.call("DeleteStack", StackName="filas")
    found = stacks.stack()
    assert found["StackStatus"] == "DELETE_FAILED"
    assert "the stack leitora imports fila-arn" in found["StackStatusReason"]


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"TemplateBody": "Resources: ["}, "ValidationError", "Template format error"),
        ({}, "ValidationError", "Either Template URL or Template Body must be specified."),
        ({"TemplateBody": "Resources: {A: {Type: AWS::CloudFormation::Stack}}"}, "ValidationError", "A"),
        ({"TemplateBody": QUEUE, "Parameters": given(X="1")}, "ValidationError", "[X] do not exist in the"),
        (
            {"TemplateBody": QUEUE.replace(", Default: 30", "")},
            "ValidationError",
            "[Espera] must have values",
        ),
        ({"TemplateBody": ROLE}, "InsufficientCapabilitiesException", "[CAPABILITY_IAM]"),
        (
            {
                "TemplateBody": ROLE.replace("Ass", "RoleName: p\n          Ass"),
                "Capabilities": ["CAPABILITY_IAM"],
            },
            "InsufficientCapabilitiesException",
            "[CAPABILITY_NAMED_IAM]",
        ),
        (
            {"TemplateBody": "Transform: AWS::Serverless-2016-10-31\n" + QUEUE.replace("\n    ", "\n")},
            "InsufficientCapabilitiesException",
            "[CAPABILITY_AUTO_EXPAND]",
        ),
        ({"TemplateBody": QUEUE, "StackName": "nome ruim"}, "ValidationError", "nome ruim"),
        ({"TemplateBody": QUEUE, "TimeoutInMinutes": 3}, "NotImplemented", "TimeoutInMinutes"),
    ],
)
def test_what_is_wrong_is_told_at_once(stacks: Stacks, params: dict[str, Any], code: str, words: str) -> None:
    error = stacks.refused("CreateStack", **{"StackName": "filas", **params})
    assert error.code == code
    assert words in error.message
    assert stacks.call("ListStacks")["StackSummaries"] == []


def test_secrets_are_used_and_never_shown(stacks: Stacks) -> None:
    template = """
        Parameters: {Senha: {Type: String, NoEcho: true}}
        Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Senha}}}
        Outputs: {Senha: {Value: !Ref Senha}}
    """
    found = stacks.create(template, Parameters=given(Senha="s3gredo"))
    assert "s3gredo" not in repr(found)
    previous = [{"ParameterKey": "Senha", "UsePreviousValue": True}]
    more = template.replace("Outputs: {", "Outputs: {A: {Value: b}, ")
    assert "s3gredo" not in repr(stacks.update(more, Parameters=previous))
    (topic,) = [params for kind, params in stacks.aws.things.items() if kind[0] == "topic"]
    assert topic["DisplayName"] == "s3gredo"


def test_a_template_is_read_from_a_bucket(stacks: Stacks) -> None:
    stacks.buckets.objects["/modelos/f%C3%A1brica/fila.yaml"] = QUEUE.encode()
    for number, url in enumerate(
        (
            "https://s3.us-east-1.amazonaws.com/modelos/f%C3%A1brica/fila.yaml",
            "https://modelos.s3.amazonaws.com/f%C3%A1brica/fila.yaml",
        )
    ):
        stacks.call("CreateStack", StackName=f"s{number}", TemplateURL=url)
        assert stacks.stack(f"s{number}")["StackStatus"] == "CREATE_COMPLETE"
        stacks.call("DeleteStack", StackName=f"s{number}")
    error = stacks.refused("CreateStack", StackName="x", TemplateURL="https://s3.amazonaws.com/modelos/nada")
    assert "modelos/nada cannot be read" in error.message


def test_stacks_deployed_from_files_are_the_same_stacks(stacks: Stacks, tmp_path: Path) -> None:
    stacks.deploy_files(tmp_path, QUEUE, "arquivos")
    found = stacks.stack("arquivos")
    assert found["StackStatus"] == "CREATE_COMPLETE"
    assert found["Outputs"][0]["ExportName"] == "fila-arn"
    assert "AWS::SQS::Queue" in stacks.call("GetTemplate", StackName="arquivos")["TemplateBody"]
    assert "sandbox deploy" in stacks.refused("UpdateStack", StackName="arquivos", TemplateBody=TWO).message
    stacks.call("DeleteStack", StackName="arquivos")
    assert stacks.stack(found["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.aws.names("queue") == set()


def test_a_stack_from_files_that_could_not_be_deleted_says_so_until_it_is_deployed_again(
    stacks: Stacks, tmp_path: Path
) -> None:
    stacks.deploy_files(tmp_path, QUEUE, "arquivos")
    stacks.aws.refuse["DeleteQueue"] = AwsError("AccessDenied", "não")
    stacks.call("DeleteStack", StackName="arquivos")
    found = stacks.stack("arquivos")
    assert found["StackStatus"] == "DELETE_FAILED"
    assert found["StackStatusReason"] == "The following resource(s) failed to delete: [Fila]."
    stacks.aws.refuse.clear()
    stacks.advance(1)
    stacks.deploy_files(tmp_path, QUEUE, "arquivos")
    assert stacks.stack("arquivos")["StackStatus"] == "UPDATE_COMPLETE"


def test_stacks_outlive_a_stop_and_what_was_under_way_has_failed(stacks: Stacks) -> None:
    stacks.create(QUEUE)
    stacks.do(lambda: stacks.hold())
    other = QUEUE.replace("pedidos", "outros").replace("fila-arn", "outra-arn")
    stacks.call("CreateStack", StackName="parada", TemplateBody=other)
    stacks.run(stacks.service.stop)
    stacks.run(stacks.service.start)
    assert stacks.stack()["StackStatus"] == "CREATE_COMPLETE"
    found = stacks.stack("parada")
    assert found["StackStatus"] == "CREATE_FAILED"
    assert "stopped" in found["StackStatusReason"]
    stacks.release()
    stacks.call("DeleteStack", StackName="parada")
    assert stacks.stack(found["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_template_tells_what_it_declares(stacks: Stacks) -> None:
    summary = stacks.call("GetTemplateSummary", TemplateBody=QUEUE)
    assert summary["ResourceTypes"] == ["AWS::SQS::Queue"]
    assert summary["Parameters"] == [
        {
            "ParameterKey": "Espera",
            "DefaultValue": "30",
            "ParameterType": "Number",
            "NoEcho": False,
            "ParameterConstraints": {},
        }
    ]
    found = stacks.call("ValidateTemplate", TemplateBody=ROLE)
    assert found["Capabilities"] == ["CAPABILITY_IAM"]
    assert found["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Role]"
