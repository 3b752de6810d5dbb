"""Requests to deployed APIs and function URLs, each to the service that has it."""

from __future__ import annotations

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.apigateway.service import ApiGatewayService
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service
from sandbox.services.lambda_.service import LambdaService


class ExecuteAll:
    """Implements `ExecuteApi` over REST APIs, HTTP APIs and function URLs."""

    def __init__(self, rest: ApiGatewayService, http: ApiGatewayV2Service, urls: LambdaService) -> None:
        self._rest = rest
        self._http = http
        self._urls = urls

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request; see `ExecuteApi.handle`."""
        if not stage and self._urls.has_url(api_id):
            return await self._urls.handle_url(api_id, request)
        service = self._http if self._http.has(api_id) else self._rest
        return await service.handle(api_id, stage, request, endpoint)
