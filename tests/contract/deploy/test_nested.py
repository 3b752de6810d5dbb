"""Stacks within stacks, of files beside each other: as they are before anything is packaged."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from sandbox.deploy.errors import DeployError
from sandbox.errors import TemplateError
from sandbox.model.awserror import AwsError
from tests.contract.deploy.harness import Bench

CHILD = """
    Transform: AWS::Serverless-2016-10-31
    Parameters: {Nome: {Type: String, Default: um}}
    Resources:
      Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nome}}
      Funcao:
        Type: AWS::Serverless::Function
        Properties: {Runtime: python3.13, Handler: app.handler, CodeUri: codigo/}
    Outputs: {Arn: {Value: !GetAtt Fila.Arn}}
"""
PARENT = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Filha:
        Type: AWS::Serverless::Application
        Properties: {Location: dentro/filha.yaml, Parameters: {Nome: dois}}
    Outputs: {Arn: {Value: !GetAtt Filha.Outputs.Arn}}
"""
PLAIN = """
    Resources: {Filha: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: dentro/filha.yaml}}}
"""


@pytest.fixture
def family(bench: Bench) -> Bench:
    """A folder with a template and its code, for another template to name."""
    bench.cache = bench.folder / "cache"
    inner = bench.folder / "dentro"
    (inner / "codigo").mkdir(parents=True)
    (inner / "codigo" / "app.py").write_text("def handler(event, context): pass")
    (inner / "filha.yaml").write_text(dedent(CHILD))
    return bench


def test_an_application_of_a_template_beside_is_a_stack(family: Bench) -> None:
    stack = family.deploy(PARENT)
    assert stack.outputs[0].value == "arn:aws:sqs:us-east-1:000000000000:dois"
    (function,) = family.aws.made("CreateFunction")
    assert function["Code"]["S3Key"] == str((family.folder / "dentro" / "codigo").resolve())
    names = [one.name for one in family.deployer().stacks()]
    assert len(names) == 2
    assert names[1].startswith("demo-Filha-")
    family.deploy(PARENT)
    assert family.actions() == []


def test_an_edit_of_the_template_beside_is_a_change(family: Bench) -> None:
    family.deploy(PLAIN)
    (family.folder / "dentro" / "filha.yaml").write_text(dedent(CHILD).replace("um", "tres"))
    family.deploy(PLAIN)
    assert ("replace", "Fila") in family.actions()
    assert family.aws.names("queue") == {"tres"}


def test_an_edit_of_what_lies_deeper_is_a_change(family: Bench) -> None:
    (family.folder / "media.yaml").write_text(dedent(PLAIN))
    outer = PLAIN.replace("dentro/filha.yaml", "media.yaml")
    family.deploy(outer)
    family.deploy(outer)
    assert family.actions() == []
    (family.folder / "dentro" / "filha.yaml").write_text(dedent(CHILD).replace("um", "tres"))
    family.deploy(outer)
    assert ("replace", "Fila") in family.actions()
    family.deploy(outer)
    assert family.actions() == []


def test_an_edit_of_code_that_a_version_within_is_of_is_a_change(family: Bench) -> None:
    alias = "        Properties: {AutoPublishAlias: viva, "
    text = dedent(CHILD.replace("        Properties: {Runtime", alias + "Runtime"))
    (family.folder / "dentro" / "filha.yaml").write_text(text)
    family.deploy(PLAIN)
    assert len(family.aws.made("PublishVersion")) == 1
    (family.folder / "dentro" / "codigo" / "app.py").write_text("def handler(event, context): return 2222")
    family.deploy(PLAIN)
    assert len(family.aws.made("PublishVersion")) == 2


def test_a_start_deploys_the_outermost_stack_alone(family: Bench) -> None:
    family.deploy(PLAIN)
    assert [stack.name for stack in family.deployer().outermost()] == ["demo"]
    assert [bool(stack.system) for stack in family.deployer().stacks()] == [True, False]


def test_it_goes_with_the_one_that_holds_it(family: Bench) -> None:
    family.deploy(PLAIN)
    family.delete()
    assert family.deployer().stacks() == []
    assert family.aws.names("queue") == family.aws.names("function") == set()


def test_a_first_deployment_that_fails_within_is_taken_back(family: Bench) -> None:
    family.aws.refuse["CreateFunction"] = AwsError("AccessDenied", "não")
    with pytest.raises(DeployError, match="Filha") as caught:
        family.deploy(PLAIN)
    assert "AccessDenied: não" in caught.value.why
    assert family.deployer().stacks() == []
    assert family.aws.names("queue") == set()


def test_a_template_that_is_not_there_is_told_by_its_path(bench: Bench) -> None:
    with pytest.raises(TemplateError, match="Filha") as caught:
        bench.deploy(PLAIN)
    assert "dentro/filha.yaml cannot be read" in caught.value.why


def test_a_nested_stack_of_the_cdk_needs_no_bucket(family: Bench) -> None:
    url = {"Fn::Join": ["", ["https://s3.us-east-1.", {"Ref": "AWS::URLSuffix"}, "/cdk-assets/a.json"]]}
    metadata = {"aws:asset:path": "dentro/filha.yaml", "aws:asset:property": "TemplateURL"}
    body = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}, "Metadata": metadata}
    family.deploy(json.dumps({"Resources": {"Filha": body}}))
    assert family.aws.names("queue") == {"um"}
