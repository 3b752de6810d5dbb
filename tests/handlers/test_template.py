"""The template, its companion files and the handlers agree with each other and with what is wanted."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tests.handlers.support import LAYER, NFE

Resource = dict[str, Any]
FUNCTIONS = ("faturamento", "estoque", "outbox")
QUEUES = ("estoque-reserva", "faturamento-confirmacao", "faturamento-compensacao")
MANAGED = "arn:aws:iam::aws:policy/service-role/"


@pytest.fixture(scope="module")
def resources() -> dict[str, Resource]:
    template = yaml_parse((NFE / "template.yaml").read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            assert (NFE / resource["Properties"]["CodeUri"] / "app.py").is_file()
            # What `sam package` does: the transform takes code from a bucket only.
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            assert (NFE / resource["Properties"]["ContentUri"] / "python" / "database.py").is_file()
            resource["Properties"]["ContentUri"] = "s3://bucket/layer.zip"
    policies = {
        name: MANAGED + name for name in ("AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole")
    }
    translator = Translator(policies, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    translated = translator.translate(template, {"DatabasePassword": "twelve-chars"})
    found: dict[str, Resource] = json.loads(json.dumps(translated))["Resources"]
    return found


def of_type(resources: dict[str, Resource], kind: str) -> dict[str, Resource]:
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def test_functions_have_their_memory_timeout_and_concurrency(resources: dict[str, Resource]) -> None:
    functions = of_type(resources, "AWS::Lambda::Function")
    assert {
        name: (found["MemorySize"], found["Timeout"], found["ReservedConcurrentExecutions"], found["Runtime"])
        for name, found in functions.items()
    } == {
        "Faturamento": (512, 30, 10, "python3.13"),
        "Estoque": (512, 30, 10, "python3.13"),
        "Outbox": (256, 60, 10, "python3.13"),
    }
    assert all("VpcConfig" not in found for found in functions.values())


def test_functions_get_the_environment_that_their_code_reads(resources: dict[str, Resource]) -> None:
    for name, found in of_type(resources, "AWS::Lambda::Function").items():
        given = set(found["Environment"]["Variables"])
        code = "".join(path.read_text() for path in (NFE / "functions" / name.lower()).glob("*.py"))
        read = set(re.findall(r'(?:settings|environ)\["([A-Z_]+)"\]', code))
        assert read <= given
        assert {"POWERTOOLS_SERVICE_NAME", "LOG_LEVEL"} <= given


def test_each_queue_has_its_dead_letter_queue(resources: dict[str, Resource]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    by_name = {found["QueueName"]: found for found in queues.values()}
    assert sorted(by_name) == sorted([*QUEUES, *(f"{name}-dlq" for name in QUEUES), "nfe-events-dlq"])
    for name in QUEUES:
        assert by_name[name]["VisibilityTimeout"] == 90
        redrive = by_name[name]["RedrivePolicy"]
        assert redrive["maxReceiveCount"] == 3
        target = queues[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert target["QueueName"] == f"{name}-dlq"
        assert target["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_rules_deliver_to_queues_that_admit_them(resources: dict[str, Resource]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    admitted = admissions(resources)
    routes = {}
    for rule, found in of_type(resources, "AWS::Events::Rule").items():
        if "detail-type" in found.get("EventPattern", {}):
            [target] = found["Targets"]
            queue = target["Arn"]["Fn::GetAtt"][0]
            assert (rule, queue) in admitted
            assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"] == ["EventDlq", "Arn"]
            assert (rule, "EventDlq") in admitted
            [detail_type] = found["EventPattern"]["detail-type"]
            routes[detail_type] = (found["EventPattern"]["source"], queues[queue]["QueueName"])
    assert routes == {
        "NotaFiscalCriada": (["nfe.faturamento"], "estoque-reserva"),
        "ReservaConfirmada": (["nfe.estoque"], "faturamento-confirmacao"),
        "ReservaFalhou": (["nfe.estoque"], "faturamento-compensacao"),
    }


def admissions(resources: dict[str, Resource]) -> set[tuple[str, str]]:
    """Rules and the queues that let them send."""
    found = set()
    for policy in of_type(resources, "AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
            for source in sources if isinstance(sources, list) else [sources]:
                found.add((source["Fn::GetAtt"][0], policy["Queues"][0]["Ref"]))
    return found


def test_every_event_is_archived_and_logged(resources: dict[str, Resource]) -> None:
    [archive] = of_type(resources, "AWS::Events::Archive").values()
    assert (archive["SourceArn"]["Fn::GetAtt"], archive["RetentionDays"]) == (["EventBus", "Arn"], 90)
    assert "EventPattern" not in archive
    rule = of_type(resources, "AWS::Events::Rule")["EventLogRule"]
    assert rule["EventPattern"] == {"source": [{"prefix": "nfe."}]}
    [target] = rule["Targets"]
    assert target["Arn"]["Fn::Sub"].endswith(":log-group:${EventLogs}")
    assert ("EventLogRule", "EventDlq") in admissions(resources)
    [policy] = of_type(resources, "AWS::Logs::ResourcePolicy").values()
    [statement] = json.loads(policy["PolicyDocument"]["Fn::Sub"])["Statement"]
    assert "events.amazonaws.com" in statement["Principal"]["Service"]
    assert statement["Resource"].endswith(":log-group:/aws/events/*:*")


def test_event_sources_report_partial_failures(resources: dict[str, Resource]) -> None:
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 3
    for found in mappings.values():
        assert found["BatchSize"] == 10
        assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_outbox_runs_every_minute(resources: dict[str, Resource]) -> None:
    [schedule] = [
        found for found in of_type(resources, "AWS::Events::Rule").values() if "ScheduleExpression" in found
    ]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Targets"][0]["Arn"]["Fn::GetAtt"] == ["Outbox", "Arn"]


def test_the_api_has_its_routes_and_limits(resources: dict[str, Resource]) -> None:
    [api] = of_type(resources, "AWS::ApiGateway::RestApi").values()
    routes = {
        (method, path): integration["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        for path, methods in api["Body"]["paths"].items()
        for method, integration in methods.items()
        if method != "options"
    }
    owners = {route: re.findall(r"\$\{(\w+)\.Arn\}", uri)[0] for route, uri in routes.items()}
    assert owners == {
        ("post", "/api/v1/notas"): "Faturamento",
        ("get", "/api/v1/notas"): "Faturamento",
        ("get", "/api/v1/notas/{notaFiscalId}"): "Faturamento",
        ("get", "/api/v1/produtos"): "Estoque",
        ("post", "/api/v1/produtos"): "Estoque",
        ("get", "/api/v1/produtos/{produtoId}"): "Estoque",
        ("get", "/health"): "Faturamento",
    }
    for methods in api["Body"]["paths"].values():
        mock = methods["options"]["x-amazon-apigateway-integration"]
        answered = mock["responses"]["default"]["responseParameters"]
        assert answered["method.response.header.Access-Control-Allow-Origin"] == {
            "Fn::Sub": "'${CorsOrigin}'"
        }
    # One stage only: without a version of OpenAPI the transform adds one named "Stage".
    [stage] = of_type(resources, "AWS::ApiGateway::Stage").values()
    [limits] = stage["MethodSettings"]
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (100, 200)
    assert stage["AccessLogSetting"]["DestinationArn"]["Fn::GetAtt"] == ["ApiAccessLogs", "Arn"]
    assert "$context.requestId" in stage["AccessLogSetting"]["Format"]


def test_every_function_has_a_log_group_that_expires(resources: dict[str, Resource]) -> None:
    groups = {
        found["LogGroupName"]["Fn::Sub"] for found in of_type(resources, "AWS::Logs::LogGroup").values()
    }
    names = {
        found["FunctionName"]["Fn::Sub"] for found in of_type(resources, "AWS::Lambda::Function").values()
    }
    others = {"/aws/events/nfe-events-${Environment}", "/aws/apigateway/nfe-api-${Environment}"}
    assert groups == {f"/aws/lambda/{name}" for name in names} | others


def test_the_companion_file_names_what_exists(resources: dict[str, Resource]) -> None:
    companion = tomllib.loads((NFE / "sandbox.toml").read_text())
    template = yaml_parse((NFE / companion["template"]).read_text())
    assert set(companion["parameters"]) <= set(template["Parameters"])
    without_default = {name for name, found in template["Parameters"].items() if "Default" not in found}
    assert without_default <= set(companion["parameters"])
    for database in companion["databases"]:
        assert resources[database["resource"]]["Type"] == "AWS::RDS::DBInstance"
        names = sorted(path.name for path in (NFE / database["migrations"]).iterdir())
        assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert (NFE / companion["saga"]["declaration"]).is_file()


def test_the_saga_speaks_of_things_that_exist(resources: dict[str, Resource]) -> None:
    saga = yaml.safe_load((NFE / "saga.yaml").read_text())
    participants = {found["name"]: found for found in saga["participants"]}
    emitted = {event for step in saga["steps"] for event in step.get("emits", ())}
    for found in participants.values():
        assert resources[found["function"]]["Type"] == "AWS::Lambda::Function"
    for step in saga["steps"]:
        assert step["participant"] in participants
        trigger = step["trigger"]
        if "event" in trigger:
            assert trigger["event"] in emitted
            assert resources[trigger["queue"]]["Type"] == "AWS::SQS::Queue"
        assert step.get("state", "PENDING") in saga["state"]["values"]
        assert step.get("compensates", "emissao") in {other["name"] for other in saga["steps"]}
    assert {event for events in saga["events"].values() for event in events} == emitted
    assert saga["key"] == "notaFiscalId"
    assert saga["keyPaths"] == ["$.notaFiscalId", "$.detail.notaFiscalId"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_only_what_it_declares(function: str) -> None:
    folder = NFE / "functions" / function
    requirements = (folder / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[a-z-]+(\[[a-z]+\])?==[0-9.]+", line) for line in requirements)
    paths = [*folder.glob("*.py"), *LAYER.glob("*.py")]
    modules = {path.stem for path in paths}
    runtime = {"boto3", "botocore"}
    allowed = modules | runtime | {"aws_lambda_powertools", "psycopg"} | set(sys.stdlib_module_names)
    for path in paths:
        assert _imported(path) <= allowed, path.name


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}
