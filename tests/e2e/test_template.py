"""Someone else's template: nothing but a SAM file and its handler."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: oi}
Resources:
  Inbox:
    Type: AWS::SQS::Queue
  Done:
    Type: AWS::SQS::Queue
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: greeter
      Runtime: python3.13
      Handler: app.handler
      CodeUri: app/
      Environment:
        Variables: {GREETING: !Ref Greeting, DONE_URL: !Ref Done}
      Events:
        Hello:
          Type: Api
          Properties: {Path: "/hello/{name}", Method: get}
        Inbox:
          Type: SQS
          Properties: {Queue: !GetAtt Inbox.Arn}
Outputs:
  ApiUrl: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod"}
  InboxUrl: {Value: !Ref Inbox}
  DoneUrl: {Value: !Ref Done}
"""

HANDLER = """\
import json, os

import boto3

def handler(event, context):
    if "Records" in event:
        sqs = boto3.client("sqs")
        for record in event["Records"]:
            sqs.send_message(QueueUrl=os.environ["DONE_URL"], MessageBody=record["body"].upper())
        return None
    words = [os.environ["GREETING"], event["pathParameters"]["name"]]
    return {"statusCode": 200, "body": json.dumps({"words": words})}
"""


@pytest.fixture
def own(sandboxes: Maker, tmp_path: Path) -> Sandbox:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text(HANDLER)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    sandbox = sandboxes(cwd=tmp_path)
    sandbox.up()
    return sandbox


def test_a_plain_template_runs_follows_its_files_and_its_changes(own: Sandbox) -> None:
    assert own.api("GET", "/hello/ana%20b").json() == {"words": ["oi", "ana%20b"]}
    sqs = own.aws("sqs")
    sqs.send_message(QueueUrl=own.outputs["InboxUrl"], MessageBody="olá")
    assert _received(own) == "OLÁ"

    handler = own.cwd / "app" / "app.py"
    handler.write_text(
        HANDLER.replace(".upper()", "[::-1]").replace('"words": words', '"words": words[::-1]')
    )
    assert own.api("GET", "/hello/ana").json()["words"] == ["ana", "oi"]
    sqs.send_message(QueueUrl=own.outputs["InboxUrl"], MessageBody="abc")
    assert _received(own) == "cba"

    handler.write_text("def handler(event, context:\n    return 1\n")
    answer = own.aws("lambda").invoke(FunctionName="greeter", Payload=b"{}")
    error = json.loads(answer["Payload"].read())
    assert (answer["FunctionError"], error["errorType"]) == ("Unhandled", "Runtime.UserCodeSyntaxError")
    assert own.api("GET", "/hello/ana").status_code == 502
    handler.write_text(HANDLER)
    assert own.api("GET", "/hello/ana").status_code == 200

    template = own.cwd / "template.yaml"
    template.write_text(TEMPLATE.replace("Default: oi", "Default: salve"))
    api = own.outputs["ApiUrl"]
    deployed = own.cli("deploy", "template.yaml", "--json")
    assert deployed.json["stacks"][0]["outputs"]["ApiUrl"] == api
    assert own.api("GET", "/hello/ana").json()["words"] == ["salve", "ana"]
    assert "unchanged" in own.cli("deploy", "template.yaml").err


BROKEN = [
    ("Type: AWS::SQS::Queue", "Type: AWS::SQS::Kueue", ["template.yaml", "AWS::SQS::Kueue", "Inbox"]),
    ("!Ref Done", "!Ref Dome", ["template.yaml", "Dome"]),
    ("CodeUri: app/", "CodeUri: nowhere/", ["template.yaml", "nowhere", "Greeter"]),
    ("Resources:\n", "Resources:\n\t- bad\n", ["template.yaml:6", "YAML"]),
    ("Handler: app.handler", "Handlr: app.handler", ["template.yaml", "Greeter", "Handlr"]),
]


def test_a_broken_template_is_refused_with_file_line_and_resource(sandboxes: Maker, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text(HANDLER)
    sandbox = sandboxes(cwd=tmp_path)
    template.write_text(TEMPLATE.replace(*BROKEN[0][:2], 1))
    refused = sandbox.cli("up", "--detach", "--json", "--port", "0", code=5)
    assert all(word in refused.err for word in BROKEN[0][2]), refused.err
    assert "template.yaml:6" in refused.err
    assert refused.out == ""
    sandbox.cli("status", code=3)

    sandbox.up("--fresh", str(_good(tmp_path)))
    for old, new, words in BROKEN[1:]:
        template.write_text(TEMPLATE.replace(old, new, 1))
        refused = sandbox.cli("deploy", "template.yaml", code=5)
        assert all(word in refused.err for word in words), f"{new!r}: {refused.err}"
        assert re.search(r"template\.yaml:\d+", refused.err), refused.err
    assert sandbox.status()["stacks"][0]["name"] == "good"


WITH_PARAMETERS = """\
Parameters:
  Name: {Type: String, Default: usual}
  Password: {Type: String, NoEcho: true}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name, Tags: [{Key: p, Value: !Ref Password}]}}
Outputs:
  Url: {Value: !Ref Queue}
"""


def test_a_restart_keeps_what_parameters_were_given_and_what_can_be_deployed_no_more(
    sandboxes: Maker, tmp_path: Path
) -> None:
    own, secret = tmp_path / "own.yaml", tmp_path / "secret.yaml"
    own.write_text(WITH_PARAMETERS.replace("NoEcho: true", "Default: none"))
    secret.write_text(WITH_PARAMETERS)
    sandbox = sandboxes(cwd=tmp_path)
    missing = sandbox.cli("up", str(secret), "--detach", "--json", "--port", "0", code=5)
    assert "give it with --parameter Password=…" in missing.err
    sandbox.up(str(own), "--parameter", "Name=mine")
    assert sandbox.outputs["Url"].endswith("/mine")
    sandbox.cli("deploy", str(secret), "--parameter", "Name=other", "--parameter", "Password=never told")
    sandbox.down()

    began = sandbox.cli("up", "--detach", "--json", "--port", "0")
    sandbox.view = began.json
    urls = {stack["name"]: stack["outputs"]["Url"].rsplit("/", 1)[1] for stack in sandbox.status()["stacks"]}
    assert urls == {"own": "mine", "secret": "other"}
    assert "deploy secret: it stays as it was deployed" in began.err
    assert "give it again with --parameter Password=…" in began.err
    assert "never told" not in began.err


def _good(folder: Path) -> Path:
    good = folder / "good"
    good.mkdir()
    template = good / "template.yaml"
    template.write_text("Resources:\n  Fila:\n    Type: AWS::SQS::Queue\n")
    return template


def _received(sandbox: Sandbox) -> str:
    sqs, url = sandbox.aws("sqs"), sandbox.outputs["DoneUrl"]
    (message,) = eventually(
        lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", []),
        what="a message in the outgoing queue",
    )
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return str(message["Body"])
