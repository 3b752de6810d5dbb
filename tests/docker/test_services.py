"""What answers on the Docker engine, and what it refuses by name."""

from __future__ import annotations

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.docker.harness import DockerSandbox, daemon

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

_RULE = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Letters: {Type: AWS::SQS::Queue}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [a]}
      Targets:
        - {Id: one, Arn: !GetAtt Letters.Arn, DeadLetterConfig: {Arn: !GetAtt Letters.Arn}}
"""

_FUNCTION = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Eco:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: eco, Runtime: python3.13, Handler: app.handler, CodeUri: eco/, Timeout: 20}
"""


def test_an_edited_function_runs_as_edited_after_a_deployment(nfe: DockerSandbox) -> None:
    code = nfe.folder / "eco"
    code.mkdir()
    template = nfe.folder / "eco.yaml"
    template.write_text(_FUNCTION)
    for answer in ("1", "2"):
        (code / "app.py").write_text(f"def handler(event, context):\n    return {answer}\n")
        nfe.cli("deploy", str(template))
        assert nfe.invoke("eco")["payload"] == answer


def test_dynamodb_is_dynamodb_local(nfe: DockerSandbox) -> None:
    dynamodb = nfe.aws("dynamodb")
    dynamodb.create_table(
        TableName="coisas",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="coisas", Item={"id": {"S": "1"}})
    assert dynamodb.scan(TableName="coisas")["Count"] == 1
    dynamodb.delete_table(TableName="coisas")


def test_what_localstack_lacks_is_refused_by_name(nfe: DockerSandbox) -> None:
    with pytest.raises(ClientError, match="Scheduler and never fires"):
        nfe.aws("scheduler").list_schedules()
    with pytest.raises(ClientError, match="replay fails"):
        nfe.aws("events").start_replay(
            ReplayName="r",
            EventSourceArn="arn:aws:events:us-east-1:000000000000:archive/a",
            EventStartTime=1,
            EventEndTime=2,
            Destination={"Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default"},
        )


def test_a_template_that_needs_it_is_refused_before_anything_is_made(nfe: DockerSandbox) -> None:
    template = nfe.folder / "regra.yaml"
    template.write_text(_RULE)
    said = nfe.cli("deploy", str(template), code=5).err
    assert "DeadLetterConfig of Targets" in said
    assert "regra" not in [stack["name"] for stack in nfe.status()["stacks"]]


def test_the_clock_and_returns_are_refused(nfe: DockerSandbox) -> None:
    assert "lives in real time" in nfe.cli("clock", "advance", "61s", code=2).err


def test_the_front_door_on_the_network_is_closed_to_this_machine(nfe: DockerSandbox) -> None:
    with daemon() as client:
        network = client.networks.get(f"{nfe.project}-network")
        gateway = network.attrs["IPAM"]["Config"][0]["Gateway"]
    port = nfe.endpoint.rpartition(":")[2]
    answer = httpx.get(f"http://{gateway}:{port}/_sandbox/health", trust_env=False)
    assert answer.status_code == 403


def test_logs_are_those_of_the_functions_containers(nfe: DockerSandbox) -> None:
    nfe.invoke("nfe-outbox-dev")
    assert nfe.api("GET", "/health").json()["database"] == "ok"
    groups = {function["function"].rpartition(":")[2] for function in nfe.status()["functions"]}
    assert "nfe-outbox-dev" in groups
