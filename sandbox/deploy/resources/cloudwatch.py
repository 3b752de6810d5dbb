"""CloudWatch: AWS::CloudWatch::Alarm.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
"""

from __future__ import annotations

from typing import ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    tag_changes,
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, Json, ListOf, Number, Struct, Text
from sandbox.model.arn import alarm_arn


class Alarm(ResourceType):
    """AWS::CloudWatch::Alarm; a record until CloudWatch evaluates it."""

    type = "AWS::CloudWatch::Alarm"
    properties: ClassVar = {
        "ActionsEnabled": Property(Boolean()),
        "AlarmActions": Property(ListOf(Text())),
        "AlarmDescription": Property(Text()),
        "AlarmName": Property(Text(), replaces=True),
        "ComparisonOperator": Property(Text(), required=True),
        "DatapointsToAlarm": Property(Integer()),
        "Dimensions": Property(ListOf(Struct({"Name": Text(), "Value": Text()}, ("Name", "Value")))),
        "EvaluateLowSampleCountPercentile": Property(Text()),
        "EvaluationPeriods": Property(Integer(), required=True),
        "ExtendedStatistic": Property(Text()),
        "InsufficientDataActions": Property(ListOf(Text())),
        "MetricName": Property(Text()),
        "Metrics": Property(ListOf(Json())),
        "Namespace": Property(Text()),
        "OKActions": Property(ListOf(Text())),
        "Period": Property(Integer()),
        "Statistic": Property(Text()),
        "Tags": Property(TAG_LIST),
        "Threshold": Property(Number()),
        "ThresholdMetricId": Property(Text()),
        "TreatMissingData": Property(Text()),
        "Unit": Property(Text()),
    }
    attributes = frozenset({"Arn"})
    name_property = "AlarmName"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("AlarmName"), 255)

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        await context.aws("cloudwatch", "PutMetricAlarm", {**props, "AlarmName": name})
        return Made(name, {"Arn": str(alarm_arn(context.scope, name))})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        sent = {key: value for key, value in props.items() if key != "Tags"}
        await context.aws("cloudwatch", "PutMetricAlarm", {**sent, "AlarmName": old.physical_id})
        arn = str(alarm_arn(context.scope, old.physical_id))
        removed, added = tag_changes(old.properties, props)
        if removed:
            await context.aws("cloudwatch", "UntagResource", {"ResourceARN": arn, "TagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("cloudwatch", "TagResource", {"ResourceARN": arn, "Tags": tags})
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("cloudwatch", "DeleteAlarms", {"AlarmNames": [old.physical_id]}))


TYPES = (Alarm(),)
