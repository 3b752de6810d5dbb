"""Every type: created, changed in place, and removed, with calls that botocore's service models accept."""

from __future__ import annotations

import json
from textwrap import indent
from typing import Any, NamedTuple

import pytest

from sandbox.deploy.errors import DeployError
from sandbox.deploy.resources.registry import TYPES
from sandbox.errors import TemplateError
from tests.contract.deploy.apicases import HTTP_APIS, REST_APIS
from tests.contract.deploy.harness import Bench

Json = dict[str, Any]
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
OTHER_TAGS = [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]
ROLE = "arn:aws:iam::000000000000:role/r"
QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:q"
TOPIC_ARN = "arn:aws:sns:us-east-1:000000000000:t"
LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:l:1"
FUNCTION_ARN = "arn:aws:lambda:x"
URL = "https://sqs.us-east-1.amazonaws.com/000000000000/q"
INLINE = {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": "def handler(e, c): pass"}}
BODY = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}
TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


class Case(NamedTuple):
    """A type with its properties before and after a change, and the operations that the change must call."""

    type: str
    before: Json
    after: Json
    called: tuple[str, ...]


CASES = [
    Case(
        "AWS::SQS::Queue",
        {"QueueName": "q", "DelaySeconds": "1", "Tags": TAGS},
        {"QueueName": "q", "MaximumMessageSize": 1024, "Tags": OTHER_TAGS},
        ("SetQueueAttributes", "UntagQueue", "TagQueue"),
    ),
    Case(
        "AWS::SQS::QueuePolicy",
        {"Queues": [URL], "PolicyDocument": POLICY},
        {"Queues": [URL], "PolicyDocument": {**POLICY, "Id": "x"}},
        ("SetQueueAttributes",),
    ),
    Case(
        "AWS::SQS::QueueInlinePolicy",
        {"Queue": URL, "PolicyDocument": POLICY},
        {"Queue": URL, "PolicyDocument": {**POLICY, "Id": "x"}},
        ("SetQueueAttributes",),
    ),
    Case(
        "AWS::SNS::Topic",
        {
            "TopicName": "t",
            "DisplayName": "T",
            "Tags": TAGS,
            "Subscription": [{"Protocol": "sqs", "Endpoint": QUEUE_ARN}],
        },
        {
            "TopicName": "t",
            "SignatureVersion": "2",
            "Tags": OTHER_TAGS,
            "Subscription": [{"Protocol": "http", "Endpoint": "http://127.0.0.1:1/a"}],
        },
        ("SetTopicAttributes", "Subscribe", "Unsubscribe", "UntagResource", "TagResource"),
    ),
    Case(
        "AWS::SNS::Subscription",
        {"TopicArn": TOPIC_ARN, "Protocol": "sqs", "Endpoint": QUEUE_ARN, "FilterPolicy": {"a": ["b"]}},
        {"TopicArn": TOPIC_ARN, "Protocol": "sqs", "Endpoint": QUEUE_ARN, "RawMessageDelivery": True},
        ("SetSubscriptionAttributes",),
    ),
    Case(
        "AWS::SNS::TopicPolicy",
        {"Topics": [TOPIC_ARN], "PolicyDocument": POLICY},
        {"Topics": [TOPIC_ARN], "PolicyDocument": {**POLICY, "Id": "x"}},
        ("SetTopicAttributes",),
    ),
    Case(
        "AWS::SNS::TopicInlinePolicy",
        {"TopicArn": TOPIC_ARN, "PolicyDocument": POLICY},
        {"TopicArn": TOPIC_ARN, "PolicyDocument": {**POLICY, "Id": "x"}},
        ("SetTopicAttributes",),
    ),
    Case(
        "AWS::Lambda::Function",
        {
            "FunctionName": "f",
            "Role": ROLE,
            **INLINE,
            "Timeout": 30,
            "ReservedConcurrentExecutions": 5,
            "Tags": TAGS,
        },
        {
            "FunctionName": "f",
            "Role": ROLE,
            **INLINE,
            "Code": {"ZipFile": "def handler(e, c): return 1"},
            "MemorySize": "256",
            "Environment": {"Variables": {"A": 1, "B": True}},
            "DeadLetterConfig": {"TargetArn": QUEUE_ARN},
            "RecursiveLoop": "Allow",
            "Tags": OTHER_TAGS,
        },
        (
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
            "DeleteFunctionConcurrency",
            "PutFunctionRecursionConfig",
            "UntagResource",
            "TagResource",
        ),
    ),
    Case(
        "AWS::Lambda::EventSourceMapping",
        {
            "FunctionName": "f",
            "EventSourceArn": QUEUE_ARN,
            "BatchSize": 5,
            "ScalingConfig": {"MaximumConcurrency": 3},
        },
        {"FunctionName": "f", "EventSourceArn": QUEUE_ARN, "Enabled": "false", "FunctionResponseTypes": []},
        ("UpdateEventSourceMapping",),
    ),
    Case(
        "AWS::Logs::SubscriptionFilter",
        {"LogGroupName": "g", "FilterName": "s", "FilterPattern": "", "DestinationArn": FUNCTION_ARN},
        {
            "LogGroupName": "g",
            "FilterName": "s",
            "FilterPattern": "ERROR",
            "DestinationArn": FUNCTION_ARN,
        },
        ("PutSubscriptionFilter",),
    ),
    Case(
        "AWS::Lambda::Url",
        {"TargetFunctionArn": "f", "AuthType": "NONE", "Cors": {"AllowOrigins": ["*"]}},
        {"TargetFunctionArn": "f", "AuthType": "AWS_IAM"},
        ("UpdateFunctionUrlConfig",),
    ),
    Case(
        "AWS::Lambda::Alias",
        {"FunctionName": "f", "Name": "live", "FunctionVersion": "1"},
        {
            "FunctionName": "f",
            "Name": "live",
            "FunctionVersion": "2",
            "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2},
            "RoutingConfig": {
                "AdditionalVersionWeights": [{"FunctionVersion": "1", "FunctionWeight": "0.1"}]
            },
        },
        ("UpdateAlias", "PutProvisionedConcurrencyConfig"),
    ),
    Case(
        "AWS::Lambda::EventInvokeConfig",
        {"FunctionName": "f", "Qualifier": "$LATEST", "MaximumRetryAttempts": 1},
        {
            "FunctionName": "f",
            "Qualifier": "$LATEST",
            "DestinationConfig": {"OnFailure": {"Destination": QUEUE_ARN}},
        },
        ("PutFunctionEventInvokeConfig",),
    ),
    Case(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": POLICY,
            "Policies": [
                {"PolicyName": "a", "PolicyDocument": POLICY},
                {"PolicyName": "b", "PolicyDocument": POLICY},
            ],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "Tags": TAGS,
        },
        {
            "AssumeRolePolicyDocument": {**POLICY, "Id": "x"},
            "Description": "d",
            "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "Policies": [{"PolicyName": "b", "PolicyDocument": {**POLICY, "Id": "y"}}],
            "Tags": OTHER_TAGS,
        },
        (
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "PutRolePermissionsBoundary",
            "DeleteRolePolicy",
            "PutRolePolicy",
            "DetachRolePolicy",
            "UntagRole",
            "TagRole",
        ),
    ),
    Case(
        "AWS::IAM::Policy",
        {"PolicyName": "p", "PolicyDocument": POLICY, "Roles": ["r", "s"]},
        {"PolicyName": "p", "PolicyDocument": POLICY, "Roles": ["s"]},
        ("DeleteRolePolicy", "PutRolePolicy"),
    ),
    Case(
        "AWS::IAM::ManagedPolicy",
        {"PolicyDocument": POLICY, "Roles": ["r"]},
        {"PolicyDocument": {**POLICY, "Id": "x"}, "Roles": ["s"]},
        ("CreatePolicyVersion", "DetachRolePolicy", "AttachRolePolicy"),
    ),
    Case(
        "AWS::Events::EventBus",
        {"Name": "bus", "Description": "one", "Tags": TAGS},
        {"Name": "bus", "Policy": POLICY, "Tags": OTHER_TAGS},
        ("UpdateEventBus", "RemovePermission", "PutPermission", "UntagResource", "TagResource"),
    ),
    Case(
        "AWS::Events::Rule",
        {
            "EventBusName": "bus",
            "EventPattern": {"source": ["a"]},
            "Targets": [{"Id": "one", "Arn": QUEUE_ARN}, {"Id": "two", "Arn": QUEUE_ARN}],
        },
        {
            "EventBusName": "bus",
            "EventPattern": {"source": ["b"]},
            "State": "DISABLED",
            "Targets": [
                {
                    "Id": "two",
                    "Arn": QUEUE_ARN,
                    "DeadLetterConfig": {"Arn": QUEUE_ARN},
                    "RetryPolicy": {"MaximumRetryAttempts": "2"},
                    "InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": "<a>"},
                }
            ],
        },
        ("PutRule", "RemoveTargets", "PutTargets"),
    ),
    Case(
        "AWS::Events::Archive",
        {
            "ArchiveName": "a",
            "SourceArn": "arn:aws:events:us-east-1:000000000000:event-bus/bus",
            "RetentionDays": "90",
            "Description": "d",
        },
        {
            "ArchiveName": "a",
            "SourceArn": "arn:aws:events:us-east-1:000000000000:event-bus/bus",
            "EventPattern": {"source": ["a"]},
        },
        ("UpdateArchive",),
    ),
    Case(
        "AWS::Events::Connection",
        {
            "Name": "c",
            "AuthorizationType": "API_KEY",
            "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}},
            "Description": "d",
        },
        {
            "Name": "c",
            "AuthorizationType": "BASIC",
            "AuthParameters": {
                "BasicAuthParameters": {"Username": "u", "Password": "p"},
                "InvocationHttpParameters": {
                    "HeaderParameters": [{"Key": "a", "Value": "b", "IsValueSecret": "true"}]
                },
            },
        },
        ("UpdateConnection",),
    ),
    Case(
        "AWS::Events::ApiDestination",
        {
            "Name": "d",
            "ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/c/1",
            "InvocationEndpoint": "http://127.0.0.1:9000/",
            "HttpMethod": "POST",
        },
        {
            "Name": "d",
            "ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/c/1",
            "InvocationEndpoint": "http://127.0.0.1:9000/*",
            "HttpMethod": "PUT",
            "InvocationRateLimitPerSecond": "10",
        },
        ("UpdateApiDestination",),
    ),
    Case(
        "AWS::Scheduler::ScheduleGroup",
        {"Name": "g", "Tags": TAGS},
        {"Name": "g", "Tags": OTHER_TAGS},
        ("UntagResource", "TagResource"),
    ),
    Case(
        "AWS::Scheduler::Schedule",
        {
            "Name": "s",
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": QUEUE_ARN, "RoleArn": ROLE},
            "StartDate": "2030-01-01T00:00:00Z",
        },
        {
            "Name": "s",
            "ScheduleExpression": "rate(2 hours)",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": "5"},
            "Target": {
                "Arn": QUEUE_ARN,
                "RoleArn": ROLE,
                "Input": "x",
                "RetryPolicy": {"MaximumRetryAttempts": "2"},
                "DeadLetterConfig": {"Arn": QUEUE_ARN},
            },
        },
        ("UpdateSchedule",),
    ),
    Case(
        "AWS::Events::EventBusPolicy",
        {"EventBusName": "bus", "StatementId": "s", "Statement": {"Effect": "Allow", "Principal": "*"}},
        {"EventBusName": "bus", "StatementId": "s", "Statement": {"Effect": "Deny", "Principal": "*"}},
        ("RemovePermission", "PutPermission"),
    ),
    Case(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": "erros",
            "MetricName": "Errors",
            "Namespace": "AWS/Lambda",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
            "Tags": TAGS,
        },
        {
            "AlarmName": "erros",
            "MetricName": "Throttles",
            "Namespace": "AWS/Lambda",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 2,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Tags": OTHER_TAGS,
        },
        ("PutMetricAlarm", "UntagResource", "TagResource"),
    ),
    Case(
        "AWS::Logs::ResourcePolicy",
        {"PolicyName": "p", "PolicyDocument": POLICY},
        {"PolicyName": "p", "PolicyDocument": {**POLICY, "Id": "x"}},
        ("PutResourcePolicy",),
    ),
    Case(
        "AWS::Logs::LogGroup",
        {"LogGroupName": "g", "RetentionInDays": 7, "Tags": TAGS},
        {"LogGroupName": "g", "Tags": OTHER_TAGS},
        ("DeleteRetentionPolicy", "UntagResource", "TagResource"),
    ),
    Case(
        "AWS::ApiGateway::RestApi",
        {"Body": BODY, "Description": "one", "BinaryMediaTypes": ["image/png"], "Tags": TAGS},
        {
            "Body": {**BODY, "tags": []},
            "Name": "mine",
            "BinaryMediaTypes": ["a/b"],
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "Tags": OTHER_TAGS,
        },
        ("UpdateRestApi", "PutRestApi", "UntagResource", "TagResource"),
    ),
    Case(
        "AWS::ApiGateway::Deployment",
        {"RestApiId": "a", "Description": "one"},
        {"RestApiId": "a", "Description": "two", "StageName": "Stage"},
        ("UpdateDeployment", "CreateStage"),
    ),
    Case(
        "AWS::ApiGateway::Stage",
        {
            "RestApiId": "a",
            "StageName": "dev",
            "DeploymentId": "d",
            "Variables": {"x": "1", "y": "2"},
            "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 100}],
        },
        {
            "RestApiId": "a",
            "StageName": "dev",
            "DeploymentId": "e",
            "TracingEnabled": True,
            "Variables": {"y": "3"},
            "MethodSettings": [
                {"ResourcePath": "/notas/{id}", "HttpMethod": "GET", "ThrottlingBurstLimit": 2}
            ],
            "Tags": TAGS,
        },
        ("UpdateStage", "TagResource"),
    ),
    Case(
        "AWS::RDS::DBInstance",
        {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20", "Tags": TAGS},
        {"Engine": "postgres", "DBInstanceClass": "db.t4g.large", "Port": "5433", "Tags": OTHER_TAGS},
        ("ModifyDBInstance", "RemoveTagsFromResource", "AddTagsToResource"),
    ),
    Case(
        "AWS::SSM::Parameter",
        {"Type": "String", "Value": "1", "Tags": {"a": "1"}},
        {"Type": "String", "Value": "2", "Tags": {"b": "1"}},
        ("PutParameter", "RemoveTagsFromResource", "AddTagsToResource"),
    ),
    Case(
        "AWS::SecretsManager::Secret",
        {"Name": "s", "GenerateSecretString": {"PasswordLength": 20, "GenerateStringKey": "k"}, "Tags": TAGS},
        {"Name": "s", "SecretString": "other", "Description": "d", "Tags": OTHER_TAGS},
        ("UpdateSecret", "UntagResource", "TagResource"),
    ),
    Case(
        "AWS::S3::BucketPolicy",
        {"Bucket": "b", "PolicyDocument": POLICY},
        {"Bucket": "b", "PolicyDocument": {**POLICY, "Id": "x"}},
        ("PutBucketPolicy",),
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
                ]
            }
        },
        {},
        ("DeleteBucketEncryption",),
    ),
    Case(
        "AWS::S3::Bucket",
        {"VersioningConfiguration": {"Status": "Enabled"}, "Tags": TAGS},
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        ("PutBucketVersioning", "PutPublicAccessBlock", "DeleteBucketTagging"),
    ),
    Case(
        "AWS::DynamoDB::Table",
        {
            **TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True},
        },
        {
            **TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            "Tags": TAGS,
        },
        ("UpdateTable", "UpdateTimeToLive", "TagResource"),
    ),
    *(Case(*case) for case in (*HTTP_APIS, *REST_APIS)),
]
PERMISSION = {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}


