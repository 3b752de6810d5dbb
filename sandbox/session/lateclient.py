"""The AWS client that services are given before there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sandbox.model.call import Call
from sandbox.model.ports import AwsClient


class LateClient:
    """The port `AwsClient`, for services that are made and started before the front door is.

    What they call meanwhile waits: a service goes on at its start with what was interrupted.
    """

    def __init__(self) -> None:
        self._client: AwsClient | None = None
        self._come = asyncio.Event()

    def arrive(self, client: AwsClient) -> None:
        """The real one is there."""
        self._client = client
        self._come.set()

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        """See `AwsClient.call`."""
        await self._come.wait()
        assert self._client is not None  # it has arrived
        return await self._client.call(service, operation, params, call)
