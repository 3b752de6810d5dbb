"""EventBridge and its Scheduler."""

from __future__ import annotations

from tests.contract.deploy.typecases.base import OTHER_TAGS, POLICY, QUEUE_ARN, ROLE, TAGS, Case

CHANGED = [
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
]
