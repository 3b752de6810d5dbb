"""What a template can be written with beside resources: includes, loops, rules, and what the CDK writes."""

from __future__ import annotations

import json

import pytest

from sandbox.errors import TemplateError
from tests.contract.deploy.harness import Bench

LOOPS = """
    Transform: AWS::LanguageExtensions
    Parameters:
      Nomes: {Type: CommaDelimitedList, Default: "a.b,c"}
    Mappings: {Tamanhos: {a: {n: "30"}}}
    Resources:
      Fn::ForEach::Filas:
        - Nome
        - !Ref Nomes
        - "Fila&{Nome}":
            Type: AWS::SQS::Queue
            Properties:
              QueueName: !Sub "${AWS::StackName}-&{Nome}"
              Tags: [{Key: nome, Value: !Ref Nome}]
      Medida:
        Type: AWS::SQS::Queue
        Properties:
          VisibilityTimeout: !FindInMap [Tamanhos, zz, n, {DefaultValue: 45}]
          DelaySeconds: !Length [x, y, z]
          RedrivePolicy: !ToJsonString {maxReceiveCount: 2, deadLetterTargetArn: !GetAtt Filaab.Arn}
    Outputs:
      Fn::ForEach::Saidas:
        - Nome
        - [ab, c]
        - "Url${Nome}": {Value: {Ref: "Fila${Nome}"}}
"""


