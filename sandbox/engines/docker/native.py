"""The services of the sandbox's own that stand in at the front door for what the containers lack.

To plug in one more: build it in `stand_ins` out of the neighbours below. Whatever stands there is native for
the front door, for `sandbox services` and for what a template may ask for; nothing else needs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sandbox.engines.base import EngineKit
from sandbox.engines.docker.delivering import ContainerDeliverer
from sandbox.engines.docker.invoking import ContainerInvoker
from sandbox.engines.docker.lambda_api import LambdaApi
from sandbox.engines.docker.log_groups import ContainerLogs
from sandbox.engines.docker.mappings import Feeding, MappingService
from sandbox.engines.docker.postgres import ContainerPostgres
from sandbox.engines.docker.streams import Ask, Changed
from sandbox.engines.issuers import IssuerKeys
from sandbox.engines.loopback import LoopbackHttp
from sandbox.errors import UsageError
from sandbox.model.http import ExecuteApi
from sandbox.model.ports import Bindings
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service, Surroundings
from sandbox.services.base import Kit, Service
from sandbox.services.events.calling import Web
from sandbox.services.events.service import EventsService
from sandbox.services.iam.service import IamService
from sandbox.services.issuer.issuer import TokenIssuer
from sandbox.services.rds.service import RdsService
from sandbox.services.scheduler.service import SchedulerService

#: What LocalStack has, and may be had natively all the same: `--service events=native`.
ON_DEMAND = frozenset({"events"})

#: Those of which LocalStack does the operations that are not native.
MIXED = frozenset({"lambda"})


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What native services find around them on this engine.

    Attributes:
        kit: the engine's own.
        postgres: the container that holds the databases of `rds`.
        bindings: what tokens are on this machine.
        issuer: the sandbox's token issuer.
        sender: reaches servers on loopback.
        functions: LocalStack's Lambda.
        streams: asks DynamoDB Local's streams.
        changed: tells the journal of their records.
        execute_api: serves deployed APIs, once it is made.
        implements: whether an operation is done here at all.
    """

    kit: EngineKit
    postgres: ContainerPostgres
    bindings: Bindings
    issuer: TokenIssuer
    sender: LoopbackHttp
    logs: ContainerLogs
    functions: LambdaApi
    streams: Ask
    changed: Changed
    execute_api: Callable[[], ExecuteApi]
    implements: Callable[[str, str], bool]


def services_kit(kit: EngineKit) -> Kit:
    """What every native service needs."""
    return Kit(kit.database, kit.clock, kit.journal, kit.faults, kit.ids)


def stand_ins(around: Neighbours, wanted: Collection[str]) -> list[Service]:
    """The services, in the order in which they start.

    Args:
        wanted: those of `ON_DEMAND` that the user asks for.
    """
    kit = around.kit
    own = services_kit(kit)
    deliverer = ContainerDeliverer(kit.aws, kit.clock)
    invoker = ContainerInvoker(kit.aws_http)
    services: list[Service] = [
        RdsService(own, around.postgres),
        # LocalStack refuses policies without a version, which AWS takes and SAM writes.
        IamService(own),
        # Its community image has no HTTP APIs.
        ApiGatewayV2Service(
            own,
            Surroundings(
                invoker=invoker,
                logs=around.logs,
                keys=IssuerKeys(around.issuer, around.sender),
                bindings=around.bindings,
                sender=around.sender,
                aws=kit.aws_http,
            ),
        ),
        # It reads the streams of its own DynamoDB alone.
        MappingService(own, Feeding(around.functions, invoker, deliverer, around.streams, around.changed)),
        # It keeps schedules and never fires them.
        SchedulerService(own, deliverer, kit.aws, around.implements),
    ]
    if "events" in wanted:
        web = Web(around.sender, around.execute_api, kit.endpoint)
        services.append(EventsService(own, deliverer, web))
    return services


def checked(wanted: Collection[str]) -> frozenset[str]:
    """The services that a user wants to have natively.

    Raises:
        UsageError: one of them cannot be.
    """
    for name in wanted:
        if name not in ON_DEMAND:
            raise UsageError(
                f"{name} cannot be had natively on the Docker engine on demand",
                f"only {', '.join(sorted(ON_DEMAND))} can; what LocalStack lacks is native anyway",
                "leave it out: `sandbox services` shows who answers what",
            )
    return frozenset(wanted)
