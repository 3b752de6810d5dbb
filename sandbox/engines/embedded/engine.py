"""Wires the native services, the Lambda runtime, PostgreSQL and the long tail into one engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from sandbox.backing.moto.log import DatabaseMotoLog
from sandbox.backing.moto.server import MotoServer
from sandbox.backing.postgres.server import PostgresServer
from sandbox.control.protocol import PostgresView
from sandbox.engines.base import EngineKit, FunctionView, NetworkDoor, NoDatabaseError
from sandbox.engines.bindings import LiveBindings
from sandbox.engines.callers import Callers
from sandbox.engines.embedded.database_faults import DatabaseFaults
from sandbox.engines.embedded.deliverer import BusDoor, Destinations, Switchboard
from sandbox.engines.embedded.execute import ExecuteAll
from sandbox.engines.embedded.refusals import refusal
from sandbox.engines.embedded.requirements import FunctionRequirements
from sandbox.engines.embedded.shelf import Shelf
from sandbox.engines.issuers import IssuerKeys
from sandbox.engines.loopback import LoopbackHttp
from sandbox.engines.queues import QueueSource
from sandbox.errors import SandboxError, UsageError
from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.http import Observe
from sandbox.model.ports import Delivery
from sandbox.model.scope import Scope
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.interpreters import Interpreters
from sandbox.runtime.runtime import LambdaRuntime
from sandbox.services.apigateway.service import ApiGatewayService
from sandbox.services.apigateway.service import Surroundings as RestSurroundings
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service, Surroundings
from sandbox.services.base import Kit, Service
from sandbox.services.cloudformation.service import CloudFormationService
from sandbox.services.cloudwatch.service import CloudWatchService
from sandbox.services.dynamodb.service import DynamoDbService
from sandbox.services.dynamodb.source import TableStreams
from sandbox.services.dynamodb.streams_service import DynamoDbStreamsService
from sandbox.services.events.calling import Web
from sandbox.services.events.service import EventsService
from sandbox.services.iam.service import IamService
from sandbox.services.issuer.issuer import TokenIssuer
from sandbox.services.lambda_.service import LambdaService
from sandbox.services.logs.service import LogsService
from sandbox.services.rds.service import RdsService, database_name
from sandbox.services.s3.objects import Objects
from sandbox.services.s3.service import S3Service
from sandbox.services.s3.watching import WatchedBuckets
from sandbox.services.scheduler.service import SchedulerService
from sandbox.services.sns.service import SnsService
from sandbox.services.sqs.service import SqsService
from sandbox.services.sts.service import StsService

#: Name, user and password of the database for who declares none.
_SPARE = "sandbox"


class EmbeddedEngine:
    """Everything in one process but the functions, PostgreSQL and moto; implements `Engine`."""

    name = "embedded"
    virtual_time = True
    keeps_state = True
    #: Alarms are native, metrics are not; so are notifications of buckets, and objects are not.
    mixed = frozenset({"cloudwatch", "s3"})
    notes: tuple[str, ...] = ()
    network_door: NetworkDoor | None = None
    observe: Observe | None = None
    queues: QueueSource | None = None

    def __init__(self, kit: EngineKit) -> None:
        self._kit = kit
        self.postgres = PostgresServer(kit.folder / "postgres", report=kit.notice)
        self.bindings = LiveBindings(kit.endpoint, lambda function: self._database_faults.address(function))
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
        self._moto = MotoServer(
            kit.folder / "moto", DatabaseMotoLog(kit.database), kit.clock, report=kit.notice
        )
        self._retiring: asyncio.Task[None] | None = None
        self.databases = Shelf(self.postgres, lambda: self.rds.instances())
        own = Kit(kit.database, kit.clock, kit.journal, kit.faults, kit.ids)
        iam = IamService(own)
        sts = StsService(own, self.runtime, iam.role_facts)
        self.callers = Callers(self.runtime, sts)
        switchboard = Switchboard()
        self.logs = LogsService(own, switchboard, kit.aws)
        self.sqs = SqsService(own)
        self.dynamodb = DynamoDbService(own)
        self.lambda_ = LambdaService(
            own,
            self.runtime,
            self.sqs,
            self.logs,
            self.bindings,
            switchboard,
            kit.folder / "code",
            aws=kit.aws_http,
            dependencies=FunctionRequirements(interpreters, dependencies),
            streams={"dynamodb": TableStreams(self.dynamodb.streams)},
        )
        self._sender = LoopbackHttp()
        web = Web(self._sender, lambda: self.execute_api, kit.endpoint)
        self.events = EventsService(own, switchboard, web)
        self.scheduler = SchedulerService(own, switchboard, kit.aws, self._implements)
        self.issuer = TokenIssuer(own, kit.endpoint)
        self.rest_apis = ApiGatewayService(
            own, RestSurroundings(self.lambda_, self.logs, self._sender, kit.aws_http)
        )
        self.http_apis = ApiGatewayV2Service(
            own,
            Surroundings(
                invoker=self.lambda_,
                logs=self.logs,
                keys=IssuerKeys(self.issuer, self._sender),
                bindings=self.bindings,
                sender=self._sender,
                aws=kit.aws_http,
            ),
        )
        self.execute_api = ExecuteAll(self.rest_apis, self.http_apis, self.lambda_)
        self.rds = RdsService(own, self.postgres)
        self.sns = SnsService(own, switchboard, self._sender, kit.endpoint)
        objects = Objects(self._moto)
        s3 = S3Service(own, switchboard, Destinations(self.sqs, self.sns, self.lambda_), objects)
        self.long_tail = WatchedBuckets(self._moto, s3, objects)
        switchboard.plug(
            {
                "sqs": self.sqs.deliver,
                "sns": self.sns.deliver,
                "lambda": self._invoke_later,
                "logs": self.logs.deliver,
                "events": BusDoor(self.events).deliver,
            }
        )
        # The order of starting: what delivers to others comes after them.
        started: list[Service] = [
            self.logs,
            self.sqs,
            self.dynamodb,
            DynamoDbStreamsService(own, self.dynamodb.streams),
            CloudWatchService(own),
            iam,
            sts,
            self.rds,
            self.lambda_,
            self.sns,
            self.events,
            self.scheduler,
            s3,
            self.rest_apis,
            self.http_apis,
            CloudFormationService(own, kit.stacks, kit.aws_http),
        ]
        self.services = {service.name: service for service in started}
        self._database_faults = DatabaseFaults(
            kit.faults,
            self.runtime,
            lambda: (self.postgres.host, self.postgres.port),
            self._renamed,
            self.lambda_.specs.forget,
        )

        for name in kit.native:
            if name not in self.services:
                raise UsageError(
                    f"{name} cannot be had natively",
                    "the embedded engine has no such service of its own",
                    "`sandbox services` lists those that it has; each of them is native anyway",
                )

    async def start(self) -> None:
        """Starts PostgreSQL, then rebuilds the services from the store.

        Raises:
            ServerStartError: PostgreSQL did not start.
        """
        # All of them come to an end before one that failed is told: what is stopped must not be starting.
        ended = await asyncio.gather(
            self.postgres.start(), self.runtime.start(), self._moto.start(), return_exceptions=True
        )
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure
        for service in self.services.values():
            await service.start()

    def keep(self) -> None:
        """Refused: it has no containers; see `Engine.keep`.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            "the embedded engine has no containers to keep",
            "its servers are processes, which end with the sandbox; its state stays anyway",
            "leave --keep out, or say --engine docker",
        )

    async def stop(self) -> None:
        """Ends deliveries first, then functions, then servers; one that fails does not hold up the others."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._sender.close)
            stack.push_async_callback(self.postgres.stop)
            stack.push_async_callback(self._moto.stop)
            stack.push_async_callback(self._database_faults.close)
            stack.push_async_callback(self.runtime.stop)
            for service in self.services.values():
                stack.push_async_callback(service.stop)

    def audiences(self) -> Sequence[str]:
        """What deployed JWT authorizers of the issuer ask for; see `Engine.audiences`."""
        return self.http_apis.audiences(self.issuer.url)

    async def halt(self) -> None:
        """Ends all that runs; see `Engine.halt`."""
        for service in reversed(self.services.values()):
            await service.stop()
        # They are killed now; that they are gone is waited for by `go_on`, beside what goes on until then.
        self._retiring = asyncio.create_task(self.runtime.retire_all(), name="end of all environments")
        await self._database_faults.close()

    async def go_on(self) -> None:
        """Rebuilds the services from the store; see `Engine.go_on`."""
        if self._retiring is not None:
            await self._retiring
            self._retiring = None
        await self._moto.go_on()
        for service in self.services.values():
            await service.start()

    async def quiet(self) -> None:
        """Waits until nothing runs; see `Engine.quiet`."""
        while tasks := self._tasks():
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    def work(self) -> Sequence[str]:
        """What runs now; see `Engine.work`."""
        return sorted(task.get_name() for task in self._tasks())

    @property
    def waiting(self) -> int:
        """Long polls that wait for messages."""
        return self.sqs.arrivals.waiting

    async def warm(self) -> None:
        """Starts the zygotes of the functions, so that their first cold starts are forks."""
        for function in self.lambda_.functions.of_scope(Scope()):
            try:
                await self.runtime.warm_up(await self.lambda_.specs.build(function))
            except (AwsError, SandboxError) as error:
                self._kit.notice(f"{function.name} cannot be run: {error}")

    def unsupported(self, type_: str, properties: Mapping[str, Any]) -> str | None:
        """Nothing: what is not implemented has no type; see `Engine.unsupported`."""
        return None

    def refusal(self, type_: str, properties: Mapping[str, Any]) -> str | None:
        """What Lambda would refuse; see `Engine.refusal`."""
        return refusal(type_, properties)

    def differences(self, type_: str, properties: Mapping[str, Any]) -> Sequence[str]:
        """Conditions of bucket policies, and lifecycles; see `Engine.differences`."""
        if type_ == "AWS::S3::Bucket" and "LifecycleConfiguration" in properties:
            return ("lifecycle rules of buckets are kept and shown, and delete nothing",)
        if type_ != "AWS::S3::BucketPolicy" or '"Condition"' not in json.dumps(properties, default=str):
            return ()
        return ("statements of bucket policies that have a condition are left out",)

    def fault_refusal(self, kind: str) -> str | None:
        """None: every hop is its own; see `Engine.fault_refusal`."""
        return None

    async def refresh(self) -> Sequence[str]:
        """Nothing: functions run the files of their folders as they are."""
        return ()

    def has_database(self, instance: str, scope: Scope = Scope()) -> bool:  # noqa: B008 - frozen
        """Whether a database instance is there; see `Engine.has_database`."""
        return any((one.identifier, one.scope) == (instance, scope) for one in self.rds.instances())

    def database(self, instance: str, scope: Scope = Scope()) -> PostgresView:  # noqa: B008 - frozen
        """How a client reaches a database instance; see `Engine.database`."""
        instances = self.rds.instances()
        found = next((one for one in instances if (one.identifier, one.scope) == (instance, scope)), None)
        if found is None:
            raise NoDatabaseError(
                f"there is no database instance {instance}",
                "it was deleted after the stack that declares it was deployed",
                "deploy the system again: `sandbox deploy`",
            )
        return self._view(found.database, found.username, found.password)

    def database_dsn(self, instance: str, scope: Scope = Scope()) -> str:  # noqa: B008 - frozen
        """The connection string of a database instance."""
        return self.database(instance, scope).dsn

    async def spare_database(self) -> PostgresView:
        """A database for who declares none; see `Engine.spare_database`."""
        await self.postgres.ensure(_SPARE, _SPARE, _SPARE)
        return self._view(_SPARE, _SPARE, _SPARE)

    def processes(self) -> Sequence[tuple[str, int]]:
        """Name and pid of every process it runs."""
        return [*self.postgres.processes(), *self.runtime.processes(), *self._moto.processes()]

    def environments(self) -> Sequence[FunctionView]:
        """The execution environments that are alive."""
        return [
            FunctionView(view.id, view.function, view.pid, view.state, view.invocations, view.memory_mb)
            for view in self.runtime.snapshot()
        ]

    def _implements(self, service: str, operation: str) -> bool:
        """Whether a native service has an operation."""
        found = self.services.get(service)
        return found is not None and operation in found.operations

    def _renamed(self, function: str, database: str) -> str:
        """The database of a function's account that it calls by the name it would have there alone."""
        return database_name(parse_arn(function).scope, database)

    def _tasks(self) -> set[asyncio.Task[Any]]:
        return {task for service in self.services.values() for task in service.work()}

    def _view(self, database: str, user: str, password: str) -> PostgresView:
        server = self.postgres
        return PostgresView(
            dsn=server.dsn(database, user, password),
            host=server.host,
            port=server.port,
            database=database,
            user=user,
            password=password,
        )

    async def _invoke_later(self, delivery: Delivery) -> int:
        return self.lambda_.accept(
            delivery.target, delivery.body.encode(), cause=delivery.cause, trace=delivery.trace
        )
