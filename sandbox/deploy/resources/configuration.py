"""Parameters and secrets: AWS::SSM::Parameter, AWS::SecretsManager::Secret.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
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
    tag_changes,
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, MapOf, Shape, Struct, Text


class Parameter(ResourceType):
    """AWS::SSM::Parameter; its value, which may be a secret, is no attribute here."""

    type = "AWS::SSM::Parameter"
    properties: ClassVar = {
        "AllowedPattern": Property(Text()),
        "DataType": Property(Text()),
        "Description": Property(Text()),
        "Name": Property(Text(), replaces=True),
        "Tags": Property(MapOf(Text())),
        "Tier": Property(Text()),
        "Type": Property(Text(("String", "StringList")), required=True),
        "Value": Property(Text(), required=True),
    }
    not_implemented = frozenset({"Policies"})
    attributes = frozenset({"Type"})
    name_property = "Name"

    async def create(self, context: Context, props: Props) -> Made:
        name = context.name(props.get("Name"))
        tags = [{"Key": key, "Value": value} for key, value in props.get("Tags", {}).items()]
        await self._put(context, name, props, {"Tags": tags or None})
        return Made(name, {"Type": props["Type"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await self._put(context, old.physical_id, props, {"Overwrite": True})
        where = {"ResourceType": "Parameter", "ResourceId": old.physical_id}
        before, after = old.properties.get("Tags", {}), props.get("Tags", {})
        gone = sorted(before.keys() - after.keys())
        if gone:
            await context.aws("ssm", "RemoveTagsFromResource", {**where, "TagKeys": gone})
        if added := [{"Key": k, "Value": v} for k, v in after.items() if before.get(k) != v]:
            await context.aws("ssm", "AddTagsToResource", {**where, "Tags": added})
        return Made(old.physical_id, {"Type": props["Type"]})

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("ssm", "DeleteParameter", {"Name": old.physical_id}))

    async def _put(self, context: Context, name: str, props: Props, more: dict[str, Any]) -> None:
        sent = {key: value for key, value in props.items() if key not in {"Name", "Tags"}}
        await context.aws("ssm", "PutParameter", {**sent, "Name": name, **more})


#: Members of GenerateSecretString that are parameters of GetRandomPassword under the same name.
_GENERATED: dict[str, Shape] = {
    "ExcludeCharacters": Text(),
    "ExcludeLowercase": Boolean(),
    "ExcludeNumbers": Boolean(),
    "ExcludePunctuation": Boolean(),
    "ExcludeUppercase": Boolean(),
    "IncludeSpace": Boolean(),
    "PasswordLength": Integer(),
    "RequireEachIncludedType": Boolean(),
}


class Secret(ResourceType):
    """AWS::SecretsManager::Secret; `Ref` is its ARN."""

    type = "AWS::SecretsManager::Secret"
    properties: ClassVar = {
        "Description": Property(Text()),
        "GenerateSecretString": Property(
            Struct({**_GENERATED, "GenerateStringKey": Text(), "SecretStringTemplate": Text()})
        ),
        "Name": Property(Text(), replaces=True),
        "SecretString": Property(Text()),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset({"KmsKeyId", "ReplicaRegions"})
    attributes = frozenset({"Id"})
    name_property = "Name"

    def expected_id(self, context: Context, props: Props) -> None:
        # Its ARN ends in characters that the service draws.
        return None

    async def create(self, context: Context, props: Props) -> Made:
        value = await self._value(context, props)
        sent = {key: props.get(key) for key in ("Description", "Tags")}
        name = context.name(props.get("Name"))
        answer = await context.aws(
            "secretsmanager", "CreateSecret", {"Name": name, **sent, "SecretString": value}
        )
        return Made(answer["ARN"], {"Id": answer["ARN"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        before, where = old.properties, {"SecretId": old.physical_id}
        changes: dict[str, Any] = {}
        if before.get("Description") != props.get("Description"):
            changes["Description"] = props.get("Description", "")
        if any(before.get(key) != props.get(key) for key in ("SecretString", "GenerateSecretString")):
            changes["SecretString"] = await self._value(context, props)
        if changes:
            await context.aws("secretsmanager", "UpdateSecret", {**where, **changes})
        removed, added = tag_changes(before, props)
        if removed:
            await context.aws("secretsmanager", "UntagResource", {**where, "TagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("secretsmanager", "TagResource", {**where, "Tags": tags})
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {"SecretId": old.physical_id, "ForceDeleteWithoutRecovery": True}
        await unless_gone(context.aws("secretsmanager", "DeleteSecret", sent))

    async def _value(self, context: Context, props: Props) -> str | None:
        generate = props.get("GenerateSecretString")
        if generate is None:
            return props.get("SecretString")
        sent = {key: value for key, value in generate.items() if key in _GENERATED}
        password = (await context.aws("secretsmanager", "GetRandomPassword", sent))["RandomPassword"]
        if "GenerateStringKey" not in generate:
            return str(password)
        document = json.loads(generate.get("SecretStringTemplate", "{}"))
        return json.dumps({**document, generate["GenerateStringKey"]: password})


TYPES = (Parameter(), Secret())
