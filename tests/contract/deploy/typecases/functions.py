"""Lambda, and what feeds functions."""

from __future__ import annotations

from tests.contract.deploy.typecases.base import (
    FUNCTION_ARN,
    INLINE,
    LAYER,
    OTHER_TAGS,
    PERMISSION,
    QUEUE_ARN,
    ROLE,
    TAGS,
    Case,
)

CHANGED = [
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
            "Tags": TAGS,
        },
        {
            "FunctionName": "f",
            "EventSourceArn": QUEUE_ARN,
            "Enabled": "false",
            "FunctionResponseTypes": [],
            "Tags": OTHER_TAGS,
        },
        ("UpdateEventSourceMapping", "UntagResource", "TagResource"),
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
]

REPLACED = [
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
]
