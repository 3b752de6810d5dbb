"""Keeps and puts back the databases of the RDS instances; see `DatabaseShelf`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.backing.postgres.dumps import Dumps
from sandbox.backing.postgres.server import PostgresServer
from sandbox.backing.postgres.wire import PostgresError
from sandbox.errors import StoreError
from sandbox.model.dumps import DatabaseDump
from sandbox.services.rds.instances import Instance


class Shelf:
    """The databases of the instances that are in the store now.

    Args:
        server: where they are.
        instances: gives the instances.
    """

    def __init__(self, server: PostgresServer, instances: Callable[[], Sequence[Instance]]) -> None:
        self._server = server
        self._instances = instances
        self._dumps = Dumps(server)

    async def freeze(self, label: str) -> None:
        """Keeps the databases; see `DatabaseShelf.freeze`."""
        owners = self._owners()
        if owners:
            await self._server.copies.freeze(label, owners)

    def present(self) -> list[str]:
        """The databases of the instances."""
        return list(self._owners())

    async def put_back(self, label: str, present: Sequence[str]) -> None:
        """Puts the databases back; see `DatabaseShelf.put_back`."""
        if self._server.copies.knows(label):
            await self._server.copies.put_back(label, present)
        else:
            await self._server.copies.replace({}, present)
        self._server.forget(name for name in present if name not in self._server.copies.names(label))

    async def forget(self, labels: Sequence[str]) -> None:
        """Drops what was frozen."""
        await self._server.copies.forget(labels)

    async def dump(self, folder: Path, moment: Callable[[], None]) -> DatabaseDump:
        """Writes the databases into files; see `DatabaseShelf.dump`."""
        return await self._dumps.dump(self._owners(), folder, moment)

    async def load(self, folder: Path, dump: DatabaseDump) -> LoadedShelf:
        """Makes databases aside; see `DatabaseShelf.load`."""
        made: dict[str, str] = {}
        loaded = LoadedShelf(self._server, made)
        try:
            await self._server.admin.add_roles(dump.roles)
            for database, dumped in dump.databases.items():
                made[database] = await self._dumps.load(folder / dumped.file, dumped.owner)
        except PostgresError as error:
            await loaded.discard()
            raise StoreError(
                "the databases of the snapshot cannot be restored",
                error.message,
                "it was made by another PostgreSQL; make it again with this version of sandbox",
            ) from error
        except BaseException:
            await loaded.discard()
            raise
        return loaded

    async def writes(self) -> int:
        """The transactions that wrote something."""
        return await self._server.copies.writes() if self._instances() else 0

    def _owners(self) -> dict[str, str]:
        return {instance.database: instance.username for instance in self._instances()}


class LoadedShelf:
    """Databases that were made aside; implements `Loaded`.

    Args:
        made: name of the database made aside, by the name that it will take.
    """

    def __init__(self, server: PostgresServer, made: dict[str, str]) -> None:
        self._server = server
        self._made = made

    async def take_over(self, present: Sequence[str]) -> None:
        """Puts them in the place of those that are there."""
        await self._server.copies.replace(self._made, present)
        self._server.forget(name for name in present if name not in self._made)
        self._made.clear()

    async def discard(self) -> None:
        """Drops them."""
        await self._server.copies.drop([*self._made.values()])
        self._made.clear()
