"""What keeps things: logs, alarms, databases, buckets, images, parameters."""

from __future__ import annotations

import json

from tests.contract.deploy.typecases.base import OTHER_TAGS, POLICY, TABLE, TAGS, Case

#: Longer than the shortest that is taken.
EXPIRES = json.dumps({"rules": [{"rulePriority": 1, "description": "x" * 90}]})
LIFE = {
    "Status": "Disabled",
    "Prefix": "velho/",
    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}

REPLICA = {"Region": "us-east-1", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}

CHANGED = [
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
        "AWS::Logs::MetricFilter",
        {
            "LogGroupName": "g",
            "FilterName": "erros",
            "FilterPattern": "ERROR",
            "MetricTransformations": [
                {"MetricName": "Erros", "MetricNamespace": "Loja", "MetricValue": 1, "DefaultValue": "0"}
            ],
        },
        {
            "LogGroupName": "g",
            "FilterName": "erros",
            "FilterPattern": "{ $.ms = * }",
            "MetricTransformations": [
                {
                    "MetricName": "Demora",
                    "MetricNamespace": "Loja",
                    "MetricValue": "$.ms",
                    "Unit": "Milliseconds",
                    "Dimensions": [{"Key": "Rota", "Value": "$.rota"}],
                }
            ],
        },
        ("PutMetricFilter",),
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
        "AWS::RDS::DBInstance",
        {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20", "Tags": TAGS},
        {
            "Engine": "postgres",
            "DBInstanceClass": "db.t4g.large",
            "AllocatedStorage": "20",
            "Port": "5433",
            "Tags": OTHER_TAGS,
        },
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
    Case(
        "AWS::DynamoDB::GlobalTable",
        {**TABLE, "BillingMode": "PAY_PER_REQUEST", "Replicas": [REPLICA]},
        {
            **TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "Replicas": [{**REPLICA, "DeletionProtectionEnabled": False, "Tags": TAGS}],
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True},
            "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 5},
        },
        ("UpdateTable", "UpdateTimeToLive", "TagResource"),
    ),
    Case(
        "AWS::DynamoDB::Table",
        {**TABLE, "DeletionProtectionEnabled": True, "TableClass": "STANDARD_INFREQUENT_ACCESS"},
        TABLE,
        ("UpdateTable",),
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "AccessControl": "Private",
            "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Id": "a", "ExpirationInDays": 1}]},
        },
        {"LifecycleConfiguration": {"Rules": [LIFE]}},
        ("PutBucketLifecycleConfiguration",),
    ),
    Case(
        "AWS::S3::Bucket",
        {"LifecycleConfiguration": {"Rules": [LIFE]}},
        {},
        ("DeleteBucketLifecycle",),
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {
                "QueueConfigurations": [
                    {
                        "Event": "s3:ObjectCreated:*",
                        "Queue": "arn:aws:sqs:us-east-1:000000000000:q",
                        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}},
                    }
                ],
                "TopicConfigurations": [
                    {"Event": "s3:ObjectRemoved:*", "Topic": "arn:aws:sns:us-east-1:000000000000:t"}
                ],
            }
        },
        {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": "true"}}},
        ("PutBucketNotificationConfiguration",),
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {
                "LambdaConfigurations": [
                    {
                        "Event": "s3:ObjectCreated:*",
                        "Function": "arn:aws:lambda:us-east-1:000000000000:function:f",
                    }
                ],
            }
        },
        {},
        ("PutBucketNotificationConfiguration",),
    ),
    Case(
        "AWS::ECR::Repository",
        {
            "RepositoryName": "repo",
            "ImageTagMutability": "IMMUTABLE",
            "LifecyclePolicy": {"LifecyclePolicyText": EXPIRES},
            "Tags": TAGS,
        },
        {"RepositoryName": "repo", "RepositoryPolicyText": POLICY, "Tags": OTHER_TAGS, "EmptyOnDelete": True},
        (
            "PutImageTagMutability",
            "UntagResource",
            "TagResource",
            "DeleteLifecyclePolicy",
            "SetRepositoryPolicy",
        ),
    ),
    Case(
        "AWS::KMS::Key",
        {"Description": "d", "KeyPolicy": POLICY, "EnableKeyRotation": True, "Tags": TAGS},
        {"KeyPolicy": {**POLICY, "Id": "x"}, "Enabled": False, "PendingWindowInDays": 7, "Tags": OTHER_TAGS},
        (
            "UpdateKeyDescription",
            "PutKeyPolicy",
            "DisableKeyRotation",
            "DisableKey",
            "UntagResource",
            "TagResource",
        ),
    ),
    Case(
        "AWS::KMS::Alias",
        {"AliasName": "alias/a", "TargetKeyId": "k"},
        {"AliasName": "alias/a", "TargetKeyId": "l"},
        ("UpdateAlias",),
    ),
]

REPLACED = [
    Case(
        "AWS::DynamoDB::Table",
        {**TABLE, "BillingMode": "PAY_PER_REQUEST"},
        {
            **TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
        },
        ("CreateTable", "DescribeTable", "DeleteTable", "DescribeTable"),
    ),
    Case(
        "AWS::Logs::LogStream",
        {"LogGroupName": "g", "LogStreamName": "a"},
        {"LogGroupName": "g", "LogStreamName": "b"},
        ("CreateLogStream", "DeleteLogStream"),
    ),
]
