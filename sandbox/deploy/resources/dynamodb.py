"""DynamoDB: AWS::DynamoDB::Table.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    exists,
    tag_changes,
    unless_gone,
)
from sandbox.deploy.resources.patience import AGAIN, Patience
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, ListOf, Struct, Text
from sandbox.model.awserror import AwsError

KEYS = ListOf(
    Struct({"AttributeName": Text(), "KeyType": Text(("HASH", "RANGE"))}, ("AttributeName", "KeyType"))
)
PROJECTION = Struct({"NonKeyAttributes": ListOf(Text()), "ProjectionType": Text()})
_THROUGHPUT = Struct({"ReadCapacityUnits": Integer(), "WriteCapacityUnits": Integer()})
_ON_DEMAND = Struct({"MaxReadRequestUnits": Integer(), "MaxWriteRequestUnits": Integer()})
RECOVERY = Struct({"PointInTimeRecoveryEnabled": Boolean(), "RecoveryPeriodInDays": Integer()})
_ENCRYPTION = Struct({"KMSMasterKeyId": Text(), "SSEEnabled": Boolean(), "SSEType": Text()}, ("SSEEnabled",))
#: Properties of the type that its own operations set, not CreateTable.
_APART = {"TableName", "TimeToLiveSpecification", "PointInTimeRecoverySpecification"}
#: Real seconds that the index of a table of several million items takes.
_PATIENCE = 600.0


class Table(ResourceType):
    """AWS::DynamoDB::Table."""

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
                        "KeySchema": KEYS,
                        "OnDemandThroughput": _ON_DEMAND,
                        "Projection": PROJECTION,
                        "ProvisionedThroughput": _THROUGHPUT,
                    },
                    ("IndexName", "KeySchema", "Projection"),
                )
            )
        ),
        "KeySchema": Property(KEYS, replaces=True, required=True),
        "LocalSecondaryIndexes": Property(
            ListOf(Struct({"IndexName": Text(), "KeySchema": KEYS, "Projection": PROJECTION})),
            replaces=True,
        ),
        "OnDemandThroughput": Property(_ON_DEMAND),
        "PointInTimeRecoverySpecification": Property(RECOVERY),
        "ProvisionedThroughput": Property(_THROUGHPUT),
        "SSESpecification": Property(_ENCRYPTION),
        "StreamSpecification": Property(Struct({"StreamViewType": Text()}, ("StreamViewType",))),
        "TableClass": Property(Text(("STANDARD", "STANDARD_INFREQUENT_ACCESS"))),
        "TableName": Property(Text(), replaces=True),
        "Tags": Property(TAG_LIST),
        "TimeToLiveSpecification": Property(
            Struct({"AttributeName": Text(), "Enabled": Boolean()}, ("Enabled",))
        ),
    }
    not_implemented = frozenset(
        {
            "ContributorInsightsSpecification", "ImportSourceSpecification", "KinesisStreamSpecification",
            "ResourcePolicy", "WarmThroughput",
        }
    )  # fmt: skip
    attributes = frozenset({"Arn", "StreamArn"})
    name_property = "TableName"

    def replaced_by(self, changed: frozenset[str], old: Props, new: Props) -> frozenset[str]:
        before, after = _types_of(old), _types_of(new)
        retyped = any(after.get(name, kind) != kind for name, kind in before.items())
        return super().replaced_by(changed, old, new) | ({"AttributeDefinitions"} if retyped else set())

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("TableName"), 255)

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        sent = {key: value for key, value in props.items() if key not in _APART}
        await context.aws("dynamodb", "CreateTable", {"TableName": name, **_as_sent(sent)})
        table = await self._active(context, name)
        await self._ttl(context, name, props)
        await self._recovery(context, name, {}, props)
        return Made(name, self._attributes(table))

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        name, before = old.physical_id, old.properties
        for changes in _updates(before, props):
            await context.aws("dynamodb", "UpdateTable", {"TableName": name, **changes})
            await self._active(context, name)
        table = await self._active(context, name)
        if before.get("TimeToLiveSpecification") != props.get("TimeToLiveSpecification"):
            await self._ttl(context, name, props, before.get("TimeToLiveSpecification"))
        await self._recovery(context, name, before, props)
        await self._retag(context, table["TableArn"], before, props)
        return Made(name, {**old.attributes, "StreamArn": table.get("LatestStreamArn", "")})

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {"TableName": old.physical_id}
        patience = _patience(context, f"the table {old.physical_id} is not gone")
        while not await _asked_to_go(context, sent):
            await patience.step()
        while await exists(context.aws("dynamodb", "DescribeTable", sent)):
            await patience.step()

    def _attributes(self, table: Props) -> dict[str, Any]:
        """What `Fn::GetAtt` gives of a table that was made."""
        return {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")}

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

    async def _recovery(self, context: Context, name: str, before: Props, props: Props) -> None:
        key = "PointInTimeRecoverySpecification"
        if before.get(key) != props.get(key):
            sent = {"PointInTimeRecoveryEnabled": False, **(props.get(key) or {})}
            await context.aws("dynamodb", "UpdateContinuousBackups", {"TableName": name, key: sent})

    async def _active(self, context: Context, name: str) -> dict[str, Any]:
        patience = _patience(context, f"the table {name} is not active")
        while True:
            answer = await context.aws("dynamodb", "DescribeTable", {"TableName": name})
            table: dict[str, Any] = answer["Table"]
            indexes = table.get("GlobalSecondaryIndexes") or ()
            states = {table["TableStatus"], *(index.get("IndexStatus", "ACTIVE") for index in indexes)}
            if states == {"ACTIVE"}:
                return table
            await patience.step()


def _patience(context: Context, what: str) -> Patience:
    """For what takes as long as a table is large."""
    remedy = f"look at it with DescribeTable while its items are still worked on, {AGAIN}"
    return Patience(context, _PATIENCE, ("TableNotStable", what, remedy))


async def _asked_to_go(context: Context, sent: Props) -> bool:
    """Whether the table goes: not while one of its indexes is being made or deleted."""
    try:
        await unless_gone(context.aws("dynamodb", "DeleteTable", sent))
    except AwsError as error:
        if error.code != "ResourceInUseException":
            raise
        return False
    return True


def _types_of(props: Props) -> dict[str, str]:
    """The type of each attribute that is part of a key."""
    return {one["AttributeName"]: one["AttributeType"] for one in props.get("AttributeDefinitions") or ()}


def _as_sent(props: Props) -> Props:
    """Properties as the API takes them."""
    sent = dict(props)
    stream, encryption = sent.get("StreamSpecification"), sent.get("SSESpecification")
    if stream is not None:
        sent["StreamSpecification"] = {"StreamEnabled": True, **stream}
    if encryption is not None:
        rest = {key: value for key, value in encryption.items() if key != "SSEEnabled"}
        sent["SSESpecification"] = {"Enabled": encryption["SSEEnabled"], **rest}
    return sent


#: What UpdateTable changes in one call, and what a property means that the template has no longer; throughput
#: goes with the billing mode.
_SIMPLE: Mapping[str, Any] = {
    "BillingMode": "PROVISIONED",
    "DeletionProtectionEnabled": False,
    "OnDemandThroughput": None,
    "ProvisionedThroughput": None,
    "SSESpecification": {"SSEEnabled": False},
    "TableClass": "STANDARD",
}


def _updates(before: Props, props: Props) -> Iterator[Props]:
    """The parameters of the UpdateTable calls that a change takes: AWS changes one index a call."""
    old, new = (
        {index["IndexName"]: index for index in some.get("GlobalSecondaryIndexes") or ()}
        for some in (before, props)
    )
    kept = {name for name, index in old.items() if name in new and not _remade(index, new[name])}
    for name in old.keys() - kept:
        yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    units = {name: _units_of(new[name]) for name in new if name in kept}
    changed = {name for name in units if _units_of(old[name]) != units[name]}
    simple = _simple_changes(before, props)
    if simple.get("BillingMode") == "PROVISIONED" and kept:
        # AWS wants to be told the units of all indexes with those of the table.
        simple["GlobalSecondaryIndexUpdates"] = [_update_of(name, units[name]) for name in units]
        changed = set()
    if "StreamSpecification" in simple and "StreamSpecification" in before and "StreamSpecification" in props:
        yield {"StreamSpecification": {"StreamEnabled": False}}
    if simple:
        yield simple
    for name in new:
        if name in changed and units[name]:
            yield {"GlobalSecondaryIndexUpdates": [_update_of(name, units[name])]}
        elif name not in kept:
            yield {
                "AttributeDefinitions": props.get("AttributeDefinitions"),
                "GlobalSecondaryIndexUpdates": [{"Create": new[name]}],
            }


def _simple_changes(before: Props, props: Props) -> Props:
    """What changes of the table itself, as UpdateTable takes it."""
    changed = {
        key: props.get(key, default) for key, default in _SIMPLE.items() if before.get(key) != props.get(key)
    }
    simple = _as_sent({key: value for key, value in changed.items() if value is not None})
    stream = props.get("StreamSpecification")
    if before.get("StreamSpecification") != stream:
        simple["StreamSpecification"] = {"StreamEnabled": stream is not None, **(stream or {})}
    return simple


def _units_of(index: Props) -> Props:
    return {key: index[key] for key in ("OnDemandThroughput", "ProvisionedThroughput") if key in index}


def _update_of(name: str, units: Props) -> Props:
    return {"Update": {"IndexName": name, **units}}


def _remade(old: Props, new: Props) -> bool:
    """Whether an index cannot be changed into the other."""
    return any(old.get(key) != new.get(key) for key in ("KeySchema", "Projection"))


TYPES = (Table(),)
