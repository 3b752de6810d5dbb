"""What a sandbox costs that has nothing to do."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import psutil
import uvloop

from tests.perf.bench import NFE, OWN, Bench
from tests.perf.errors import BenchError
from tests.perf.furniture import Furniture
from tests.perf.http import Line, sqs_request
from tests.perf.load import CONNECTIONS
from tests.perf.report import Measure
from tests.perf.sandbox import Sandbox

#: Real seconds that pass after the start, while things are readied beside it, and that are looked at then.
#: Together less than a minute: then the outbox runs, and leaves a warm environment.
_SETTLING = 8.0
_WINDOW = 20.0
_QUEUES = 10_000
_MAPPINGS = 100


def idle(bench: Bench) -> list[Measure]:
    """Processor time and memory of all its processes, before any function has run.

    Raises:
        BenchError: a function runs, or the system does not tell the memory of processes (only Linux does).
    """
    if sys.platform != "linux":
        raise BenchError("proportional memory of processes is known on Linux only")
    with bench.sandbox(NFE) as sandbox:
        sandbox.up(fresh=True)
        _pass(_SETTLING)
        _insist_on_no_workers(sandbox)
        before = _processor_seconds(sandbox)
        _pass(_WINDOW)
        after = _processor_seconds(sandbox)
        _insist_on_no_workers(sandbox)
        memory = {_name(process): proportional_mb(process.pid) for process in sandbox.processes()}
    used = {name: (after[name] - before.get(name, 0.0)) / _WINDOW * 100 for name in after}
    return [
        Measure("idle cpu", "%", [sum(used.values())], detail=used),
        Measure("idle memory", "MB", [sum(memory.values())], detail=memory),
    ]


def idle_many(bench: Bench) -> list[Measure]:
    """Processor time with 10,000 queues and 100 event source mappings, and not a message."""
    with bench.sandbox(OWN) as sandbox:
        sandbox.up(fresh=True)
        uvloop.run(_many_queues(sandbox.endpoint))
        furniture = Furniture(sandbox.endpoint)
        function = furniture.function("quiet")
        for number in range(_MAPPINGS):
            furniture.mapping(f"{sandbox.endpoint}/000000000000/many-{number}", function, batch=10)
        _pass(_SETTLING)
        before = _processor_seconds(sandbox)
        _pass(_WINDOW)
        after = _processor_seconds(sandbox)
    used = {name: (after[name] - before.get(name, 0.0)) / _WINDOW * 100 for name in after}
    return [Measure("idle-many cpu", "%", [sum(used.values())], detail=used)]


async def _many_queues(endpoint: str) -> None:
    numbers = iter(range(_QUEUES))

    async def make() -> None:
        line = Line(endpoint)
        for number in numbers:
            await line.ask(sqs_request(endpoint, "CreateQueue", QueueName=f"many-{number}"))
        line.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(make())


def proportional_mb(pid: int) -> float:
    """What a process takes up of the memory, its share of what it shares included (PSS), in megabytes.

    Raises:
        BenchError: the system does not tell.
    """
    path = Path(f"/proc/{pid}/smaps_rollup")
    try:
        for line in path.read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError as error:
        raise BenchError(f"{path} cannot be read: {error}") from error
    raise BenchError(f"{path} has no line Pss")


def _pass(seconds: float) -> None:
    """Lets real time pass: that is what is measured here."""
    threading.Event().wait(seconds)


def _insist_on_no_workers(sandbox: Sandbox) -> None:
    if workers := sandbox.workers():
        raise BenchError(f"the sandbox is not idle: {workers}")


def _processor_seconds(sandbox: Sandbox) -> dict[str, float]:
    """Of each process, that of its children that have ended included."""
    found = {}
    for process in sandbox.processes():
        try:
            found[_name(process)] = sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return found


def _name(process: psutil.Process) -> str:
    """The pid and what it runs."""
    words = process.cmdline() or [process.name()]
    return f"{process.pid} {' '.join(words)[:80]}"
