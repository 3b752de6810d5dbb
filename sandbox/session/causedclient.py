"""The AWS client of one deployment that somebody asked for by a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.call import Call
from sandbox.model.ports import AwsClient


class CausedClient:
    """The port `AwsClient`, whose calls follow from a hop.

    Args:
        client: makes the calls.
        cause: the hop of the call that asked for the deployment.
    """

    def __init__(self, client: AwsClient, cause: int) -> None:
        self._client = client
        self._cause = cause

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        """See `AwsClient.call`."""
        caused = msgspec.structs.replace(call or Call(), hop=self._cause)
        return await self._client.call(service, operation, params, caused)
