"""Storage of the long tail: AWS::S3::Bucket, with its simple properties, and its policy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from sandbox.deploy.resources.attached_policies import PolicyOfOne
from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    unless_gone,
)
from sandbox.deploy.resources.lifecycle import LIFECYCLE, lifecycle_rules
from sandbox.deploy.resources.notifications import NOTIFICATIONS, notifications
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, ListOf, Struct, Text
from sandbox.model.arn import Arn

_BLOCK = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_DEFAULT = Struct(
    {"SSEAlgorithm": Text(("AES256", "aws:kms", "aws:kms:dsse")), "KMSMasterKeyID": Text()},
    ("SSEAlgorithm",),
)
_ENCRYPTION = Struct(
    {
        "ServerSideEncryptionConfiguration": ListOf(
            Struct({"ServerSideEncryptionByDefault": _DEFAULT, "BucketKeyEnabled": Boolean()})
        )
    },
    ("ServerSideEncryptionConfiguration",),
)
_API_NAMES = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}


class Bucket(ResourceType):
    """AWS::S3::Bucket."""

    type = "AWS::S3::Bucket"
    properties: ClassVar = {
        # The others would open the bucket to everybody, or to a service that is not there.
        "AccessControl": Property(Text(("Private",))),
        "BucketEncryption": Property(_ENCRYPTION),
        "BucketName": Property(Text(), replaces=True),
        "LifecycleConfiguration": Property(LIFECYCLE),
        "NotificationConfiguration": Property(NOTIFICATIONS),
        "PublicAccessBlockConfiguration": Property(Struct({name: Boolean() for name in _BLOCK})),
        "Tags": Property(TAG_LIST),
        "VersioningConfiguration": Property(Struct({"Status": Text(("Enabled", "Suspended"))}, ("Status",))),
    }
    not_implemented = frozenset(
        {
            "AccelerateConfiguration", "AnalyticsConfigurations",
            "CorsConfiguration", "IntelligentTieringConfigurations", "InventoryConfigurations",
            "LoggingConfiguration", "MetricsConfigurations",
            "ObjectLockConfiguration", "ObjectLockEnabled", "OwnershipControls",
            "ReplicationConfiguration", "WebsiteConfiguration",
        }
    )  # fmt: skip
    attributes = frozenset({"Arn", "DomainName", "RegionalDomainName"})
    name_property = "BucketName"

    def expected_id(self, context: Context, props: Props) -> str:
        return str(props.get("BucketName") or context.name(None, 63, lower=True))

    async def create(self, context: Context, props: Props) -> Made:
        name, region = self.expected_id(context, props), context.scope.region
        place = None if region == "us-east-1" else {"LocationConstraint": region}
        await context.aws("s3", "CreateBucket", {"Bucket": name, "CreateBucketConfiguration": place})
        await self._configure(context, name, {}, props)
        attributes = {
            "Arn": str(Arn("s3", "", "", name)),
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        }
        return Made(name, attributes)

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await self._configure(context, old.physical_id, old.properties, props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("s3", "DeleteBucket", {"Bucket": old.physical_id}))

    async def _configure(self, context: Context, name: str, before: Props, props: Props) -> None:
        where = {"Bucket": name}
        versions = props.get("VersioningConfiguration")
        if before.get("VersioningConfiguration") != versions:
            status = versions or {"Status": "Suspended"}
            await context.aws("s3", "PutBucketVersioning", {**where, "VersioningConfiguration": status})
        encryption = props.get("BucketEncryption")
        if before.get("BucketEncryption") != encryption:
            if encryption:
                await context.aws("s3", "PutBucketEncryption", {**where, **_encryption(encryption)})
            else:
                await context.aws("s3", "DeleteBucketEncryption", where)
        block = props.get("PublicAccessBlockConfiguration")
        if before.get("PublicAccessBlockConfiguration") != block:
            if block:
                sent = {**where, "PublicAccessBlockConfiguration": block}
                await context.aws("s3", "PutPublicAccessBlock", sent)
            else:
                await context.aws("s3", "DeletePublicAccessBlock", where)
        life = props.get("LifecycleConfiguration")
        if before.get("LifecycleConfiguration") != life:
            if life:
                rules = {"LifecycleConfiguration": {"Rules": lifecycle_rules(life)}}
                await context.aws("s3", "PutBucketLifecycleConfiguration", {**where, **rules})
            else:
                await context.aws("s3", "DeleteBucketLifecycle", where)
        told = props.get("NotificationConfiguration")
        if before.get("NotificationConfiguration") != told:
            sent = {**where, "NotificationConfiguration": notifications(told or {})}
            await context.aws("s3", "PutBucketNotificationConfiguration", sent)
        if before.get("Tags") != props.get("Tags"):
            if props.get("Tags"):
                await context.aws("s3", "PutBucketTagging", {**where, "Tagging": {"TagSet": props["Tags"]}})
            else:
                await context.aws("s3", "DeleteBucketTagging", where)


class BucketPolicy(PolicyOfOne):
    """AWS::S3::BucketPolicy: the policy of a bucket.

    Statements with a condition stay out: whoever keeps the buckets applies them to every request, so that the
    usual one (no access without TLS) would close the bucket.
    """

    type = "AWS::S3::BucketPolicy"
    attached_to = "Bucket"

    async def put(self, context: Context, resource: str, document: str) -> None:
        policy = json.loads(document) if document else {}
        declared = policy.get("Statement", [])
        kept = [one for one in (declared if isinstance(declared, list) else [declared]) if not _depends(one)]
        if kept:
            sent = json.dumps({**policy, "Statement": kept})
            await context.aws("s3", "PutBucketPolicy", {"Bucket": resource, "Policy": sent})
        else:
            await context.aws("s3", "DeleteBucketPolicy", {"Bucket": resource})


def _depends(statement: Any) -> bool:
    return isinstance(statement, dict) and bool(statement.get("Condition"))


def _encryption(declared: Props) -> Props:
    """As the API writes it, which names one part of it otherwise than templates do."""
    rules = [
        {_API_NAMES.get(name, name): value for name, value in rule.items()}
        for rule in declared["ServerSideEncryptionConfiguration"]
    ]
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


TYPES = (Bucket(), BucketPolicy())
