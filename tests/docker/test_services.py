"""What answers on the Docker engine, and what it refuses by name."""

from __future__ import annotations

import json

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.behaviour.aws import received
from tests.docker.harness import DockerSandbox, daemon
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


_URL = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Fila: {Type: AWS::SQS::Queue}
  Endereco:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: eco, AuthType: NONE}
"""


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
    with pytest.raises(ClientError, match="it has no EventBridge Pipes"):
        nfe.aws("pipes").list_pipes()
    with pytest.raises(ClientError, match="replay fails"):
        nfe.aws("events").start_replay(
            ReplayName="r",
            EventSourceArn="arn:aws:events:us-east-1:000000000000:archive/a",
            EventStartTime=1,
            EventEndTime=2,
            Destination={"Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default"},
        )


def test_a_template_that_needs_it_is_refused_before_anything_is_made(nfe: DockerSandbox) -> None:
    template = nfe.folder / "endereco.yaml"
    template.write_text(_URL)
    said = nfe.cli("deploy", str(template), code=5).err
    assert "does not pass function URLs on to LocalStack" in said
    assert "endereco" not in [stack["name"] for stack in nfe.status()["stacks"]]


def test_an_event_that_a_target_refuses_goes_to_the_dead_letter_queue_of_the_target(
    nfe: DockerSandbox,
) -> None:
    sqs, events = nfe.aws("sqs"), nfe.aws("events")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("some", "cartas")}
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name, url in urls.items()
    }
    rule = events.put_rule(Name="perdida", EventPattern='{"source": ["perdas"]}')["RuleArn"]
    target = {"Id": "1", "Arn": arns["some"], "DeadLetterConfig": {"Arn": arns["cartas"]}}
    assert events.put_targets(Rule="perdida", Targets=[target])["FailedEntryCount"] == 0
    sqs.delete_queue(QueueUrl=urls["some"])
    entry = {"Source": "perdas", "DetailType": "T", "Detail": "{}"}
    event = events.put_events(Entries=[entry])["Entries"][0]["EventId"]
    (letter,) = received(nfe, urls["cartas"])
    assert json.loads(letter["Body"])["id"] == event
    told = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (told["RULE_ARN"], told["TARGET_ARN"]) == (rule, arns["some"])
    assert told["ERROR_CODE"] == "NO_RESOURCE"
    hops = eventually(lambda: nfe.hops(event, "dead-lettered"), what="the dead letter in the journal")
    assert len(hops) == 1
    events.remove_targets(Rule="perdida", Ids=["1"])
    events.delete_rule(Name="perdida")
    sqs.delete_queue(QueueUrl=urls["cartas"])


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
