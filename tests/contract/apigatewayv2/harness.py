"""HTTP APIs alone: functions are Python callables, other servers are fakes, time is moved by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service, Surroundings
from sandbox.services.base import Kit
from sandbox.services.issuer.issuer import TokenIssuer
from tests.support.fakes import FakeAws, FakeInvoker, FakeSender, KeptLogs
from tests.support.world import World

ENDPOINT = "http://127.0.0.1:4566"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:pedidos"
AUTHORIZER = "arn:aws:lambda:us-east-1:000000000000:function:porteiro"
ISSUER = "{{sandbox:issuer}}"
AUDIENCE = "pedidos"


def uri(function: str) -> str:
    """API Gateway's URI for a function."""
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"


class FakeKeys:
    """The keys of the sandbox's own issuer, and of those that a test adds."""

    def __init__(self) -> None:
        self.own: TokenIssuer | None = None
        self.others: dict[str, Mapping[str, Any]] = {}
        self.asked: list[str] = []

    def is_known(self, issuer: str) -> bool:
        return issuer.startswith("http://127.0.0.1")

    async def jwks(self, issuer: str) -> Mapping[str, Any]:
        self.asked.append(issuer)
        if issuer in self.others:
            return self.others[issuer]
        assert self.own is not None
        if issuer != self.own.url:
            raise AwsError("BadGateway", "nobody answers")
        return self.own.jwks()


class Tokens:
    """Expands the issuer's token."""

    def expand(self, text: str, function: str = "") -> str:
        return text.replace(ISSUER, f"{ENDPOINT}/_sandbox/issuer")


class HttpApis(World[ApiGatewayV2Service]):
    """The service and all that it reaches."""

    def __init__(self, path: Path | None = None) -> None:
        self.functions = FakeInvoker()
        self.logs = KeptLogs()
        self.sender = FakeSender()
        self.aws = FakeAws()
        self.keys = FakeKeys()
        super().__init__(self._make, path)

    def _make(self, kit: Kit) -> ApiGatewayV2Service:
        self.keys.own = TokenIssuer(kit, lambda: ENDPOINT)
        around = Surroundings(self.functions, self.logs, self.keys, Tokens(), self.sender, self.aws)
        return ApiGatewayV2Service(kit, around)

    def token(self, *scopes: str, audience: str = AUDIENCE, lifetime: float = 3600) -> str:
        """A token of the sandbox's own issuer."""
        issuer = self.keys.own
        assert issuer is not None
        return self.do(lambda: issuer.token("ana", scopes, [audience], lifetime))

    def made(self, **params: Any) -> str:
        """The id of a new API without routes, whose `$default` stage deploys by itself."""
        api: str = self.call("CreateApi", Name="pedidos", ProtocolType="HTTP", **params)["ApiId"]
        self.call("CreateStage", ApiId=api, StageName="$default", AutoDeploy=True)
        return api

    def integration(self, api: str, **params: Any) -> str:
        """The target of a new integration; a function unless told otherwise."""
        wanted = {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri(FUNCTION)}
        if "IntegrationSubtype" in params:
            wanted.pop("IntegrationUri")
        elif params.get("IntegrationType", "AWS_PROXY") == "AWS_PROXY":
            wanted["PayloadFormatVersion"] = "2.0"
        identity = self.call("CreateIntegration", ApiId=api, **{**wanted, **params})["IntegrationId"]
        return f"integrations/{identity}"

    def routed(self, *keys: str, integration: Mapping[str, Any] | None = None, **route: Any) -> str:
        """The id of a new API with routes to one integration."""
        api = self.made()
        target = self.integration(api, **(integration or {}))
        for key in keys or ("GET /pedidos",):
            self.call("CreateRoute", ApiId=api, RouteKey=key, Target=target, **route)
        return api

    def jwt_authorizer(self, api: str, **changes: Any) -> str:
        """The id of a JWT authorizer that takes tokens of the sandbox's own issuer."""
        configuration = {"Issuer": ISSUER, "Audience": [AUDIENCE]}
        params = {"Name": "jwt", "AuthorizerType": "JWT", "JwtConfiguration": configuration}
        made: str = self.call("CreateAuthorizer", ApiId=api, **{**params, **changes})["AuthorizerId"]
        return made

    def protected(self, *scopes: str, **changes: Any) -> str:
        """The id of an API whose route GET /pedidos asks for a token with one of the scopes."""
        api = self.made()
        self.call(
            "CreateRoute",
            ApiId=api,
            RouteKey="GET /pedidos",
            Target=self.integration(api),
            AuthorizationType="JWT",
            AuthorizerId=self.jwt_authorizer(api, **changes),
            AuthorizationScopes=list(scopes),
        )
        return api

    def request(self, api: str, path: str = "/pedidos", method: str = "GET", **changes: Any) -> HttpResponse:
        """Sends a request as the front door does: the first part of the path may be a stage."""
        first, _, rest = path[1:].partition("/")
        after = f"/{rest}" if "/" in path[1:] else ""
        headers = [(name.lower(), value) for name, value in dict(changes.pop("headers", {})).items()]
        request = HttpRequest(method, after, headers=headers, **changes)
        return self.run(lambda: self.service.handle(api, first, request, ENDPOINT))


def header(response: HttpResponse, name: str) -> str | None:
    """The first header of that name, in any case."""
    return next((value for key, value in response.headers if key.lower() == name.lower()), None)


def message(response: HttpResponse) -> str:
    """The message of an error of API Gateway itself."""
    text: str = json.loads(response.body)["message"]
    return text


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}
