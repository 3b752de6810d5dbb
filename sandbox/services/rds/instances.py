"""The instances in the store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from sqlite3 import Row
from typing import Any

import msgspec

from sandbox.model.arn import Arn, db_instance_arn
from sandbox.model.scope import Scope
from sandbox.store.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS rds_instances (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    identifier TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created REAL NOT NULL,
    database_name TEXT NOT NULL UNIQUE,
    db_name TEXT NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    protected INTEGER NOT NULL,
    recorded TEXT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (account, region, identifier)
) WITHOUT ROWID;
"""


class Status(StrEnum):
    """Where an instance is in its life."""

    CREATING = "creating"
    AVAILABLE = "available"
    DELETING = "deleting"


@dataclass(slots=True)
class Instance:
    """One instance.

    Attributes:
        database: the database on the server that it stands for.
        db_name: the `DBName` it was made with; empty when there was none.
        password: of the master user; never answered.
        recorded: parameters that are kept and shown, in the names they were sent with.
        created: virtual seconds since the epoch.
    """

    scope: Scope
    identifier: str
    resource_id: str
    status: Status
    created: float
    database: str
    db_name: str
    username: str
    password: str
    protected: bool
    recorded: dict[str, Any]
    tags: dict[str, str]

    @property
    def arn(self) -> Arn:
        """Its ARN."""
        return db_instance_arn(self.scope, self.identifier)


class Instances:
    """Reads and writes instances."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, scope: Scope, identifier: str) -> Instance | None:
        """The instance of that identifier, in whichever case it is written."""
        row = self._database.row(
            "SELECT * FROM rds_instances WHERE account = ? AND region = ? AND identifier = ?",
            (scope.account, scope.region, identifier.lower()),
        )
        return _instance(row) if row is not None else None

    def of(self, scope: Scope) -> list[Instance]:
        """The instances of an account and region, by identifier."""
        rows = self._database.rows(
            "SELECT * FROM rds_instances WHERE account = ? AND region = ? ORDER BY identifier",
            (scope.account, scope.region),
        )
        return [_instance(row) for row in rows]

    def all(self) -> list[Instance]:
        """Every instance: they share one server."""
        return [
            _instance(row)
            for row in self._database.rows("SELECT * FROM rds_instances ORDER BY created, identifier")
        ]

    def save(self, instance: Instance) -> None:
        """Adds the instance or stores its changes."""
        self._database.execute(
            "INSERT OR REPLACE INTO rds_instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                instance.scope.account,
                instance.scope.region,
                instance.identifier,
                instance.resource_id,
                instance.status.value,
                instance.created,
                instance.database,
                instance.db_name,
                instance.username,
                instance.password,
                int(instance.protected),
                msgspec.json.encode(instance.recorded).decode(),
                msgspec.json.encode(instance.tags).decode(),
            ),
        )

    def remove(self, instance: Instance) -> None:
        """Forgets the instance."""
        self._database.execute(
            "DELETE FROM rds_instances WHERE account = ? AND region = ? AND identifier = ?",
            (instance.scope.account, instance.scope.region, instance.identifier),
        )


def _instance(row: Row) -> Instance:
    return Instance(
        scope=Scope(row["account"], row["region"]),
        identifier=row["identifier"],
        resource_id=row["resource_id"],
        status=Status(row["status"]),
        created=row["created"],
        database=row["database_name"],
        db_name=row["db_name"],
        username=row["username"],
        password=row["password"],
        protected=bool(row["protected"]),
        recorded=msgspec.json.decode(row["recorded"]),
        tags=msgspec.json.decode(row["tags"]),
    )