def template(type_: str, properties: Json) -> str:
    document = {"Type": type_, "Properties": properties}
    return "Resources:\n  It:\n" + indent(json.dumps(document), "    ")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_a_type_is_created_changed_and_removed(bench: Bench, case: Case) -> None:
    if case.type in ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"):
        bench.aws.things[("queue", "q")] = {}
    bench.deploy(template(case.type, case.before))
    mark = len(bench.aws.calls)
    bench.deploy(template(case.type, case.after))
    assert bench.actions() == [("update", "It")]
    called = {operation for _, operation, _ in bench.aws.calls[mark:]}
    assert called.issuperset(case.called)
    bench.deploy(template(case.type, case.after))
    assert bench.actions() == []
    bench.delete()
    assert bench.aws.names("queue") <= {"q"}
    assert {kind for kind, _ in bench.aws.things} <= {"queue"}


#: Types whose every change makes a new resource.
REPLACED = [
    Case(
        "AWS::Logs::LogStream",
        {"LogGroupName": "g", "LogStreamName": "a"},
        {"LogGroupName": "g", "LogStreamName": "b"},
        ("CreateLogStream", "DeleteLogStream"),
    ),
    Case(
        "AWS::Lambda::Version",
        {"FunctionName": "f"},
        {"FunctionName": "f", "Description": "d"},
        ("PublishVersion", "DeleteFunction"),
    ),
    Case(
        "AWS::Lambda::LayerVersion",
        {"LayerName": "l", "Content": {"S3Bucket": "balde", "S3Key": "k"}},
        {"LayerName": "l", "Content": {"S3Bucket": "balde", "S3Key": "k2"}, "Description": "d"},
        ("PublishLayerVersion", "DeleteLayerVersion"),
    ),
    Case(
        "AWS::Lambda::LayerVersionPermission",
        {"LayerVersionArn": LAYER, "Action": "lambda:GetLayerVersion", "Principal": "*"},
        {"LayerVersionArn": LAYER, "Action": "lambda:GetLayerVersion", "Principal": "123456789012"},
        ("AddLayerVersionPermission", "RemoveLayerVersionPermission"),
    ),
    Case(
        "AWS::Lambda::Permission",
        PERMISSION,
        {**PERMISSION, "SourceAccount": "000000000000"},
        ("AddPermission", "RemovePermission"),
    ),
    Case(
        "AWS::ApiGateway::Resource",
        {"RestApiId": "a", "ParentId": "p", "PathPart": "notas"},
        {"RestApiId": "a", "ParentId": "p", "PathPart": "{id}"},
        ("CreateResource", "DeleteResource"),
    ),
    Case(
        "AWS::ApiGateway::UsagePlanKey",
        {"UsagePlanId": "p", "KeyId": "k", "KeyType": "API_KEY"},
        {"UsagePlanId": "p", "KeyId": "l", "KeyType": "API_KEY"},
        ("CreateUsagePlanKey", "DeleteUsagePlanKey"),
    ),
]


