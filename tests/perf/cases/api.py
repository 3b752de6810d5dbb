"""How many requests a deployed API takes whose function answers at once."""

from __future__ import annotations

from tests.perf.bench import Bench, Round, Target
from tests.perf.http import request
from tests.perf.load import Load, load_measures, loading
from tests.perf.report import Measure


def api(bench: Bench) -> list[Measure]:
    """GET through API Gateway to a function, on 32 connections; one answer that is no 200 is a failure."""
    with bench.targets("functions") as targets:
        return load_measures("api", "requests/s", bench.by_turns(targets, _asking))


async def _asking(target: Target) -> Round[Load]:
    deployed = target.furniture.api(target.furniture.function("api"))
    get = request("GET", target.endpoint + deployed.path, host=deployed.host)
    return loading(target, lambda line: line.ask(get))
