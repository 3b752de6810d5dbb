"""The machine that is measured on, and whether it is quiet enough to be believed."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

#: Load average from which on figures are not to be relied on.
QUIET_LOAD = 0.5


@dataclass(frozen=True)
class Machine:
    """Where and on what the benchmark runs.

    Attributes:
        cores: that this process may use.
        load: the load average of the last minute before the first case.
        busy_percent: of all cores, in the second before the first case.
    """

    cores: int
    processor: str
    memory_gb: float
    system: str
    python: str
    load: float
    busy_percent: float

    @property
    def words(self) -> str:
        """One line for people."""
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gb:.1f} GB, {self.system}, "
            f"Python {self.python}, load average {self.load:.2f}, {self.busy_percent:.0f} % busy at start"
        )

    @property
    def warning(self) -> str | None:
        """Why the figures are not to be relied on, if they are not."""
        if self.load <= QUIET_LOAD:
            return None
        return (
            f"the load average is {self.load:.2f}: something else is running, or was in the last minute, and "
            "the figures will be worse than they are on a quiet machine"
        )

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def describe() -> Machine:
    """Looks at the machine for a second."""
    load = os.getloadavg()[0]
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=_processor(),
        memory_gb=psutil.virtual_memory().total / 1e9,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        load=load,
        busy_percent=psutil.cpu_percent(interval=1.0),
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
