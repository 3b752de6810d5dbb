"""SQS: AWS::SQS::Queue, AWS::SQS::QueuePolicy and AWS::SQS::QueueInlinePolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
"""

from __future__ import annotations

from typing import ClassVar

from sandbox.deploy.names import canonical_queue_url
from sandbox.deploy.resources.attached_policies import PolicyOfOne, PolicyOfSeveral
from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    already_exists,
    attribute_text,
    exists,
    tag_changes,
    tag_map,
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, Json, Text
from sandbox.model.arn import queue_arn

#: Attributes of the API that are properties of the type under the same name, with AWS's default.
_ATTRIBUTES = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


class Queue(ResourceType):
    """AWS::SQS::Queue; `Ref` is the queue's URL on AWS, which every endpoint understands."""

    type = "AWS::SQS::Queue"
    properties: ClassVar = {
        "QueueName": Property(Text(), replaces=True),
        "FifoQueue": Property(Boolean(), replaces=True),
        "ContentBasedDeduplication": Property(Boolean()),
        "DeduplicationScope": Property(Text()),
        "DelaySeconds": Property(Integer()),
        "FifoThroughputLimit": Property(Text()),
        "KmsDataKeyReusePeriodSeconds": Property(Integer()),
        "KmsMasterKeyId": Property(Text()),
        "MaximumMessageSize": Property(Integer()),
        "MessageRetentionPeriod": Property(Integer()),
        "ReceiveMessageWaitTimeSeconds": Property(Integer()),
        "RedriveAllowPolicy": Property(Json()),
        "RedrivePolicy": Property(Json()),
        "SqsManagedSseEnabled": Property(Boolean()),
        "Tags": Property(TAG_LIST),
        "VisibilityTimeout": Property(Integer()),
    }
    attributes = frozenset({"Arn", "QueueName", "QueueUrl"})
    name_property = "QueueName"

    def expected_id(self, context: Context, props: Props) -> str:
        return canonical_queue_url(context.scope, self._name(context, props))

    async def create(self, context: Context, props: Props) -> Made:
        name = self._name(context, props)
        if await exists(context.aws("sqs", "GetQueueUrl", {"QueueName": name})):
            raise already_exists("the queue", name)
        attributes = {key: attribute_text(props[key]) for key in _ATTRIBUTES if key in props}
        if props.get("FifoQueue"):
            attributes["FifoQueue"] = "true"
        await context.aws(
            "sqs",
            "CreateQueue",
            {"QueueName": name, "Attributes": attributes or None, "tags": tag_map(props.get("Tags"))},
        )
        return _made(context, name)

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        changes = {
            key: attribute_text(props[key]) if key in props else default
            for key, default in _ATTRIBUTES.items()
            if old.properties.get(key) != props.get(key)
        }
        url = old.physical_id
        if changes:
            await context.aws("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": changes})
        removed, added = tag_changes(old.properties, props)
        if removed:
            await context.aws("sqs", "UntagQueue", {"QueueUrl": url, "TagKeys": removed})
        if added:
            await context.aws("sqs", "TagQueue", {"QueueUrl": url, "Tags": added})
        return Made(url, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("sqs", "DeleteQueue", {"QueueUrl": old.physical_id}))

    def _name(self, context: Context, props: Props) -> str:
        fifo = bool(props.get("FifoQueue"))
        given = props.get("QueueName")
        return context.name(given, 80 - 5 * fifo) + (".fifo" if fifo and not given else "")


def _made(context: Context, name: str) -> Made:
    url = canonical_queue_url(context.scope, name)
    return Made(url, {"Arn": str(queue_arn(context.scope, name)), "QueueName": name, "QueueUrl": url})


class QueuePolicy(PolicyOfSeveral):
    """AWS::SQS::QueuePolicy."""

    type = "AWS::SQS::QueuePolicy"
    attached_to = "Queues"

    async def put(self, context: Context, resource: str, policy: str) -> None:
        await _set_policy(context, resource, policy)


class QueueInlinePolicy(PolicyOfOne):
    """AWS::SQS::QueueInlinePolicy."""

    type = "AWS::SQS::QueueInlinePolicy"
    attached_to = "Queue"

    async def put(self, context: Context, resource: str, policy: str) -> None:
        await _set_policy(context, resource, policy)


async def _set_policy(context: Context, url: str, policy: str) -> None:
    await context.aws("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": policy}})


TYPES = (Queue(), QueuePolicy(), QueueInlinePolicy())
