"""Parallel batches of a stream through `kill -9` and a changed mapping: all is done once, in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.lambda_streams import item_of, lane_of
from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox, gone
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Fator: {Type: Number, Default: 4}
Resources:
  Pedidos:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: pedidos
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Portao:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: portao
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Feitos:
    Type: AWS::SQS::Queue
    Properties: {FifoQueue: true, QueueName: feitos.fifo, ContentBasedDeduplication: false}
  Leitor:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: app/
      Timeout: 60
      Environment:
        Variables: {FEITOS: !Ref Feitos}
      Events:
        Mudancas:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Pedidos.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 1
            ParallelizationFactor: !Ref Fator
Outputs:
  Feitos: {Value: !Ref Feitos}
"""

#: Changes of a closed item wait until its gate is open; what is through is told in its order.
HANDLER = """\
import os, threading, uuid

import boto3

sqs, dynamodb = boto3.client("sqs"), boto3.client("dynamodb")

def shut(item):
    gate = dynamodb.get_item(TableName="portao", Key={"id": {"S": item}}, ConsistentRead=True)
    return "Item" in gate

def handler(event, context):
    (record,) = event["Records"]
    image = record["dynamodb"]["NewImage"]
    item = image["id"]["S"]
    while shut(item):
        threading.Event().wait(0.05)
    sqs.send_message(
        QueueUrl=os.environ["FEITOS"], MessageBody=f"{item} {image['vez']['N']}",
        MessageGroupId="todos", MessageDeduplicationId=str(uuid.uuid4()),
    )
"""


@pytest.fixture
def sandbox(sandboxes: Maker, tmp_path: Path) -> Sandbox:
    """One with a table whose changes are fed to a function, four at a time."""
    (tmp_path / "app").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "app" / "app.py").write_text(HANDLER)
    made = sandboxes(cwd=tmp_path)
    made.up()
    return made


def _items(lanes: int) -> list[str]:
    """An item of each lane."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < lanes:
        number += 1
        key = item_of({"dynamodb": {"Keys": {"id": {"S": f"p{number}"}}}})
        found.setdefault(lane_of(key, lanes), f"p{number}")
    return list(found.values())


def _change(sandbox: Sandbox, item: str, *times: int) -> None:
    for time in times:
        image = {"id": {"S": item}, "vez": {"N": str(time)}}
        sandbox.aws("dynamodb").put_item(TableName="pedidos", Item=image)


def _gate(sandbox: Sandbox, item: str, *, shut: bool) -> None:
    gates, key = sandbox.aws("dynamodb"), {"id": {"S": item}}
    if shut:
        gates.put_item(TableName="portao", Item=key)
    else:
        gates.delete_item(TableName="portao", Key=key)


def _done(sandbox: Sandbox, count: int) -> list[str]:
    """What was told next, so many."""
    sqs, url = sandbox.aws("sqs"), sandbox.outputs["Feitos"]
    found: list[str] = []

    def more() -> list[str]:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            found.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    eventually(more, lambda told: len(told) >= count, what=f"{count} changes that are done")
    return found


def _mapping(sandbox: Sandbox) -> dict[str, Any]:
    (mapping,) = sandbox.aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    return dict(mapping)


def _busy(sandbox: Sandbox) -> int:
    """How many invocations run."""
    return sum(row["state"] == "busy" for row in sandbox.status()["functions"])


def test_what_overtook_others_is_done_once_and_the_others_in_order(sandbox: Sandbox) -> None:
    assert _mapping(sandbox)["ParallelizationFactor"] == 4
    held, *others = _items(4)
    _gate(sandbox, held, shut=True)
    _change(sandbox, held, 1, 2)
    for item in others:
        _change(sandbox, item, 1, 2)
    done = _done(sandbox, 6)
    for item in others:
        assert [one for one in done if one.startswith(f"{item} ")] == [f"{item} 1", f"{item} 2"]

    # What was told is done once its invocation has ended: a kill before that would have it done again.
    eventually(lambda: _busy(sandbox), lambda busy: busy == 1, what="the end of all invocations but one")
    gone(sandbox.kill_daemon(), "`kill -9` of the daemon")
    sandbox.up()
    _change(sandbox, others[0], 3)
    assert _done(sandbox, 1) == [f"{others[0]} 3"]  # the others' are not handed over again

    # A change of the factor waits for the batch that runs.
    sandbox.cli("deploy", "template.yaml", "--parameter", "Fator=1")
    assert _mapping(sandbox)["ParallelizationFactor"] == 1
    _change(sandbox, others[0], 4)
    _gate(sandbox, held, shut=False)
    assert _done(sandbox, 3) == [f"{held} 1", f"{held} 2", f"{others[0]} 4"]
    _change(sandbox, held, 3)
    assert _done(sandbox, 1) == [f"{held} 3"]
    sandbox.down()
