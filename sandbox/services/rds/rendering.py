"""How an instance looks in an answer: what acts, what was recorded, and AWS's defaults for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.services.rds.instances import Instance, Status
from sandbox.services.rds.port import DatabaseServer

#: Parameters that are kept and shown, and whose counterpart in answers has the same name.
_SAME_NAME = frozenset(
    {
        "AllocatedStorage",
        "AutoMinorVersionUpgrade",
        "AvailabilityZone",
        "BackupRetentionPeriod",
        "CACertificateIdentifier",
        "CopyTagsToSnapshot",
        "DBInstanceClass",
        "DedicatedLogVolume",
        "EngineLifecycleSupport",
        "EngineVersion",
        "Iops",
        "KmsKeyId",
        "LicenseModel",
        "MaxAllocatedStorage",
        "MonitoringInterval",
        "MonitoringRoleArn",
        "MultiAZ",
        "NetworkType",
        "PerformanceInsightsKMSKeyId",
        "PerformanceInsightsRetentionPeriod",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "PubliclyAccessible",
        "StorageEncrypted",
        "StorageThroughput",
        "StorageType",
    }
)
#: Parameters whose counterpart in answers has another name or form.
_OTHER_NAME = frozenset(
    {
        "DBParameterGroupName",
        "DBSubnetGroupName",
        "EnableCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication",
        "EnablePerformanceInsights",
        "Port",
        "VpcSecurityGroupIds",
    }
)
RECORDED = _SAME_NAME | _OTHER_NAME

_DEFAULTS: Mapping[str, Any] = {
    "AllocatedStorage": 20,
    "AutoMinorVersionUpgrade": True,
    "BackupRetentionPeriod": 1,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "CopyTagsToSnapshot": False,
    "LicenseModel": "postgresql-license",
    "MonitoringInterval": 0,
    "MultiAZ": False,
    "NetworkType": "IPV4",
    "PreferredBackupWindow": "03:00-03:30",
    "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
    "PubliclyAccessible": True,
    "StorageEncrypted": False,
    "StorageType": "gp2",
}


def rendered(instance: Instance, server: DatabaseServer) -> dict[str, Any]:
    """The instance as answers hold it; the endpoint is the live server's, and the password is not in it."""
    recorded = instance.recorded
    answer: dict[str, Any] = {
        **_DEFAULTS,
        "AvailabilityZone": f"{instance.scope.region}a",
        "EngineVersion": server.version,
        **{name: value for name, value in recorded.items() if name in _SAME_NAME},
        "DBInstanceIdentifier": instance.identifier,
        "DBInstanceArn": str(instance.arn),
        "DbiResourceId": instance.resource_id,
        "DBInstanceStatus": instance.status.value,
        "DbInstancePort": 0,
        "Engine": "postgres",
        "MasterUsername": instance.username,
        "InstanceCreateTime": instance.created,
        "DeletionProtection": instance.protected,
        "IAMDatabaseAuthenticationEnabled": bool(recorded.get("EnableIAMDatabaseAuthentication")),
        "PerformanceInsightsEnabled": bool(recorded.get("EnablePerformanceInsights")),
        "PendingModifiedValues": {},
        "DBSecurityGroups": [],
        "VpcSecurityGroups": [
            {"VpcSecurityGroupId": group, "Status": "active"}
            for group in recorded.get("VpcSecurityGroupIds") or []
        ],
        "DBParameterGroups": [_parameter_group(recorded, server)],
        "ReadReplicaDBInstanceIdentifiers": [],
        "DomainMemberships": [],
        "AssociatedRoles": [],
        "TagList": [{"Key": key, "Value": value} for key, value in instance.tags.items()],
    }
    if instance.db_name:
        answer["DBName"] = instance.db_name
    if recorded.get("DBSubnetGroupName"):
        answer["DBSubnetGroup"] = {"DBSubnetGroupName": recorded["DBSubnetGroupName"]}
    if recorded.get("EnableCloudwatchLogsExports"):
        answer["EnabledCloudwatchLogsExports"] = list(recorded["EnableCloudwatchLogsExports"])
    if instance.status is not Status.CREATING:
        answer["Endpoint"] = {"Address": server.host, "Port": server.port}
    return answer


def _parameter_group(recorded: Mapping[str, Any], server: DatabaseServer) -> dict[str, str]:
    version = str(recorded.get("EngineVersion") or server.version)
    name = recorded.get("DBParameterGroupName") or f"default.postgres{version.partition('.')[0]}"
    return {"DBParameterGroupName": name, "ParameterApplyStatus": "in-sync"}
