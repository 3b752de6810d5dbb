"""Keys of the long tail: AWS::KMS::Key, AWS::KMS::Alias. Services that store which key they were given do not
encrypt with it (`sandbox services`); what functions encrypt with it themselves is encrypted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html
"""

from __future__ import annotations

import json
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
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, Json, Text


class Key(ResourceType):
    """AWS::KMS::Key; `Ref` is its id. Deleting it schedules its end, as on AWS."""

    type = "AWS::KMS::Key"
    properties: ClassVar = {
        "Description": Property(Text()),
        "EnableKeyRotation": Property(Boolean()),
        "Enabled": Property(Boolean()),
        "KeyPolicy": Property(Json()),
        "KeySpec": Property(Text(), replaces=True),
        "KeyUsage": Property(Text(), replaces=True),
        "PendingWindowInDays": Property(Integer()),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset(
        {"BypassPolicyLockoutSafetyCheck", "MultiRegion", "Origin", "RotationPeriodInDays"}
    )
    attributes = frozenset({"Arn", "KeyId"})

    async def create(self, context: Context, props: Props) -> Made:
        sent = {
            "Description": props.get("Description"),
            "KeySpec": props.get("KeySpec"),
            "KeyUsage": props.get("KeyUsage"),
            "Policy": json.dumps(props["KeyPolicy"]) if "KeyPolicy" in props else None,
            "Tags": _tags({tag["Key"]: tag["Value"] for tag in props.get("Tags", ())}) or None,
        }
        made = (await context.aws("kms", "CreateKey", sent))["KeyMetadata"]
        await self._switch(context, made["KeyId"], {}, props)
        return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        key, before = old.physical_id, old.properties
        if before.get("Description") != props.get("Description"):
            sent = {"KeyId": key, "Description": props.get("Description", "")}
            await context.aws("kms", "UpdateKeyDescription", sent)
        if "KeyPolicy" in props and before.get("KeyPolicy") != props["KeyPolicy"]:
            sent = {"KeyId": key, "PolicyName": "default", "Policy": json.dumps(props["KeyPolicy"])}
            await context.aws("kms", "PutKeyPolicy", sent)
        await self._switch(context, key, before, props)
        removed, added = tag_changes(before, props)
        if removed:
            await context.aws("kms", "UntagResource", {"KeyId": key, "TagKeys": removed})
        if added:
            await context.aws("kms", "TagResource", {"KeyId": key, "Tags": _tags(added)})
        return Made(key, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {"KeyId": old.physical_id, "PendingWindowInDays": old.properties.get("PendingWindowInDays")}
        await unless_gone(context.aws("kms", "ScheduleKeyDeletion", sent))

    async def _switch(self, context: Context, key: str, before: Props, props: Props) -> None:
        for name, usual, on, off in (
            ("EnableKeyRotation", False, "EnableKeyRotation", "DisableKeyRotation"),
            ("Enabled", True, "EnableKey", "DisableKey"),
        ):
            wanted = props.get(name, usual)
            if wanted != before.get(name, usual):
                await context.aws("kms", on if wanted else off, {"KeyId": key})


class Alias(ResourceType):
    """AWS::KMS::Alias; `Ref` is its name."""

    type = "AWS::KMS::Alias"
    properties: ClassVar = {
        "AliasName": Property(Text(), replaces=True, required=True),
        "TargetKeyId": Property(Text(), required=True),
    }
    name_property = "AliasName"

    async def create(self, context: Context, props: Props) -> Made:
        await context.aws("kms", "CreateAlias", props)
        return Made(props["AliasName"])

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await context.aws("kms", "UpdateAlias", props)
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("kms", "DeleteAlias", {"AliasName": old.physical_id}))


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


TYPES = (Key(), Alias())
