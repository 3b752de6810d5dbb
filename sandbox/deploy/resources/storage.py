"""Storage of the long tail: AWS::S3::Bucket and AWS::DynamoDB::Table, with their simple properties.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from __future__ import annotations

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
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, ListOf, Struct, Text
from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError

_BLOCK = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


class Bucket(ResourceType):
    """AWS::S3::Bucket."""

    type = "AWS::S3::Bucket"
    properties: ClassVar = {
        "BucketName": Property(Text(), replaces=True),
        "PublicAccessBlockConfiguration": Property(Struct({name: Boolean() for name in _BLOCK})),
        "Tags": Property(TAG_LIST),
        "VersioningConfiguration": Property(Struct({"Status": Text(("Enabled", "Suspended"))}, ("Status",))),
    }
    not_implemented = frozenset(
        {
            "AccessControl", "AccelerateConfiguration", "AnalyticsConfigurations", "BucketEncryption",
            "CorsConfiguration", "IntelligentTieringConfigurations", "InventoryConfigurations",
            "LifecycleConfiguration", "LoggingConfiguration", "MetricsConfigurations",
            "NotificationConfiguration", "ObjectLockConfiguration", "ObjectLockEnabled", "OwnershipControls",
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
        block = props.get("PublicAccessBlockConfiguration")
        if before.get("PublicAccessBlockConfiguration") != block:
            if block:
                sent = {**where, "PublicAccessBlockConfiguration": block}
                await context.aws("s3", "PutPublicAccessBlock", sent)
            else:
                await context.aws("s3", "DeletePublicAccessBlock", where)
        if before.get("Tags") != props.get("Tags"):
            if props.get("Tags"):
                await context.aws("s3", "PutBucketTagging", {**where, "Tagging": {"TagSet": props["Tags"]}})
            else:
                await context.aws("s3", "DeleteBucketTagging", where)


_KEYS = ListOf(
    Struct({"AttributeName": Text(), "KeyType": Text(("HASH", "RANGE"))}, ("AttributeName", "KeyType"))
)
_PROJECTION = Struct({"NonKeyAttributes": ListOf(Text()), "ProjectionType": Text()})
_THROUGHPUT = Struct({"ReadCapacityUnits": Integer(), "WriteCapacityUnits": Integer()})
_PATIENCE = 60.0
_STEP = 0.1


class Table(ResourceType):
    """AWS::DynamoDB::Table; its global indexes are made with it, and cannot be changed yet."""

    type = "AWS::DynamoDB::Table"
    properties: ClassVar = {
        "AttributeDefinitions": Property(
            ListOf(Struct({"AttributeName": Text(), "AttributeType": Text(("S", "N", "B"))}))
        ),
        "BillingMode": Property(Text(("PAY_PER_REQUEST", "PROVISIONED"))),
        "DeletionProtectionEnabled": Property(Boolean()),
        "GlobalSecondaryIndexes": Property(
            ListOf(
                Struct(
                    {
                        "IndexName": Text(),
                        "KeySchema": _KEYS,
                        "Projection": _PROJECTION,
                        "ProvisionedThroughput": _THROUGHPUT,
                    }
                )
            )
        ),
        "KeySchema": Property(_KEYS, replaces=True, required=True),
        "LocalSecondaryIndexes": Property(
            ListOf(Struct({"IndexName": Text(), "KeySchema": _KEYS, "Projection": _PROJECTION})),
            replaces=True,
        ),
        "ProvisionedThroughput": Property(_THROUGHPUT),
        "StreamSpecification": Property(Struct({"StreamViewType": Text()}, ("StreamViewType",))),
        "TableName": Property(Text(), replaces=True),
        "Tags": Property(TAG_LIST),
        "TimeToLiveSpecification": Property(
            Struct({"AttributeName": Text(), "Enabled": Boolean()}, ("Enabled",))
        ),
    }
    not_implemented = frozenset(
        {
            "ContributorInsightsSpecification", "ImportSourceSpecification", "KinesisStreamSpecification",
            "OnDemandThroughput", "PointInTimeRecoverySpecification", "ResourcePolicy", "SSESpecification",
            "TableClass", "WarmThroughput",
        }
    )  # fmt: skip
    attributes = frozenset({"Arn", "StreamArn"})
    name_property = "TableName"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("TableName"), 255)

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        sent = {
            key: value for key, value in props.items() if key not in {"TableName", "TimeToLiveSpecification"}
        }
        if "StreamSpecification" in sent:
            sent["StreamSpecification"] = {"StreamEnabled": True, **sent["StreamSpecification"]}
        await context.aws("dynamodb", "CreateTable", {"TableName": name, **sent})
        table = await self._active(context, name)
        await self._ttl(context, name, props)
        return Made(name, {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        keys = ("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "ProvisionedThroughput")
        if old.properties.get("GlobalSecondaryIndexes") != props.get("GlobalSecondaryIndexes"):
            raise AwsError("NotImplemented", "changing the global indexes of a table is not implemented")
        changes = {key: props.get(key) for key in keys if old.properties.get(key) != props.get(key)}
        stream = props.get("StreamSpecification")
        if old.properties.get("StreamSpecification") != stream:
            enabled: dict[str, Any] = {"StreamEnabled": stream is not None, **(stream or {})}
            changes["StreamSpecification"] = enabled
        if changes:
            await context.aws("dynamodb", "UpdateTable", {"TableName": old.physical_id, **changes})
        table = await self._active(context, old.physical_id)
        if old.properties.get("TimeToLiveSpecification") != props.get("TimeToLiveSpecification"):
            await self._ttl(context, old.physical_id, props, old.properties.get("TimeToLiveSpecification"))
        await self._retag(context, table["TableArn"], old.properties, props)
        return Made(old.physical_id, {**old.attributes, "StreamArn": table.get("LatestStreamArn", "")})

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("dynamodb", "DeleteTable", {"TableName": old.physical_id}))

    async def _retag(self, context: Context, arn: str, before: Props, props: Props) -> None:
        removed, added = tag_changes(before, props)
        if removed:
            await context.aws("dynamodb", "UntagResource", {"ResourceArn": arn, "TagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("dynamodb", "TagResource", {"ResourceArn": arn, "Tags": tags})

    async def _ttl(
        self, context: Context, name: str, props: Props, before: dict[str, Any] | None = None
    ) -> None:
        ttl = props.get("TimeToLiveSpecification")
        if ttl is None and before and before["Enabled"]:
            ttl = {**before, "Enabled": False}
        if ttl:
            sent = {"TableName": name, "TimeToLiveSpecification": ttl}
            await context.aws("dynamodb", "UpdateTimeToLive", sent)

    async def _active(self, context: Context, name: str) -> dict[str, Any]:
        waited = 0.0
        while True:
            answer = await context.aws("dynamodb", "DescribeTable", {"TableName": name})
            table: dict[str, Any] = answer["Table"]
            if table["TableStatus"] == "ACTIVE":
                return table
            if waited >= _PATIENCE:
                raise AwsError("TableNotActive", f"the table {name} is not active after {_PATIENCE:.0f} s")
            await context.pause(_STEP)
            waited += _STEP


TYPES = (Bucket(), Table())
