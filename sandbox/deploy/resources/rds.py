"""RDS: AWS::RDS::DBInstance, which the sandbox's own PostgreSQL answers; AWS::RDS::DBSubnetGroup, a record.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbsubnetgroup.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from sandbox.deploy.names import database_token
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
from sandbox.deploy.resources.patience import AGAIN, Patience
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, ListOf, Text
from sandbox.deploy.template.problem import Path, Problem
from sandbox.model.arn import db_instance_arn
from sandbox.model.awserror import AwsError

#: Properties whose name in the API differs.
_RENAMED = {"VPCSecurityGroups": "VpcSecurityGroupIds"}
#: Parameters of `CreateDBInstance` that `ModifyDBInstance` does not take.
_ONLY_CREATED = frozenset(
    {"AvailabilityZone", "DBName", "Engine", "KmsKeyId", "MasterUsername", "StorageEncrypted", "Tags"}
)
#: What a property is that a template no longer has. Others cannot be taken out: nothing says what they are
#: then.
_DEFAULTS: dict[str, Any] = {
    "AutoMinorVersionUpgrade": True,
    "BackupRetentionPeriod": 1,
    "CopyTagsToSnapshot": False,
    "DeletionProtection": False,
    "EnableIAMDatabaseAuthentication": False,
    "EnablePerformanceInsights": False,
    "MonitoringInterval": 0,
    "MultiAZ": False,
    "Port": 5432,
    "StorageType": "gp2",
    "Tags": [],
}
#: Real seconds a database may take to become available, and between two looks.
_PATIENCE = 120.0
_STEP = 0.05


class DBInstance(ResourceType):
    """AWS::RDS::DBInstance; the record has tokens for its address and port, which a restart changes."""

    type = "AWS::RDS::DBInstance"
    properties: ClassVar = {
        "AllocatedStorage": Property(Integer()),
        "AutoMinorVersionUpgrade": Property(Boolean()),
        "AvailabilityZone": Property(Text(), replaces=True),
        "BackupRetentionPeriod": Property(Integer()),
        "CopyTagsToSnapshot": Property(Boolean()),
        "DBInstanceClass": Property(Text(), required=True),
        "DBInstanceIdentifier": Property(Text(), replaces=True),
        "DBName": Property(Text(), replaces=True),
        "DBParameterGroupName": Property(Text()),
        "DBSubnetGroupName": Property(Text()),
        "DeletionProtection": Property(Boolean()),
        "EnableIAMDatabaseAuthentication": Property(Boolean()),
        "EnablePerformanceInsights": Property(Boolean()),
        "Engine": Property(Text(), replaces=True, required=True),
        "EngineVersion": Property(Text()),
        "Iops": Property(Integer()),
        "KmsKeyId": Property(Text(), replaces=True),
        "MasterUsername": Property(Text(), replaces=True),
        "MasterUserPassword": Property(Text()),
        "MaxAllocatedStorage": Property(Integer()),
        "MonitoringInterval": Property(Integer()),
        "MultiAZ": Property(Boolean()),
        "Port": Property(Integer()),
        "PreferredBackupWindow": Property(Text()),
        "PreferredMaintenanceWindow": Property(Text()),
        "PubliclyAccessible": Property(Boolean()),
        "StorageEncrypted": Property(Boolean(), replaces=True),
        "StorageType": Property(Text()),
        "Tags": Property(TAG_LIST),
        "VPCSecurityGroups": Property(ListOf(Text())),
    }
    not_implemented = frozenset(
        {
            "DBClusterIdentifier", "DBSnapshotIdentifier", "ManageMasterUserPassword", "MasterUserSecret",
            "OptionGroupName", "SourceDBInstanceIdentifier", "Timezone", "CACertificateIdentifier",
        }
    )  # fmt: skip
    attributes = frozenset({"DBInstanceArn", "DbiResourceId", "Endpoint.Address", "Endpoint.Port"})
    name_property = "DBInstanceIdentifier"
    snapshots = True

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("DBInstanceIdentifier"), 63).lower()

    def check_change(self, old: Props, new: Props, path: Path) -> None:
        changed = frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        if self.replaced_by(changed, old, new):
            return
        for name in sorted(old.keys() - new.keys() - _DEFAULTS.keys()):
            why = f"{name} cannot be taken out of a database that has it: it has no default to go back to"
            raise Problem((*path, name), why, f"leave {name} in, or give it another value")

    async def create(self, context: Context, props: Props) -> Made:
        identifier = self.expected_id(context, props)
        sent = {**_parameters(props), "DBInstanceIdentifier": identifier}
        await context.aws("rds", "CreateDBInstance", sent)
        found = await self._available(context, identifier)
        return Made(
            identifier,
            {
                "DBInstanceArn": str(db_instance_arn(context.scope, identifier)),
                "DbiResourceId": found.get("DbiResourceId", ""),
                "Endpoint.Address": database_token(identifier, "address"),
                "Endpoint.Port": database_token(identifier, "port"),
            },
        )

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        removed = {name: _DEFAULTS[name] for name in old.properties.keys() & _DEFAULTS.keys() - props.keys()}
        before, after = _parameters(old.properties), _parameters({**props, **removed})
        changes = {
            key: value
            for key, value in after.items()
            if key not in _ONLY_CREATED and before.get(key) != value and key != "DBInstanceIdentifier"
        }
        if changes:
            sent = {"DBInstanceIdentifier": old.physical_id, "ApplyImmediately": True, **changes}
            if "Port" in sent:
                sent["DBPortNumber"] = sent.pop("Port")
            await context.aws("rds", "ModifyDBInstance", sent)
            await self._available(context, old.physical_id)
        if old.properties.get("Tags") != props.get("Tags"):
            await self._retag(context, old, props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {"DBInstanceIdentifier": old.physical_id, "SkipFinalSnapshot": True}
        await unless_gone(context.aws("rds", "DeleteDBInstance", sent))

    async def _retag(self, context: Context, old: Existing, props: Props) -> None:
        arn = str(db_instance_arn(context.scope, old.physical_id))
        before = [tag["Key"] for tag in old.properties.get("Tags", [])]
        if before:
            await context.aws("rds", "RemoveTagsFromResource", {"ResourceName": arn, "TagKeys": before})
        if props.get("Tags"):
            await context.aws("rds", "AddTagsToResource", {"ResourceName": arn, "Tags": props["Tags"]})

    async def _available(self, context: Context, identifier: str) -> dict[str, Any]:
        late = f"the database {identifier} is not available"
        remedy = f"look at it with DescribeDBInstances, {AGAIN}"
        patience = Patience(context, _PATIENCE, ("DBInstanceNotAvailable", late, remedy), step=_STEP)
        while True:
            answer = await context.aws("rds", "DescribeDBInstances", {"DBInstanceIdentifier": identifier})
            instance: dict[str, Any] = answer["DBInstances"][0]
            status = instance.get("DBInstanceStatus")
            if status == "available":
                return instance
            if status in {"failed", "incompatible-parameters", "storage-full"}:
                raise AwsError("DBInstanceNotAvailable", f"the database {identifier} is {status}")
            await patience.step()


def _parameters(props: Props) -> dict[str, Any]:
    return {_RENAMED.get(key, key): value for key, value in props.items()}


class DBSubnetGroup(ResourceType):
    """AWS::RDS::DBSubnetGroup; `Ref` is its name."""

    type = "AWS::RDS::DBSubnetGroup"
    properties: ClassVar = {
        "DBSubnetGroupDescription": Property(Text(), required=True),
        "DBSubnetGroupName": Property(Text(), replaces=True),
        "SubnetIds": Property(ListOf(Text()), required=True),
        "Tags": Property(TAG_LIST),
    }
    name_property = "DBSubnetGroupName"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("DBSubnetGroupName"), 255).lower()

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        await context.aws("rds", "CreateDBSubnetGroup", {**props, "DBSubnetGroupName": name})
        return Made(name)

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        changes = {name: value for name, value in props.items() if name != "Tags"}
        sent = {**changes, "DBSubnetGroupName": old.physical_id}
        made = await context.aws("rds", "ModifyDBSubnetGroup", sent)
        removed, added = tag_changes(old.properties, props)
        where = {"ResourceName": made["DBSubnetGroup"]["DBSubnetGroupArn"]}
        if removed:
            await context.aws("rds", "RemoveTagsFromResource", {**where, "TagKeys": removed})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("rds", "AddTagsToResource", {**where, "Tags": tags})
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("rds", "DeleteDBSubnetGroup", {"DBSubnetGroupName": old.physical_id}))


TYPES = (DBInstance(), DBSubnetGroup())
