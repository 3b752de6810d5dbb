"""Subnet groups: records that databases name, with their tags.

Page: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.scope import Scope
from tests.contract.rds.support import World, refused, run

GROUP: dict[str, Any] = {
    "DBSubnetGroupName": "Privadas",
    "DBSubnetGroupDescription": "d",
    "SubnetIds": ["subnet-1", "subnet-2"],
}


def test_a_group_is_made_shown_changed_and_deleted() -> None:
    async def scenario(world: World) -> None:
        made = (await world.call("CreateDBSubnetGroup", **GROUP))["DBSubnetGroup"]
        assert made["DBSubnetGroupName"] == "privadas"
        assert made["DBSubnetGroupArn"] == "arn:aws:rds:us-east-1:000000000000:subgrp:privadas"
        assert [one["SubnetIdentifier"] for one in made["Subnets"]] == ["subnet-1", "subnet-2"]
        await world.call("ModifyDBSubnetGroup", DBSubnetGroupName="PRIVADAS", SubnetIds=["subnet-3"])
        (shown,) = (await world.call("DescribeDBSubnetGroups"))["DBSubnetGroups"]
        assert [one["SubnetIdentifier"] for one in shown["Subnets"]] == ["subnet-3"]
        assert shown["DBSubnetGroupDescription"] == "d"
        assert (await world.call("DescribeDBSubnetGroups", Scope("111122223333")))["DBSubnetGroups"] == []
        await world.call("DeleteDBSubnetGroup", DBSubnetGroupName="privadas")
        error = await refused(world.call("DescribeDBSubnetGroups", DBSubnetGroupName="privadas"))
        assert (error.code, error.status) == ("DBSubnetGroupNotFoundFault", 404)

    run(scenario)


def test_a_group_that_a_database_is_in_stays() -> None:
    async def scenario(world: World) -> None:
        await world.call("CreateDBSubnetGroup", **GROUP)
        await world.create(DBSubnetGroupName="Privadas")
        error = await refused(world.call("DeleteDBSubnetGroup", DBSubnetGroupName="privadas"))
        assert error.code == "InvalidDBSubnetGroupStateFault"
        assert "nfe-dev" in error.message
        await world.call("DeleteDBInstance", DBInstanceIdentifier="nfe-dev", SkipFinalSnapshot=True)
        await world.call("DeleteDBSubnetGroup", DBSubnetGroupName="privadas")

    run(scenario)


def test_groups_are_listed_page_by_page() -> None:
    async def scenario(world: World) -> None:
        for number in range(25):
            await world.call("CreateDBSubnetGroup", **{**GROUP, "DBSubnetGroupName": f"g-{number:02d}"})
        first = await world.call("DescribeDBSubnetGroups", MaxRecords=20)
        rest = await world.call("DescribeDBSubnetGroups", MaxRecords=20, Marker=first["Marker"])
        assert len(first["DBSubnetGroups"]) == 20
        assert [one["DBSubnetGroupName"] for one in rest["DBSubnetGroups"]][-1] == "g-24"
        assert "Marker" not in rest

    run(scenario)


def test_the_tags_of_a_group() -> None:
    async def scenario(world: World) -> None:
        made = await world.call("CreateDBSubnetGroup", **GROUP, Tags=[{"Key": "a", "Value": "1"}])
        arn = made["DBSubnetGroup"]["DBSubnetGroupArn"]
        await world.call("AddTagsToResource", ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])
        await world.call("RemoveTagsFromResource", ResourceName=arn, TagKeys=["a"])
        listed = await world.call("ListTagsForResource", ResourceName=arn)
        assert listed["TagList"] == [{"Key": "b", "Value": "2"}]
        error = await refused(world.call("ListTagsForResource", ResourceName=f"{arn}x"))
        assert error.code == "DBSubnetGroupNotFoundFault"

    run(scenario)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"DBSubnetGroupName": "default"}, "InvalidParameterValue"),
        ({"DBSubnetGroupName": "a/b"}, "InvalidParameterValue"),
        ({"DBSubnetGroupName": None}, "MissingParameter"),
        ({"DBSubnetGroupDescription": ""}, "MissingParameter"),
        ({"SubnetIds": []}, "InvalidParameterValue"),
        ({"DBSubnetGroupName": "privadas"}, "DBSubnetGroupAlreadyExists"),
    ],
    ids=str,
)
def test_what_is_refused(params: dict[str, Any], code: str) -> None:
    async def scenario(world: World) -> None:
        await world.call("CreateDBSubnetGroup", **GROUP)
        given = {**GROUP, "DBSubnetGroupName": "outro", **params}
        assert (await refused(world.call("CreateDBSubnetGroup", **given))).code == code

    run(scenario)
