"""Calls to the containers: DynamoDB goes to DynamoDB Local, everything else to LocalStack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.backing.connections import Connections
from sandbox.engines.docker.capabilities import refusal, refused_member
from sandbox.engines.docker.functions import FunctionCalls
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import DEFAULT_ACCOUNT, DEFAULT_REGION

HOST = "127.0.0.1"
#: Tells LocalStack's witness which hop a call is; it takes the header off again.
_HOP = "x-sandbox-hop"
_DYNAMODB = frozenset({"dynamodb", "dynamodbstreams"})
#: Calls whose members may be refused: the rest is not even parsed.
_LOOKED_INTO = frozenset({("lambda", "CreateEventSourceMapping")})

#: Headers of the engine's own calls: nobody verifies signatures.
_SIGNED_FOR_LAMBDA = [
    ("host", HOST),
    (
        "authorization",
        f"AWS4-HMAC-SHA256 Credential={DEFAULT_ACCOUNT}/20200101/{DEFAULT_REGION}/lambda/aws4_request, "
        "SignedHeaders=host, Signature=unsigned",
    ),
]


@dataclass(slots=True)
class Ports:
    """Where the containers are reached, known once they are planned."""

    localstack: int = 0
    dynamodb: int = 0


class ContainerUpstream:
    """Implements `Upstream`.

    Args:
        ports: filled in before the first call.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.functions: FunctionCalls | None = None
        self._open: dict[int, Connections] = {}

    def refusal(self, service: str, operation: str) -> str | None:
        """Why the operation is not passed on, or None."""
        return refusal(service, operation)

    async def forward(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        """Passes the request on; see `Upstream.forward`."""
        if (service, operation) in _LOOKED_INTO:
            reason = refused_member(service, operation, _body(request))
            if reason is not None:
                raise NotImplementedByName(service, f"this {operation} ({reason})")
        if service == "lambda" and self.functions is not None:
            request = await self.functions.rewritten(operation, request)
        return await self.send(service, operation, request)

    async def send(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        """One request to the container that has the service.

        Raises:
            AwsError: the container does not answer.
        """
        dynamodb = service in _DYNAMODB
        if request.hop is not None and not dynamodb:
            request = msgspec.structs.replace(request, headers=[*request.headers, (_HOP, str(request.hop))])
        port = self._ports.dynamodb if dynamodb else self._ports.localstack
        try:
            return await self._connections(port).send(request)
        except OSError as error:
            who = "DynamoDB Local" if dynamodb else "LocalStack"
            raise AwsError(
                "ServiceUnavailable",
                f"{who} did not answer {operation} of {service} ({error}): its container may have ended; "
                "`docker ps -a` shows it, and `sandbox down` and `sandbox up` start it again",
                status=503,
            ) from error

    def close(self) -> None:
        """Closes the connections to the containers."""
        for connections in self._open.values():
            connections.close()
        self._open.clear()

    def _connections(self, port: int) -> Connections:
        found = self._open.get(port)
        if found is None:
            found = self._open[port] = Connections(HOST, port)
        return found

    async def upload(self, function: str, code: Mapping[str, str]) -> None:
        """`UpdateFunctionCode` of LocalStack.

        Raises:
            AwsError: it was refused.
        """
        body = msgspec.json.encode(code)
        headers = [*_SIGNED_FOR_LAMBDA, ("content-type", "application/json")]
        request = HttpRequest("PUT", f"/2015-03-31/functions/{function}/code", headers=headers, body=body)
        response = await self.send("lambda", "UpdateFunctionCode", request)
        if response.status >= 300:
            text = response.body[:500].decode(errors="replace")
            raise AwsError("FunctionFailed", f"the code of {function} was not changed: {text}")

    async def configuration(self, function: str) -> dict[str, Any]:
        """`GetFunctionConfiguration` of LocalStack."""
        request = HttpRequest(
            "GET",
            f"/2015-03-31/functions/{function}/configuration",
            headers=_SIGNED_FOR_LAMBDA,
        )
        return _body_of(await self.send("lambda", "GetFunctionConfiguration", request))


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        return msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return {}  # LocalStack's to refuse


def _body_of(response: HttpResponse) -> dict[str, Any]:
    return msgspec.json.decode(response.body, type=dict[str, Any]) if response.status == 200 else {}
