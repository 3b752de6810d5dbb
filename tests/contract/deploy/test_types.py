"""Every type: created, changed in place, and removed, with calls that botocore's service models accept."""

from __future__ import annotations

import json
from textwrap import indent

import pytest

from sandbox.deploy.errors import DeployError
from sandbox.deploy.resources.registry import TYPES
from sandbox.errors import TemplateError
from sandbox.model.awserror import AwsError
from tests.contract.deploy.harness import Bench
from tests.contract.deploy.typecases import apis, events, functions, identity, messaging, network, storage
from tests.contract.deploy.typecases.api_parts import HTTP_APIS, REST_APIS
from tests.contract.deploy.typecases.base import (
    INLINE,
    PERMISSION,
    QUEUE_ARN,
    ROLE,
    TABLE,
    TOPIC_ARN,
    Case,
    Json,
)

_SERVICES = (messaging, functions, identity, events, apis, network, storage)
CASES = [
    *(case for service in _SERVICES for case in service.CHANGED),
    *(Case(*case) for case in (*HTTP_APIS, *REST_APIS)),
]
#: Types whose every change makes a new resource.
REPLACED = [*functions.REPLACED, *apis.REPLACED, *network.REPLACED, *storage.REPLACED]


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


@pytest.mark.parametrize(
    ("type_", "changed", "refused", "then"),
    [
        (
            "AWS::EC2::SubnetRouteTableAssociation",
            {"RouteTableId": "rtb-2", "SubnetId": "subnet-1"},
            ("ReplaceRouteTableAssociation", "InvalidAssociationID.NotFound"),
            "AssociateRouteTable",
        ),
        (
            "AWS::EC2::VPCGatewayAttachment",
            {"VpcId": "vpc-1", "InternetGatewayId": "igw-2"},
            ("DetachInternetGateway", "Gateway.NotAttached"),
            "AttachInternetGateway",
        ),
    ],
)
def test_a_change_that_was_cut_off_half_way_is_made_again(
    bench: Bench, type_: str, changed: Json, refused: tuple[str, str], then: str
) -> None:
    case = next(case for case in network.CHANGED if case.type == type_)
    bench.deploy(template(type_, case.before))
    operation, code = refused
    bench.aws.refuse[operation] = AwsError(code, "não há")
    mark = len(bench.aws.calls)
    bench.deploy(template(type_, changed))
    assert bench.aws.calls[mark:][-1][1] == then
    assert bench.actions() == [("update", "It")]


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
    # tests/contract/cloudformation/test_custom.py and test_nested.py, test_databases.py
    elsewhere = {
        "AWS::CloudFormation::CustomResource",
        "AWS::CloudFormation::Stack",
        "AWS::SecretsManager::SecretTargetAttachment",
    }
    assert {case.type for case in [*CASES, *REPLACED]} | elsewhere == set(TYPES)


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


def test_the_stages_of_a_key_change_with_the_template(bench: Bench) -> None:
    stages = [{"RestApiId": "a", "StageName": name} for name in ("um", "dois", "tres")]
    key = {"Name": "k", "Enabled": True}
    bench.deploy(template("AWS::ApiGateway::ApiKey", {**key, "StageKeys": stages[:2]}))
    bench.deploy(template("AWS::ApiGateway::ApiKey", {"Name": "k", "StageKeys": stages[1:]}))
    (patched,) = bench.aws.made("UpdateApiKey")
    assert patched["patchOperations"] == [
        {"op": "replace", "path": "/enabled", "value": "false"},
        {"op": "remove", "path": "/stages", "value": "a/um"},
        {"op": "add", "path": "/stages", "value": "a/tres"},
    ]


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


