"""The SAM transform: in a child of its own, cached by content."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.deploy.warming import warm
from sandbox.errors import TemplateError
from tests.contract.deploy.harness import Bench

FUNCTION = """
    Transform: AWS::Serverless-2016-10-31
    Parameters: {Senha: {Type: String, NoEcho: true, Default: hunter22}}
    Resources:
      Fn:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: code/
          Handler: app.handler
          Runtime: python3.13
          Policies: [AmazonSQSReadOnlyAccess]
          Environment: {Variables: {SENHA: !Ref Senha}}
          Events:
            Minuto: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
"""


PUBLISHED = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Fn:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: code/
          Handler: app.handler
          Runtime: python3.13
          AutoPublishAlias: live
          Layers: [!Ref Camada]
      Camada:
        Type: AWS::Serverless::LayerVersion
        Properties: {ContentUri: code/, CompatibleRuntimes: [python3.13]}
"""


EVENTS = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: mortas}}
      Fn:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: code/
          Handler: app.handler
          Runtime: python3.13
          Events:
            Regra:
              Type: EventBridgeRule
              Properties:
                Pattern: {source: [loja]}
                InputPath: $.detail
                RetryPolicy: {MaximumRetryAttempts: 3}
                DeadLetterConfig: {Arn: !GetAtt Fila.Arn}
            Agenda:
              Type: Schedule
              Properties: {Schedule: rate(5 minutes), Input: '{"n": 1}', Enabled: false}
            Agenda2:
              Type: ScheduleV2
              Properties:
                Name: fechamento
                ScheduleExpression: cron(0 18 ? * MON-FRI *)
                ScheduleExpressionTimezone: America/Sao_Paulo
                FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 10}
                RetryPolicy: {MaximumRetryAttempts: 2}
                Input: '{"n": 2}'
"""


BUCKET = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Fotos: {Type: AWS::S3::Bucket, Properties: {BucketName: fotos}}
      Fn:
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: miniatura
          CodeUri: code/
          Handler: app.handler
          Runtime: python3.13
          Events:
            Foto:
              Type: S3
              Properties:
                Bucket: !Ref Fotos
                Events: [s3:ObjectCreated:*, s3:ObjectRemoved:Delete]
                Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
"""


@pytest.fixture
def cached(bench: Bench) -> Bench:
    bench.cache = bench.folder / "cache"
    (bench.folder / "code").mkdir()
    (bench.folder / "code" / "app.py").write_text("def handler(event, context): return 1")
    return bench


def test_a_function_with_its_role_and_schedule_and_a_cache_without_secrets(cached: Bench) -> None:
    cached.deploy(FUNCTION)
    (function,) = cached.aws.made("CreateFunction")
    assert function["Environment"] == {"Variables": {"SENHA": "hunter22"}}
    assert function["Role"].startswith("arn:aws:iam::000000000000:role/demo-FnRole-")
    attached = [call["PolicyArn"] for call in cached.aws.made("AttachRolePolicy")]
    assert "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess" in attached
    assert cached.aws.made("PutRule")[0]["ScheduleExpression"] == "rate(1 minute)"

    (stored,) = (cached.folder / "cache").iterdir()
    text = stored.read_text()
    assert "hunter22" not in text
    assert str(cached.folder) not in text
    # What is in the cache is taken: a mark put there shows in the next deployment.
    stored.write_text(text.replace("rate(1 minute)", "rate(2 minutes)"))
    cached.deploy(FUNCTION)
    assert cached.actions() == [("update", "FnMinuto")]
    stored.write_text("{ torn")
    cached.deploy(FUNCTION)
    assert cached.actions() == [("update", "FnMinuto")]


def test_mistakes_are_told_at_the_resource(cached: Bench) -> None:
    with pytest.raises(TemplateError) as caught:
        cached.deploy(FUNCTION.replace("Handler: app.handler", "Hendler: app.handler"))
    assert "demo.yaml:5: resource Fn" in caught.value.what
    assert "Hendler" in caught.value.why
    assert cached.aws.calls == []
    assert not (cached.folder / "cache").exists()


