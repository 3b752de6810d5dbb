"""SNS: AWS::SNS::Topic, AWS::SNS::Subscription, AWS::SNS::TopicPolicy, AWS::SNS::TopicInlinePolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
"""

from __future__ import annotations

from typing import ClassVar

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
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Json, ListOf, Struct, Text
from sandbox.model.arn import topic_arn

#: Attributes of the API that are properties of the type under the same name.
_TOPIC_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
)
_ENDPOINT = Struct({"Endpoint": Text(), "Protocol": Text()}, ("Endpoint", "Protocol"))


class Topic(ResourceType):
    """AWS::SNS::Topic; `Ref` is its ARN. Endpoints named in `Subscription` come and go with it."""

    type = "AWS::SNS::Topic"
    properties: ClassVar = {
        "TopicName": Property(Text(), replaces=True),
        "FifoTopic": Property(Boolean(), replaces=True),
        "ContentBasedDeduplication": Property(Boolean()),
        "DisplayName": Property(Text()),
        "FifoThroughputScope": Property(Text()),
        "KmsMasterKeyId": Property(Text()),
        "SignatureVersion": Property(Text()),
        "Subscription": Property(ListOf(_ENDPOINT)),
        "Tags": Property(TAG_LIST),
        "TracingConfig": Property(Text()),
    }
    not_implemented = frozenset({"ArchivePolicy", "DataProtectionPolicy", "DeliveryStatusLogging"})
    attributes = frozenset({"TopicArn", "TopicName"})
    name_property = "TopicName"

    def expected_id(self, context: Context, props: Props) -> str:
        return str(topic_arn(context.scope, self._name(context, props)))

    async def create(self, context: Context, props: Props) -> Made:
        name = self._name(context, props)
        arn = str(topic_arn(context.scope, name))
        if await exists(context.aws("sns", "GetTopicAttributes", {"TopicArn": arn})):
            raise already_exists("the topic", name)
        attributes = {key: attribute_text(props[key]) for key in _TOPIC_ATTRIBUTES if key in props}
        if props.get("FifoTopic"):
            attributes["FifoTopic"] = "true"
        sent = {"Name": name, "Attributes": attributes or None, "Tags": props.get("Tags")}
        await context.aws("sns", "CreateTopic", sent)
        for endpoint in props.get("Subscription", []):
            await context.aws("sns", "Subscribe", {"TopicArn": arn, **endpoint})
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        arn, before = old.physical_id, old.properties
        for key in _TOPIC_ATTRIBUTES:
            if before.get(key) != props.get(key):
                change = {"AttributeName": key, "AttributeValue": attribute_text(props.get(key, ""))}
                await context.aws("sns", "SetTopicAttributes", {"TopicArn": arn, **change})
        await self._resubscribe(context, arn, before.get("Subscription", []), props.get("Subscription", []))
        removed, added = tag_changes(before, props)
        if removed:
            await context.aws("sns", "UntagResource", {"ResourceArn": arn, "TagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("sns", "TagResource", {"ResourceArn": arn, "Tags": tags})
        return Made(arn, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("sns", "DeleteTopic", {"TopicArn": old.physical_id}))

    async def _resubscribe(
        self, context: Context, arn: str, before: list[dict[str, str]], after: list[dict[str, str]]
    ) -> None:
        for endpoint in after:
            if endpoint not in before:
                await context.aws("sns", "Subscribe", {"TopicArn": arn, **endpoint})
        gone = [endpoint for endpoint in before if endpoint not in after]
        for subscription in await _subscriptions(context, arn) if gone else []:
            known = {"Endpoint": subscription["Endpoint"], "Protocol": subscription["Protocol"]}
            if known in gone and subscription["SubscriptionArn"].startswith("arn:"):
                ended = {"SubscriptionArn": subscription["SubscriptionArn"]}
                await context.aws("sns", "Unsubscribe", ended)

    def _name(self, context: Context, props: Props) -> str:
        fifo = bool(props.get("FifoTopic"))
        given = props.get("TopicName")
        return context.name(given, 256 - 5 * fifo) + (".fifo" if fifo and not given else "")


class Subscription(ResourceType):
    """AWS::SNS::Subscription; `Ref` is its ARN."""

    type = "AWS::SNS::Subscription"
    properties: ClassVar = {
        "TopicArn": Property(Text(), replaces=True, required=True),
        "Protocol": Property(Text(), replaces=True, required=True),
        "Endpoint": Property(Text(), replaces=True),
        "DeliveryPolicy": Property(Json()),
        "FilterPolicy": Property(Json()),
        "FilterPolicyScope": Property(Text()),
        "RawMessageDelivery": Property(Boolean()),
        "RedrivePolicy": Property(Json()),
        "Region": Property(Text(), replaces=True),
    }
    not_implemented = frozenset({"ReplayPolicy", "SubscriptionRoleArn"})
    attributes = frozenset({"Arn"})

    async def create(self, context: Context, props: Props) -> Made:
        attributes = {key: attribute_text(props[key]) for key in _SUBSCRIPTION_ATTRIBUTES if key in props}
        sent = {key: props.get(key) for key in ("TopicArn", "Protocol", "Endpoint")}
        answer = await context.aws(
            "sns",
            "Subscribe",
            {**sent, "Attributes": attributes or None, "ReturnSubscriptionArn": True},
        )
        arn = answer["SubscriptionArn"]
        return Made(arn, {"Arn": arn})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        arn = old.physical_id
        changed = [key for key in _SUBSCRIPTION_ATTRIBUTES if old.properties.get(key) != props.get(key)]
        # A filter that goes is taken away before its scope; one that comes is set after it.
        if "FilterPolicy" in props:
            changed.sort(key=lambda name: name != "FilterPolicyScope")
        for key in changed:
            default = "false" if key == "RawMessageDelivery" else ""
            change = {"AttributeName": key, "AttributeValue": attribute_text(props.get(key, default))}
            await context.aws("sns", "SetSubscriptionAttributes", {"SubscriptionArn": arn, **change})
        return Made(arn, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("sns", "Unsubscribe", {"SubscriptionArn": old.physical_id}))


class TopicPolicy(PolicyOfSeveral):
    """AWS::SNS::TopicPolicy."""

    type = "AWS::SNS::TopicPolicy"
    attached_to = "Topics"

    async def put(self, context: Context, resource: str, policy: str) -> None:
        await _set_policy(context, resource, policy)


class TopicInlinePolicy(PolicyOfOne):
    """AWS::SNS::TopicInlinePolicy."""

    type = "AWS::SNS::TopicInlinePolicy"
    attached_to = "TopicArn"

    async def put(self, context: Context, resource: str, policy: str) -> None:
        await _set_policy(context, resource, policy)


async def _set_policy(context: Context, topic: str, policy: str) -> None:
    change = {"AttributeName": "Policy", "AttributeValue": policy}
    await context.aws("sns", "SetTopicAttributes", {"TopicArn": topic, **change})


async def _subscriptions(context: Context, topic: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    token = None
    while True:
        answer = await context.aws("sns", "ListSubscriptionsByTopic", {"TopicArn": topic, "NextToken": token})
        found += answer.get("Subscriptions", [])
        token = answer.get("NextToken")
        if not token:
            return found


TYPES = (Topic(), Subscription(), TopicPolicy(), TopicInlinePolicy())
