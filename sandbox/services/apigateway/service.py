"""The service: every operation it has, and the way of a request into a deployed stage.

Follows the API Gateway REST API Reference (version 1).
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope
from sandbox.services.apigateway.api_operations import ApiOperations
from sandbox.services.apigateway.execute import error
from sandbox.services.apigateway.live import LiveStage, MethodSettings
from sandbox.services.apigateway.parts import routes_of
from sandbox.services.apigateway.proxy import Stage
from sandbox.services.apigateway.routing import Router
from sandbox.services.apigateway.stage_operations import StageOperations


class ApiGatewayService(ApiOperations, StageOperations):
    """Keeps REST APIs and serves their stages; implements the port `ExecuteApi`.

    Constructor: see `ApiGatewayParts`.
    """

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "resource policies and lambda:InvokeFunction permissions of the API",
        "method authorization (AWS_IAM): every request is let in",
        "credentials of an integration: the function is invoked whatever role they name",
    )

    async def start(self) -> None:
        """Stages are made ready again when they are next asked."""
        self._live.clear()

    async def stop(self) -> None:
        """Ends what still runs for clients that have gone or were answered with a timeout."""
        await self._executor.stop()

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request to a deployed stage; unknown ones get 403, as on AWS."""
        live = self._live.get((api_id, stage)) or self._load(api_id, stage)
        if live is None:
            return error(403, "Forbidden", "ForbiddenException")
        if not request.path:
            request = msgspec.structs.replace(request, path="/")
        return await self._executor.handle(live, request)

    def _load(self, api_id: str, name: str) -> LiveStage | None:
        row = self.database.row(
            "SELECT a.account, a.region, s.deployment, s.variables, s.settings, d.routes, d.binary_types "
            "FROM apigateway_stages s JOIN apigateway_apis a ON a.id = s.api "
            "JOIN apigateway_deployments d ON d.id = s.deployment WHERE s.api = ? AND s.name = ?",
            (api_id, name),
        )
        if row is None:
            return None
        stage = Stage(
            scope=Scope(row["account"], row["region"]),
            api_id=api_id,
            name=name,
            deployment_id=row["deployment"],
            variables=msgspec.json.decode(row["variables"]),
            binary_types=msgspec.json.decode(row["binary_types"]),
        )
        settings = msgspec.json.decode(row["settings"], type=dict[str, MethodSettings])
        live = LiveStage(stage, Router(routes_of(row["routes"])), settings, {})
        self._live[api_id, name] = live
        return live