def test_routes_of_a_body_that_is_taken_away_do_not_stay_in_silence(bench: Bench) -> None:
    body = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}
    bench.deploy(template("AWS::ApiGatewayV2::Api", {"Body": body, "ProtocolType": "HTTP"}))
    with pytest.raises(DeployError, match="an API of its own name"):
        bench.deploy(template("AWS::ApiGatewayV2::Api", {"Name": "a", "ProtocolType": "HTTP"}))


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
            {"WebsiteConfiguration": {}},
            "WebsiteConfiguration of AWS::S3::Bucket is not implemented",
        ),
        ("AWS::S3::Bucket", {"AccessControl": "PublicRead"}, "'PublicRead' is not one of Private"),
        ("AWS::S3::Bucket", {"Bucketname": "b"}, "Did you mean BucketName"),
        ("AWS::Lambda::Function", {"Role": ROLE}, "needs Code"),
        ("AWS::Lambda::Function", {"Role": ROLE, "Code": {}}, "names no code"),
        ("AWS::Lambda::Function", {"Role": ROLE, **INLINE, "Architectures": ["arm"]}, "Did you mean arm64"),
        (
            "AWS::DynamoDB::GlobalTable",
            {**TABLE, "Replicas": [{"Region": "us-east-1"}, {"Region": "eu-west-1"}]},
            "it has 2 replicas: replicas in other regions are not implemented",
        ),
        (
            "AWS::DynamoDB::GlobalTable",
            {**TABLE, "Replicas": [{"Region": "us-east-1", "ResourcePolicy": {}}]},
            "ResourcePolicy is not known or not implemented here",
        ),
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


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (
            {"Replicas": [{"Region": "eu-west-1"}]},
            "Replicas.0..Region is eu-west-1, the stack is in us-east-1",
        ),
        ({"Replicas": [{"Region": "us-east-1"}]}, "ReadProvisionedThroughputSettings must be given"),
    ],
)
def test_a_global_table_that_cannot_be_one_table_fails(bench: Bench, properties: Json, expected: str) -> None:
    with pytest.raises(DeployError, match=expected):
        bench.deploy(template("AWS::DynamoDB::GlobalTable", {**TABLE, **properties}))
    assert bench.aws.things == {}


def test_a_global_table_is_a_table_with_the_capacity_that_scaling_begins_with(bench: Bench) -> None:
    """As the CDK writes a `TableV2` with `Billing.provisioned`."""
    scaling = {
        "MinCapacity": 2,
        "MaxCapacity": 9,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
    }
    index = {
        "IndexName": "por-cliente",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    replica = {
        "Region": "us-east-1",
        "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 3},
        "SSESpecification": {"KMSMasterKeyId": "alias/k"},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "por-cliente",
                "ReadProvisionedThroughputSettings": {
                    "ReadCapacityAutoScalingSettings": {**scaling, "SeedCapacity": 4}
                },
            }
        ],
    }
    writes = {"WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": scaling}}
    properties = {
        **TABLE,
        **writes,
        "BillingMode": "PROVISIONED",
        "GlobalSecondaryIndexes": [{**index, **writes}],
        "Replicas": [replica],
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
    }
    bench.deploy(template("AWS::DynamoDB::GlobalTable", properties))
    (made,) = bench.aws.made("CreateTable")
    assert {name: value for name, value in made.items() if name != "TableName"} == {
        **TABLE,
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
        "GlobalSecondaryIndexes": [
            {**index, "ProvisionedThroughput": {"ReadCapacityUnits": 4, "WriteCapacityUnits": 2}}
        ],
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/k"},
    }
    (notice,) = [event.detail for event in bench.events if event.kind == "notice"]
    assert (
        notice
        == "It: capacity is not scaled: the table keeps SeedCapacity, or MinCapacity where that is not given"
    )


def test_a_table_is_provisioned_in_one_call_with_the_indexes_that_it_keeps(bench: Bench) -> None:
    def index(name: str, **units: Json) -> Json:
        key = [{"AttributeName": "id", "KeyType": "HASH"}]
        return {"IndexName": name, "KeySchema": key, "Projection": {"ProjectionType": "ALL"}, **units}

    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}
    provisioned: Json = {"ProvisionedThroughput": units}
    before = {"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [index("fica"), index("sai")]}
    after = {
        "BillingMode": "PROVISIONED",
        **provisioned,
        "GlobalSecondaryIndexes": [index("fica", **provisioned), index("vem", **provisioned)],
    }
    bench.deploy(template("AWS::DynamoDB::Table", {**TABLE, "TableName": "t", **before}))
    bench.deploy(template("AWS::DynamoDB::Table", {**TABLE, "TableName": "t", **after}))
    update = {"Update": {"IndexName": "fica", **provisioned}}
    assert bench.aws.made("UpdateTable") == [
        {"TableName": "t", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "sai"}}]},
        {
            "TableName": "t",
            "BillingMode": "PROVISIONED",
            **provisioned,
            "GlobalSecondaryIndexUpdates": [update],
        },
        {
            "TableName": "t",
            "AttributeDefinitions": TABLE["AttributeDefinitions"],
            "GlobalSecondaryIndexUpdates": [{"Create": index("vem", **provisioned)}],
        },
    ]
