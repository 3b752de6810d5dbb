"""The AWS client that services are given before there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sandbox.model.call import Call
from sandbox.model.ports import AwsClient


class LateClient:
    """The port `AwsClient`, for services that are made and started before the front door is.

    What they call meanwhile waits: a service goes on at its start with what was interrupted. Where the start
    fails before there is a front door, who waits is stopped, as a stop of their service would.
    """

    def __init__(self) -> None:
        self._client: AwsClient | None = None
        self._come = asyncio.Event()

    def arrive(self, client: AwsClient) -> None:
        """The real one is there."""
        self._client = client
        self._come.set()

    def leave(self) -> None:
        """None will come: what waits for it is cancelled. Changes nothing once it is there."""
        self._come.set()

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        """See `AwsClient.call`.

        Raises:
            asyncio.CancelledError: there will be no front door.
        """
        await self._come.wait()
        if self._client is None:
            raise asyncio.CancelledError
        return await self._client.call(service, operation, params, call)