def test_loops_and_the_other_language_extensions(bench: Bench) -> None:
    stack = bench.deploy(LOOPS)
    assert {action for action in bench.actions() if action[1].startswith("Fila")} == {
        ("create", "Filaab"),
        ("create", "Filac"),
    }
    made = {call["QueueName"]: call for call in bench.aws.made("CreateQueue")}
    assert [made[name]["tags"]["nome"] for name in ("demo-ab", "demo-c")] == ["a.b", "c"]
    (measured,) = [call["Attributes"] for name, call in made.items() if "Medida" in name]
    assert (measured["VisibilityTimeout"], measured["DelaySeconds"]) == ("45", "3")
    assert json.loads(measured["RedrivePolicy"])["deadLetterTargetArn"].endswith(":demo-ab")
    assert [output.name for output in stack.outputs] == ["Urlab", "Urlc"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "Fila&{Nome}",
            "Fila",
            "demo.yaml:7: resource Fn::ForEach::Filas cannot be deployed: it makes Fila more",
        ),
        ("!Ref Nomes\n", "!Ref Nones\n", "there is no parameter or resource Nones. Did you mean Nomes?"),
        ("!Ref Nomes\n", "texto\n", "it does not go over a list of texts"),
        ("- Nome\n        - !Ref", "- !Ref", "a loop is a list of 3"),
        ("Transform: AWS::LanguageExtensions\n", "\n", "Fn::ForEach"),
    ],
)
def test_mistakes_in_loops_are_told_at_the_loop(bench: Bench, old: str, new: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        bench.deploy(LOOPS.replace(old, new, 1))
    assert said in f"{caught.value.what}: {caught.value.why}"
    assert bench.aws.calls == []


def test_the_extensions_need_their_transform(bench: Bench) -> None:
    text = "Resources: {F: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Length [a]}}}"
    with pytest.raises(TemplateError, match="Fn::Length needs the transform AWS::LanguageExtensions"):
        bench.deploy(text)
    bench.deploy(f"Transform: AWS::LanguageExtensions\n{text}")


def test_a_file_is_included_where_the_template_names_it(bench: Bench) -> None:
    (bench.folder / "fila.yaml").write_text("DelaySeconds: 7\nTags: [{Key: a, Value: !Ref AWS::StackName}]\n")
    template = """
        Resources:
          Fila:
            Type: AWS::SQS::Queue
            Properties:
              QueueName: incluida
              Fn::Transform: {Name: AWS::Include, Parameters: {Location: fila.yaml}}
    """
    bench.deploy(template)
    (made,) = bench.aws.made("CreateQueue")
    assert (made["QueueName"], made["Attributes"], made["tags"]["a"]) == (
        "incluida",
        {"DelaySeconds": "7"},
        "demo",
    )
    for location, said in (
        ("nada.yaml", "nada.yaml: No such file"),
        ("s3://b/k", "s3://b/k is in S3, and only local files are included here"),
        ("!Sub 's3://${x}/k'", "its Location is not a text"),
    ):
        with pytest.raises(TemplateError, match=r"demo\.yaml:\d+: resource Fila") as caught:
            bench.deploy(template.replace("fila.yaml", location))
        assert said in caught.value.why
    with pytest.raises(TemplateError, match="the macro Outra is not implemented"):
        bench.deploy(template.replace("AWS::Include", "Outra"))


RULES = """
    Parameters:
      Fase: {Type: String, Default: dev}
      Tamanho: {Type: String, Default: pequeno}
      Zonas: {Type: CommaDelimitedList, Default: "a,b"}
    Rules:
      Producao:
        RuleCondition: !Equals [!Ref Fase, prod]
        Assertions:
          - Assert: {"Fn::Contains": [[grande, enorme], !Ref Tamanho]}
            AssertDescription: produção quer mais
      Zonas:
        Assertions: [{Assert: {"Fn::EachMemberIn": [!Ref Zonas, [a, b, c]]}}]
    Resources: {Fila: {Type: AWS::SQS::Queue}}
"""


def test_rules_are_checked_before_anything_is_deployed(bench: Bench) -> None:
    bench.parameters = {"Fase": "prod", "Zonas": "a,z"}
    with pytest.raises(TemplateError) as caught:
        bench.deploy(RULES)
    assert "rule Producao, Assertions[0]: produção quer mais" in caught.value.why
    assert "rule Zonas, Assertions[0]: an assertion of the rule does not hold" in caught.value.why
    assert bench.aws.calls == []
    bench.parameters = {"Fase": "prod", "Tamanho": "enorme"}
    bench.deploy(RULES)
    bench.parameters = {}
    bench.deploy(RULES)
    with pytest.raises(TemplateError, match="Fn::Contains is a function of rules only"):
        bench.deploy(RULES.replace("SQS::Queue}", 'SQS::Queue, Properties: {X: {"Fn::Contains": [[a], a]}}}'))
    with pytest.raises(TemplateError, match="Fn::RefAll is not implemented"):
        bench.deploy(RULES.replace("Fn::EachMemberIn", "Fn::RefAll"))


CDK = {
    "Parameters": {
        "BootstrapVersion": {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": "/cdk-bootstrap/hnb659fds/version",
        }
    },
    "Rules": {
        "CheckBootstrapVersion": {
            "Assertions": [
                {
                    "Assert": {
                        "Fn::Not": [
                            {"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}
                        ]
                    },
                    "AssertDescription": "CDK bootstrap stack version 6 required.",
                }
            ]
        }
    },
    "Conditions": {"CDKMetadataAvailable": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}},
    "Resources": {
        "CDKMetadata": {
            "Type": "AWS::CDK::Metadata",
            "Properties": {"Analytics": "v2:deflate64:x"},
            "Condition": "CDKMetadataAvailable",
        },
        "Handler886CB40B": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {
                    "S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},
                    "S3Key": "3f1c.zip",
                },
                "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/r",
                "Runtime": "python3.13",
            },
            "Metadata": {
                "aws:cdk:path": "App/Handler/Resource",
                "aws:asset:path": "asset.3f1c",
                "aws:asset:is-bundled": False,
                "aws:asset:property": "Code",
            },
        },
    },
}


def test_what_the_cdk_synthesises_is_deployed_from_its_folder(bench: Bench) -> None:
    (bench.folder / "asset.3f1c").mkdir()
    bench.deploy(json.dumps(CDK))
    (function,) = bench.aws.made("CreateFunction")
    code = bench.folder.resolve() / "asset.3f1c"
    assert function["Code"] == {"S3Bucket": "hot-reload", "S3Key": str(code)}
    assert bench.actions() == [("create", "Handler886CB40B")]
    assert not bench.aws.made("GetParameter")


def test_all_properties_that_are_refused_are_told_together(bench: Bench) -> None:
    with pytest.raises(TemplateError) as caught:
        bench.deploy("""
            Resources:
              Balde:
                Type: AWS::S3::Bucket
                Properties: {CorsConfiguration: {}, WebsiteConfiguration: {}, Nome: x}
              Fila: {Type: AWS::SQS::Queue, Properties: {Nome: x}}
              Rede: {Type: AWS::S3::Bucket, Properties: {BucketName: x}}
        """)
    assert "4 problems; nothing was deployed" in caught.value.what
