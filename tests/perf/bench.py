"""What a case is given: fresh sandboxes, and what to measure on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.perf.report import Measure
from tests.perf.sandbox import ROOT, Sandbox

NFE = ROOT / "handlers" / "nfe"
OWN = Path(__file__).parent / "system"


@dataclass(frozen=True)
class Target:
    """An engine with the benchmark's own system on it: all that most cases need to know of it.

    Attributes:
        pid: its main process.
    """

    pid: int
    endpoint: str
    queue_url: str
    api_url: str
    quiet_function: str = "bench-quiet"
    cold_function: str = "bench-cold"


@dataclass(frozen=True)
class Bench:
    """One run of one case.

    Attributes:
        runs: how often to start, and how many rounds of load; cases of single calls take multiples of it.
        profile: file for the daemon's profile, or None.
    """

    runs: int
    profile: Path | None = None

    @contextmanager
    def sandbox(self, system: Path, *, profile_start: bool = False) -> Iterator[Sandbox]:
        """A sandbox that is not started yet; stopped and removed whatever happens.

        Args:
            profile_start: whether a profile shows its start, or what comes after it.
        """
        sandbox = Sandbox(system, profile=self.profile, profile_start=profile_start)
        try:
            yield sandbox
        finally:
            sandbox.close()

    @contextmanager
    def target(self) -> Iterator[Target]:
        """An engine that runs the benchmark's own system, with nothing in its queue."""
        with self.sandbox(OWN) as sandbox:
            sandbox.up(fresh=True)
            outputs = sandbox.outputs
            yield Target(sandbox.view["pid"], sandbox.endpoint, outputs["QueueUrl"], outputs["ApiUrl"])


@dataclass(frozen=True)
class Case:
    """Something to measure.

    Attributes:
        about: what, in a few words.
    """

    name: str
    about: str
    measure: Callable[[Bench], list[Measure]]
