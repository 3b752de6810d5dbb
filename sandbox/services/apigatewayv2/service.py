"""The service: every operation it has, and the way of a request into a stage.

Follows the API Gateway Version 2 API Reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.http import HttpRequest, HttpResponse, HttpSender
from sandbox.model.ports import AwsHttp, Bindings, Invoker, LogSink, SigningKeys
from sandbox.model.scope import Scope
from sandbox.services.apigatewayv2.apis import ApiOperations
from sandbox.services.apigatewayv2.authorizing import Authorizing
from sandbox.services.apigatewayv2.definition import Api, Definition
from sandbox.services.apigatewayv2.execute import Executor, error
from sandbox.services.apigatewayv2.integrate import Integrations
from sandbox.services.apigatewayv2.jwt import TokenChecker
from sandbox.services.apigatewayv2.live import LiveStage
from sandbox.services.apigatewayv2.pieces import PieceOperations
from sandbox.services.apigatewayv2.routing import Router
from sandbox.services.apigatewayv2.stages import StageOperations
from sandbox.services.base import Kit
from sandbox.services.invocations import Invocations
from sandbox.services.request_hops import RequestHops


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What HTTP APIs reach, wired by the engine.

    Attributes:
        invoker: runs functions behind routes and of authorizers.
        logs: takes access logs.
        keys: the public keys of token issuers.
        bindings: replaces tokens in the issuers of JWT authorizers.
        sender: reaches HTTP servers on loopback.
        aws: reaches AWS services.
    """

    invoker: Invoker
    logs: LogSink
    keys: SigningKeys
    bindings: Bindings
    sender: HttpSender
    aws: AwsHttp


class ApiGatewayV2Service(ApiOperations, PieceOperations, StageOperations):
    """Keeps HTTP APIs and serves their stages; implements the port `ExecuteApi`.

    Args:
        kit: what every service has.
        around: what it reaches.
    """

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "lambda:InvokeFunction permissions of the API",
        "credentials of integrations and authorizers: they are used whatever role they name",
        "detailed metrics of routes",
        "automatic deployments that no stage serves any more are not kept",
    )

    def __init__(self, kit: Kit, around: Surroundings) -> None:
        super().__init__(kit, around.keys, around.bindings)
        self._tokens = TokenChecker(around.keys, kit.clock)
        self._invocations = Invocations(around.invoker)
        self._executor = Executor(
            kit.clock,
            RequestHops(self.name, kit.clock, kit.ids, kit.recorder),
            around.logs,
            Authorizing(self._tokens, self._invocations, around.bindings),
            Integrations(self._invocations, around.sender, around.aws),
        )

    async def start(self) -> None:
        """Stages are made ready again when they are next asked."""
        self._live.clear()
        self._stage_names.clear()
        self._ids = None
        self._tokens.forget()

    def recall(self) -> None:
        """Stages are made ready again when they are next asked; see `Service.recall`."""
        self._live.clear()
        self._stage_names.clear()
        self._ids = None

    async def stop(self) -> None:
        """Ends what still runs for clients that have gone or were answered with a timeout."""
        await self._invocations.stop()

    def audiences(self, issuer: str) -> list[str]:
        """The audiences that JWT authorizers of an issuer ask for, in every API that there is.

        Args:
            issuer: as it is expanded.
        """
        found: set[str] = set()
        for row in self.database.rows("SELECT definition FROM apigatewayv2_apis"):
            definition = msgspec.json.decode(row["definition"], type=Definition)
            for authorizer in definition.authorizers.values():
                jwt = authorizer.jwt_configuration
                if jwt is not None and self._bindings.expand(jwt.issuer) == issuer:
                    found.update(jwt.audience)
        return sorted(found)

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request; what is no stage's name belongs to the path below `$default`."""
        live = self._ready(api_id, stage)
        if live is None:
            path = f"/{stage}{request.path}" if stage else request.path or "/"
            request = msgspec.structs.replace(request, path=path)
            live = self._ready(api_id, "$default")
        elif not request.path:
            request = msgspec.structs.replace(request, path="/")
        if live is None:
            return error(404)
        if live.api.disable_execute_api_endpoint:
            return error(404)
        return await self._executor.handle(live, request)

    def _ready(self, api_id: str, name: str) -> LiveStage | None:
        names = self._stage_names.get(api_id)
        if names is None and self.has(api_id):
            names = frozenset(stage.stage_name for stage in self._stages(api_id))
            self._stage_names[api_id] = names
        if not names or name not in names:
            return None
        return self._live.get((api_id, name)) or self._load(api_id, name)

    def _load(self, api_id: str, name: str) -> LiveStage | None:
        stage = self._find_stage(api_id, name)
        row = self.database.row("SELECT account, region, body FROM apigatewayv2_apis WHERE id = ?", (api_id,))
        if stage is None or row is None:
            return None
        definition = self._deployed(api_id, stage) or Definition()
        settings = stage.access_log_settings
        live = LiveStage(
            scope=Scope(row["account"], row["region"]),
            api=msgspec.json.decode(row["body"], type=Api),
            stage=stage,
            definition=definition,
            router=Router(definition.routes.values()),
            log_group=parse_arn(settings.destination_arn) if settings and settings.destination_arn else None,
        )
        self._live[api_id, name] = live
        return live
