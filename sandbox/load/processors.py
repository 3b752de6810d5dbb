"""Who uses the machine's processors during a load: the sandbox, its functions, the load itself, others."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

#: As which a process of the sandbox counts, by the first word of its name in `status`.
_FUNCTIONS = ("lambda", "zygote")


@dataclass(frozen=True, slots=True)
class Share:
    """Processor seconds by who used them.

    Attributes:
        others: part of the machine (0 to 1) that others took.
        before: the machine's load average over a minute when the load began.
    """

    sandbox: float
    functions: float
    load: float
    others: float
    before: float = 0.0

    @property
    def own(self) -> float:
        """Seconds of everything that belongs to the load."""
        return self.sandbox + self.functions + self.load


class Processors:
    """Measures from its making on.

    Args:
        processes: those of the sandbox, as `status` has them (`name`, `pid`).
    """

    def __init__(self, processes: Iterable[Mapping[str, Any]]) -> None:
        self._began = time.monotonic()
        self._average = os.getloadavg()[0]
        self._busy = _busy()
        self._before = _spent(processes)

    def share(self, processes: Iterable[Mapping[str, Any]]) -> Share:
        """What was used since.

        Args:
            processes: those of the sandbox now.
        """
        elapsed, busy = time.monotonic() - self._began, _busy() - self._busy
        used = {"sandbox": 0.0, "functions": 0.0, "load": 0.0}
        for pid, (kind, seconds) in _spent(processes).items():
            used[kind] += seconds - self._before.get(pid, ("", 0.0))[1]
        capacity = max(elapsed, 1e-9) * (psutil.cpu_count() or 1)
        others = max(0.0, busy - sum(used.values())) / capacity
        return Share(used["sandbox"], used["functions"], used["load"], min(1.0, others), self._average)


def _busy() -> float:
    """Seconds in which processors worked since the machine started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _spent(processes: Iterable[Mapping[str, Any]]) -> dict[int, tuple[str, float]]:
    """Seconds that each process has used, with those of its children that have ended."""
    found = {}
    own = psutil.Process()
    for name, pid in [*((one["name"], one["pid"]) for one in processes), ("load", own.pid)]:
        word = name.partition(" ")[0]
        kind = "load" if pid == own.pid else "functions" if word in _FUNCTIONS else "sandbox"
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(pid).cpu_times()
            ended = times.children_user + times.children_system if word == "zygote" else 0.0
            found[pid] = (kind, times.user + times.system + ended)
    return found
