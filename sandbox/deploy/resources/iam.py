"""IAM: roles and policies, which the sandbox keeps as records.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
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
from sandbox.deploy.resources.shapes import TAG_LIST, Integer, Json, ListOf, Struct, Text
from sandbox.model.arn import Arn

_POLICIES = ListOf(Struct({"PolicyName": Text(), "PolicyDocument": Json()}, ("PolicyName", "PolicyDocument")))


class Role(ResourceType):
    """AWS::IAM::Role with its inline policies and attached managed policies."""

    type = "AWS::IAM::Role"
    properties: ClassVar = {
        "AssumeRolePolicyDocument": Property(Json(), required=True),
        "Description": Property(Text()),
        "ManagedPolicyArns": Property(ListOf(Text())),
        "MaxSessionDuration": Property(Integer()),
        "Path": Property(Text(), replaces=True),
        "PermissionsBoundary": Property(Text()),
        "Policies": Property(_POLICIES),
        "RoleName": Property(Text(), replaces=True),
        "Tags": Property(TAG_LIST),
    }
    attributes = frozenset({"Arn", "RoleId"})
    name_property = "RoleName"

    async def create(self, context: Context, props: Props) -> Made:
        name = context.name(props.get("RoleName"))
        answer = await context.aws(
            "iam",
            "CreateRole",
            {
                "RoleName": name,
                "AssumeRolePolicyDocument": json.dumps(props["AssumeRolePolicyDocument"]),
                **{
                    key: props.get(key)
                    for key in ("Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags")
                },
            },
        )
        await self._policies(context, name, {}, props)
        role = answer["Role"]
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        name, before = old.physical_id, old.properties
        if before["AssumeRolePolicyDocument"] != props["AssumeRolePolicyDocument"]:
            document = json.dumps(props["AssumeRolePolicyDocument"])
            await context.aws("iam", "UpdateAssumeRolePolicy", {"RoleName": name, "PolicyDocument": document})
        if any(before.get(key) != props.get(key) for key in ("Description", "MaxSessionDuration")):
            changes = {
                "Description": props.get("Description", ""),
                "MaxSessionDuration": props.get("MaxSessionDuration", 3600),
            }
            await context.aws("iam", "UpdateRole", {"RoleName": name, **changes})
        await self._boundary(context, name, before, props)
        await self._policies(context, name, before, props)
        removed, added = tag_changes(before, props)
        if removed:
            await context.aws("iam", "UntagRole", {"RoleName": name, "TagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("iam", "TagRole", {"RoleName": name, "Tags": tags})
        return Made(name, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(self._policies(context, old.physical_id, old.properties, {}))
        await unless_gone(context.aws("iam", "DeleteRole", {"RoleName": old.physical_id}))

    async def _boundary(self, context: Context, name: str, before: Props, props: Props) -> None:
        boundary = props.get("PermissionsBoundary")
        if boundary == before.get("PermissionsBoundary"):
            return
        if boundary is None:
            await context.aws("iam", "DeleteRolePermissionsBoundary", {"RoleName": name})
        else:
            await context.aws(
                "iam", "PutRolePermissionsBoundary", {"RoleName": name, "PermissionsBoundary": boundary}
            )

    async def _policies(self, context: Context, name: str, before: Props, props: Props) -> None:
        """Brings inline and attached policies from what they were to what they are to be."""
        old = {policy["PolicyName"]: policy for policy in before.get("Policies", [])}
        new = {policy["PolicyName"]: policy for policy in props.get("Policies", [])}
        for gone in old.keys() - new.keys():
            await unless_gone(context.aws("iam", "DeleteRolePolicy", {"RoleName": name, "PolicyName": gone}))
        for policy_name, policy in new.items():
            if old.get(policy_name) != policy:
                document = json.dumps(policy["PolicyDocument"])
                await context.aws(
                    "iam",
                    "PutRolePolicy",
                    {"RoleName": name, "PolicyName": policy_name, "PolicyDocument": document},
                )
        await attach(context, name, before.get("ManagedPolicyArns", []), props.get("ManagedPolicyArns", []))


async def attach(context: Context, role: str, before: list[str], after: list[str]) -> None:
    """Brings the managed policies attached to a role from one list to another."""
    for arn in before:
        if arn not in after:
            await unless_gone(context.aws("iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": arn}))
    for arn in after:
        if arn not in before:
            await context.aws("iam", "AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})


class Policy(ResourceType):
    """AWS::IAM::Policy: an inline policy put into roles."""

    type = "AWS::IAM::Policy"
    properties: ClassVar = {
        "PolicyDocument": Property(Json(), required=True),
        "PolicyName": Property(Text(), replaces=True, required=True),
        "Roles": Property(ListOf(Text()), required=True),
    }
    not_implemented = frozenset({"Groups", "Users"})
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        await self._put(context, props)
        name = context.name(None)
        return Made(name, {"Id": name})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        dropped = [role for role in old.properties["Roles"] if role not in props["Roles"]]
        await self._remove(context, old.properties["PolicyName"], dropped)
        await self._put(context, props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await self._remove(context, old.properties["PolicyName"], old.properties["Roles"])

    async def _put(self, context: Context, props: Props) -> None:
        document = json.dumps(props["PolicyDocument"])
        for role in props["Roles"]:
            what = {"RoleName": role, "PolicyName": props["PolicyName"], "PolicyDocument": document}
            await context.aws("iam", "PutRolePolicy", what)

    async def _remove(self, context: Context, name: str, roles: list[str]) -> None:
        for role in roles:
            what = {"RoleName": role, "PolicyName": name}
            await unless_gone(context.aws("iam", "DeleteRolePolicy", what))


class ManagedPolicy(ResourceType):
    """AWS::IAM::ManagedPolicy; `Ref` is its ARN."""

    type = "AWS::IAM::ManagedPolicy"
    properties: ClassVar = {
        "Description": Property(Text(), replaces=True),
        "ManagedPolicyName": Property(Text(), replaces=True),
        "Path": Property(Text(), replaces=True),
        "PolicyDocument": Property(Json(), required=True),
        "Roles": Property(ListOf(Text())),
    }
    not_implemented = frozenset({"Groups", "Tags", "Users"})
    attributes = frozenset({"PolicyArn"})
    name_property = "ManagedPolicyName"

    def expected_id(self, context: Context, props: Props) -> str:
        name = context.name(props.get("ManagedPolicyName"), 128)
        return str(Arn("iam", "", context.scope.account, f"policy{props.get('Path', '/')}{name}"))

    async def create(self, context: Context, props: Props) -> Made:
        answer = await context.aws(
            "iam",
            "CreatePolicy",
            {
                "PolicyName": context.name(props.get("ManagedPolicyName"), 128),
                "PolicyDocument": json.dumps(props["PolicyDocument"]),
                "Description": props.get("Description"),
                "Path": props.get("Path"),
            },
        )
        arn = answer["Policy"]["Arn"]
        await self._roles(context, arn, [], props.get("Roles", []))
        return Made(arn, {"PolicyArn": arn})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        arn = old.physical_id
        attributes = dict(old.attributes)
        if old.properties["PolicyDocument"] != props["PolicyDocument"]:
            await self._new_version(context, arn, props["PolicyDocument"])
            attributes["Versioned"] = True
        await self._roles(context, arn, old.properties.get("Roles", []), props.get("Roles", []))
        return Made(arn, attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await self._roles(context, old.physical_id, old.properties.get("Roles", []), [])
        if old.attributes.get("Versioned"):
            await unless_gone(self._drop_versions(context, old.physical_id))
        await unless_gone(context.aws("iam", "DeletePolicy", {"PolicyArn": old.physical_id}))

    async def _new_version(self, context: Context, arn: str, document: Any) -> None:
        # AWS keeps five versions at most.
        await self._drop_versions(context, arn)
        await context.aws(
            "iam",
            "CreatePolicyVersion",
            {"PolicyArn": arn, "PolicyDocument": json.dumps(document), "SetAsDefault": True},
        )

    async def _drop_versions(self, context: Context, arn: str) -> None:
        answer = await context.aws("iam", "ListPolicyVersions", {"PolicyArn": arn})
        for version in answer.get("Versions", []):
            if not version["IsDefaultVersion"]:
                what = {"PolicyArn": arn, "VersionId": version["VersionId"]}
                await context.aws("iam", "DeletePolicyVersion", what)

    async def _roles(self, context: Context, arn: str, before: list[str], after: list[str]) -> None:
        for role in before:
            if role not in after:
                await attach(context, role, [arn], [])
        for role in after:
            if role not in before:
                await attach(context, role, [], [arn])


TYPES = (Role(), Policy(), ManagedPolicy())