@pytest.mark.parametrize("case", REPLACED, ids=lambda case: case.type)
def test_a_type_is_replaced(bench: Bench, case: Case) -> None:
    bench.deploy(template(case.type, case.before))
    mark = len(bench.aws.calls)
    bench.deploy(template(case.type, case.after))
    assert bench.actions() == [("replace", "It"), ("delete", "It")]
    assert [operation for _, operation, _ in bench.aws.calls[mark:]] == list(case.called)
    bench.deploy(template(case.type, case.after))
    assert bench.actions() == []
    bench.delete()
    assert bench.aws.things == {}


def test_every_type_is_covered() -> None:
    assert {case.type for case in [*CASES, *REPLACED]} == set(TYPES)


def test_every_http_api_may_have_a_default_stage(bench: Bench) -> None:
    properties = {"StageName": "$default", "AutoDeploy": True}
    stages = {
        name: {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {**properties, "ApiId": name.lower()}}
        for name in ("A", "B")
    }
    bench.deploy(json.dumps({"Resources": stages}))
    assert bench.aws.names("stage") == {"a/$default", "b/$default"}
    bench.delete()
    assert bench.aws.things == {}


def test_a_permission_is_replaced(bench: Bench) -> None:
    bench.deploy(template("AWS::Lambda::Permission", PERMISSION))
    bench.deploy(template("AWS::Lambda::Permission", {**PERMISSION, "SourceAccount": "000000000000"}))
    first, second = bench.aws.made("AddPermission")
    assert first["StatementId"] != second["StatementId"]
    assert [call["StatementId"] for call in bench.aws.made("RemovePermission")] == [first["StatementId"]]


