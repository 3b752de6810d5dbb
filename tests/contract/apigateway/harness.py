"""API Gateway alone: functions are Python callables, time is moved by hand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.apigateway.service import ApiGatewayService
from tests.support.fakes import FakeInvoker, KeptLogs
from tests.support.world import World

ENDPOINT = "http://127.0.0.1:4566"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:faturamento"


def method(function: str = FUNCTION, **changes: Any) -> dict[str, Any]:
    """A method of an OpenAPI body that a function answers."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, **changes}
    return {"x-amazon-apigateway-integration": integration}


def body(paths: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """An OpenAPI body."""
    paths = paths or {"/notas": {"get": method(), "post": method()}, "/notas/{id}": {"get": method()}}
    document = {"openapi": "3.0.1", "info": {"title": "nfe"}, "paths": paths, **changes}
    return json.dumps(document).encode()


class Api(World[ApiGatewayService]):
    """The service with a fake invoker and kept logs."""

    def __init__(self, path: Path | None = None) -> None:
        self.functions = FakeInvoker()
        self.logs = KeptLogs()
        super().__init__(lambda kit: ApiGatewayService(kit, self.functions, self.logs), path)

    def deployed(self, paths: dict[str, Any] | None = None, stage: str = "dev", **changes: Any) -> str:
        """The id of an API that is imported and deployed to a stage."""
        made: str = self.call("ImportRestApi", body=body(paths, **changes))["id"]
        self.call("CreateDeployment", restApiId=made, stageName=stage)
        return made

    def patch(self, api: str, **changes: str) -> dict[str, Any]:
        """Changes stage `dev`: a path with dots for slashes -> its new value."""
        patches = [
            {"op": "replace", "path": "/" + path.replace("__", "/"), "value": value}
            for path, value in changes.items()
        ]
        return self.call("UpdateStage", restApiId=api, stageName="dev", patchOperations=patches)

    def request(self, api: str, path: str = "/notas", method: str = "GET", **changes: Any) -> HttpResponse:
        """Sends a request to stage `dev` and waits for the answer."""
        stage = changes.pop("stage", "dev")
        request = HttpRequest(method, path, **changes)
        return self.run(lambda: self.service.handle(api, stage, request, ENDPOINT))

    def begin(self, api: str, path: str = "/notas", method: str = "GET") -> asyncio.Task[HttpResponse]:
        """Sends a request and returns while its function is running."""
        request = HttpRequest(method, path)

        async def begin() -> asyncio.Task[HttpResponse]:
            return asyncio.create_task(self.service.handle(api, "dev", request, ENDPOINT))

        return self.run(begin)


def header(response: HttpResponse, name: str) -> str | None:
    """The first header of that name, in any case."""
    return next((value for key, value in response.headers if key.lower() == name.lower()), None)


def message(response: HttpResponse) -> str:
    """The message of an error of API Gateway itself."""
    text: str = json.loads(response.body)["message"]
    return text
