"""CloudWatch as CloudWatch Logs sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.model.call import Call
from sandbox.model.scope import Scope


@dataclass
class KeptMetrics:
    """A client that keeps what CloudWatch is asked to store.

    Attributes:
        meanwhile: happens while it is asked next.
    """

    puts: list[tuple[Scope, int | None, str, list[dict[str, Any]]]] = field(default_factory=list)
    refusal: Exception | None = None
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        assert (service, operation) == ("cloudwatch", "PutMetricData")
        assert call is not None
        await asyncio.sleep(0)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if self.refusal is not None:
            raise self.refusal
        self.puts.append((call.scope, call.hop, params["Namespace"], params["MetricData"]))
        return {}

    @property
    def data(self) -> list[dict[str, Any]]:
        """All data, in their order."""
        return [datum for *_, data in self.puts for datum in data]

    def points(self) -> list[tuple[str, int, list[float], list[float]]]:
        """Name, second, values and how often each came."""
        return [(one["MetricName"], one["Timestamp"], one["Values"], one["Counts"]) for one in self.data]
