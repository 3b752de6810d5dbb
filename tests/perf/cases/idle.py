"""What a sandbox costs that has NF-e deployed and nothing to do."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import psutil

from tests.perf.bench import NFE, Bench
from tests.perf.errors import BenchError
from tests.perf.report import Measure
from tests.perf.sandbox import Sandbox

#: Real seconds that pass after the start, while things are readied beside it, and that are looked at then.
#: Together less than a minute: then the outbox runs, and leaves a warm environment.
_SETTLING = 8.0
_WINDOW = 20.0


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
