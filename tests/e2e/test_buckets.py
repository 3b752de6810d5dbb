"""Buckets that tell functions and queues of their objects: deployed, followed, killed, taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Fotos:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: fotos
      NotificationConfiguration:
        QueueConfigurations:
          - {Event: "s3:ObjectRemoved:*", Queue: !GetAtt Removidas.Arn}
  Miniatura:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: miniatura
      Runtime: python3.13
      Handler: index.handler
      InlineCode: |
        import boto3, json, os
        def handler(event, context):
            about = event["Records"][0]["s3"]
            boto3.client("sqs").send_message(QueueUrl=os.environ["FEITAS"], MessageBody=json.dumps(about))
      Environment: {Variables: {FEITAS: !Ref Feitas}}
      Events:
        Foto:
          Type: S3
          Properties:
            Bucket: !Ref Fotos
            Events: s3:ObjectCreated:*
            Filter: {S3Key: {Rules: [{Name: suffix, Value: .png}]}}
  Feitas: {Type: AWS::SQS::Queue, Properties: {QueueName: feitas}}
  Removidas: {Type: AWS::SQS::Queue, Properties: {QueueName: removidas}}
"""


def taken(sandbox: Sandbox, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, deleted; test events are left out."""
    sqs = sandbox.aws("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    bodies = [json.loads(message["Body"]) for message in messages]
    return [body for body in bodies if body.get("Event") != "s3:TestEvent"]


def made(sandbox: Sandbox) -> list[str]:
    """Keys that the function was told of, once there are some."""
    found = eventually(lambda: taken(sandbox, "feitas"), bool, what="a message of the function")
    return [about["object"]["key"] for about in found]


def configuration(sandbox: Sandbox) -> dict[str, Any]:
    answer = sandbox.aws("s3").get_bucket_notification_configuration(Bucket="fotos")
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def flow_of(sandbox: Sandbox, operation: str) -> list[str]:
    """Kinds of the hops that the newest call of S3 led to."""
    for flow in sandbox.cli("flow", "ls", "--json").json:
        hops = [branch["hop"] for branch in sandbox.flow(str(flow["id"]))]
        if hops[0].get("operation") == operation:
            return [hop["kind"] for hop in hops]
    return []


def test_from_a_template_to_the_function_and_back(sandboxes: Maker, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    sandbox = sandboxes()
    sandbox.up(str(template))
    s3 = sandbox.aws("s3")

    # One flow from the call to the end of the function and what that sent.
    s3.put_object(Bucket="fotos", Key="a.png", Body=b"1")
    s3.put_object(Bucket="fotos", Key="a.txt", Body=b"1")
    assert made(sandbox) == ["a.png"]
    ended = eventually(
        lambda: flow_of(sandbox, "PutObject"), lambda hops: "invoke-end" in hops, what="the end of the flow"
    )
    assert [kind for kind in ended if kind != "log-line"] == [
        "api-call",
        "delivered",
        "delivered",
        "invoke-start",
        "message-sent",
        "message-received",
        "message-deleted",
        "invoke-end",
    ]
    # What goes wrong by plan is tried again.
    sandbox.cli("faults", "add", "fail-delivery", "--target", "miniatura", "--times", "1")
    s3.put_object(Bucket="fotos", Key="d.png", Body=b"1")
    assert made(sandbox) == ["d.png"]
    assert "delivery-failed" in flow_of(sandbox, "PutObject")
    s3.delete_object(Bucket="fotos", Key="d.png")
    assert len(taken(sandbox, "removidas")) == 1

    # What is configured and what was told outlive the daemon's death.
    before = configuration(sandbox)
    sandbox.kill_daemon()
    sandbox.up(str(template))
    s3 = sandbox.aws("s3")
    assert configuration(sandbox) == before
    s3.put_object(Bucket="fotos", Key="b.png", Body=b"1")
    assert made(sandbox) == ["b.png"]
    assert taken(sandbox, "removidas") == []

    # A snapshot has it, and so has what comes after a restore.
    sandbox.cli("snapshot", "save", "antes")
    s3.put_bucket_notification_configuration(Bucket="fotos", NotificationConfiguration={})
    s3.put_object(Bucket="fotos", Key="c.png", Body=b"1")
    assert configuration(sandbox) == {}
    sandbox.cli("snapshot", "load", "antes", "--yes")
    assert configuration(sandbox) == before
    s3.delete_object(Bucket="fotos", Key="b.png")
    s3.delete_object(Bucket="fotos", Key="c.png")
    (removed,) = taken(sandbox, "removidas")
    assert removed["Records"][0]["s3"]["object"]["key"] == "b.png"

    # An update takes it away.
    s3.delete_object(Bucket="fotos", Key="a.png")
    s3.delete_object(Bucket="fotos", Key="a.txt")
    lines = TEMPLATE.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "NotificationConfiguration" in line)
    template.write_text("".join(lines[:at] + lines[at + 3 :]))
    sandbox.cli("deploy", str(template))
    assert set(configuration(sandbox)) == {"LambdaFunctionConfigurations"}
