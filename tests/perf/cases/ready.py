"""How long it takes from the command to a sandbox that has NF-e deployed and seeded."""

from __future__ import annotations

from tests.perf.bench import NFE, Bench
from tests.perf.report import Measure


def ready(bench: Bench) -> list[Measure]:
    """Starts with nothing, each time; the first time warms the caches and is not measured."""
    inside, wall = [], []
    with bench.sandbox(NFE, profile_start=True) as sandbox:
        for turn in range(bench.runs + 1):
            seconds = sandbox.up(fresh=True)
            if turn:
                wall.append(seconds)
                inside.append(float(sandbox.view["ready_seconds"]))
            sandbox.down()
    return [Measure("ready", "s", inside), Measure("ready command", "s", wall)]


def ready_again(bench: Bench) -> list[Measure]:
    """Starts on the state of the last time."""
    inside, wall = [], []
    with bench.sandbox(NFE, profile_start=True) as sandbox:
        sandbox.up(fresh=True)
        sandbox.down()
        for _ in range(bench.runs):
            wall.append(sandbox.up(fresh=False))
            inside.append(float(sandbox.view["ready_seconds"]))
            sandbox.down()
    return [Measure("ready-again", "s", inside), Measure("ready-again command", "s", wall)]
