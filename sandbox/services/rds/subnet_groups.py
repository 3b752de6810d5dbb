"""Subnet groups: which subnets a database would be in. They are records, for templates that declare them.

Pages: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html,
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSubnetGroup.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Row

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from sandbox.services.rds.errors import invalid_value
from sandbox.store.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS rds_subnet_groups (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    subnets TEXT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
"""
_NAME = re.compile(r"[A-Za-z0-9._ -]{1,255}")


@dataclass(slots=True)
class SubnetGroup:
    """One group; `subnets` are ids as they were given."""

    scope: Scope
    name: str
    description: str
    subnets: list[str]
    tags: dict[str, str]

    @property
    def arn(self) -> Arn:
        """Its ARN."""
        return subnet_group_arn(self.scope, self.name)


class SubnetGroups:
    """Reads and writes groups."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, scope: Scope, name: str) -> SubnetGroup | None:
        """The group of that name, in whichever case it is written."""
        row = self._database.row(
            "SELECT * FROM rds_subnet_groups WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name.lower()),
        )
        return _group(row) if row is not None else None

    def of(self, scope: Scope) -> list[SubnetGroup]:
        """The groups of an account and region, by name."""
        rows = self._database.rows(
            "SELECT * FROM rds_subnet_groups WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return [_group(row) for row in rows]

    def save(self, group: SubnetGroup) -> None:
        """Adds the group or stores its changes."""
        self._database.execute(
            "INSERT OR REPLACE INTO rds_subnet_groups VALUES (?, ?, ?, ?, ?, ?)",
            (
                group.scope.account,
                group.scope.region,
                group.name,
                group.description,
                msgspec.json.encode(group.subnets).decode(),
                msgspec.json.encode(group.tags).decode(),
            ),
        )

    def remove(self, group: SubnetGroup) -> None:
        """Forgets the group."""
        self._database.execute(
            "DELETE FROM rds_subnet_groups WHERE account = ? AND region = ? AND name = ?",
            (group.scope.account, group.scope.region, group.name),
        )


def subnet_group_arn(scope: Scope, name: str) -> Arn:
    """The ARN of a subnet group."""
    return Arn("rds", scope.region, scope.account, f"subgrp:{name}")


def check_name(text: str) -> str:
    """The name of a group, in lower case as AWS stores it.

    Raises:
        AwsError: InvalidParameterValue.
    """
    if not _NAME.fullmatch(text) or text.lower() == "default":
        raise invalid_value(
            "The parameter DBSubnetGroupName is not a valid name. It has 1 to 255 letters, digits, periods,"
            " underscores, spaces and hyphens, and is not default."
        )
    return text.lower()


def check_subnets(subnets: Sequence[str]) -> list[str]:
    """The subnets, each once.

    Raises:
        AwsError: InvalidParameterValue: there is none.
    """
    if not subnets:
        raise invalid_value("The request must contain the parameter SubnetIds.")
    return list(dict.fromkeys(subnets))


def not_found(name: str) -> AwsError:
    """No such group."""
    return AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", status=404)


def already_exists(name: str) -> AwsError:
    """The name is taken."""
    return AwsError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")


def in_use(name: str, instance: str) -> AwsError:
    """A database is in it."""
    return AwsError(
        "InvalidDBSubnetGroupStateFault",
        f"Cannot delete the subnet group '{name}' because at least one database instance: {instance} is"
        " still using it.",
    )


def _group(row: Row) -> SubnetGroup:
    return SubnetGroup(
        Scope(row["account"], row["region"]),
        row["name"],
        row["description"],
        msgspec.json.decode(row["subnets"], type=list[str]),
        msgspec.json.decode(row["tags"], type=dict[str, str]),
    )
