"""Templates in the forms that teams have: an API that sends to a queue itself, written in several files and
loops; and what the CDK synthesises."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import ROOT, Sandbox
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

STOREFRONT = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Mappings:
  Settings: {dev: {Attempts: 1}}
Rules:
  Careful:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions: [{Assert: !Equals [!Ref "AWS::Region", sa-east-1], AssertDescription: prod is in sa-east-1}]
Globals:
  Function: {Runtime: python3.13, CodeUri: src/, Environment: {Variables: {TABLE: !Ref Table}}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: !Ref Stage
      DefinitionBody: {"Fn::Transform": {Name: AWS::Include, Parameters: {Location: api.yaml}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: apigateway.amazonaws.com}, Action: "sts:AssumeRole"}]
  Fn::ForEach::Queues:
    - Kind
    - [orders, returns]
    - "Queue${Kind}":
        Type: AWS::SQS::Queue
        Properties:
          QueueName: ${Kind}
          VisibilityTimeout: 60
          RedrivePolicy:
            deadLetterTargetArn: !GetAtt Dead.Arn
            maxReceiveCount: !FindInMap [Settings, !Ref Stage, Attempts, {DefaultValue: 3}]
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties: {PrimaryKey: {Name: id, Type: String}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.store
      AutoPublishAlias: live
      DeploymentPreference: {Type: Linear10PercentEvery1Minute}
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Table}}]
      Events:
        Orders:
          Type: SQS
          Properties: {Queue: !GetAtt Queueorders.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.read
      Events:
        Get: {Type: Api, Properties: {Path: "/orders/{id}", Method: get, RestApiId: !Ref Api}}
Outputs:
  ApiUrl: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}"}
"""

API = """\
openapi: 3.0.1
info: {title: storefront, version: "1"}
paths:
  /orders:
    post:
      responses: {"200": {description: taken}}
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        credentials: {"Fn::GetAtt": [Role, Arn]}
        uri:
          Fn::Sub: arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Queueorders.QueueName}
        requestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        requestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}
        responses:
          default:
            statusCode: "200"
            responseTemplates:
              application/json: >-
                {"id": "$input.path('$.SendMessageResponse.SendMessageResult.MessageId')"}
  /orders/{id}:
    get:
      responses: {}
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri:
          Fn::Sub: >-
            arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Reader.Arn}/invocations
"""

HANDLERS = """\
import json, os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

def store(event, context):
    failed = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        if "id" in order:
            table.put_item(Item={**order, "by": context.invoked_function_arn.rsplit(":", 1)[1]})
        else:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}

def read(event, context):
    found = table.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    return {"statusCode": 200 if found else 404, "body": json.dumps(found)}
"""


@pytest.fixture
def storefront(sandboxes: Maker, tmp_path: Path) -> Sandbox:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(HANDLERS)
    (tmp_path / "api.yaml").write_text(API)
    (tmp_path / "template.yaml").write_text(STOREFRONT)
    sandbox = sandboxes(cwd=tmp_path)
    sandbox.up()
    return sandbox


def test_an_api_that_sends_to_a_queue_whose_worker_stores(storefront: Sandbox) -> None:
    sent = storefront.api("POST", "/orders", json={"id": "a1", "what": "café & pão + açúcar"}).json()
    assert sent["id"]
    stored = eventually(lambda: _stored(storefront, "a1"), what="the order in the table")
    assert stored == {"id": "a1", "what": "café & pão + açúcar", "by": "live"}

    storefront.api("POST", "/orders", json={"no": "id"})
    assert eventually(lambda: _dead(storefront), what="a dead letter") == [{"no": "id"}]

    refused = storefront.cli("deploy", "template.yaml", "--parameter", "Stage=prod", code=5)
    assert "rule Careful, Assertions[0]" in refused.err
    assert "prod is in sa-east-1" in refused.err


def _stored(sandbox: Sandbox, order: str) -> object:
    answer = sandbox.api("GET", f"/orders/{order}")
    return answer.json() if answer.status_code == 200 else None


def _dead(sandbox: Sandbox) -> list[object]:
    """The bodies of the dead letters, once the next attempt is due."""
    sandbox.cli("clock", "advance", "61s")
    letters = sandbox.cli("dlq", "show", "dead", "--json").json
    return [json.loads(letter["message"]["body"]) for letter in letters]


def test_what_the_cdk_synthesised_runs_from_its_folder_and_follows_it(
    sandboxes: Maker, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "tests" / "clients" / "cdk" / "assembly", tmp_path / "cdk.out")
    sandbox = sandboxes(cwd=tmp_path)
    (stack,) = sandbox.up("cdk.out/Pedidos.template.json")["stacks"]
    assert stack["name"] == "Pedidos"
    function = stack["outputs"]["Nome"]
    assert json.loads(sandbox.cli("invoke", function, '{"n": 1}').out) == {"recebido": {"n": 1}}
    code = tmp_path / "cdk.out" / "asset.funcao" / "app.py"
    code.write_text(code.read_text().replace("recebido", "mudado"))
    assert json.loads(sandbox.cli("invoke", function, '{"n": 1}').out) == {"mudado": {"n": 1}}
