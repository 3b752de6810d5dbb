"""DynamoDB: AWS::DynamoDB::GlobalTable with one replica, which is a table of the stack's own region.

It is what the CDK's `TableV2` is made of.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from sandbox.deploy.resources.base import Context, Existing, Made, Property, Props
from sandbox.deploy.resources.dynamodb import KEYS, PROJECTION, RECOVERY, Table
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, ListOf, Number, Struct, Text
from sandbox.deploy.template.problem import Path, Problem
from sandbox.model.awserror import AwsError

_TRACKING = Struct(
    {
        "DisableScaleIn": Boolean(),
        "ScaleInCooldown": Integer(),
        "ScaleOutCooldown": Integer(),
        "TargetValue": Number(),
    },
    ("TargetValue",),
)
_SCALING = Struct(
    {
        "MaxCapacity": Integer(),
        "MinCapacity": Integer(),
        "SeedCapacity": Integer(),
        "TargetTrackingScalingPolicyConfiguration": _TRACKING,
    },
    ("MaxCapacity", "MinCapacity"),
)
_READ = Struct({"ReadCapacityAutoScalingSettings": _SCALING, "ReadCapacityUnits": Integer()})
_WRITE = Struct({"WriteCapacityAutoScalingSettings": _SCALING})
_MOST_READ = Struct({"MaxReadRequestUnits": Integer()})
_MOST_WRITE = Struct({"MaxWriteRequestUnits": Integer()})
_REPLICA = Struct(
    {
        "DeletionProtectionEnabled": Boolean(),
        "GlobalSecondaryIndexes": ListOf(
            Struct(
                {
                    "IndexName": Text(),
                    "ReadOnDemandThroughputSettings": _MOST_READ,
                    "ReadProvisionedThroughputSettings": _READ,
                },
                ("IndexName",),
            )
        ),
        "PointInTimeRecoverySpecification": RECOVERY,
        "ReadOnDemandThroughputSettings": _MOST_READ,
        "ReadProvisionedThroughputSettings": _READ,
        "Region": Text(),
        "SSESpecification": Struct({"KMSMasterKeyId": Text()}, ("KMSMasterKeyId",)),
        "TableClass": Text(("STANDARD", "STANDARD_INFREQUENT_ACCESS")),
        "Tags": TAG_LIST,
    },
    ("Region",),
)
#: What a table and a global table are told in the same words.
_COMMON = (
    "AttributeDefinitions", "BillingMode", "KeySchema", "LocalSecondaryIndexes", "StreamSpecification",
    "TableName", "TimeToLiveSpecification",
)  # fmt: skip
_OF_THE_REPLICA = ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "TableClass", "Tags")


class GlobalTable(Table):
    """AWS::DynamoDB::GlobalTable."""

    type = "AWS::DynamoDB::GlobalTable"
    properties: ClassVar = {
        **{name: Table.properties[name] for name in _COMMON},
        "GlobalSecondaryIndexes": Property(
            ListOf(
                Struct(
                    {
                        "IndexName": Text(),
                        "KeySchema": KEYS,
                        "Projection": PROJECTION,
                        "WriteOnDemandThroughputSettings": _MOST_WRITE,
                        "WriteProvisionedThroughputSettings": _WRITE,
                    },
                    ("IndexName", "KeySchema", "Projection"),
                )
            )
        ),
        "Replicas": Property(ListOf(_REPLICA), required=True),
        "SSESpecification": Property(Struct({"SSEEnabled": Boolean(), "SSEType": Text()}, ("SSEEnabled",))),
        "WriteOnDemandThroughputSettings": Property(_MOST_WRITE),
        "WriteProvisionedThroughputSettings": Property(_WRITE),
    }
    not_implemented = frozenset(
        {
            "GlobalTableSourceArn", "GlobalTableWitnesses", "MultiRegionConsistency",
            "ReadOnDemandThroughputSettings", "ReadProvisionedThroughputSettings", "WarmThroughput",
        }
    )  # fmt: skip
    attributes = frozenset({"Arn", "StreamArn", "TableId"})

    def read(self, resolved: Mapping[str, Any], path: Path) -> Props:
        """The properties, with one replica; see `ResourceType.read`."""
        props = super().read(resolved, path)
        replicas = props["Replicas"]
        if isinstance(replicas, list) and len(replicas) != 1:
            raise Problem(
                (*path, "Replicas"),
                f"it has {len(replicas)} replicas: replicas in other regions are not implemented",
                "give one, in the stack's own region",
            )
        return props

    def notice(self, props: Props) -> str | None:
        """That nothing is scaled."""
        if "AutoScalingSettings" not in str(props):
            return None
        return "capacity is not scaled: the table keeps SeedCapacity, or MinCapacity where that is not given"

    async def create(self, context: Context, props: Props) -> Made:
        return await super().create(context, _as_table(context, props))

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        before = replace(old, properties=_as_table(context, old.properties))
        return await super().update(context, before, _as_table(context, props))

    def _attributes(self, table: Props) -> dict[str, Any]:
        return {**super()._attributes(table), "TableId": table.get("TableId", "")}


def _as_table(context: Context, props: Props) -> Props:
    """The properties of the one table that a global table is here.

    Raises:
        AwsError: it would be in another region, or has no capacity.
    """
    (replica,) = props["Replicas"]
    if replica["Region"] != context.scope.region:
        raise AwsError(
            "ValidationError",
            f"Replicas[0].Region is {replica['Region']}, the stack is in {context.scope.region}: replicas in "
            "other regions are not implemented",
        )
    table = {name: props[name] for name in _COMMON if name in props}
    table |= {name: replica[name] for name in _OF_THE_REPLICA if name in replica}
    if "SSESpecification" in props:
        table["SSESpecification"] = {**props["SSESpecification"], **replica.get("SSESpecification", {})}
    provisioned = props.get("BillingMode", "PROVISIONED") == "PROVISIONED"
    table |= _units(props, replica, provisioned=provisioned)
    reads = {index["IndexName"]: index for index in replica.get("GlobalSecondaryIndexes", ())}
    if "GlobalSecondaryIndexes" in props:
        table["GlobalSecondaryIndexes"] = [
            {
                **{name: index[name] for name in ("IndexName", "KeySchema", "Projection")},
                **_units(index, reads.get(index["IndexName"], replica), provisioned=provisioned),
            }
            for index in props["GlobalSecondaryIndexes"]
        ]
    return table


def _units(written: Props, read: Props, *, provisioned: bool) -> Props:
    """The throughput of a table or an index, whose writes and reads are told in two places."""
    if provisioned:
        reads, writes = (
            _capacity(side.get(f"{kind}ProvisionedThroughputSettings") or {}, kind)
            for side, kind in ((read, "Read"), (written, "Write"))
        )
        return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}
    most = {
        **(read.get("ReadOnDemandThroughputSettings") or {}),
        **(written.get("WriteOnDemandThroughputSettings") or {}),
    }
    return {"OnDemandThroughput": most} if most else {}


def _capacity(settings: Props, kind: str) -> int:
    """Fixed units, or what scaling would begin with.

    Raises:
        AwsError: neither is given.
    """
    scaling = settings.get(f"{kind}CapacityAutoScalingSettings") or {}
    for units in (settings.get("ReadCapacityUnits"), scaling.get("SeedCapacity"), scaling.get("MinCapacity")):
        if units is not None:
            return int(units)
    raise AwsError(
        "ValidationError",
        f"{kind}ProvisionedThroughputSettings must be given where BillingMode is PROVISIONED, which it is by "
        "default",
    )


TYPES = (GlobalTable(),)
