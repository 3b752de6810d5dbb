"""API Gateway alone: functions are Python callables, time is moved by hand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.apigateway.service import ApiGatewayService, Surroundings
from tests.support.fakes import FakeAws, FakeInvoker, FakeSender, KeptLogs
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
        self.sender = FakeSender()
        self.aws = FakeAws()
        around = Surroundings(self.functions, self.logs, self.sender, self.aws)
        super().__init__(lambda kit: ApiGatewayService(kit, around), path)

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


class Built:
    """An API built resource by resource; `deploy` puts it on stage `dev`.

    Args:
        api: the service.
    """

    def __init__(self, api: Api, **params: Any) -> None:
        self.api = api
        made = api.call("CreateRestApi", name="feita", **params)
        self.id: str = made["id"]
        self.root: str = made["rootResourceId"]

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """An operation on this API."""
        return self.api.call(operation, restApiId=self.id, **params)

    def resource(self, *parts: str) -> str:
        """The id of a new resource."""
        parent = self.root
        for part in parts:
            parent = self.call("CreateResource", parentId=parent, pathPart=part)["id"]
        return parent

    def method(self, *parts: str, verb: str = "GET", **params: Any) -> dict[str, str]:
        """A method of a new resource: the parameters that name it."""
        where = {"resourceId": self.resource(*parts) if parts else self.root, "httpMethod": verb}
        self.call("PutMethod", **where, **{"authorizationType": "NONE", **params})
        return where

    def integrate(self, where: dict[str, str], kind: str = "AWS_PROXY", **params: Any) -> dict[str, Any]:
        """Sets what answers a method: a function, unless told otherwise."""
        wanted: dict[str, Any] = {"type": kind}
        if kind != "MOCK":
            uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
            wanted |= {"integrationHttpMethod": "POST", "uri": uri}
        return self.call("PutIntegration", **where, **{**wanted, **params})

    def respond(self, where: dict[str, str], status: str = "200", **params: Any) -> None:
        """Declares a status of a method, and how the integration's answers become it."""
        headers = {name: False for name in params.get("responseParameters", {})}
        self.call("PutMethodResponse", **where, statusCode=status, responseParameters=headers)
        self.call("PutIntegrationResponse", **where, statusCode=status, **params)

    def deploy(self, stage: str = "dev") -> str:
        """The API's id, once it is deployed."""
        self.call("CreateDeployment", stageName=stage)
        return self.id
