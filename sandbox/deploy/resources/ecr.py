"""Repositories of container images: AWS::ECR::Repository, which the long tail keeps. Functions from images
are not implemented; CDK's bootstrap makes a repository in every account.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html
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
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Json, Struct, Text

_MUTABILITY = "ImageTagMutability"


class Repository(ResourceType):
    """AWS::ECR::Repository."""

    type = "AWS::ECR::Repository"
    properties: ClassVar = {
        "EmptyOnDelete": Property(Boolean()),
        _MUTABILITY: Property(Text(("MUTABLE", "IMMUTABLE"))),
        "LifecyclePolicy": Property(Struct({"LifecyclePolicyText": Text()}, ("LifecyclePolicyText",))),
        "RepositoryName": Property(Text(), replaces=True),
        "RepositoryPolicyText": Property(Json()),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset(
        {"EncryptionConfiguration", "ImageScanningConfiguration", "ImageTagMutabilityExclusionFilters"}
    )
    attributes = frozenset({"Arn", "RepositoryUri"})
    name_property = "RepositoryName"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("RepositoryName"), 256, lower=True)

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        sent = {
            "repositoryName": name,
            "imageTagMutability": props.get(_MUTABILITY),
            "tags": props.get("Tags"),
        }
        made = (await context.aws("ecr", "CreateRepository", sent))["repository"]
        await self._policies(context, name, {}, props)
        return Made(name, {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        where = {"repositoryName": old.physical_id}
        if old.properties.get(_MUTABILITY) != props.get(_MUTABILITY):
            wanted = {"imageTagMutability": props.get(_MUTABILITY, "MUTABLE")}
            await context.aws("ecr", "PutImageTagMutability", {**where, **wanted})
        removed, added = tag_changes(old.properties, props)
        resource = {"resourceArn": old.attributes["Arn"]}
        if removed:
            await context.aws("ecr", "UntagResource", {**resource, "tagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("ecr", "TagResource", {**resource, "tags": tags})
        await self._policies(context, old.physical_id, old.properties, props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        force = bool(old.properties.get("EmptyOnDelete"))
        sent = {"repositoryName": old.physical_id, "force": force}
        await unless_gone(context.aws("ecr", "DeleteRepository", sent))

    async def _policies(self, context: Context, name: str, before: Props, props: Props) -> None:
        where = {"repositoryName": name}
        life = props.get("LifecyclePolicy")
        if before.get("LifecyclePolicy") != life:
            if life:
                text = {"lifecyclePolicyText": life["LifecyclePolicyText"]}
                await context.aws("ecr", "PutLifecyclePolicy", {**where, **text})
            else:
                await unless_gone(context.aws("ecr", "DeleteLifecyclePolicy", where))
        policy = props.get("RepositoryPolicyText")
        if before.get("RepositoryPolicyText") != policy:
            if policy:
                sent = {**where, "policyText": json.dumps(policy)}
                await context.aws("ecr", "SetRepositoryPolicy", sent)
            else:
                await unless_gone(context.aws("ecr", "DeleteRepositoryPolicy", where))


TYPES = (Repository(),)