def test_made_resources_that_are_not_supported_point_to_their_origin(cached: Bench) -> None:
    rule = "Coisa: {Type: IoTRule, Properties: {Sql: SELECT 1}}"
    with pytest.raises(TemplateError) as caught:
        cached.deploy(FUNCTION.replace("Minuto:", f"{rule}\n            Minuto:"))
    assert "the type AWS::IoT::TopicRule is not implemented" in str(caught.value)
    assert "demo.yaml:5" in str(caught.value)


PREFERENCE = """
          AutoPublishAlias: live
          DeploymentPreference:
            Type: Canary10Percent5Minutes
            Alarms: [!Ref Alarme]
            Hooks: {PreTraffic: !Ref Fn}
          Handler:"""


def test_an_alias_with_a_deployment_preference_moves_at_once_which_is_told(cached: Bench) -> None:
    alarm = """
      Alarme:
        Type: AWS::CloudWatch::Alarm
        Properties: {ComparisonOperator: LessThanThreshold, EvaluationPeriods: 1, MetricName: E, Namespace: X}
"""
    cached.deploy(FUNCTION.replace("\n          Handler:", PREFERENCE) + alarm)
    assert [call["Name"] for call in cached.aws.made("CreateAlias")] == ["live"]
    (notice,) = [event.detail for event in cached.events if event.kind == "notice"]
    assert notice == (
        "Fn: DeploymentPreference Canary10Percent5Minutes: its alias moves to a new version at once; "
        "no hooks run and no alarms are watched"
    )


def test_types_of_sam_that_are_refused_are_all_named_before_anything_is_deployed(cached: Bench) -> None:
    with pytest.raises(TemplateError) as caught:
        cached.deploy("""
            Transform: AWS::Serverless-2016-10-31
            Resources:
              Fluxo: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: fluxo.asl.json}}
              Grafo: {Type: AWS::Serverless::GraphQLApi, Properties: {SchemaUri: s.graphql}}
              Filha: {Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: a}}}
              Cano: {Type: AWS::Pipes::Pipe, Properties: {Source: a}}
              Gente: {Type: AWS::Cognito::UserPool}
              Fila: {Type: AWS::SQS::Queue}
        """)
    assert "5 problems; nothing was deployed" in caught.value.what
    for said in (
        "resource Fluxo: AWS::Serverless::StateMachine: state machines are not implemented",
        "resource Grafo: AWS::Serverless::GraphQLApi: GraphQL APIs are not implemented",
        "resource Filha: AWS::Serverless::Application: there is no Serverless Application Repository here",
        "resource Cano: AWS::Pipes::Pipe: pipes are not implemented",
        "resource Gente: the type AWS::Cognito::UserPool is not implemented.\n",
    ):
        assert said in caught.value.why
    assert cached.aws.calls == []


def test_warming_tells_the_runtimes_that_parameters_choose(cached: Bench) -> None:
    chosen = FUNCTION.replace("Runtime: python3.13", "Runtime: !Ref Runtime").replace(
        "Parameters: {", "Parameters: {Runtime: {Type: String, Default: python3.11}, "
    )
    assert cached.cache is not None
    assert asyncio.run(warm(cached.system(chosen), cached.cache)) == {"python3.11"}
    assert asyncio.run(warm(cached.system(FUNCTION), cached.cache)) == {"python3.13"}


def test_warming_makes_the_first_deployment_need_no_translator(cached: Bench) -> None:
    assert cached.cache
    asyncio.run(warm(cached.system(FUNCTION), cached.cache))
    (stored,) = (cached.folder / "cache").iterdir()
    before = stored.stat().st_mtime_ns
    cached.deploy(FUNCTION)
    assert stored.stat().st_mtime_ns == before


def test_importing_the_deployer_loads_no_translator_and_no_sdk() -> None:
    code = "import sys, sandbox.deploy.deployer as d; print(*{n.split('.')[0] for n in sys.modules})"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         cwd=Path(__file__).parents[3])  # fmt: skip
    assert not {"samtranslator", "boto3", "botocore", "psycopg", "moto"} & set(out.stdout.split())


