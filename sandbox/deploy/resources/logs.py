"""CloudWatch Logs: groups, streams, subscription filters, metric filters and resource policies.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    tag_changes,
    tag_map,
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Integer, Json, ListOf, Number, Struct, Text
from sandbox.model.arn import log_group_arn


class LogGroup(ResourceType):
    """AWS::Logs::LogGroup; `Arn` ends in `:*`, as CloudFormation gives it."""

    type = "AWS::Logs::LogGroup"
    properties: ClassVar = {
        "LogGroupName": Property(Text(), replaces=True),
        "RetentionInDays": Property(Integer()),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset({"DataProtectionPolicy", "FieldIndexPolicies", "KmsKeyId", "LogGroupClass"})
    attributes = frozenset({"Arn"})
    name_property = "LogGroupName"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("LogGroupName"), 512)

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        await context.aws(
            "logs", "CreateLogGroup", {"logGroupName": name, "tags": tag_map(props.get("Tags"))}
        )
        if "RetentionInDays" in props:
            await self._retain(context, name, props["RetentionInDays"])
        return Made(name, {"Arn": f"{log_group_arn(context.scope, name)}:*"})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        name = old.physical_id
        if old.properties.get("RetentionInDays") != props.get("RetentionInDays"):
            if "RetentionInDays" in props:
                await self._retain(context, name, props["RetentionInDays"])
            else:
                await context.aws("logs", "DeleteRetentionPolicy", {"logGroupName": name})
        removed, added = tag_changes(old.properties, props)
        arn = str(log_group_arn(context.scope, name))
        if removed:
            await context.aws("logs", "UntagResource", {"resourceArn": arn, "tagKeys": removed})
        if added:
            await context.aws("logs", "TagResource", {"resourceArn": arn, "tags": added})
        return Made(name, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("logs", "DeleteLogGroup", {"logGroupName": old.physical_id}))

    async def _retain(self, context: Context, name: str, days: int) -> None:
        await context.aws("logs", "PutRetentionPolicy", {"logGroupName": name, "retentionInDays": days})


class ResourcePolicy(ResourceType):
    """AWS::Logs::ResourcePolicy.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-resourcepolicy.html
    """

    type = "AWS::Logs::ResourcePolicy"
    properties: ClassVar = {
        "PolicyDocument": Property(Json(), required=True),
        "PolicyName": Property(Text(), replaces=True, required=True),
    }
    name_property = "PolicyName"

    def expected_id(self, context: Context, props: Props) -> str:
        return str(props["PolicyName"])

    async def create(self, context: Context, props: Props) -> Made:
        await self._put(context, props)
        return Made(props["PolicyName"])

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await self._put(context, props)
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("logs", "DeleteResourcePolicy", {"policyName": old.physical_id}))

    async def _put(self, context: Context, props: Props) -> None:
        document = json.dumps(props["PolicyDocument"])
        sent = {"policyName": props["PolicyName"], "policyDocument": document}
        await context.aws("logs", "PutResourcePolicy", sent)


class LogStream(ResourceType):
    """AWS::Logs::LogStream.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-logstream.html
    """

    type = "AWS::Logs::LogStream"
    properties: ClassVar = {
        "LogGroupName": Property(Text(), replaces=True, required=True),
        "LogStreamName": Property(Text(), replaces=True),
    }

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("LogStreamName"), 512)

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        sent = {"logGroupName": props["LogGroupName"], "logStreamName": name}
        await context.aws("logs", "CreateLogStream", sent)
        return Made(name)

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        raise AssertionError("every property of a log stream replaces it")

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {"logGroupName": old.properties["LogGroupName"], "logStreamName": old.physical_id}
        await unless_gone(context.aws("logs", "DeleteLogStream", sent))


class _Filter(ResourceType):
    """A filter of a log group: put under its name, whether it is there or not."""

    #: The operations.
    puts: ClassVar[str]
    removes: ClassVar[str]

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("FilterName"), 512)

    async def create(self, context: Context, props: Props) -> Made:
        return await self._put(context, self.expected_id(context, props), props)

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return await self._put(context, old.physical_id, props)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {"logGroupName": old.properties["LogGroupName"], "filterName": old.physical_id}
        await unless_gone(context.aws("logs", self.removes, sent))

    @abstractmethod
    def own_parameters(self, props: Props) -> Props:
        """Parameters besides group, name and pattern."""

    async def _put(self, context: Context, name: str, props: Props) -> Made:
        sent = {
            "logGroupName": props["LogGroupName"],
            "filterName": name,
            "filterPattern": props["FilterPattern"],
            **self.own_parameters(props),
        }
        await context.aws("logs", self.puts, sent)
        return Made(name)


class SubscriptionFilter(_Filter):
    """AWS::Logs::SubscriptionFilter.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-subscriptionfilter.html
    """

    type = "AWS::Logs::SubscriptionFilter"
    properties: ClassVar = {
        "DestinationArn": Property(Text(), required=True),
        "Distribution": Property(Text(("ByLogStream", "Random"))),
        "FilterName": Property(Text(), replaces=True),
        "FilterPattern": Property(Text(), required=True),
        "LogGroupName": Property(Text(), replaces=True, required=True),
        "RoleArn": Property(Text()),
    }
    not_implemented = frozenset({"ApplyOnTransformedLogs", "EmitSystemFields", "FieldSelectionCriteria"})

    puts, removes = "PutSubscriptionFilter", "DeleteSubscriptionFilter"

    def own_parameters(self, props: Props) -> Props:
        return {
            "destinationArn": props["DestinationArn"],
            "distribution": props.get("Distribution"),
            "roleArn": props.get("RoleArn"),
        }


_TRANSFORMATION = Struct(
    {
        "DefaultValue": Number(),
        "Dimensions": ListOf(Struct({"Key": Text(), "Value": Text()}, ("Key", "Value"))),
        "MetricName": Text(),
        "MetricNamespace": Text(),
        "MetricValue": Text(),
        "Unit": Text(),
    },
    ("MetricName", "MetricNamespace", "MetricValue"),
)


class MetricFilter(_Filter):
    """AWS::Logs::MetricFilter.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-metricfilter.html
    """

    type = "AWS::Logs::MetricFilter"
    properties: ClassVar = {
        "FilterName": Property(Text(), replaces=True),
        "FilterPattern": Property(Text(), required=True),
        "LogGroupName": Property(Text(), replaces=True, required=True),
        "MetricTransformations": Property(ListOf(_TRANSFORMATION), required=True),
    }
    not_implemented = frozenset(
        {"ApplyOnTransformedLogs", "EmitSystemFieldDimensions", "FieldSelectionCriteria"}
    )

    puts, removes = "PutMetricFilter", "DeleteMetricFilter"

    def own_parameters(self, props: Props) -> Props:
        return {"metricTransformations": [_transformation(one) for one in props["MetricTransformations"]]}


def _transformation(given: Props) -> dict[str, Any]:
    sent = {name[0].lower() + name[1:]: value for name, value in given.items()}
    if "dimensions" in sent:
        sent["dimensions"] = {one["Key"]: one["Value"] for one in sent["dimensions"]}
    return sent


TYPES = (LogGroup(), LogStream(), MetricFilter(), ResourcePolicy(), SubscriptionFilter())
