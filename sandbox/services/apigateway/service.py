"""The service: every operation it has, and the way of a request into a deployed stage.

Follows the API Gateway REST API Reference (version 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse, HttpSender
from sandbox.model.ports import AwsHttp, Invoker, LogSink
from sandbox.model.scope import Scope
from sandbox.services.apigateway import testing
from sandbox.services.apigateway.admission import Admission
from sandbox.services.apigateway.api_operations import ApiOperations
from sandbox.services.apigateway.execute import Executor
from sandbox.services.apigateway.gateway_responses import GatewayError, plain
from sandbox.services.apigateway.integrate import Integrations
from sandbox.services.apigateway.integration_operations import IntegrationOperations
from sandbox.services.apigateway.key_operations import KeyOperations
from sandbox.services.apigateway.live import LiveStage, MethodSettings
from sandbox.services.apigateway.parts import definition_of
from sandbox.services.apigateway.piece_operations import PieceOperations
from sandbox.services.apigateway.resource_operations import ResourceOperations
from sandbox.services.apigateway.routing import Router
from sandbox.services.apigateway.stage_operations import StageOperations
from sandbox.services.base import Answer, Kit, Params, operation
from sandbox.services.invocations import Invocations
from sandbox.services.request_hops import RequestHops


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What REST APIs reach, wired by the engine.

    Attributes:
        invoker: runs functions behind methods and of authorizers.
        logs: takes execution and access logs.
        sender: reaches HTTP servers on loopback.
        aws: reaches AWS services.
    """

    invoker: Invoker
    logs: LogSink
    sender: HttpSender
    aws: AwsHttp


class ApiGatewayService(
    ApiOperations,
    ResourceOperations,
    IntegrationOperations,
    PieceOperations,
    StageOperations,
    KeyOperations,
):
    """Keeps REST APIs and serves their stages; implements the port `ExecuteApi`.

    Args:
        kit: what every service has.
        around: what it reaches.
    """

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "lambda:InvokeFunction permissions of the API",
        "credentials of integrations and authorizers: they are used whatever role they name",
        "the role of GetAccount: APIs log without one",
        "names and headers that a mapping may not touch",
        "stage keys of API keys: usage plans alone let a key in",
        "loops in mapping templates whose bounds are variables are not cut off at 1,000 iterations",
    )

    def __init__(self, kit: Kit, around: Surroundings) -> None:
        super().__init__(kit)
        self._invocations = Invocations(around.invoker)
        self._executor = Executor(
            kit.clock,
            RequestHops(self.name, kit.clock, kit.ids, kit.recorder),
            around.logs,
            Admission(self._invocations, kit.database),
            Integrations(self._invocations, around.sender, around.aws, kit.clock.elapsed),
        )

    async def start(self) -> None:
        """Stages are made ready again when they are next asked."""
        self._forget()

    def recall(self) -> None:
        """Stages are made ready again when they are next asked; see `Service.recall`."""
        self._forget()

    async def stop(self) -> None:
        """Ends what still runs for clients that have gone or were answered with a timeout."""
        await self._invocations.stop()

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request to a deployed stage; unknown ones get 403, as on AWS."""
        live = self._live.get((api_id, stage)) or self._load(api_id, stage)
        if live is None:
            return plain(GatewayError("WAF_FILTERED"))
        if not request.path:
            request = msgspec.structs.replace(request, path="/")
        return await self._executor.handle(live, request)

    @operation(
        "TestInvokeMethod",
        "restApiId resourceId httpMethod pathWithQueryString body headers multiValueHeaders stageVariables",
    )
    async def test_invoke_method(self, call: Call, params: Params) -> Answer:
        """Asks one method as it is now, and tells what happened."""
        definition = self._definition(call.scope, params["restApiId"])
        resource = self._resource(definition, params["resourceId"])
        method = self._method(definition, params["resourceId"], params["httpMethod"])
        live = LiveStage(
            scope=call.scope,
            api_id=params["restApiId"],
            name=testing.STAGE,
            deployment_id="",
            variables=params.get("stageVariables") or {},
            definition=definition,
            router=Router([]),
        )
        request = testing.request_of(params["httpMethod"].upper(), resource, params)
        match = testing.match_of(definition, resource, method, request.path)
        exchange = self._executor.exchange(live, request, match, call.hop)
        exchange.test = True
        exchange.log.informs = exchange.log.traces = True
        response = await self._executor.answer(exchange)
        headers = [("X-Amzn-Trace-Id", exchange.trace), *response.headers]
        response = HttpResponse(response.status, headers, response.body)
        multi: dict[str, list[str]] = {}
        for name, value in headers:
            multi.setdefault(name, []).append(value)
        return {
            "status": response.status,
            "body": response.body.decode(errors="replace"),
            "headers": {name: values[-1] for name, values in multi.items()},
            "multiValueHeaders": multi,
            "log": testing.log_text(exchange, response, self.clock.now()),
            "latency": int((self.clock.elapsed() - exchange.arrived.began) * 1000),
        }

    def _load(self, api_id: str, name: str) -> LiveStage | None:
        row = self.database.row(
            "SELECT a.account, a.region, a.disabled, s.deployment, s.variables, s.settings, s.access_log, "
            "d.definition FROM apigateway_stages s JOIN apigateway_apis a ON a.id = s.api "
            "JOIN apigateway_deployments d ON d.id = s.deployment WHERE s.api = ? AND s.name = ?",
            (api_id, name),
        )
        if row is None or row["disabled"]:
            return None
        definition = definition_of(row["definition"])
        access_log: dict[str, Any] = msgspec.json.decode(row["access_log"])
        scope = Scope(row["account"], row["region"])
        destination = access_log.get("destinationArn")
        live = LiveStage(
            scope=scope,
            api_id=api_id,
            name=name,
            deployment_id=row["deployment"],
            variables=msgspec.json.decode(row["variables"]),
            definition=definition,
            router=Router(definition.resources.values()),
            settings=msgspec.json.decode(row["settings"], type=dict[str, MethodSettings]),
            access_log=(parse_arn(destination), access_log.get("format", "")) if destination else None,
            plan_keys=self._plan_keys(scope, api_id, name),
        )
        self._live[api_id, name] = live
        return live
