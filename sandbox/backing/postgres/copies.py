"""Copies of databases that are put back in milliseconds: frozen templates, and clones made ahead of need.

Functions carry the name of their database in their variables, so a clone takes the name: it is made beside
the database while nobody waits, and the two change names when it is wanted.
Statements: https://www.postgresql.org/docs/18/sql-createdatabase.html
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.backing.postgres.admin import Admin
from sandbox.backing.postgres.wire import AdminConnection, identifier, literal

#: Databases of ours begin with this; RDS allows no such name to users.
PREFIX = "sandbox~"
_HOME = f"{PREFIX}home"
#: Looks at whether ended sessions are gone; each is a round trip, and PostgreSQL itself waits after them.
_LOOKS = 400


@dataclass(slots=True)
class _Frozen:
    """One database as it was.

    Attributes:
        template: the database that holds it.
        ready: makes, or made, the clone that is put back next.
    """

    template: str
    owner: str
    ready: asyncio.Task[str] | None = None


@dataclass(slots=True)
class _Label:
    """The databases that were frozen together, by name."""

    databases: dict[str, _Frozen] = field(default_factory=dict)


class DatabaseCopies:
    """Freezes databases under a label, and puts them back as often as wanted.

    Args:
        admin: runs statements in the server.
    """

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._labels: dict[str, _Label] = {}
        self._numbers = itertools.count(1)
        self._connection: AdminConnection | None = None
        self._cleaned = False
        self._using = asyncio.Lock()
        self._work: set[asyncio.Task[None]] = set()

    def knows(self, label: str) -> bool:
        """Whether something is frozen under the label."""
        return label in self._labels

    def names(self, label: str) -> list[str]:
        """The databases that are frozen under the label."""
        known = self._labels.get(label)
        return [*known.databases] if known is not None else []

    async def freeze(self, label: str, databases: Mapping[str, str]) -> None:
        """Keeps databases as they are now. Their sessions are ended: a template is copied alone.

        Args:
            databases: owner by name.

        Raises:
            PostgresError: one cannot be copied (somebody connects again and again).
        """
        await self.forget([label])
        frozen = _Label()
        for name, owner in databases.items():
            template = self._name()
            await self._end_sessions([name])
            await self._execute(_create(template, name, owner))
            frozen.databases[name] = _Frozen(template, owner)
        self._labels[label] = frozen
        for one in frozen.databases.values():
            self._prepare(one)

    async def put_back(self, label: str, present: Iterable[str]) -> None:
        """Makes the databases what they were when the label was frozen; their sessions are ended.

        Args:
            present: the databases that there are now; those the label does not have are removed.

        Raises:
            PostgresError: a database cannot be replaced (somebody connects again and again).
        """
        frozen = self._labels[label].databases
        clones = {name: await self._clone(one) for name, one in frozen.items()}
        old = await self._swap(clones, [name for name in present if name not in frozen])
        for one in frozen.values():
            self._prepare(one)
        self._drop_later(old)

    async def replace(self, made: Mapping[str, str], present: Iterable[str]) -> None:
        """Puts databases that were made aside (`PREFIX…`) in the place of others.

        Args:
            made: name of the database made aside, by the name that it takes.
            present: the databases that there are now; those that are not replaced are removed.
        """
        self._drop_later(await self._swap(made, [name for name in present if name not in made]))

    async def make_empty(self, owner: str) -> str:
        """Makes an empty database aside, and returns its name."""
        name = self._name()
        await self._execute(_create(name, "template0", owner))
        return name

    async def drop(self, names: Sequence[str]) -> None:
        """Drops databases that were made aside."""
        for name in names:
            await self._execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")

    async def forget(self, labels: Iterable[str]) -> None:
        """Drops what was frozen under labels."""
        for label in labels:
            known = self._labels.pop(label, None)
            for one in known.databases.values() if known else ():
                made = [one.template]
                if one.ready is not None:
                    ready = (await asyncio.gather(one.ready, return_exceptions=True))[0]
                    made += [ready] if isinstance(ready, str) else []
                await self.drop(made)

    async def idle(self) -> None:
        """Waits until nothing is prepared ahead of need."""
        while busy := {*self._work, *self._making()}:
            await asyncio.wait(busy)

    async def writes(self) -> int:
        """Counts the transactions that wrote something, in every database of the server."""
        await self.idle()
        rows = await self._execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        return int(rows[0][0] or 0)

    async def stop(self) -> None:
        """Ends what is prepared; the server is about to stop."""
        busy = [*self._work, *self._making()]
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        self._labels.clear()
        self._cleaned = False
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    # --- inside ------------------------------------------------------------------------------------------
    def _name(self) -> str:
        return f"{PREFIX}{next(self._numbers)}"

    def _making(self) -> set[asyncio.Task[str]]:
        frozen = (one for label in self._labels.values() for one in label.databases.values())
        return {one.ready for one in frozen if one.ready is not None and not one.ready.done()}

    def _prepare(self, one: _Frozen) -> None:
        one.ready = asyncio.get_running_loop().create_task(self._make(one), name="clone of a database")

    async def _clone(self, one: _Frozen) -> str:
        ready, one.ready = one.ready, None
        if ready is not None:
            await asyncio.wait({ready})
            if not ready.cancelled() and ready.exception() is None:
                return ready.result()
        return await self._make(one)

    async def _make(self, one: _Frozen) -> str:
        name = self._name()
        await self._execute(_create(name, one.template, one.owner))
        return name

    async def _swap(self, clones: Mapping[str, str], unwanted: Sequence[str]) -> list[str]:
        """Gives clones their names, in one transaction; returns the names that what had them has now."""
        affected = [*clones, *unwanted]
        if not affected:
            return []
        rows = await self._execute("SELECT datname FROM pg_database")
        existing = [name for name in affected if (name,) in rows]
        old = {name: self._name() for name in existing}
        await self._end_sessions(existing)
        renames = [_rename(name, old[name]) for name in existing]
        renames += [_rename(clone, name) for name, clone in clones.items()]
        if renames:
            await self._execute("; ".join(renames))
        return [*old.values()]

    def _drop_later(self, names: Sequence[str]) -> None:
        """Drops when nobody waits: it writes a checkpoint, and the next clone is wanted sooner."""
        if names:
            task = asyncio.get_running_loop().create_task(self.drop(names), name="drop old databases")
            self._work.add(task)
            task.add_done_callback(self._dropped)

    def _dropped(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled():
            task.exception()  # what could not be dropped costs disk space only

    async def _end_sessions(self, databases: Sequence[str]) -> None:
        if not databases:
            return
        names = ", ".join(literal(name) for name in databases)
        ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({names})"
        for _ in range(_LOOKS):
            # Asked again and again: a session takes a moment to go, and a pool may connect anew.
            if not await self._execute(ended):
                return

    async def _connect(self) -> AdminConnection:
        """A connection; at the first one, what a sandbox that was stopped in between left aside goes."""
        connection = await self._admin.connect_home(_HOME)
        if not self._cleaned:
            left = await connection.execute(
                f"SELECT datname FROM pg_database WHERE starts_with(datname, {literal(PREFIX)})"
                f" AND datname <> {literal(_HOME)}"
            )
            for (name,) in left:
                await connection.execute(f"DROP DATABASE {identifier(str(name))} WITH (FORCE)")
            self._cleaned = True
        return connection

    async def _execute(self, sql: str) -> list[tuple[str | None, ...]]:
        async with self._using:
            if self._connection is None:
                self._connection = await self._connect()
            try:
                return await self._connection.execute(sql)
            except asyncio.CancelledError:
                # An answer is on its way that nobody reads: this connection is of no more use.
                connection, self._connection = self._connection, None
                connection.abandon()
                raise
            except OSError:
                self._connection = None
                raise


def _create(name: str, template: str, owner: str) -> str:
    # Copying the files is twice as quick as writing them through the log, where nothing is synced.
    return (
        f"CREATE DATABASE {identifier(name)} TEMPLATE {identifier(template)} OWNER {identifier(owner)}"
        " STRATEGY file_copy"
    )


def _rename(old: str, new: str) -> str:
    return f"ALTER DATABASE {identifier(old)} RENAME TO {identifier(new)}"
