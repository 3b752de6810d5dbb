"""Reaching other services, and what is known only while the sandbox runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse


class AwsClient(Protocol):
    """Calls an AWS operation as any client would, but in process (or over HTTP on a foreign engine)."""

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        """Runs `operation` of `service` (botocore's names) and returns its parsed output.

        Raises:
            AwsError: what the service answered.
        """
        ...


class AwsHttp(Protocol):
    """Sends an AWS service a request in its own protocol, in process: for those who only map requests on."""

    async def send(self, service: str, request: HttpRequest, call: Call, action: str = "") -> HttpResponse:
        """The service's answer; its refusals are answers too.

        Args:
            service: botocore's name, or the one that signatures carry.
            request: path, query, headers (names in lower case) and body, without a signature.
            call: on whose behalf: its scope and trace are taken over, and its hop is the cause.
            action: the operation, where the request does not name it: it is put where the service's protocol
                has it.
        """
        ...


class SigningKeys(Protocol):
    """The public keys of those who issue tokens (JWT)."""

    async def jwks(self, issuer: str) -> Mapping[str, Any]:
        """The JSON Web Key Set that an issuer publishes.

        Raises:
            AwsError: it cannot be had.
        """
        ...

    def is_known(self, issuer: str) -> bool:
        """Whether keys of this issuer may be asked for at all: the sandbox's own, and those on loopback."""
        ...


class Bindings(Protocol):
    """Values known only while the sandbox runs (ports, endpoints), stored as `{{sandbox:NAME}}` tokens."""

    def expand(self, text: str, function: str = "") -> str:
        """Replaces every token in `text` by its value now.

        Args:
            function: ARN of the function that is to use it; what it reaches may be its own.
        """
        ...
