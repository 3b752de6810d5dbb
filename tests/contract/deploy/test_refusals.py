"""What Lambda refuses is refused of a template before anything is made, and only where it is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.engines.embedded.refusals import refusal
from sandbox.errors import TemplateError
from tests.contract.deploy.harness import Bench

TEMPLATE = """
    Parameters: {Rede: {Type: String, Default: "nao"}}
    Conditions: {NaRede: !Equals [!Ref Rede, sim]}
    Resources:
      Fila: {Type: AWS::SQS::Queue}
      Fn:
        Type: AWS::Lambda::Function
        Properties:
          Code: {ZipFile: x}
          Runtime: python3.13
          Handler: index.handler
          Role: arn:aws:iam::000000000000:role/r
          KmsKeyArn: !If [NaRede, k, !Ref AWS::NoValue]
      Origem:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          FunctionName: !Ref Fn
          EventSourceArn: arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x
          StartingPosition: LATEST
          TumblingWindowInSeconds: !If [NaRede, 30, 0]
"""


def test_what_conditions_leave_out_is_not_refused_and_what_they_leave_in_is(bench: Bench) -> None:
    bench.refusal = refusal
    bench.parameters = {"Rede": "sim"}
    with pytest.raises(TemplateError) as caught:
        bench.deploy(TEMPLATE)
    assert "2 problems; nothing was deployed" in caught.value.what
    assert "resource Fn: KmsKeyArn of a function" in caught.value.why
    assert "resource Origem: TumblingWindowInSeconds" in caught.value.why
    assert bench.aws.calls == []
    bench.parameters = {}
    bench.deploy(TEMPLATE)
    assert bench.aws.made("CreateFunction")


def test_an_engine_is_not_asked_for_what_conditions_leave_out(bench: Bench) -> None:
    bench.unsupported = lambda type_, _: "it has no topics" if type_ == "AWS::SNS::Topic" else None
    template = """
        Parameters: {Fase: {Type: String, Default: dev}}
        Conditions: {Producao: !Equals [!Ref Fase, prod]}
        Resources:
          Fila: {Type: AWS::SQS::Queue}
          Avisos: {Type: AWS::SNS::Topic, Condition: Producao}
    """
    bench.deploy(template)
    assert bench.actions() == [("create", "Fila")]
    bench.parameters = {"Fase": "prod"}
    with pytest.raises(TemplateError, match="it has no topics"):
        bench.deploy(template)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"VpcConfig": {"SubnetIds": ["s"], "SecurityGroupIds": ["g"]}}, None),
        ({"KmsKeyArn": ""}, None),
        ({"KmsKeyArn": "arn:k"}, "KmsKeyArn"),
        ({"SnapStart": {"ApplyOn": "None"}}, None),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, "SnapStart"),
    ],
    ids=json.dumps,
)
def test_properties_of_functions(properties: dict[str, Any], said: str | None) -> None:
    reason = refusal("AWS::Lambda::Function", properties)
    assert reason is None if said is None else said in str(reason)


@pytest.mark.parametrize(
    "properties",
    [
        {"GroupDescription": "as funções"},
        {"GroupDescription": "the customers' group"},
        {"GroupDescription": "g" * 256},
        {"GroupDescription": "g", "GroupName": "grupo-é"},
        {
            "GroupDescription": "g",
            "SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8", "Description": "não"}],
        },
    ],
)
def test_what_ec2_does_not_take_of_names_and_descriptions(bench: Bench, properties: dict[str, Any]) -> None:
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}
    with pytest.raises(TemplateError) as caught:
        bench.deploy(json.dumps({"Resources": {"Grupo": group}}))
    assert "less than 256 characters from a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*" in caught.value.why
    assert bench.aws.calls == []
