"""RDS alone, on a manual clock, with a database server that only remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ids import Ids
from sandbox.model.ports import NoFaults
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.rds import DatabaseServer, RdsService
from sandbox.store.database import Database
from tests.support.fakes import KeptHops

START = 1_700_000_000.0
PASSWORD = "segredo-123"

#: What a template's instance sends.
NFE: Mapping[str, Any] = {
    "DBInstanceIdentifier": "nfe-dev",
    "Engine": "postgres",
    "DBInstanceClass": "db.t4g.micro",
    "AllocatedStorage": 20,
    "DBName": "nfe",
    "MasterUsername": "nfe",
    "MasterUserPassword": PASSWORD,
}


@dataclass
class RememberingServer:
    """A database server in memory.

    Attributes:
        users: the password of each user; databases: the owner of each database.
        broken: raised by whatever is asked of it, while set.
    """

    host: str = "127.0.0.1"
    port: int = 15432
    version: str = "18.4"
    users: dict[str, str] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    broken: Exception | None = None

    async def ensure(self, database: str, user: str, password: str) -> None:
        if self.broken is not None:
            raise self.broken
        self.users[user] = password
        self.databases[database] = user

    async def drop(self, database: str) -> None:
        if self.broken is not None:
            raise self.broken
        self.databases.pop(database, None)


class World:
    """One RDS over one store.

    Args:
        path: the store's file; in memory by default.
        server: the database server behind it.
    """

    def __init__(self, path: Path | None = None, server: DatabaseServer | None = None) -> None:
        self.remembering = RememberingServer()
        self.database = Database(path)
        self.clock = Clock(START, 0.0)
        kit = Kit(self.database, self.clock, KeptHops(), NoFaults(), Ids(1))
        self.rds = RdsService(kit, server or self.remembering)

    async def call(self, operation: str, scope: Scope | None = None, **params: Any) -> dict[str, Any]:
        """The answer of an operation."""
        return await self.rds.call(operation, Call(scope=scope or Scope()), params)

    async def create(self, **changes: Any) -> dict[str, Any]:
        """Makes the instance of the reference system, with changes; None leaves a parameter out."""
        merged = {**NFE, **changes}
        sent = {name: value for name, value in merged.items() if value is not None}
        answer: dict[str, Any] = (await self.call("CreateDBInstance", **sent))["DBInstance"]
        return answer

    async def describe(self, identifier: str = "nfe-dev") -> dict[str, Any]:
        """The one instance of that identifier."""
        answer = await self.call("DescribeDBInstances", DBInstanceIdentifier=identifier)
        (instance,) = answer["DBInstances"]
        return dict(instance)


def run(scenario: Callable[[World], Awaitable[None]]) -> None:
    """Runs a scenario in a fresh world."""

    async def whole() -> None:
        await scenario(World())

    asyncio.run(whole())


async def refused(call: Awaitable[object]) -> AwsError:
    """The error that a call is answered with."""
    with pytest.raises(AwsError) as caught:
        await call
    return caught.value
