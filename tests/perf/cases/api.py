"""How many requests a deployed API takes whose function answers at once."""

from __future__ import annotations

import uvloop

from tests.perf.bench import Bench
from tests.perf.http import request
from tests.perf.load import run_load
from tests.perf.report import Measure


def api(bench: Bench) -> list[Measure]:
    """GET through API Gateway to a function, on 32 connections; one answer that is no 200 is a failure."""
    with bench.target() as target:
        get = request("GET", f"{target.api_url}/item/42")
        load = uvloop.run(run_load(target, lambda connection: connection.ask(get), bench.runs))
    return load.measures("api", "requests/s")
