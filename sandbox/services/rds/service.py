"""The native RDS: PostgreSQL instances, each a database of the one server that the sandbox runs.

On AWS each instance is a server of its own. Here `DBName` names the database, and where it is absent the
instance is the database `postgres`, which every PostgreSQL has: clients connect as on AWS.

Pages: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html,
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Kit, Params, operation
from sandbox.services.rds import instances, subnet_groups
from sandbox.services.rds.errors import (
    already_exists,
    invalid_combination,
    missing,
    not_found,
    wrong_state,
)
from sandbox.services.rds.instances import Instance, Status
from sandbox.services.rds.neighbours import check_new, check_new_password
from sandbox.services.rds.paging import filtered, page
from sandbox.services.rds.port import DatabaseServer
from sandbox.services.rds.rendering import RECORDED, rendered
from sandbox.services.rds.resources import instance_of_arn, subnet_group_of_arn, tag_list, tags_of
from sandbox.services.rds.subnet_group_operations import SubnetGroupOperations
from sandbox.services.rds.validation import (
    check_database_name,
    check_engine,
    check_engine_version,
    check_identifier,
    check_instance_class,
    check_password,
    check_tags,
    check_user,
    required,
)

#: The database that every PostgreSQL has.
_DEFAULT_DATABASE = "postgres"
_CREATE_ONLY = "AvailabilityZone KmsKeyId StorageEncrypted Port"
_CREATE = " ".join(
    sorted(
        RECORDED | {"DBInstanceIdentifier", "DBName", "DeletionProtection", "Engine", "MasterUserPassword"}
    )
)
_MODIFY = " ".join(sorted(RECORDED - set(_CREATE_ONLY.split())))


class RdsService(SubnetGroupOperations):
    """RDS, natively: what a template's `AWS::RDS::DBInstance` needs.

    Args:
        server: the PostgreSQL that the instances are databases of; it runs before `start`.
    """

    name = "rds"
    SCHEMA: ClassVar[str] = instances.SCHEMA + subnet_groups.SCHEMA
    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "all instances are databases of one PostgreSQL server: an instance is the database of its DBName"
        " (`postgres` where it has none), and two instances of an account cannot have the same",
        "EngineVersion is recorded; the server is the one that the sandbox brings, with the extensions"
        " plpgsql and vector (CREATE EXTENSION of others is refused by PostgreSQL)",
        "DBInstanceClass, AllocatedStorage, StorageType, Iops, StorageThroughput, MaxAllocatedStorage and"
        " MultiAZ are recorded only: nothing is sized, limited or replicated",
        "StorageEncrypted and KmsKeyId are recorded only: the files are not encrypted",
        "BackupRetentionPeriod, PreferredBackupWindow, CopyTagsToSnapshot and PreferredMaintenanceWindow are"
        " recorded only: no backups are made",
        "PubliclyAccessible, VpcSecurityGroupIds, DBSubnetGroupName, AvailabilityZone and NetworkType"
        " are recorded only: the server listens on loopback",
        "the subnets of a DBSubnetGroup are recorded and not looked up: it has no VpcId, and they no zones",
        "Port is recorded only: the endpoint names the port that the server really has",
        "DBParameterGroupName, CACertificateIdentifier, LicenseModel, AutoMinorVersionUpgrade,"
        " DedicatedLogVolume and EngineLifecycleSupport are recorded only",
        "EnableIAMDatabaseAuthentication is recorded only: users connect with their passwords",
        "MonitoringInterval, MonitoringRoleArn, EnablePerformanceInsights, PerformanceInsights… and"
        " EnableCloudwatchLogsExports are recorded only: nothing is measured or exported",
    )

    def __init__(self, kit: Kit, server: DatabaseServer) -> None:
        super().__init__(kit)
        self._server = server

    async def start(self) -> None:
        """Finishes what a crash cut short, and makes the server hold what the store says."""
        for instance in self._instances.all():
            if instance.status is Status.DELETING:
                await self._server.drop(instance.database)
                self._instances.remove(instance)
                continue
            await self._server.ensure(instance.database, instance.username, instance.password)
            if instance.status is not Status.AVAILABLE:
                instance.status = Status.AVAILABLE
                self._instances.save(instance)

    # --- for the engine ----------------------------------------------------------------------------------
    def instances(self) -> list[Instance]:
        """Every instance, with what it takes to connect to it (for the sandbox itself, not for answers)."""
        return self._instances.all()

    # --- instances ---------------------------------------------------------------------------------------
    @operation("CreateDBInstance", f"{_CREATE} MasterUsername Tags")
    async def create_db_instance(self, call: Call, params: Params) -> Answer:
        """Makes the database and its master user; the instance is available when this answers."""
        instance = self._new_instance(call, params)
        if self._instances.find(instance.scope, instance.identifier) is not None:
            raise already_exists()
        check_new(instance, self._instances.all())
        self._instances.save(instance)
        try:
            await self._server.ensure(instance.database, instance.username, instance.password)
        except BaseException:
            self._instances.remove(instance)
            raise
        answer = rendered(instance, self._server)
        instance.status = Status.AVAILABLE
        self._instances.save(instance)
        return {"DBInstance": answer}

    @operation("DescribeDBInstances", "DBInstanceIdentifier Filters MaxRecords Marker")
    def describe_db_instances(self, call: Call, params: Params) -> Answer:
        """One instance, or all of the account and region."""
        identifier = params.get("DBInstanceIdentifier")
        found = [self._existing(call, str(identifier))] if identifier else self._instances.of(call.scope)
        kept = filtered(found, params.get("Filters"))
        listed, marker = page(kept, lambda instance: instance.identifier, params)
        answer: Answer = {"DBInstances": [rendered(instance, self._server) for instance in listed]}
        if marker is not None:
            answer["Marker"] = marker
        return answer

    @operation(
        "ModifyDBInstance",
        f"{_MODIFY} DBInstanceIdentifier DBPortNumber DeletionProtection MasterUserPassword"
        " ApplyImmediately AllowMajorVersionUpgrade",
    )
    async def modify_db_instance(self, call: Call, params: Params) -> Answer:
        """Changes the password or the protection, and what is recorded; all of it at once."""
        instance = self._settled(call, required(params, "DBInstanceIdentifier"))
        recorded = _recorded(params)
        if "DBPortNumber" in params:
            recorded["Port"] = params["DBPortNumber"]
        password = params.get("MasterUserPassword")
        if password is not None and password != instance.password:
            check_password(password)
            check_new_password(instance, self._instances.all())
            await self._server.ensure(instance.database, instance.username, password)
            instance.password = password
        instance.recorded.update(recorded)
        if "DeletionProtection" in params:
            instance.protected = bool(params["DeletionProtection"])
        self._instances.save(instance)
        return {"DBInstance": rendered(instance, self._server)}

    @operation(
        "DeleteDBInstance",
        "DBInstanceIdentifier SkipFinalSnapshot DeleteAutomatedBackups",
    )
    async def delete_db_instance(self, call: Call, params: Params) -> Answer:
        """Drops the database with all that is in it."""
        instance = self._settled(call, required(params, "DBInstanceIdentifier"))
        if instance.protected:
            raise invalid_combination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
        if not params.get("SkipFinalSnapshot"):
            raise invalid_combination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
                " The sandbox makes no snapshots: send SkipFinalSnapshot."
            )
        instance.status = Status.DELETING
        self._instances.save(instance)
        try:
            await self._server.drop(instance.database)
        except BaseException:
            instance.status = Status.AVAILABLE
            self._instances.save(instance)
            raise
        self._instances.remove(instance)
        return {"DBInstance": rendered(instance, self._server)}

    # --- tags --------------------------------------------------------------------------------------------
    @operation("AddTagsToResource", "ResourceName Tags")
    def add_tags_to_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags to an instance or subnet group, or changes their values."""
        tags, save = self._tagged(call, params)
        if not params.get("Tags"):
            raise missing("Tags")
        tags.update(tags_of(params["Tags"]))
        check_tags(tags)
        save()
        return {}

    @operation("RemoveTagsFromResource", "ResourceName TagKeys")
    def remove_tags_from_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags; those that are not there are passed over."""
        tags, save = self._tagged(call, params)
        for key in params.get("TagKeys") or []:
            tags.pop(key, None)
        save()
        return {}

    @operation("ListTagsForResource", "ResourceName")
    def list_tags_for_resource(self, call: Call, params: Params) -> Answer:
        """The tags of an instance or subnet group."""
        return {"TagList": tag_list(self._tagged(call, params)[0])}

    # --- inside ------------------------------------------------------------------------------------------
    def _new_instance(self, call: Call, params: Params) -> Instance:
        identifier = check_identifier(required(params, "DBInstanceIdentifier"))
        check_engine(required(params, "Engine"))
        required(params, "DBInstanceClass")
        username, password = required(params, "MasterUsername"), required(params, "MasterUserPassword")
        check_user(username)
        check_password(password)
        db_name = params.get("DBName") or ""
        if db_name:
            check_database_name(db_name)
        tags = tags_of(params.get("Tags") or [])
        check_tags(tags)
        return Instance(
            scope=call.scope,
            identifier=identifier,
            resource_id=f"db-{self.kit.ids.upper(26)}",
            status=Status.CREATING,
            created=self.clock.now(),
            database=database_name(call.scope, db_name or _DEFAULT_DATABASE),
            db_name=db_name,
            username=username,
            password=password,
            protected=bool(params.get("DeletionProtection")),
            recorded=_recorded(params),
            tags=tags,
        )

    def _existing(self, call: Call, identifier: str) -> Instance:
        if identifier.startswith("arn:"):
            return self._of_arn(call, identifier)
        instance = self._instances.find(call.scope, identifier)
        if instance is None:
            raise not_found(identifier)
        return instance

    def _settled(self, call: Call, identifier: str) -> Instance:
        instance = self._existing(call, identifier)
        if instance.status is not Status.AVAILABLE:
            raise wrong_state(f"Instance {instance.identifier} is not in available state.")
        return instance

    def _tagged(self, call: Call, params: Params) -> tuple[dict[str, str], Callable[[], None]]:
        """The tags of what a request names, and what stores them."""
        arn = required(params, "ResourceName")
        name = subnet_group_of_arn(arn, call.scope)
        if name is not None:
            group = self._group(call, name)
            return group.tags, partial(self._groups.save, group)
        instance = self._of_arn(call, arn)
        return instance.tags, partial(self._instances.save, instance)

    def _of_arn(self, call: Call, arn: str) -> Instance:
        identifier = instance_of_arn(arn, call.scope)
        instance = self._instances.find(call.scope, identifier)
        if instance is None:
            raise not_found(identifier)
        return instance


def database_name(scope: Scope, db_name: str) -> str:
    """The database that stands for a `DBName`: of its own for each account, as one server holds them all."""
    return db_name if scope.account == Scope().account else f"{db_name[:50]}_{scope.account}"


def _recorded(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept and shown, after a look at its form."""
    recorded = {name: value for name, value in params.items() if name in RECORDED and value is not None}
    if "EngineVersion" in recorded:
        check_engine_version(recorded["EngineVersion"])
    if "DBInstanceClass" in recorded:
        check_instance_class(recorded["DBInstanceClass"])
    return recorded
