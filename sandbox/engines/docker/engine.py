"""Wires the containers into one engine: LocalStack and DynamoDB Local upstream, PostgreSQL behind our RDS."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sandbox.backing.moto.client import send
from sandbox.backing.portfinder import free_port
from sandbox.control.protocol import PostgresView
from sandbox.engines.base import EngineKit, FunctionView, NetworkDoor, NoDatabaseError
from sandbox.engines.bindings import LiveBindings
from sandbox.engines.docker.capabilities import NOTES, fault_refusal, unsupported
from sandbox.engines.docker.compose import ComposePlan, compose_file, read_compose, with_dns
from sandbox.engines.docker.containers import Containers, PortRaceError, Probe
from sandbox.engines.docker.daemon import Daemon, connect
from sandbox.engines.docker.differences import differences
from sandbox.engines.docker.edits import Edits
from sandbox.engines.docker.errors import ContainerError
from sandbox.engines.docker.execute import ContainerExecuteApi
from sandbox.engines.docker.functions import FunctionCalls
from sandbox.engines.docker.hearing import Hearing
from sandbox.engines.docker.invocations import Invocations
from sandbox.engines.docker.lambda_api import LambdaApi
from sandbox.engines.docker.letters import TargetLetters
from sandbox.engines.docker.log_groups import ContainerLogs
from sandbox.engines.docker.mounts import Mounts
from sandbox.engines.docker.native import MIXED, Neighbours, checked, services_kit, stand_ins
from sandbox.engines.docker.observe import Observer
from sandbox.engines.docker.packages import Packages
from sandbox.engines.docker.postgres import ContainerPostgres
from sandbox.engines.docker.progress import Steps
from sandbox.engines.docker.queues import LocalStackQueues
from sandbox.engines.docker.refusals import NoReturn
from sandbox.engines.docker.threads import Threads
from sandbox.engines.docker.upstream import HOST, ContainerUpstream, Ports
from sandbox.engines.docker.watch import FunctionWatch
from sandbox.engines.loopback import LoopbackHttp
from sandbox.engines.queues import QueueSource
from sandbox.model.call import Caller
from sandbox.model.http import HttpRequest, Observe
from sandbox.model.scope import Scope
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service
from sandbox.services.base import Service
from sandbox.services.issuer.issuer import TokenIssuer
from sandbox.services.rds.service import RdsService

#: What of the environment changes the containers; the engine sets everything else.
_PASSED_ON = ("LOCALSTACK_IMAGE", "LOCALSTACK_AUTH_TOKEN", "DYNAMODB_IMAGE", "POSTGRES_IMAGE")
_PASSWORD = "sandbox"
#: Name, user and password of the database for who declares none.
_SPARE = "sandbox"
#: As their containers listen; functions reach them by these, and by name.
_LOCALSTACK_PORT, _DYNAMODB_PORT, _POSTGRES_PORT = 4566, 8000, 5432
_STARTS = 3
#: Start scripts of LocalStack's.
_INSIDE = Path(__file__).with_name("inside")
_PODMAN = (
    "this daemon is Podman, which the tests do not cover: its networks must answer names (aardvark-dns, or"
    " the dnsname plugin of CNI), or functions find neither PostgreSQL nor DynamoDB"
)


class DockerEngine(NoReturn):
    """Three containers, and one for each execution environment of a function; implements `Engine`."""

    name = "docker"
    virtual_time = False
    keeps_state = False
    mixed = MIXED
    notes = NOTES

    def __init__(self, kit: EngineKit) -> None:
        self._kit = kit
        self._keep = False
        self._steps = Steps(kit.progress)
        self._threads = Threads()
        self._containers: Containers | None = None
        self._ports = Ports()
        self.network_door: NetworkDoor | None = None
        self.project = project_of(kit.folder)
        self.postgres = ContainerPostgres(_PASSWORD)
        self.bindings = LiveBindings(
            kit.endpoint,
            lambda function: (
                ("postgres", _POSTGRES_PORT) if function else (self.postgres.host, self.postgres.port)
            ),
        )
        self.long_tail = ContainerUpstream(self._ports)
        api = self._lambda = LambdaApi(self.long_tail.send)
        self._mounts = Mounts(kit.folder / "run" / "libraries", self.project)
        self._edits = Edits(self.long_tail.edited, kit.clock)
        self.functions = FunctionCalls(
            Packages(),
            LiveBindings(self._functions_endpoint, lambda _: ("postgres", _POSTGRES_PORT)),
            self._functions_endpoint,
            api.configuration,
            self._mounts,
            self._edits,
        )
        self.long_tail.functions = self.functions
        invocations = Invocations(kit.journal)
        self._letters = TargetLetters(kit.journal, kit.aws_http)
        self._hearing = Hearing(kit.journal, invocations, kit.notice, self._letters.send)
        self.queues: QueueSource | None = LocalStackQueues(self.long_tail, self._hearing, kit.ids)
        self.logs = FunctionWatch(self.project, kit.clock, kit.journal, invocations, self._hearing)
        self.observe: Observe = Observer(kit.journal, self._hearing)
        self.callers = self
        self.issuer = TokenIssuer(services_kit(kit), kit.endpoint)
        self._sender = LoopbackHttp()
        self._log_writer = ContainerLogs(kit.aws_http)
        around = Neighbours(
            kit=kit,
            postgres=self.postgres,
            bindings=self.bindings,
            issuer=self.issuer,
            sender=self._sender,
            logs=self._log_writer,
            functions=api,
            streams=self.long_tail.ask_streams,
            changed=self._hearing.changed,
            execute_api=lambda: self.execute_api,
            implements=self._implements,
        )
        found = {service.name: service for service in stand_ins(around, checked(kit.native))}
        self.services: Mapping[str, Service] = found
        self.rds = cast("RdsService", found["rds"])
        self.http_apis = cast("ApiGatewayV2Service", found["apigatewayv2"])
        self.execute_api = ContainerExecuteApi(
            self.long_tail, kit.journal, kit.clock, kit.ids, self._hearing, self.http_apis
        )

    # --- life --------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Starts the containers, side by side, and waits until each is ready.

        Raises:
            DockerUnavailableError: there is no daemon to use.
            ImageError: an image cannot be had.
            ContainerError: a container did not become ready.
        """
        daemon = await self._threads.run(connect)
        client = daemon.client
        self._containers = Containers(client, daemon.socket, self.project, self._threads)
        if daemon.podman:
            self._kit.notice(_PODMAN)
        for left in range(_STARTS - 1, -1, -1):
            try:
                await self._start(self._containers, daemon)
                break
            except PortRaceError as race:
                await self._containers.stop()
                if not left:
                    raise ContainerError(
                        "no port was found for the containers", str(race), "try again; `ss -ltnp` lists ports"
                    ) from race
        gateway, subnet = await self._threads.run(self._containers.gateway)
        self.network_door = NetworkDoor(gateway, subnet, self.logs.caller_at)
        self.logs.start(client, self._containers.named("localstack"), asyncio.get_running_loop())
        self._edits.start(self.functions.mounted)
        # The containers begin empty, so nothing may be remembered of what a sandbox before this one had.
        for name, service in self.services.items():
            self._forget(name)
            await service.start()

    def audiences(self) -> Sequence[str]:
        """What deployed JWT authorizers of the issuer ask for; see `Engine.audiences`."""
        return self.http_apis.audiences(self.issuer.url)

    def keep(self) -> None:
        """Lets `stop` leave the containers as they are; see `Engine.keep`."""
        self._keep = True

    async def stop(self) -> None:
        """Removes everything that carries this sandbox's label, functions' containers included."""
        for service in reversed(tuple(self.services.values())):
            await service.stop()
        await self._edits.stop()
        await self._log_writer.stop()
        await self._sender.close()
        await self._threads.finished()
        self.logs.stop()
        self._hearing.close()
        await self._letters.stop()
        self.long_tail.close()
        if self._containers is not None:
            if not self._keep:
                await self._containers.stop()
                await self._threads.run(self._mounts.clear)
            self._containers.client.close()

    async def warm(self) -> None:
        """Nothing: a function's container starts with its first invocation."""

    async def _start(self, containers: Containers, daemon: Daemon) -> None:
        plan = self._plan(daemon.mounted)
        with self._steps.step("images and network") as step:
            await containers.prepare(plan, step.note)
        if daemon.podman:  # it answers names where the network's gateway is
            gateway, _ = await self._threads.run(containers.gateway)
            plan = with_dns(plan, gateway)
        localstack = plan.containers["localstack"].image
        await self._threads.run(self._mounts.prepare, containers.client, localstack)
        self._ports.localstack = plan.containers["localstack"].port(_LOCALSTACK_PORT)
        if "dynamodb" in plan.containers:
            self._ports.dynamodb = plan.containers["dynamodb"].port(_DYNAMODB_PORT)
        self.postgres.port = plan.containers["postgres"].port(_POSTGRES_PORT)
        probes: dict[str, Probe] = {
            "localstack": self._localstack_ready,
            "dynamodb": self._dynamodb_ready,
            "postgres": self.postgres.ready,
        }

        async def start(service: str) -> None:
            container = plan.containers[service]
            with self._steps.step(f"container {service}") as step:
                step.say(f"{container.image}: {await containers.start(container, probes[service])}")

        tasks = [asyncio.create_task(start(service)) for service in plan.containers]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _implements(self, service: str, operation: str) -> bool:
        """Whether anybody here does an operation."""
        native = self.services.get(service)
        if native is not None and (operation in native.operations or service not in self.mixed):
            return operation in native.operations
        return self.long_tail.refusal(service, operation) is None

    def _forget(self, service: str) -> None:
        tables = self._kit.database.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ?", (f"{service}_*",)
        )
        for table in tables:
            self._kit.database.execute(f'DELETE FROM "{table["name"]}"')

    def _plan(self, socket: str) -> ComposePlan:
        variables = {name: os.environ[name] for name in _PASSED_ON if os.environ.get(name)}
        variables |= {
            "SANDBOX_PROJECT": self.project,
            "DOCKER_SOCKET": socket,
            "SANDBOX_LAMBDA_FLAGS": self._mounts.flags,
            "SANDBOX_WITNESS": str(_INSIDE / "witness.py"),
            "SANDBOX_MAPPINGS": str(_INSIDE / "mappings.py"),
            "SANDBOX_ENVIRONMENTS": str(_INSIDE / "environments.py"),
            "SANDBOX_TELLS_EDITS": "1",
            "POSTGRES_PASSWORD": _PASSWORD,
            "LOCALSTACK_PORT": str(free_port()),
            "DYNAMODB_PORT": str(free_port()),
            "POSTGRES_PORT": str(free_port()),
        }
        plan = read_compose(compose_file(), variables)
        needed = {name: one for name, one in plan.containers.items() if name not in self._kit.elsewhere}
        return replace(plan, containers=needed)

    # --- readiness ---------------------------------------------------------------------------------------
    async def _localstack_ready(self) -> str | None:
        body = await _get(self._ports.localstack, "/_localstack/init/ready")
        return "its start scripts have run" if body and b'"completed": true' in body else None

    async def _dynamodb_ready(self) -> str | None:
        return "it answers" if await _get(self._ports.dynamodb, "/") is not None else None

    # --- for the deployment ------------------------------------------------------------------------------
    def unsupported(self, type_: str, properties: Mapping[str, Any]) -> str | None:
        """Why a resource cannot be deployed here; see `Engine.unsupported`."""
        return unsupported(type_, properties, self.services)

    def refusal(self, type_: str, properties: Mapping[str, Any]) -> str | None:
        """None: `unsupported` has said it all; see `Engine.refusal`."""
        return None

    def differences(self, type_: str, properties: Mapping[str, Any]) -> Sequence[str]:
        """What of a resource has no effect here; see `Engine.differences`."""
        return differences(type_, properties, self.services)

    def fault_refusal(self, kind: str) -> str | None:
        """Why faults of a kind cannot be injected here; see `Engine.fault_refusal`."""
        return fault_refusal(kind)

    async def refresh(self) -> Sequence[str]:
        """Uploads the code of functions whose folders have changed; see `Engine.refresh`."""
        return await self.functions.refresh(self._lambda.upload)

    def lookup(self, access_key: str) -> Caller | None:
        """Nobody: functions are known by the addresses of their containers; see `CallerDirectory.lookup`."""
        return None

    # --- databases ---------------------------------------------------------------------------------------
    def has_database(self, instance: str, scope: Scope = Scope()) -> bool:  # noqa: B008 - frozen
        """Whether a database instance is there; see `Engine.has_database`."""
        return any((one.identifier, one.scope) == (instance, scope) for one in self.rds.instances())

    def database(self, instance: str, scope: Scope = Scope()) -> PostgresView:  # noqa: B008 - frozen
        """How a client reaches a database instance; see `Engine.database`."""
        for known in self.rds.instances():
            if (known.identifier, known.scope) == (instance, scope):
                return self._view(known.database, known.username, known.password)
        raise NoDatabaseError(
            f"there is no database instance {instance}",
            "it was deleted after the stack that declares it was deployed",
            "deploy the system again: `sandbox deploy`",
        )

    def database_dsn(self, instance: str, scope: Scope = Scope()) -> str:  # noqa: B008 - frozen
        """The connection string of a database instance."""
        return self.database(instance, scope).dsn

    async def spare_database(self) -> PostgresView:
        """A database for who declares none; see `Engine.spare_database`."""
        await self.postgres.ensure(_SPARE, _SPARE, _SPARE)
        return self._view(_SPARE, _SPARE, _SPARE)

    def _view(self, database: str, user: str, password: str) -> PostgresView:
        return PostgresView(
            dsn=self.postgres.dsn(database, user, password),
            host=self.postgres.host,
            port=self.postgres.port,
            database=database,
            user=user,
            password=password,
        )

    # --- what runs ---------------------------------------------------------------------------------------
    def processes(self) -> Sequence[tuple[str, int]]:
        """The first process of each server's container."""
        return self._containers.processes() if self._containers is not None else []

    def environments(self) -> Sequence[FunctionView]:
        """The functions' containers that are alive."""
        return self.logs.environments()

    def _functions_endpoint(self) -> str:
        """The front door's URL on the containers' network; nothing where it could not be opened there."""
        door = self.network_door
        return f"http://{door.address}:{door.port}" if door is not None and door.port else ""


def project_of(folder: Path) -> str:
    """What the containers of a sandbox are labelled with.

    Args:
        folder: its state folder.
    """
    return f"sandbox-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}"


async def sweep(folder: Path) -> list[str]:
    """Removes what a sandbox that runs no more has left in Docker; returns the names of its containers.

    Raises:
        DockerUnavailableError: there is no daemon to use.
    """
    threads = Threads()
    daemon = await threads.run(connect)
    try:
        containers = Containers(daemon.client, daemon.socket, project_of(folder), threads)
        left = await threads.run(containers.names)
        await containers.stop()
        return left
    finally:
        daemon.client.close()


async def _get(port: int, path: str) -> bytes | None:
    """The body of an answer, whatever its status; None while nothing answers."""
    with suppress(OSError):
        response = await asyncio.wait_for(
            send(HOST, port, HttpRequest("GET", path, headers=[("host", HOST)]), ()), 5
        )
        return response.body
    return None
