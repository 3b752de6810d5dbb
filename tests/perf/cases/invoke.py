"""What an invocation costs through the front door, warm and cold."""

from __future__ import annotations

import asyncio
import json
import time

from tests.perf.bench import Bench, Target
from tests.perf.errors import BenchError
from tests.perf.http import Connection, connect, invoke_request, request
from tests.perf.load import time_each
from tests.perf.report import Measure

_WARM_CALLS = 200
_COLD_STARTS = 6
_PROBE_PAUSE = 0.02


def invoke_warm(bench: Bench) -> list[Measure]:
    """Calls a function that returns at once and writes nothing, one call after another."""
    with bench.target() as target:
        return [Measure("invoke-warm", "ms", asyncio.run(_warm(target, bench.runs * _WARM_CALLS)))]


async def _warm(target: Target, calls: int) -> list[float]:
    connection = await connect(target.endpoint)
    try:
        call = invoke_request(target.endpoint, target.quiet_function)
        await time_each(connection, [call] * _WARM_CALLS)
        return await time_each(connection, [call] * calls)
    finally:
        connection.close()


def invoke_cold(bench: Bench) -> list[Measure]:
    """Calls a function that imports boto3 and psycopg, each time in an environment that is new.

    A change of its configuration before each call makes it so, and the function itself confirms it.
    The first start of all, which also readies what later ones share, is a row of its own.
    """
    with bench.target() as target:
        first, *others = asyncio.run(_cold(target, 1 + bench.runs * _COLD_STARTS))
    return [Measure("invoke-cold", "ms", others), Measure("invoke-cold first", "ms", [first])]


async def _cold(target: Target, starts: int) -> list[float]:
    connection = await connect(target.endpoint)
    call = invoke_request(target.endpoint, target.cold_function)
    times: list[float] = []
    try:
        for turn in range(starts):
            if turn:
                await _reconfigure(connection, target, turn)
            before = time.perf_counter()
            answer = json.loads(await connection.ask(call))
            times.append((time.perf_counter() - before) * 1000)
            if not answer.get("first"):
                raise BenchError(f"the environment was not new, or the function failed: {answer}")
    finally:
        connection.close()
    return times


async def _reconfigure(connection: Connection, target: Target, turn: int) -> None:
    url = f"{target.endpoint}/2015-03-31/functions/{target.cold_function}/configuration"
    body = json.dumps({"Environment": {"Variables": {"TURN": str(turn)}}}).encode()
    document = json.loads(await connection.ask(request("PUT", url, body, service="lambda")))
    while document.get("LastUpdateStatus", "Successful") == "InProgress":
        await asyncio.sleep(_PROBE_PAUSE)
        document = json.loads(await connection.ask(request("GET", url, service="lambda")))
