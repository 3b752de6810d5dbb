"""One request on its way through a stage, and `$context` of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.model.apis.messages import clf_time, multi, query_pairs
from sandbox.model.http import HttpRequest
from sandbox.services.apigateway.execution_log import ExecutionLog
from sandbox.services.apigateway.live import LiveStage
from sandbox.services.apigateway.plans import PlanKey
from sandbox.services.apigateway.routing import Match
from sandbox.services.request_hops import Arrived


@dataclass(slots=True)
class Exchange:
    """One request on its way.

    Attributes:
        authorizer: what an authorizer passed on, where there was one.
        plan_key: the API key that the request came with, where the method asks for one.
        integrated: real seconds that the integration took, and the status that it gave.
        error: case, message and reason of an answer of API Gateway's own.
        test: the request is of TestInvokeMethod.
    """

    live: LiveStage
    match: Match | None
    arrived: Arrived
    log: ExecutionLog
    authorizer: Mapping[str, Any] | None = None
    plan_key: PlanKey | None = None
    integrated: tuple[float, int] | None = None
    error: tuple[str, str | None, str] | None = None
    test: bool = False
    _query: dict[str, list[str]] | None = field(default=None)

    @property
    def request(self) -> HttpRequest:
        """The request as it came; its path begins after the stage."""
        return self.arrived.request

    @property
    def request_id(self) -> str:
        """`x-amzn-RequestId`."""
        return self.arrived.request_id

    @property
    def trace(self) -> str:
        """The X-Ray trace header."""
        return self.arrived.trace

    @property
    def hop(self) -> int:
        """Its hop, the cause of all that it leads to."""
        return self.arrived.hop

    @property
    def now(self) -> float:
        """Virtual seconds since the epoch at which it came."""
        return self.arrived.now

    @property
    def query(self) -> dict[str, list[str]]:
        """The decoded query parameters."""
        if self._query is None:
            self._query = multi(query_pairs(self.request.query))
        return self._query

    @property
    def parameters(self) -> dict[str, dict[str, str]]:
        """The last value of each parameter by place; names of headers in lower case."""
        return {
            "path": self.match.parameters if self.match else {},
            "querystring": {name: values[-1] for name, values in self.query.items()},
            "header": dict(self.request.headers),
        }

    @property
    def extended_id(self) -> str:
        """`x-amz-apigw-id`."""
        return self.request_id.replace("-", "")[:15] + "="

    @property
    def stage_path(self) -> str:
        """The path with its stage."""
        return f"/{self.live.name}{self.request.path}"


def context_of(exchange: Exchange) -> dict[str, Any]:
    """`$context` as templates, mappings and access logs name it."""
    live, request, match = exchange.live, exchange.request, exchange.match
    kind, message, reason = exchange.error or (None, None, None)
    authorizer = dict(exchange.authorizer or {})
    return {
        "accountId": live.scope.account,
        "apiId": live.api_id,
        "authorizer": authorizer,
        "deploymentId": live.deployment_id,
        "domainName": f"{live.api_id}.execute-api.{live.scope.region}.amazonaws.com",
        "domainPrefix": live.api_id,
        "error": {
            "message": message,
            "messageString": None if message is None else f'"{message}"',
            "responseType": kind,
            "validationErrorString": reason if kind == "BAD_REQUEST_BODY" else None,
        },
        "extendedRequestId": exchange.extended_id,
        "httpMethod": request.method,
        "identity": {
            "accountId": None,
            "apiKey": exchange.plan_key.key.value if exchange.plan_key else None,
            "apiKeyId": exchange.plan_key.key.id if exchange.plan_key else None,
            "caller": None,
            "sourceIp": request.source_ip,
            "user": None,
            "userAgent": request.header("user-agent") or None,
            "userArn": None,
        },
        "path": exchange.stage_path,
        "protocol": "HTTP/1.1",
        "requestId": exchange.request_id,
        "requestTime": clf_time(exchange.now),
        "requestTimeEpoch": int(exchange.now * 1000),
        "resourceId": match.resource.id if match else None,
        "resourcePath": match.resource.path if match else None,
        "stage": live.name,
        "xrayTraceId": exchange.trace,
    }
