"""The database server as RDS sees it; the engine wires the real one."""

from __future__ import annotations

from typing import Protocol


class DatabaseServer(Protocol):
    """A running PostgreSQL that instances are databases of."""

    @property
    def host(self) -> str:
        """The address that clients connect to."""
        ...

    @property
    def port(self) -> int:
        """The port that clients connect to; it may differ after a restart."""
        ...

    @property
    def version(self) -> str:
        """The server's version (`18.4`)."""
        ...

    async def ensure(self, database: str, user: str, password: str) -> None:
        """Makes the database and its master user, or sets owner and password of those that are there."""
        ...

    async def drop(self, database: str) -> None:
        """Drops the database, whoever is connected; nothing happens when there is none."""
        ...
