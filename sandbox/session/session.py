"""Starts, runs and stops one sandbox."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from sandbox.backing.elsewhere import elsewhere, natively
from sandbox.clock import Clock
from sandbox.control.client import control_socket
from sandbox.control.protocol import PostgresView, Progress
from sandbox.control.server import ControlServer
from sandbox.deploy.answers import AnswerDoor
from sandbox.deploy.given import with_given
from sandbox.deploy.stacks import DeployedStacks
from sandbox.deploy.system import System
from sandbox.engines import registry
from sandbox.engines.base import EngineKit
from sandbox.errors import SandboxError, StoreError
from sandbox.faults.plan import FaultPlan
from sandbox.flow.counters import Counters
from sandbox.flow.recorder import Journal
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.inprocess import InProcessClient, InProcessHttp
from sandbox.gateway.peers import PeersOnly
from sandbox.gateway.server import HttpServer
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.session.clockstore import catch_up, restore_clock
from sandbox.session.deployment import Deployment
from sandbox.session.door import HOST, listen
from sandbox.session.gate import Gate
from sandbox.session.lateclient import LateClient
from sandbox.session.methods import method_table
from sandbox.session.options import Options
from sandbox.session.statefolder import StateFolder
from sandbox.session.tasks import Report, step
from sandbox.session.topology import TopologyBook
from sandbox.session.world import World
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
        self._services_client = LateClient()

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
        except sqlite3.DatabaseError as error:
            await self.stop()
            raise StoreError(
                f"the state in {self.folder.path} cannot be read",
                f"SQLite says: {error}",
                "begin empty with `sandbox up --fresh`, or put a copy of the folder back",
            ) from error
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
        self._elsewhere = elsewhere(self.options.services)
        for server in self._elsewhere.values():
            self._started.callback(server.close)
        with step(self._report, "state"):
            self.folder.claim(fresh=self.options.fresh)
            self._started.callback(self.folder.release)
            self.folder.settle_engine(registry.known(self.options.engine))
            listener = listen(self.options.port)
            self._started.callback(listener.close)
            self.port: int = listener.getsockname()[1]
            self._open_store()
        with step(self._report, "postgres and services"):
            self.engine = registry.create(self.options.engine, self._engine_kit())
            if self.options.keep:
                self.engine.keep()
            self._started.push_async_callback(self.engine.stop)
            self._started.callback(self._services_client.leave)
            await self.engine.start()
        with step(self._report, "front door") as say:
            self._open_gateway()
            self._door = self._front_door(listener)
            await self._door.start()
            self._started.push_async_callback(self._door.stop)
            self._started.callback(self._hang_up)
            self._control = ControlServer(control_socket(self.folder.path), method_table(self))
            self._started.push_async_callback(self._control.stop)
            await self._control.start()
            self.folder.describe({"endpoint": self.endpoint})
            say(self.endpoint)
        wanted = self.deployment.recorded() if systems is None else systems
        if not self.engine.keeps_state:
            self.deployment.forget()
        if given := self.options.parameters:
            wanted = with_given(wanted, given)
        # What nobody named does not keep the rest from starting.
        as_it_was = systems is None and self.engine.keeps_state
        await self.deployment.up(
            wanted, seed=self.options.seed, report=self._report, as_it_was=as_it_was and not given
        )
        await self.find_database()
        await self.database.committed()
        self.warm()

    def _open_store(self) -> None:
        self.database = Database(self.folder.state_db)
        self._started.callback(self.database.close)
        self.clock: Clock = restore_clock(self.database)
        self._started.callback(self.clock.close)
        self.journal = Journal(
            self.folder.journal_db,
            self.clock,
            limit=self.options.keep_hops,
            payload_limit=self.options.keep_payload,
        )
        self._started.callback(self._close_journal)
        catch_up(self.database, self.clock, self.journal.newest_at())
        self.counters = Counters()
        self.journal.observe(self.counters.take)
        self.topology = TopologyBook(self)
        self.database.before_commit = self.journal.flush
        self.ids = Ids()
        self.faults = FaultPlan(self.database, self.journal, self.ids)

    def _engine_kit(self) -> EngineKit:
        return EngineKit(
            folder=self.folder.path,
            database=self.database,
            journal=self.journal,
            clock=self.clock,
            ids=self.ids,
            faults=self.faults,
            endpoint=lambda: self.endpoint,
            notice=self.notice,
            aws=self._services_client,
            stacks=DeployedStacks(
                lambda scope, cause: self.deployment.of_scope(scope, cause), lambda: self.deployment.turns
            ),
            progress=self._report,
            aws_http=_InProcess(lambda: self.gateway),
            elsewhere=self._elsewhere,
            native=natively(self.options.services),
        )

    def _hang_up(self) -> None:
        """Answers that would go on end before the door waits for them."""
        for service in self.engine.services.values():
            service.hang_up()

    def _close_journal(self) -> None:
        """The journal closes before the state, which has nothing to commit after this."""
        try:
            self.database.commit()
        finally:
            self.database.before_commit = None
            self.journal.close()

    def _front_door(self, listener: socket.socket) -> HttpServer:
        """The front door on loopback, and on the engine's network of containers where it has one."""
        network = self.engine.network_door
        if network is None:
            return HttpServer(self.gate, Gateway.limit, listener)
        try:
            beside = listen(self.port, network.address)
        except SandboxError:
            # Docker Desktop's networks are in a virtual machine: their addresses are not this machine's.
            self.notice(
                f"the front door cannot be opened on the containers' network ({network.address}): functions"
                " call LocalStack directly, and their calls are not in the journal"
            )
            return HttpServer(self.gate, Gateway.limit, listener)
        network.port = self.port
        guard = PeersOnly(self.gate, network.address, network.subnet)
        return HttpServer(guard, Gateway.limit, listener, beside)

    def _functions_endpoint(self) -> str:
        """The front door as functions reach it: from their containers, on engines that have some."""
        network = self.engine.network_door
        return f"http://{network.address}:{network.port}" if network and network.port else self.endpoint

    def _open_gateway(self) -> None:
        network = self.engine.network_door
        answers = AnswerDoor(self.clock, self._functions_endpoint)
        self.gateway = Gateway(
            services=self.engine.services,
            execute_api=self.engine.execute_api,
            long_tail=self.engine.long_tail,
            mixed=self.engine.mixed,
            callers=self.engine.callers,
            recorder=self.journal,
            clock=self.clock,
            ids=self.ids,
            durable=self.database.committed,
            faults=self.faults,
            state=str(self.folder.path),
            allowed_hosts=[network.address] if network else (),
            caller_at=network.caller_at if network else lambda _, __: None,
            observe=self.engine.observe,
            documents=self.engine.issuer.document,
            take=answers.take,
            expand=self.engine.bindings.expand,
            elsewhere=self._elsewhere,
        )
        self.gate = Gate(self.gateway)
        self.world = World(
            engine=self.engine,
            database=self.database,
            journal=self.journal,
            clock=self.clock,
            gate=self.gate,
            faults=self.faults,
        )
        self.client = InProcessClient(self.gateway.dispatcher, self.gateway.wire, own=True)
        # What services call for the system, a schedule's target for instance, meets faults as any call does.
        self._services_client.arrive(InProcessClient(self.gateway.dispatcher, self.gateway.wire))
        self.deployment = Deployment(
            engine=self.engine,
            client=self.client,
            database=self.database,
            journal=self.journal,
            clock=self.clock,
            ids=self.ids,
            endpoint=lambda: self.endpoint,
            answers=answers,
            cache=cache_folder(),
        )


class _InProcess:
    """The port `AwsHttp` for an engine, which is made before the front door that it is served by."""

    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        self._gateway = gateway

    async def send(self, service: str, request: HttpRequest, call: Call, action: str = "") -> HttpResponse:
        gateway = self._gateway()
        return await InProcessHttp(gateway.dispatcher, gateway.wire).send(service, request, call, action)
