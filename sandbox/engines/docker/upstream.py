"""Calls to the containers: DynamoDB goes to DynamoDB Local, everything else to LocalStack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sandbox.backing.connections import Connections
from sandbox.engines.docker.calling import refusal_of, signed
from sandbox.engines.docker.capabilities import refusal
from sandbox.engines.docker.dynamodb_arns import answered, asked
from sandbox.engines.docker.functions import FunctionCalls
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse

HOST = "127.0.0.1"
#: Tells LocalStack's witness which hop a call is; it takes the header off again.
HOP = "x-sandbox-hop"
#: In its place: the witness tells nothing of the call.
QUIET = "quiet"
#: Where LocalStack is told of edits (`inside/environments.py`).
_EDITED = "/_sandbox/edited"
_DYNAMODB = frozenset({"dynamodb", "dynamodbstreams"})


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
        if service == "lambda" and self.functions is not None:
            request = await self.functions.rewritten(operation, request)
        return await self.send(service, operation, request)

    async def send(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        """One request to the container that has the service.

        Raises:
            AwsError: the container does not answer.
        """
        dynamodb = service in _DYNAMODB
        if dynamodb:
            request = asked(operation, request)
        elif request.hop is not None:
            request = msgspec.structs.replace(request, headers=[*request.headers, (HOP, str(request.hop))])
        port = self._ports.dynamodb if dynamodb else self._ports.localstack
        try:
            answer = await self._connections(port).send(request)
        except OSError as error:
            who = "DynamoDB Local" if dynamodb else "LocalStack"
            raise AwsError(
                "ServiceUnavailable",
                f"{who} did not answer {operation} of {service} ({error}): its container may have ended; "
                "`docker ps -a` shows it, and `sandbox down` and `sandbox up` start it again",
                status=503,
            ) from error
        return answered(operation, request, answer) if dynamodb else answer

    async def edited(self, folder: Path) -> None:
        """Tells LocalStack that the code in a folder was edited.

        One that does not know what is meant has not taken the start script `inside/environments.py`: then its
        own watchers are at work.

        Raises:
            AwsError: it does not answer, or fails.
        """
        body = msgspec.json.encode({"folder": str(folder)})
        request = HttpRequest("POST", _EDITED, headers=[("host", HOST)], body=body)
        answer = await self.send("lambda", "edits", request)
        if answer.status >= 500:
            raise refusal_of(answer)

    async def ask_streams(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Asks DynamoDB Local's streams, without a hop.

        Args:
            operation: of DynamoDB Streams.

        Raises:
            AwsError: what it answers instead, or it does not answer.
        """
        headers = [
            ("host", HOST),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", f"DynamoDBStreams_20120810.{operation}"),
            signed("dynamodb"),
        ]
        request = HttpRequest("POST", "/", headers=headers, body=msgspec.json.encode(params))
        answer = await self.send("dynamodbstreams", operation, request)
        if answer.status >= 400:
            raise refusal_of(answer)
        return msgspec.json.decode(answer.body or b"{}", type=dict[str, Any])

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
