"""Requests to deployed APIs: those of HTTP APIs to one service, all others to that of REST APIs."""

from __future__ import annotations

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.apigateway.service import ApiGatewayService
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service


class ExecuteBoth:
    """Implements `ExecuteApi` over both."""

    def __init__(self, rest: ApiGatewayService, http: ApiGatewayV2Service) -> None:
        self._rest = rest
        self._http = http

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request; see `ExecuteApi.handle`."""
        service = self._http if self._http.has(api_id) else self._rest
        return await service.handle(api_id, stage, request, endpoint)
