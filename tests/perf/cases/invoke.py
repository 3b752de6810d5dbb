"""What an invocation costs through the front door, warm and cold."""

from __future__ import annotations

import json
import time

import uvloop

from tests.perf.bench import Bench, Round, Target
from tests.perf.errors import BenchError
from tests.perf.http import Line, invoke_request
from tests.perf.load import time_each
from tests.perf.report import Measure

_WARM_CALLS = 200
_COLD_STARTS = 6
#: The function of the benchmark's own system, with packages that the sandbox installs.
_COLD = "bench-cold"


def invoke_warm(bench: Bench) -> list[Measure]:
    """Calls a function that returns at once and writes nothing, one call after another."""
    with bench.targets("functions") as targets:
        times = bench.by_turns(targets, _calling)
    return [
        Measure("invoke-warm", "ms", [time for one in rounds for time in one], engine=engine)
        for engine, rounds in times.items()
    ]


async def _calling(target: Target) -> Round[list[float]]:
    line = Line(target.endpoint)
    call = invoke_request(target.endpoint, target.furniture.function("quiet"))
    return lambda: time_each(line, call, _WARM_CALLS)


def invoke_cold(bench: Bench) -> list[Measure]:
    """Calls a function that imports boto3 and psycopg, each time in an environment that is new.

    A change of its configuration before each call makes it so, and the function itself confirms it.
    The first start of all, which also readies what later ones share, is a row of its own.
    """
    with bench.targets("functions") as targets:
        ours, *others = targets
        first = uvloop.run(_cold(ours, _COLD, 0))
        times = bench.by_turns([ours, *others], _starting)
    return [
        *(
            Measure("invoke-cold", "ms", [time for one in rounds for time in one], engine=engine)
            for engine, rounds in times.items()
        ),
        Measure("invoke-cold first", "ms", [first]),
    ]


async def _starting(target: Target) -> Round[list[float]]:
    function = _COLD if target.engine == "sandbox" else target.furniture.function("cold")
    turns = iter(range(1, 1_000_000))

    async def starts() -> list[float]:
        return [await _cold(target, function, next(turns)) for _ in range(_COLD_STARTS)]

    return starts


async def _cold(target: Target, function: str, turn: int) -> float:
    """Milliseconds of a call in a new environment; `turn` tells its configuration from the last."""
    if turn:
        functions = target.furniture.functions
        functions.update_function_configuration(
            FunctionName=function, Environment={"Variables": {"TURN": str(turn)}}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.05})
    line = Line(target.endpoint)
    before = time.perf_counter()
    answer = json.loads(await line.ask(invoke_request(target.endpoint, function)))
    taken = (time.perf_counter() - before) * 1000
    line.close()
    if not answer.get("first"):
        raise BenchError(f"the environment was not new, or the function failed: {answer}")
    return taken