def test_a_fifo_queue_gets_its_suffix(bench: Bench) -> None:
    bench.deploy(template("AWS::SQS::Queue", {"FifoQueue": True, "ContentBasedDeduplication": True}))
    (name,) = bench.aws.names("queue")
    assert name.endswith(".fifo")
    assert bench.aws.things[("queue", name)] == {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


def test_a_fifo_topic_gets_its_suffix(bench: Bench) -> None:
    bench.deploy(template("AWS::SNS::Topic", {"FifoTopic": True, "ContentBasedDeduplication": True}))
    (name,) = bench.aws.names("topic")
    assert name.endswith(".fifo")
    assert bench.aws.things[("topic", name)] == {"FifoTopic": "true", "ContentBasedDeduplication": "true"}


def test_the_scope_of_a_filter_comes_before_the_filter_that_needs_it(bench: Bench) -> None:
    fixed = {"TopicArn": TOPIC_ARN, "Protocol": "sqs", "Endpoint": QUEUE_ARN}
    bench.deploy(template("AWS::SNS::Subscription", fixed))
    body = {"FilterPolicy": {"a": {"b": ["c"]}}, "FilterPolicyScope": "MessageBody"}
    bench.deploy(template("AWS::SNS::Subscription", {**fixed, **body}))
    bench.deploy(template("AWS::SNS::Subscription", fixed))
    changes = bench.aws.made("SetSubscriptionAttributes")
    assert [(change["AttributeName"], bool(change["AttributeValue"])) for change in changes] == [
        ("FilterPolicyScope", True),
        ("FilterPolicy", True),
        ("FilterPolicy", False),
        ("FilterPolicyScope", False),
    ]


def test_the_paths_of_method_settings_are_escaped(bench: Bench) -> None:
    case = next(case for case in CASES if case.type == "AWS::ApiGateway::Stage")
    bench.deploy(template(case.type, case.after))
    paths = [operation["path"] for operation in bench.aws.made("UpdateStage")[0]["patchOperations"]]
    assert paths == ["/~1notas~1{id}/GET/throttling/burstLimit"]


def test_a_rule_on_a_bus_names_it_in_its_ref(bench: Bench) -> None:
    bench.deploy(template("AWS::Events::Rule", {"Name": "r", "EventBusName": "bus", "EventPattern": {}}))
    assert bench.deployer().resources("demo") == {"It": ("AWS::Events::Rule", "bus|r")}
    bench.delete()
    assert bench.aws.made("DeleteRule") == [{"Name": "r", "EventBusName": "bus"}]


def test_failed_targets_fail_the_rule(bench: Bench) -> None:
    entry = {"TargetId": "one", "ErrorCode": "Refused", "ErrorMessage": "no"}
    bench.aws.__dict__["_events_PutTargets"] = lambda params: {"FailedEntries": [entry]}
    rule = {"Name": "r", "EventPattern": {}, "Targets": [{"Id": "one", "Arn": QUEUE_ARN}]}
    with pytest.raises(DeployError, match="target one: no"):
        bench.deploy(template("AWS::Events::Rule", rule))
    assert bench.aws.things == {}


def test_local_code_is_a_folder_or_an_archive_that_exists(bench: Bench) -> None:
    base = {"Role": ROLE, "Runtime": "python3.13", "Handler": "app.handler", "FunctionName": "f"}
    (bench.folder / "code").mkdir()
    (bench.folder / "code" / "app.py").write_text("")
    bench.deploy(template("AWS::SQS::Queue", {}), "other")
    with pytest.raises(TemplateError, match="missing does not exist"):
        bench.deploy(
            template(
                "AWS::Lambda::Function", {**base, "Code": {"S3Bucket": "sandbox-local", "S3Key": "missing"}}
            )
        )
    code = {"S3Bucket": "sandbox-local", "S3Key": "code"}
    bench.deploy(template("AWS::Lambda::Function", {**base, "Code": code}))
    assert bench.aws.made("CreateFunction")[0]["Code"] == {
        "S3Bucket": "hot-reload",
        "S3Key": str((bench.folder / "code").resolve()),
    }


@pytest.mark.parametrize(
    ("type_", "properties", "expected"),
    [
        (
            "AWS::S3::Bucket",
            {"LifecycleConfiguration": {}},
            "LifecycleConfiguration of AWS::S3::Bucket is not implemented",
        ),
        ("AWS::S3::Bucket", {"Bucketname": "b"}, "Did you mean BucketName"),
        ("AWS::Lambda::Function", {"Role": ROLE}, "needs Code"),
        ("AWS::Lambda::Function", {"Role": ROLE, "Code": {}}, "names no code"),
        ("AWS::Lambda::Function", {"Role": ROLE, **INLINE, "Architectures": ["arm"]}, "Did you mean arm64"),
        (
            "AWS::Events::Rule",
            {"Targets": [{"Id": "x", "Arn": "y", "BatchParameters": {}}]},
            "BatchParameters",
        ),
    ],
)
def test_what_is_not_acted_on_is_refused(bench: Bench, type_: str, properties: Json, expected: str) -> None:
    with pytest.raises(TemplateError) as caught:
        bench.deploy(template(type_, properties))
    assert expected in caught.value.why
    assert bench.aws.calls == []


def test_conditions_of_bucket_policies_do_not_close_the_bucket(bench: Bench) -> None:
    bench.deploy(
        """
        Resources:
          P:
            Type: AWS::S3::BucketPolicy
            Properties:
              Bucket: b
              PolicyDocument:
                Statement:
                  - {Effect: Deny, Action: "s3:*", Condition: {Bool: {"aws:SecureTransport": "false"}}}
                  - {Effect: Allow, Action: "s3:GetObject", Principal: "*"}
        """
    )
    (sent,) = bench.aws.made("PutBucketPolicy")
    assert [one["Effect"] for one in json.loads(sent["Policy"])["Statement"]] == ["Allow"]
