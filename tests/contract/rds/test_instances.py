"""Instances: made, shown, changed, deleted, and there again after a crash."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.model import ServiceModel
from botocore.session import get_session
from botocore.validate import ParamValidator

from sandbox.backing.postgres import PostgresServer
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.scope import Scope
from sandbox.services.rds import RdsService
from sandbox.services.rds.rendering import RECORDED
from tests.contract.rds.support import NFE, PASSWORD, START, World, refused, run

OTHER = Scope("111122223333", "sa-east-1")


def test_an_instance_is_made_with_its_database_and_user() -> None:
    async def scenario(world: World) -> None:
        made = await world.create(Tags=[{"Key": "sistema", "Value": "nfe"}])
        assert made["DBInstanceStatus"] == "creating"
        assert world.remembering.databases == {"nfe": "nfe"}
        assert world.remembering.users == {"nfe": PASSWORD}
        shown = await world.describe()
        assert shown["DBInstanceStatus"] == "available"
        assert shown["Endpoint"] == {"Address": "127.0.0.1", "Port": 15432}
        assert shown["DBInstanceArn"] == "arn:aws:rds:us-east-1:000000000000:db:nfe-dev"
        assert shown["DBName"] == "nfe"
        assert shown["MasterUsername"] == "nfe"
        assert shown["InstanceCreateTime"] == START
        assert shown["TagList"] == [{"Key": "sistema", "Value": "nfe"}]
        assert shown["EngineVersion"] == "18.4"
        assert shown["DbiResourceId"].startswith("db-")

    run(scenario)


def test_the_endpoint_is_the_live_servers() -> None:
    async def scenario(world: World) -> None:
        await world.create(Port=5432)
        world.remembering.port = 20001
        assert (await world.describe())["Endpoint"]["Port"] == 20001

    run(scenario)


def test_answers_have_the_shape_of_the_api() -> None:
    model: ServiceModel = get_session().get_service_model("rds")
    shape = model.shape_for("DBInstance")

    async def scenario(world: World) -> None:
        everything = {
            "EngineVersion": "16.4",
            "VpcSecurityGroupIds": ["sg-1"],
            "DBSubnetGroupName": "privada",
            "DBParameterGroupName": "meu-grupo",
            "EnableCloudwatchLogsExports": ["postgresql"],
            "EnableIAMDatabaseAuthentication": True,
            "MultiAZ": True,
            "StorageEncrypted": True,
        }
        await world.create(**everything)
        shown = await world.describe()
        assert set(shown) <= set(shape.members)
        # The validator wants moments as moments.
        report = ParamValidator().validate({**shown, "InstanceCreateTime": "2026-01-01T00:00:00Z"}, shape)
        assert not report.has_errors(), report.generate_report()
        assert shown["EngineVersion"] == "16.4"
        assert shown["VpcSecurityGroups"] == [{"VpcSecurityGroupId": "sg-1", "Status": "active"}]
        assert shown["DBParameterGroups"][0]["DBParameterGroupName"] == "meu-grupo"
        assert shown["IAMDatabaseAuthenticationEnabled"] is True
        assert shown["MultiAZ"] is True

    run(scenario)


def test_every_parameter_acts_or_is_declared_as_recorded_only() -> None:
    declared = " ".join(RdsService.NOT_CHECKED).replace("PerformanceInsights…", "PerformanceInsights")
    prefixes = ("PerformanceInsights",)
    for name in RECORDED:
        assert name in declared or name.startswith(prefixes), name


def test_the_password_is_in_no_answer() -> None:
    async def scenario(world: World) -> None:
        answers = [
            await world.create(),
            await world.describe(),
            await world.call(
                "ModifyDBInstance", DBInstanceIdentifier="nfe-dev", MasterUserPassword="outra-senha-1"
            ),
            await world.call("DeleteDBInstance", DBInstanceIdentifier="nfe-dev", SkipFinalSnapshot=True),
        ]
        text = json.dumps(answers)
        assert PASSWORD not in text
        assert "outra-senha-1" not in text

    run(scenario)


def test_an_instance_without_database_name_is_the_database_postgres() -> None:
    async def scenario(world: World) -> None:
        await world.create(DBName=None)
        assert world.remembering.databases == {"postgres": "nfe"}
        assert "DBName" not in await world.describe()

    run(scenario)


def test_identifiers_are_kept_in_lower_case() -> None:
    async def scenario(world: World) -> None:
        await world.create(DBInstanceIdentifier="NFE-Dev")
        assert (await world.describe("nfe-DEV"))["DBInstanceIdentifier"] == "nfe-dev"
        error = await refused(world.create(DBName="outro"))
        assert (error.code, error.message) == ("DBInstanceAlreadyExists", "DB instance already exists")

    run(scenario)


def test_instances_share_a_server_and_must_not_collide() -> None:
    async def scenario(world: World) -> None:
        await world.create()
        same_database = await refused(world.create(DBInstanceIdentifier="outra"))
        assert same_database.code == "InvalidParameterCombination"
        assert "nfe-dev" in same_database.message
        other_password = await refused(
            world.create(DBInstanceIdentifier="outra", DBName="outro", MasterUserPassword="diferente-1")
        )
        assert other_password.code == "InvalidParameterCombination"
        assert PASSWORD not in other_password.message
        assert world.remembering.users == {"nfe": PASSWORD}
        await world.create(DBInstanceIdentifier="outra", DBName="outro")
        shared = await refused(
            world.call("ModifyDBInstance", DBInstanceIdentifier="outra", MasterUserPassword="diferente-1")
        )
        assert shared.code == "InvalidParameterCombination"
        # Another account sees neither; its databases have names of their own on the same server.
        assert (await world.call("DescribeDBInstances", scope=OTHER))["DBInstances"] == []
        elsewhere = (await world.call("CreateDBInstance", scope=OTHER, **NFE))["DBInstance"]
        assert elsewhere["DBName"] == "nfe"
        assert {one.database for one in world.rds.instances()} == {"nfe", "outro", f"nfe_{OTHER.account}"}
        shared = await refused(
            world.call("CreateDBInstance", scope=OTHER, **{**NFE, "MasterUserPassword": "diferente-1"})
        )
        assert shared.code in ("InvalidParameterCombination", "DBInstanceAlreadyExists")

    run(scenario)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"DBInstanceIdentifier": None}, "MissingParameter", "DBInstanceIdentifier"),
        ({"Engine": None}, "MissingParameter", "Engine"),
        ({"MasterUsername": None}, "MissingParameter", "MasterUsername"),
        ({"MasterUserPassword": None}, "MissingParameter", "MasterUserPassword"),
        ({"DBInstanceClass": None}, "MissingParameter", "DBInstanceClass"),
        ({"DBInstanceIdentifier": "1nfe"}, "InvalidParameterValue", "begin with a letter"),
        ({"DBInstanceIdentifier": "nfe--dev"}, "InvalidParameterValue", "consecutive hyphens"),
        ({"DBInstanceIdentifier": "nfe-"}, "InvalidParameterValue", "end with a hyphen"),
        ({"DBInstanceIdentifier": "n" * 64}, "InvalidParameterValue", "longer than 63"),
        ({"DBName": "nota-fiscal"}, "InvalidParameterValue", "alphanumeric"),
        ({"DBName": "template1"}, "InvalidParameterValue", "reserved"),
        ({"DBName": "n" * 64}, "InvalidParameterValue", "longer than 63"),
        ({"MasterUsername": "rdsadmin"}, "InvalidParameterValue", "reserved"),
        ({"MasterUsername": "admin"}, "InvalidParameterValue", "reserved"),
        ({"MasterUsername": "pg_nfe"}, "InvalidParameterValue", "reserved"),
        ({"MasterUsername": "n fe"}, "InvalidParameterValue", "letter"),
        ({"MasterUserPassword": "curta"}, "InvalidParameterValue", "shorter than 8"),
        ({"MasterUserPassword": "x" * 129}, "InvalidParameterValue", "longer than 128"),
        ({"MasterUserPassword": "com/barra12"}, "InvalidParameterValue", "printable ASCII"),
        ({"MasterUserPassword": "com@arroba"}, "InvalidParameterValue", "printable ASCII"),
        ({"MasterUserPassword": 'com"aspas'}, "InvalidParameterValue", "printable ASCII"),
        ({"MasterUserPassword": "com espaço"}, "InvalidParameterValue", "printable ASCII"),
        ({"Engine": "mysql"}, "NotImplemented", "engine mysql"),
        ({"Engine": "aurora-postgresql"}, "NotImplemented", "engine aurora-postgresql"),
        ({"Engine": "postgre"}, "InvalidParameterValue", "Invalid DB engine"),
        ({"EngineVersion": "newest"}, "InvalidParameterValue", "newest"),
        ({"DBInstanceClass": "t4g.micro"}, "InvalidParameterValue", "DB Instance class"),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidParameterValue", "aws:"),
    ],
)
def test_bad_input_is_refused_and_makes_nothing(changes: dict[str, Any], code: str, words: str) -> None:
    async def scenario(world: World) -> None:
        error = await refused(world.create(**changes))
        assert error.code == code
        assert words in error.message
        assert str(changes.get("MasterUserPassword") or "?") not in error.message
        assert world.remembering.databases == {}
        assert (await world.call("DescribeDBInstances"))["DBInstances"] == []

    run(scenario)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CreateDBInstance", {**NFE, "ManageMasterUserPassword": True}),
        ("CreateDBInstance", {**NFE, "DBClusterIdentifier": "c"}),
        ("ModifyDBInstance", {"DBInstanceIdentifier": "nfe-dev", "NewDBInstanceIdentifier": "x"}),
        ("ModifyDBInstance", {"DBInstanceIdentifier": "nfe-dev", "Engine": "postgres"}),
        ("DeleteDBInstance", {"DBInstanceIdentifier": "nfe-dev", "FinalDBSnapshotIdentifier": "x"}),
        ("CreateDBSnapshot", {"DBInstanceIdentifier": "nfe-dev"}),
    ],
)
def test_what_is_not_done_is_refused_by_name(operation: str, params: dict[str, Any]) -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(NotImplementedByName):
            await world.call(operation, **params)

    run(scenario)


def test_an_unknown_instance_is_not_found() -> None:
    async def scenario(world: World) -> None:
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("DescribeDBInstances", {}),
            ("ModifyDBInstance", {}),
            ("DeleteDBInstance", {"SkipFinalSnapshot": True}),
        )
        for operation, more in calls:
            error = await refused(world.call(operation, DBInstanceIdentifier="nfe", **more))
            assert (error.code, error.message, error.status) == (
                "DBInstanceNotFound",
                "DBInstance nfe not found.",
                404,
            )

    run(scenario)


def test_the_password_can_be_changed() -> None:
    async def scenario(world: World) -> None:
        await world.create()
        await world.call(
            "ModifyDBInstance",
            DBInstanceIdentifier="nfe-dev",
            MasterUserPassword="outra-senha-1",
            AllocatedStorage=50,
            DBPortNumber=5433,
            ApplyImmediately=True,
        )
        assert world.remembering.users == {"nfe": "outra-senha-1"}
        assert (await world.describe())["AllocatedStorage"] == 50
        short = world.call("ModifyDBInstance", DBInstanceIdentifier="nfe-dev", MasterUserPassword="curta")
        assert (await refused(short)).code == "InvalidParameterValue"
        assert world.remembering.users == {"nfe": "outra-senha-1"}

    run(scenario)


def test_protection_protects_until_it_is_taken_away() -> None:
    async def scenario(world: World) -> None:
        await world.create(DeletionProtection=True)
        delete: dict[str, Any] = {"DBInstanceIdentifier": "nfe-dev", "SkipFinalSnapshot": True}
        error = await refused(world.call("DeleteDBInstance", **delete))
        assert error.code == "InvalidParameterCombination"
        assert "disable deletion protection" in error.message
        assert "nfe" in world.remembering.databases
        await world.call("ModifyDBInstance", DBInstanceIdentifier="nfe-dev", DeletionProtection=False)
        gone = (await world.call("DeleteDBInstance", **delete))["DBInstance"]
        assert gone["DBInstanceStatus"] == "deleting"
        assert world.remembering.databases == {}
        assert (await refused(world.describe())).code == "DBInstanceNotFound"

    run(scenario)


def test_a_final_snapshot_is_not_silently_left_out() -> None:
    async def scenario(world: World) -> None:
        await world.create()
        error = await refused(world.call("DeleteDBInstance", DBInstanceIdentifier="nfe-dev"))
        assert error.code == "InvalidParameterCombination"
        assert "SkipFinalSnapshot" in error.message

    run(scenario)


def test_instances_are_listed_in_pages_and_filtered() -> None:
    async def scenario(world: World) -> None:
        for number in range(25):
            await world.create(DBInstanceIdentifier=f"db-{number:02d}", DBName=f"base{number}")
        first = await world.call("DescribeDBInstances", MaxRecords=20)
        assert len(first["DBInstances"]) == 20
        rest = await world.call("DescribeDBInstances", MaxRecords=20, Marker=first["Marker"])
        assert [one["DBInstanceIdentifier"] for one in rest["DBInstances"]] == [
            f"db-{number}" for number in range(20, 25)
        ]
        assert "Marker" not in rest
        found = await world.call(
            "DescribeDBInstances",
            Filters=[
                {"Name": "db-instance-id", "Values": ["db-03", "db-04", "other"]},
                {"Name": "engine", "Values": ["postgres"]},
            ],
        )
        assert [one["DBInstanceIdentifier"] for one in found["DBInstances"]] == ["db-03", "db-04"]
        for bad in ({"MaxRecords": 5}, {"Filters": [{"Name": "colour", "Values": ["red"]}]}):
            assert (await refused(world.call("DescribeDBInstances", **bad))).code == "InvalidParameterValue"

    run(scenario)


def test_tags_come_and_go() -> None:
    async def scenario(world: World) -> None:
        arn = (await world.create())["DBInstanceArn"]
        await world.call(
            "AddTagsToResource",
            ResourceName=arn,
            Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        )
        await world.call("RemoveTagsFromResource", ResourceName=arn, TagKeys=["a", "never"])
        listed = await world.call("ListTagsForResource", ResourceName=arn)
        assert listed == {"TagList": [{"Key": "b", "Value": "2"}]}
        for name, code in (
            ("nonsense", "InvalidParameterValue"),
            ("arn:aws:rds:us-east-1:000000000000:cluster:x", "InvalidParameterValue"),
            ("arn:aws:rds:us-east-1:000000000000:db:x", "DBInstanceNotFound"),
            ("arn:aws:rds:us-east-1:111122223333:db:nfe-dev", "DBInstanceNotFound"),
        ):
            assert (await refused(world.call("ListTagsForResource", ResourceName=name))).code == code

    run(scenario)


def test_a_server_that_fails_leaves_no_half_made_instance() -> None:
    async def scenario(world: World) -> None:
        world.remembering.broken = OSError("the server is gone")
        with pytest.raises(OSError, match="gone"):
            await world.create()
        assert (await world.call("DescribeDBInstances"))["DBInstances"] == []
        world.remembering.broken = None
        await world.create()
        world.remembering.broken = OSError("the server is gone")
        with pytest.raises(OSError, match="gone"):
            await world.call("DeleteDBInstance", DBInstanceIdentifier="nfe-dev", SkipFinalSnapshot=True)
        assert (await world.describe())["DBInstanceStatus"] == "available"

    run(scenario)


def test_a_restart_finds_the_instances_and_makes_the_server_agree(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "state.db"
        before = World(path)
        await before.create()
        await before.create(DBInstanceIdentifier="meio-feita", DBName="outro")
        await before.create(DBInstanceIdentifier="meio-apagada", DBName="velho")
        # As a crash in the middle of a creation and of a deletion leaves them.
        for identifier, status in (("meio-feita", "creating"), ("meio-apagada", "deleting")):
            before.database.execute(
                "UPDATE rds_instances SET status = ? WHERE identifier = ?", (status, identifier)
            )
        before.database.close()
        after = World(path)
        after.remembering.databases["velho"] = "nfe"
        await after.rds.start()
        assert after.remembering.databases == {"nfe": "nfe", "outro": "nfe"}
        assert after.remembering.users == {"nfe": PASSWORD}
        listed = (await after.call("DescribeDBInstances"))["DBInstances"]
        assert [(one["DBInstanceIdentifier"], one["DBInstanceStatus"]) for one in listed] == [
            ("meio-feita", "available"),
            ("nfe-dev", "available"),
        ]
        assert [(one.database, one.password) for one in after.rds.instances()] == [
            ("outro", PASSWORD),
            ("nfe", PASSWORD),
        ]
        after.database.close()

    asyncio.run(scenario())


def test_nothing_stored_holds_the_port(tmp_path: Path) -> None:
    async def scenario() -> None:
        world = World(tmp_path / "state.db")
        await world.create()
        dump = "\n".join(str(tuple(row)) for row in world.database.rows("SELECT * FROM rds_instances"))
        assert "15432" not in dump
        assert "127.0.0.1" not in dump
        world.database.close()

    asyncio.run(scenario())


@pytest.mark.postgres
def test_an_instance_can_be_connected_to(tmp_path: Path) -> None:
    def connect(endpoint: dict[str, Any], password: str) -> object:
        with psycopg.connect(
            host=str(endpoint["Address"]),
            port=str(endpoint["Port"]),
            dbname="nfe",
            user="nfe",
            password=password,
        ) as connection:
            return connection.execute("SELECT current_user, current_database()").fetchone()

    async def scenario() -> None:
        server = PostgresServer(tmp_path / "postgres")
        await server.start()
        try:
            world = World(server=server)
            await world.create()
            endpoint = (await world.describe())["Endpoint"]
            assert await asyncio.to_thread(connect, endpoint, PASSWORD) == ("nfe", "nfe")
            await world.call(
                "ModifyDBInstance", DBInstanceIdentifier="nfe-dev", MasterUserPassword="outra-senha-1"
            )
            assert await asyncio.to_thread(connect, endpoint, "outra-senha-1") == ("nfe", "nfe")
            await world.call("DeleteDBInstance", DBInstanceIdentifier="nfe-dev", SkipFinalSnapshot=True)
            with pytest.raises(psycopg.OperationalError, match="does not exist"):
                await asyncio.to_thread(connect, endpoint, "outra-senha-1")
        finally:
            await server.stop()

    asyncio.run(scenario())
