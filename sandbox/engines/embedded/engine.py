"""Wires the native services, the Lambda runtime, PostgreSQL and the long tail into one engine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sandbox.backing.moto.log import StoredMotoLog
from sandbox.backing.moto.server import MotoServer
from sandbox.backing.postgres.server import PostgresServer
from sandbox.engines.base import EngineKit, FunctionView
from sandbox.engines.embedded.bindings import LiveBindings
from sandbox.engines.embedded.deliverer import Switchboard
from sandbox.engines.embedded.requirements import FunctionRequirements
from sandbox.model.arn import Arn
from sandbox.model.ports import Delivery
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.interpreters import Interpreters
from sandbox.runtime.runtime import LambdaRuntime
from sandbox.services.apigateway.service import ApiGatewayService
from sandbox.services.base import Kit, Service
from sandbox.services.events.service import EventsService
from sandbox.services.iam.service import IamService
from sandbox.services.lambda_.service import LambdaService
from sandbox.services.logs.service import LogsService
from sandbox.services.rds.service import RdsService
from sandbox.services.sqs.service import SqsService
from sandbox.services.sts.service import StsService


class EmbeddedEngine:
    """Everything in one process but the functions, PostgreSQL and moto; implements `Engine`."""

    name = "embedded"

    def __init__(self, kit: EngineKit) -> None:
        self._kit = kit
        self._opening: asyncio.Task[None] | None = None
        self.postgres = PostgresServer(kit.folder / "postgres", report=kit.notice)
        self.bindings = LiveBindings(kit.endpoint, lambda: (self.postgres.host, self.postgres.port))
        interpreters = Interpreters(kit.notice)
        dependencies = Dependencies()
        self.runtime = LambdaRuntime(
            workdir=kit.folder / "run" / "lambda",
            endpoint=kit.endpoint,
            clock=kit.clock,
            interpreters=interpreters,
            dependencies=dependencies,
            ids=kit.ids,
            on_notice=kit.notice,
        )
        self.callers = self.runtime
        self.long_tail = MotoServer(
            kit.folder / "moto", StoredMotoLog(kit.database), kit.clock, report=kit.notice
        )
        own = Kit(kit.database, kit.clock, kit.journal, kit.faults, kit.ids)
        switchboard = Switchboard()
        self.logs = LogsService(own)
        self.sqs = SqsService(own)
        self.lambda_ = LambdaService(
            own,
            self.runtime,
            self.sqs,
            self.logs,
            self.bindings,
            switchboard,
            kit.folder / "code",
            dependencies=FunctionRequirements(interpreters, dependencies),
        )
        self.events = EventsService(own, switchboard)
        self.execute_api = ApiGatewayService(own, self.lambda_, self.logs)
        self.rds = RdsService(own, self.postgres)
        switchboard.plug({"sqs": self.sqs.deliver, "lambda": self._invoke_later})
        # The order of starting: what delivers to others comes after them.
        started: list[Service] = [
            self.logs,
            self.sqs,
            IamService(own),
            StsService(own),
            self.rds,
            self.lambda_,
            self.events,
            self.execute_api,
        ]
        self.services = {service.name: service for service in started}

    async def start(self) -> None:
        """Rebuilds the services from the store; PostgreSQL goes on starting beside it (see `ready`)."""
        self._opening = asyncio.create_task(self.postgres.start(), name="postgres")
        await self.runtime.start()
        for service in self.services.values():
            await service.start()

    async def ready(self) -> None:
        """Waits for PostgreSQL.

        Raises:
            ServerStartError: it did not start.
        """
        if self._opening is not None:
            await self._opening

    async def stop(self) -> None:
        """Ends deliveries first, then functions, then servers."""
        for service in reversed(self.services.values()):
            await service.stop()
        await self.runtime.stop()
        await self.long_tail.stop()
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
            await self.postgres.stop()

    def database_dsn(self, instance: Arn) -> str:
        """The DSN of a database instance, with its master user and password."""
        database, user, password = self.rds.connection(instance)
        return self.postgres.dsn(database, user, password)

    def server_dsn(self) -> str:
        """The DSN of the server's own database, for its superuser."""
        return self.postgres.superuser_dsn()

    def processes(self) -> Sequence[tuple[str, int]]:
        """Name and pid of every process it runs."""
        return [*self.postgres.processes(), *self.runtime.processes(), *self.long_tail.processes()]

    def environments(self) -> Sequence[FunctionView]:
        """The execution environments that are alive."""
        return [
            FunctionView(view.id, view.function, view.pid, view.state, view.invocations, view.memory_mb)
            for view in self.runtime.snapshot()
        ]

    async def _invoke_later(self, delivery: Delivery) -> int:
        return self.lambda_.accept(
            delivery.target, delivery.body.encode(), cause=delivery.cause, trace=delivery.trace
        )
