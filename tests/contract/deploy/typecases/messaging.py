"""SQS and SNS."""

from __future__ import annotations

from tests.contract.deploy.typecases.base import OTHER_TAGS, POLICY, QUEUE_ARN, TAGS, TOPIC_ARN, URL, Case

CHANGED = [
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
]
