"""EventBridge: AWS::Events::EventBus, AWS::Events::Rule, AWS::Events::EventBusPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    already_exists,
    exists,
    tag_changes,
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Integer, Json, ListOf, MapOf, Struct, Text
from sandbox.model.arn import event_bus_arn, is_arn, parse_arn, rule_arn
from sandbox.model.awserror import AwsError

_TARGET = Struct(
    {
        "Arn": Text(),
        "DeadLetterConfig": Struct({"Arn": Text()}),
        "HttpParameters": Struct(
            {
                "HeaderParameters": MapOf(Text()),
                "PathParameterValues": ListOf(Text()),
                "QueryStringParameters": MapOf(Text()),
            }
        ),
        "Id": Text(),
        "Input": Text(),
        "InputPath": Text(),
        "InputTransformer": Struct(
            {"InputPathsMap": MapOf(Text()), "InputTemplate": Text()}, ("InputTemplate",)
        ),
        "RetryPolicy": Struct({"MaximumEventAgeInSeconds": Integer(), "MaximumRetryAttempts": Integer()}),
        "RoleArn": Text(),
        "SqsParameters": Struct({"MessageGroupId": Text()}),
    },
    ("Arn", "Id"),
)


class EventBus(ResourceType):
    """AWS::Events::EventBus."""

    type = "AWS::Events::EventBus"
    properties: ClassVar = {
        "DeadLetterConfig": Property(Struct({"Arn": Text()})),
        "Description": Property(Text()),
        "Name": Property(Text(), replaces=True, required=True),
        "Policy": Property(Json()),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset({"EventSourceName", "KmsKeyIdentifier", "LogConfig"})
    attributes = frozenset({"Arn", "Name"})
    name_property = "Name"

    async def create(self, context: Context, props: Props) -> Made:
        name = props["Name"]
        sent = {key: props.get(key) for key in ("DeadLetterConfig", "Description", "Name", "Tags")}
        answer = await context.aws("events", "CreateEventBus", sent)
        if "Policy" in props:
            await self._policy(context, name, props["Policy"])
        return Made(name, {"Arn": answer["EventBusArn"], "Name": name})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        name, before = old.physical_id, old.properties
        if any(before.get(key) != props.get(key) for key in ("DeadLetterConfig", "Description")):
            sent = {
                "Description": props.get("Description", ""),
                "DeadLetterConfig": props.get("DeadLetterConfig", {}),
            }
            await context.aws("events", "UpdateEventBus", {"Name": name, **sent})
        if before.get("Policy") != props.get("Policy"):
            await context.aws(
                "events", "RemovePermission", {"EventBusName": name, "RemoveAllPermissions": True}
            )
            if "Policy" in props:
                await self._policy(context, name, props["Policy"])
        await _retag(context, str(event_bus_arn(context.scope, name)), before, props)
        return Made(name, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("events", "DeleteEventBus", {"Name": old.physical_id}))

    async def _policy(self, context: Context, name: str, policy: Any) -> None:
        await context.aws("events", "PutPermission", {"EventBusName": name, "Policy": json.dumps(policy)})


class Rule(ResourceType):
    """AWS::Events::Rule with its targets; `Ref` names the bus too where it is not the default one."""

    type = "AWS::Events::Rule"
    properties: ClassVar = {
        "Description": Property(Text()),
        "EventBusName": Property(Text(), replaces=True),
        "EventPattern": Property(Json()),
        "Name": Property(Text(), replaces=True),
        "RoleArn": Property(Text()),
        "ScheduleExpression": Property(Text()),
        "State": Property(Text(("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"))),
        "Tags": Property(TAG_LIST),
        "Targets": Property(ListOf(_TARGET)),
    }
    attributes = frozenset({"Arn"})
    name_property = "Name"

    def expected_id(self, context: Context, props: Props) -> str:
        name, bus = context.name(props.get("Name")), _bus(props)
        return name if bus == "default" else f"{bus}|{name}"

    async def create(self, context: Context, props: Props) -> Made:
        name = context.name(props.get("Name"))
        where = {"Name": name, "EventBusName": props.get("EventBusName")}
        if await exists(context.aws("events", "DescribeRule", where)):
            raise already_exists("the rule", name)
        await self._put(context, name, props, tags=props.get("Tags"))
        await self._targets(context, name, {}, props)
        arn = str(rule_arn(context.scope, _bus(props), name))
        return Made(self.expected_id(context, props), {"Arn": arn})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        name, before = old.physical_id.rsplit("|", 1)[-1], old.properties
        if any(
            before.get(key) != props.get(key) for key in self.properties if key not in {"Targets", "Tags"}
        ):
            await self._put(context, name, props, tags=None)
        await self._targets(context, name, before, props)
        await _retag(context, str(old.attributes["Arn"]), before, props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        name = old.physical_id.rsplit("|", 1)[-1]
        await unless_gone(self._targets(context, name, old.properties, {}, bus=old.properties))
        where = {"Name": name, "EventBusName": old.properties.get("EventBusName")}
        await unless_gone(context.aws("events", "DeleteRule", where))

    async def _put(self, context: Context, name: str, props: Props, tags: Any) -> None:
        sent = {
            key: props.get(key)
            for key in ("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State")
        }
        pattern = json.dumps(props["EventPattern"]) if "EventPattern" in props else None
        await context.aws("events", "PutRule", {"Name": name, **sent, "EventPattern": pattern, "Tags": tags})

    async def _targets(
        self, context: Context, name: str, before: Props, props: Props, bus: Props | None = None
    ) -> None:
        where = {"Rule": name, "EventBusName": (bus or props).get("EventBusName")}
        old = {target["Id"]: target for target in before.get("Targets", [])}
        new = {target["Id"]: target for target in props.get("Targets", [])}
        gone = sorted(old.keys() - new.keys())
        if gone:
            await _checked(context, "RemoveTargets", {**where, "Ids": gone})
        changed = [target for identity, target in new.items() if old.get(identity) != target]
        if changed:
            await _checked(context, "PutTargets", {**where, "Targets": changed})


def _bus(props: Props) -> str:
    named = str(props.get("EventBusName", "default"))
    return parse_arn(named).name if is_arn(named) else named


async def _checked(context: Context, operation: str, params: dict[str, Any]) -> None:
    """Target operations answer 200 with a list of what failed."""
    answer = await context.aws("events", operation, params)
    for entry in answer.get("FailedEntries", []):
        raise AwsError(entry["ErrorCode"], f"target {entry['TargetId']}: {entry['ErrorMessage']}")


async def _retag(context: Context, arn: str, before: Props, props: Props) -> None:
    removed, added = tag_changes(before, props)
    if removed:
        await context.aws("events", "UntagResource", {"ResourceARN": arn, "TagKeys": removed})
    if added:
        tags = [{"Key": key, "Value": value} for key, value in added.items()]
        await context.aws("events", "TagResource", {"ResourceARN": arn, "Tags": tags})


class EventBusPolicy(ResourceType):
    """AWS::Events::EventBusPolicy: one statement of a bus's policy."""

    type = "AWS::Events::EventBusPolicy"
    properties: ClassVar = {
        "EventBusName": Property(Text(), replaces=True),
        "Statement": Property(Json(), required=True),
        "StatementId": Property(Text(), replaces=True, required=True),
    }
    not_implemented = frozenset({"Action", "Condition", "Principal"})

    def expected_id(self, context: Context, props: Props) -> str:
        return f"{_bus(props)}|{props['StatementId']}"

    async def create(self, context: Context, props: Props) -> Made:
        await self._put(context, props)
        return Made(self.expected_id(context, props))

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await self._remove(context, old)
        await self._put(context, props)
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        await self._remove(context, old)

    async def _put(self, context: Context, props: Props) -> None:
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Sid": props["StatementId"], **_statement(props["Statement"])}],
        }
        where = {"EventBusName": props.get("EventBusName")}
        await context.aws("events", "PutPermission", {**where, "Policy": json.dumps(policy)})

    async def _remove(self, context: Context, old: Existing) -> None:
        where = {key: old.properties.get(key) for key in ("EventBusName", "StatementId")}
        await unless_gone(context.aws("events", "RemovePermission", where))


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != "Sid"}


TYPES = (EventBus(), Rule(), EventBusPolicy())
