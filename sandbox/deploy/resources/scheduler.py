"""EventBridge Scheduler: AWS::Scheduler::Schedule, AWS::Scheduler::ScheduleGroup.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Scheduler.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

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
from sandbox.deploy.resources.shapes import TAG_LIST, Integer, Struct, Text
from sandbox.model.arn import schedule_arn, schedule_group_arn

_TARGET = Struct(
    {
        "Arn": Text(),
        "DeadLetterConfig": Struct({"Arn": Text()}),
        "EventBridgeParameters": Struct({"DetailType": Text(), "Source": Text()}, ("DetailType", "Source")),
        "Input": Text(),
        "RetryPolicy": Struct({"MaximumEventAgeInSeconds": Integer(), "MaximumRetryAttempts": Integer()}),
        "RoleArn": Text(),
        "SqsParameters": Struct({"MessageGroupId": Text()}),
    },
    ("Arn", "RoleArn"),
)
_DATES = ("StartDate", "EndDate")


class Schedule(ResourceType):
    """AWS::Scheduler::Schedule; `Ref` gives its name."""

    type = "AWS::Scheduler::Schedule"
    properties: ClassVar = {
        "Description": Property(Text()),
        "EndDate": Property(Text()),
        "FlexibleTimeWindow": Property(
            Struct({"MaximumWindowInMinutes": Integer(), "Mode": Text(("OFF", "FLEXIBLE"))}, ("Mode",)),
            required=True,
        ),
        "GroupName": Property(Text(), replaces=True),
        "Name": Property(Text(), replaces=True),
        "ScheduleExpression": Property(Text(), required=True),
        "ScheduleExpressionTimezone": Property(Text()),
        "StartDate": Property(Text()),
        "State": Property(Text(("ENABLED", "DISABLED"))),
        "Target": Property(_TARGET, required=True),
    }
    not_implemented = frozenset({"KmsKeyArn"})
    attributes = frozenset({"Arn"})
    name_property = "Name"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("Name"))

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        await context.aws("scheduler", "CreateSchedule", _sent(name, props))
        return self._made(context, name, props)

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await context.aws("scheduler", "UpdateSchedule", _sent(old.physical_id, props))
        return self._made(context, old.physical_id, props)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"Name": old.physical_id, "GroupName": old.properties.get("GroupName")}
        await unless_gone(context.aws("scheduler", "DeleteSchedule", where))

    def _made(self, context: Context, name: str, props: Props) -> Made:
        group = props.get("GroupName", "default")
        return Made(name, {"Arn": str(schedule_arn(context.scope, group, name))})


def _sent(name: str, props: Props) -> dict[str, Any]:
    dates = {
        member: datetime.fromisoformat(props[member].replace("Z", "+00:00"))
        for member in _DATES
        if member in props
    }
    return {**props, **dates, "Name": name}


class ScheduleGroup(ResourceType):
    """AWS::Scheduler::ScheduleGroup."""

    type = "AWS::Scheduler::ScheduleGroup"
    properties: ClassVar = {
        "Name": Property(Text(), replaces=True),
        "Tags": Property(TAG_LIST),
    }
    attributes = frozenset({"Arn", "CreationDate", "LastModificationDate", "State"})
    name_property = "Name"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("Name"))

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        sent = {"Name": name, "Tags": props.get("Tags")}
        await context.aws("scheduler", "CreateScheduleGroup", sent)
        described = await context.aws("scheduler", "GetScheduleGroup", {"Name": name})
        found = {
            key: str(described.get(key, "")) for key in ("CreationDate", "LastModificationDate", "State")
        }
        return Made(name, {"Arn": str(schedule_group_arn(context.scope, name)), **found})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        arn = str(schedule_group_arn(context.scope, old.physical_id))
        removed, added = tag_changes(old.properties, props)
        if removed:
            await context.aws("scheduler", "UntagResource", {"ResourceArn": arn, "TagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("scheduler", "TagResource", {"ResourceArn": arn, "Tags": tags})
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("scheduler", "DeleteScheduleGroup", {"Name": old.physical_id}))


TYPES = (Schedule(), ScheduleGroup())
