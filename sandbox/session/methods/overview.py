"""What the dashboard's first screens need: map, functions, one picture of one moment, news of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.control.server import Method
from sandbox.flow.counters import FunctionCount
from sandbox.model.views.system import BusView, FunctionStats, MapView, Snapshot
from sandbox.session.busviews import bus_views
from sandbox.session.queueviews import queue_views
from sandbox.session.systemmap import build_map
from sandbox.session.topology import Topology
from sandbox.session.views import status_view

if TYPE_CHECKING:
    from sandbox.session.session import Session

#: Real seconds between two news of changes, at least.
_REST = 0.25
_NOTHING = FunctionCount()


class Overview:
    """Methods about the system as a whole."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pictured: tuple[tuple[int, int, int], MapView, list[FunctionStats], list[BusView]] | None = None

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "map": self.map,
            "functions_stats": self.functions_stats,
            "snapshot": self.snapshot,
            "watch": self.watch,
        }

    async def map(self) -> MapView:
        """Every resource with its health, what leads to what, and problems."""
        _, system, _, _ = await self._picture()
        return system

    async def functions_stats(self) -> list[FunctionStats]:
        """Every function of the default account and region, with how it did since the sandbox started."""
        _, _, functions, _ = await self._picture()
        return functions

    async def snapshot(self) -> Snapshot:
        """One picture of one moment. Its revision changes when anything was recorded."""
        (revision, *_), system, functions, buses = await self._picture()
        status: dict[str, Any] = msgspec.to_builtins(status_view(self._session))
        return Snapshot(revision=revision, status=status, map=system, functions=functions, buses=buses)

    async def watch(self) -> AsyncIterator[int]:
        """The revision now, and again whenever something was recorded, a few times per second at most."""
        changed = asyncio.Event()
        end = self._session.counters.subscribe(lambda _: changed.set())
        try:
            yield self._session.counters.revision
            while True:
                await changed.wait()
                changed.clear()
                yield self._session.counters.revision
                await asyncio.sleep(_REST)
        finally:
            end()

    # --- inside ------------------------------------------------------------------------------------------
    async def _picture(self) -> tuple[tuple[int, int, int], MapView, list[FunctionStats], list[BusView]]:
        """Map, functions and buses; made anew when something was recorded, or virtual time went on (ages)."""
        session = self._session
        session.journal.flush()
        faults = session.faults.all()
        moment = (session.counters.revision, int(session.clock.now()), len(faults))
        if self._pictured is None or self._pictured[0] != moment:
            topology = await session.topology.now()
            postgres = session.postgres
            addresses = (postgres.host, str(postgres.port)) if postgres is not None else ()
            queues = await queue_views(session, topology)
            system = build_map(topology, queues, session.counters, addresses, faults)
            self._pictured = (moment, system, self._functions(topology), bus_views(session, topology))
        return self._pictured

    def _functions(self, topology: Topology) -> list[FunctionStats]:
        warm: dict[str, int] = {}
        for environment in self._session.engine.environments():
            if environment.state == "idle":
                warm[environment.function] = warm.get(environment.function, 0) + 1
        return [self._stats(function, topology, warm) for function in topology.functions]

    def _stats(self, function: Any, topology: Topology, warm: dict[str, int]) -> FunctionStats:
        arn, name = function["FunctionArn"], function["FunctionName"]
        counted = self._session.counters.functions.get(arn, _NOTHING)
        return FunctionStats(
            name=name,
            arn=arn,
            runtime=function.get("Runtime", ""),
            log_group=function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}",
            invocations=counted.invocations,
            errors=counted.errors,
            throttles=counted.throttles,
            cold_starts=counted.cold_starts,
            p50_ms=counted.percentile(0.5),
            p95_ms=counted.percentile(0.95),
            running=counted.running,
            limit=topology.reserved.get(arn),
            warm=warm.get(arn, 0) or warm.get(name, 0),
            memory=function.get("MemorySize", 128),
            timeout=function.get("Timeout", 3),
            last_error=counted.last_error,
        )
