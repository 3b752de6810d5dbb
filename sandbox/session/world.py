"""Takes the whole sandbox back to what it was: by the path that a start after a crash takes.

All that runs is ended, state and databases are replaced, the journal forgets what came after, and the
services rebuild their memory from the store.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.engines.base import Engine
from sandbox.faults.plan import FaultPlan
from sandbox.flow.keys import BusinessKey
from sandbox.flow.recorder import Journal
from sandbox.session.clockstore import put_back_clock, save_clock
from sandbox.session.gate import Gate
from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything but the databases, as it was.

    Attributes:
        state: a copy of the store, in memory.
        hop: the newest hop of the journal then.
        keys: the business keys that it looked for.
    """

    state: sqlite3.Connection
    hop: int
    keys: tuple[BusinessKey, ...]


class World:
    """The parts of a session that belong together in time."""

    def __init__(
        self,
        *,
        engine: Engine,
        database: Database,
        journal: Journal,
        clock: Clock,
        gate: Gate,
        faults: FaultPlan,
    ) -> None:
        self.engine = engine
        self.database = database
        self.journal = journal
        self.clock = clock
        self.gate = gate
        self.faults = faults
        self._one_at_a_time = asyncio.Lock()

    def moment(self) -> Moment:
        """A copy of state and clock as they are now, and the place in the journal."""
        save_clock(self.database, self.clock)
        self.engine.logs.settle()
        state = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.copy_to(state)
        return Moment(state, self.journal.newest, tuple(self.journal.declared_keys()))

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Lets nobody in meanwhile, and nobody else do this."""
        async with self._one_at_a_time, self.gate.closed():
            yield

    async def replace(
        self,
        state: sqlite3.Connection,
        *,
        databases: Callable[[Sequence[str]], Awaitable[None]],
        journal: Callable[[], None],
        rebuilt: Callable[[], Awaitable[None]],
        before: Callable[[], None] = lambda: None,
    ) -> None:
        """Puts other state in the place of what is there; call it inside `held`.

        Args:
            databases: puts the databases in the place of those that are there, all or none.
            journal: makes the journal belong to the state.
            rebuilt: called when the services run again, before anybody is let in.
            before: does what only adds, first of all.

        Raises:
            SandboxError: a database could not be replaced, or the state not be written; all is as it was.
        """
        before()
        old = self.moment().state
        await self.engine.halt()
        try:
            await self.gate.end_all()
            present = self.engine.databases.present()
            try:
                self.database.replace_by(state)
                await databases(present)
            except BaseException:
                self.database.replace_by(old)
                raise
            self.clock.close()
            journal()
            put_back_clock(self.database, self.clock)
        finally:
            old.close()
            self.faults.load()
            await self.engine.go_on()
            self.gate.new_epoch()
            await rebuilt()
            await self.database.committed()