def test_changed_code_is_published_and_its_alias_follows(cached: Bench) -> None:
    cached.deploy(PUBLISHED)
    (layer,) = cached.aws.made("PublishLayerVersion")
    assert layer["Content"] == {"S3Bucket": "hot-reload", "S3Key": str((cached.folder / "code").resolve())}
    assert cached.aws.made("CreateFunction")[0]["Layers"] == list(cached.aws.names("layer"))
    assert len(cached.aws.made("PublishVersion")) == 1
    cached.deploy(PUBLISHED)
    assert len(cached.aws.made("PublishVersion")) == 1
    (cached.folder / "code" / "app.py").write_text("def handler(event, context): return 2")
    cached.deploy(PUBLISHED)
    assert len(cached.aws.made("PublishVersion")) == 2
    created, updated = cached.aws.made("CreateAlias")[0], cached.aws.made("UpdateAlias")[0]
    assert (created["Name"], updated["Name"]) == ("live", "live")
    assert created["FunctionVersion"] != updated["FunctionVersion"]


def test_the_event_sources_of_eventbridge(cached: Bench) -> None:
    cached.deploy(EVENTS)
    pattern, schedule = sorted(cached.aws.made("PutRule"), key=lambda rule: "ScheduleExpression" in rule)
    assert (pattern["EventPattern"], schedule["State"]) == ('{"source": ["loja"]}', "DISABLED")
    targets = [target for params in cached.aws.made("PutTargets") for target in params["Targets"]]
    by_input = {target.get("Input"): target for target in targets}
    assert by_input[None]["InputPath"] == "$.detail"
    assert by_input[None]["RetryPolicy"] == {"MaximumRetryAttempts": 3}
    assert by_input[None]["DeadLetterConfig"]["Arn"].endswith(":mortas")
    assert '{"n": 1}' in by_input
    (made,) = cached.aws.made("CreateSchedule")
    assert made["Name"] == "fechamento"
    assert made["ScheduleExpressionTimezone"] == "America/Sao_Paulo"
    assert made["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}
    assert made["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 2}
    assert made["Target"]["RoleArn"].startswith("arn:aws:iam::")


TOPICS = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Notas: {Type: AWS::SNS::Topic, Properties: {TopicName: notas}}
      Mortas: {Type: AWS::SQS::Queue, Properties: {QueueName: mortas}}
      Fn:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: code/
          Handler: app.handler
          Runtime: python3.13
          Events:
            Direto:
              Type: SNS
              Properties:
                Topic: !Ref Notas
                FilterPolicy: {tipo: [criada]}
                RedrivePolicy: {deadLetterTargetArn: !GetAtt Mortas.Arn}
            PorFila:
              Type: SNS
              Properties: {Topic: !Ref Notas, SqsSubscription: true}
"""


def test_a_function_subscribes_to_a_topic_itself_and_by_a_queue(cached: Bench) -> None:
    cached.deploy(TOPICS)
    topic = "arn:aws:sns:us-east-1:000000000000:notas"
    by_protocol = {call["Protocol"]: call for call in cached.aws.made("Subscribe")}
    direct = by_protocol["lambda"]
    assert direct["TopicArn"] == by_protocol["sqs"]["TopicArn"] == topic
    assert direct["Attributes"] == {
        "FilterPolicy": '{"tipo": ["criada"]}',
        "RedrivePolicy": '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:mortas"}',
    }
    permissions = cached.aws.made("AddPermission")
    assert [(call["Principal"], call["SourceArn"]) for call in permissions] == [("sns.amazonaws.com", topic)]
    assert len(cached.aws.made("CreateEventSourceMapping")) == 1
    cached.delete()
    assert cached.aws.names("subscription") == set()


def test_a_function_that_a_bucket_notifies(cached: Bench) -> None:
    cached.deploy(BUCKET)
    (told,) = cached.aws.made("PutBucketNotificationConfiguration")
    filters = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}
    arn = "arn:aws:lambda:us-east-1:000000000000:function:miniatura"
    assert told == {
        "Bucket": "fotos",
        "NotificationConfiguration": {
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": arn, "Events": [event], "Filter": filters}
                for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:Delete")
            ]
        },
    }
    (permission,) = cached.aws.made("AddPermission")
    assert permission["Principal"] == "s3.amazonaws.com"

    cached.deploy(BUCKET.split("          Events:")[0])
    assert ("update", "Fotos") in cached.actions()
    assert cached.aws.made("PutBucketNotificationConfiguration")[-1] == {
        "Bucket": "fotos",
        "NotificationConfiguration": {},
    }
