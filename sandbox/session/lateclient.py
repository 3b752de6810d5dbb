"""The AWS client that services are given before there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.model.call import Call
from sandbox.model.ports import AwsClient


class LateClient:
    """The port `AwsClient`, for services that are made before the front door is.

    Args:
        client: the real one, once there is one.
    """

    def __init__(self, client: Callable[[], AwsClient]) -> None:
        self._client = client

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        """See `AwsClient.call`."""
        return await self._client().call(service, operation, params, call)
