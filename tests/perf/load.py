"""Closed-loop load: so many connections, each sends its next request when it has the answer to its last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import psutil

from tests.perf.bench import Target
from tests.perf.http import Connection, connect
from tests.perf.report import Measure

#: Connections of a load case.
CONNECTIONS = 32
#: Real seconds of one round, and of the round before the first, which is not measured.
ROUND_SECONDS = 2.0
WARM_UP_SECONDS = 1.0

#: One unit of work on one connection.
Work = Callable[[Connection], Awaitable[object]]


@dataclass(frozen=True)
class Load:
    """What rounds of load came to.

    Attributes:
        rates: units of work per second, of each round.
        costs: microseconds of processor time of the server's main process for a unit, of each round. They
            depend far less than rates do on what else the machine does.
        latencies: milliseconds of every unit.
    """

    rates: Sequence[float]
    costs: Sequence[float]
    latencies: Sequence[float]

    def measures(self, name: str, unit: str) -> list[Measure]:
        """Three rows: the rate, the latency of a unit of work, and what it costs the server.

        Args:
            unit: of the rate.
        """
        return [
            Measure(name, unit, self.rates, more_is_better=True),
            Measure(f"{name} latency", "ms", self.latencies),
            Measure(f"{name} processor", "us", self.costs),
        ]


async def run_load(target: Target, work: Work, rounds: int) -> Load:
    """Runs rounds of load, after a shorter one that is not measured.

    Args:
        target: what to load, at its front door.

    Raises:
        BenchError: any answer was not what it should be: there is no rate of failures.
    """
    server = psutil.Process(target.pid)
    connections = [await connect(target.endpoint) for _ in range(CONNECTIONS)]
    rates, costs, latencies = [], [], []
    try:
        await _round(connections, work, WARM_UP_SECONDS)
        for _ in range(rounds):
            before = sum(server.cpu_times()[:2])
            rate, times = await _round(connections, work, ROUND_SECONDS)
            costs.append((sum(server.cpu_times()[:2]) - before) / len(times) * 1e6)
            rates.append(rate)
            latencies += times
    finally:
        for connection in connections:
            connection.close()
    return Load(rates, costs, latencies)


async def _round(connections: Sequence[Connection], work: Work, seconds: float) -> tuple[float, list[float]]:
    latencies: list[float] = []
    began = time.perf_counter()
    until = began + seconds

    async def keep_working(connection: Connection) -> None:
        while (before := time.perf_counter()) < until:
            await work(connection)
            latencies.append((time.perf_counter() - before) * 1000)

    async with asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(keep_working(connection))
    return len(latencies) / (time.perf_counter() - began), latencies


async def time_each(connection: Connection, requests: Sequence[bytes]) -> list[float]:
    """Sends requests one after another, and returns the milliseconds that each took."""
    times: list[float] = []
    for one in requests:
        before = time.perf_counter()
        await connection.ask(one)
        times.append((time.perf_counter() - before) * 1000)
    return times
