"""Starts, runs and stops one sandbox."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack

from sandbox.clock import Clock
from sandbox.control.client import control_socket
from sandbox.control.protocol import PostgresView, Progress
from sandbox.control.server import ControlServer
from sandbox.deploy.system import System
from sandbox.engines import registry
from sandbox.engines.base import EngineKit
from sandbox.faults.plan import NoFaults
from sandbox.flow.recorder import Journal
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.inprocess import InProcessClient
from sandbox.model.ids import Ids
from sandbox.session.clockstore import restore_clock
from sandbox.session.deployment import Deployment
from sandbox.session.door import HOST, FrontDoor, listen
from sandbox.session.methods import method_table
from sandbox.session.options import Options
from sandbox.session.statefolder import StateFolder
from sandbox.session.tasks import Report, step
from sandbox.store.database import Database
from sandbox.store.folders import cache_folder

_NOTICES = 50


class Session:
    """One running sandbox: the only place that wires its parts together.

    Args:
        options: what to start.
        report: told every step of the start.
    """

    def __init__(self, options: Options, report: Report) -> None:
        self.options = options
        self.folder = StateFolder(options.folder)
        self.notices: deque[str] = deque(maxlen=_NOTICES)
        self.began = time.monotonic()
        self.ready_seconds = 0.0
        self.postgres: PostgresView | None = None
        self._report = report
        self._stopping = asyncio.Event()
        self._started = AsyncExitStack()
        self._warming: asyncio.Task[None] | None = None

    @property
    def endpoint(self) -> str:
        """Base URL of the front door."""
        return f"http://{HOST}:{self.port}"

    async def start(self, systems: Sequence[System] | None) -> None:
        """Brings everything up and deploys.

        Args:
            systems: what to deploy; None deploys again what the state holds.

        Raises:
            SandboxError: what stands in the way; whatever was started is stopped again.
        """
        try:
            await self._start(systems)
        except BaseException:
            await self.stop()
            raise
        self.ready_seconds = time.monotonic() - self.began

    async def run(self) -> None:
        """Waits until somebody asks to stop."""
        await self._stopping.wait()

    async def find_database(self) -> None:
        """Settles which database clients are pointed to: that of the first stack that declares one."""
        self.postgres = self.deployment.first_database() or await self.engine.spare_database()

    def warm(self) -> None:
        """Lets the engine get ready, beside whatever else goes on, what first invocations would wait for."""
        if self._warming is not None:
            self._warming.cancel()
        self._warming = asyncio.create_task(self.engine.warm(), name="warming")

    def ask_to_stop(self) -> None:
        """Lets `run` return."""
        self._stopping.set()

    def notice(self, text: str) -> None:
        """Tells the user something they should know; `status` shows it again."""
        if text not in self.notices:
            self.notices.append(text)
            self._report(Progress("notice", "note", text=text))

    async def stop(self) -> None:
        """Stops whatever runs, the last started first; state stays."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        await self._started.aclose()

    # --- starting ----------------------------------------------------------------------------------------
    async def _start(self, systems: Sequence[System] | None) -> None:
        with step(self._report, "state"):
            self.folder.claim(fresh=self.options.fresh)
            self._started.callback(self.folder.release)
            listener = listen(self.options.port)
            self.port: int = listener.getsockname()[1]
            self._open_store()
        with step(self._report, "postgres and services"):
            self.engine = registry.create(self.options.engine, self._engine_kit())
            self._started.push_async_callback(self.engine.stop)
            await self.engine.start()
        with step(self._report, "front door") as say:
            self._open_gateway()
            self._door = FrontDoor(self.gateway, listener)
            await self._door.start()
            self._started.push_async_callback(self._door.stop)
            self._control = ControlServer(control_socket(self.folder.path), method_table(self))
            await self._control.start()
            self._started.push_async_callback(self._control.stop)
            self.folder.describe({"endpoint": self.endpoint})
            say(self.endpoint)
        wanted = self.deployment.recorded() if systems is None else systems
        await self.deployment.up(wanted, seed=self.options.seed, report=self._report)
        await self.find_database()
        await self.database.committed()
        self.warm()

    def _open_store(self) -> None:
        self.database = Database(self.folder.state_db)
        self.clock: Clock = restore_clock(self.database)
        self.journal = Journal(self.folder.journal_db, self.clock)
        self.database.before_commit = self.journal.flush
        self.ids = Ids()
        self._started.callback(self._close_store)

    def _engine_kit(self) -> EngineKit:
        return EngineKit(
            folder=self.folder.path,
            database=self.database,
            journal=self.journal,
            clock=self.clock,
            ids=self.ids,
            faults=NoFaults(),
            endpoint=lambda: self.endpoint,
            notice=self.notice,
        )

    def _close_store(self) -> None:
        self.clock.close()
        self.database.close()
        self.journal.close()

    def _open_gateway(self) -> None:
        self.gateway = Gateway(
            services=self.engine.services,
            execute_api=self.engine.execute_api,
            long_tail=self.engine.long_tail,
            callers=self.engine.callers,
            recorder=self.journal,
            clock=self.clock,
            ids=self.ids,
            durable=self.database.committed,
        )
        self.client = InProcessClient(self.gateway.dispatcher, self.gateway.wire)
        self.deployment = Deployment(
            engine=self.engine,
            client=self.client,
            database=self.database,
            journal=self.journal,
            clock=self.clock,
            ids=self.ids,
            endpoint=lambda: self.endpoint,
            cache=cache_folder(),
        )
