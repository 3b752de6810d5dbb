"""Closed-loop load: so many connections, each sends its next request when it has the answer to its last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import psutil

from tests.perf.bench import Round, Target
from tests.perf.http import Line
from tests.perf.report import Measure

#: Connections of a load case.
CONNECTIONS = 32
#: Real seconds of one round.
ROUND_SECONDS = 2.0

#: One unit of work on one connection.
Work = Callable[[Line], Awaitable[object]]


@dataclass(frozen=True)
class Load:
    """What one round of load came to.

    Attributes:
        rate: units of work per second.
        cost: microseconds of processor time of the server's main process for a unit. It depends far less than
            the rate does on what else the machine does.
        loop_cost: the part of it that its main thread takes, which serves the requests.
        latencies: milliseconds of every unit.
    """

    rate: float
    cost: float
    loop_cost: float
    latencies: Sequence[float]


def loading(target: Target, work: Work, *, seconds: float = ROUND_SECONDS) -> Round[Load]:
    """A round of load on a target; its connections are kept from one round to the next.

    The round raises:
        BenchError: any answer was not what it should be: there is no rate of failures.
    """
    server = psutil.Process(target.pid)
    lines = [Line(target.endpoint, kept=target.keeps_connections) for _ in range(CONNECTIONS)]

    async def run() -> Load:
        before, loop_before = _spent(server)
        rate, times = await _round(lines, work, seconds)
        after, loop_after = _spent(server)
        unit = 1e6 / len(times)
        return Load(rate, (after - before) * unit, (loop_after - loop_before) * unit, times)

    return run


def _spent(server: psutil.Process) -> tuple[float, float]:
    """Seconds of processor time: of the process, and of its main thread."""
    main = next(thread for thread in server.threads() if thread.id == server.pid)
    return sum(server.cpu_times()[:2]), main.user_time + main.system_time


async def _round(lines: Sequence[Line], work: Work, seconds: float) -> tuple[float, list[float]]:
    latencies: list[float] = []
    began = time.perf_counter()
    until = began + seconds

    async def keep_working(line: Line) -> None:
        while (before := time.perf_counter()) < until:
            await work(line)
            latencies.append((time.perf_counter() - before) * 1000)

    async with asyncio.TaskGroup() as group:
        for line in lines:
            group.create_task(keep_working(line))
    return len(latencies) / (time.perf_counter() - began), latencies


async def ask_all(target: Target, requests: Iterable[bytes]) -> list[bytes]:
    """Sends requests over all connections, each once, and returns the bodies of the answers."""
    left = iter(requests)
    bodies: list[bytes] = []

    async def work() -> None:
        line = Line(target.endpoint, kept=target.keeps_connections)
        bodies.extend([await line.ask(request) for request in left])
        line.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work())
    return bodies


def load_measures(name: str, unit: str, loads: Mapping[str, Sequence[Load]]) -> list[Measure]:
    """Three rows for each engine: the rate, the latency of a unit of work, and what it costs the server.

    Args:
        unit: of the rate.
    """
    rows = []
    for engine, rounds in loads.items():
        times = [time for one in rounds for time in one.latencies]
        rows += [
            Measure(name, unit, [one.rate for one in rounds], more_is_better=True, engine=engine),
            Measure(f"{name} latency", "ms", times, engine=engine),
            Measure(f"{name} processor", "us", [one.cost for one in rounds], engine=engine),
        ]
    return rows


async def time_each(line: Line, request: bytes, times: int) -> list[float]:
    """Sends a request again and again, and returns the milliseconds that each took."""
    taken: list[float] = []
    for _ in range(times):
        before = time.perf_counter()
        await line.ask(request)
        taken.append((time.perf_counter() - before) * 1000)
    return taken
