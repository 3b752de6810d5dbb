"""What a test costs: the same suite on the fixtures, on moto and on MiniStack, and the reference system.

`scripts/bench-tests [--tests 200] [--workers 2]`; prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.perf.errors import BenchError
from tests.perf.peers import PEERS, PeerProcess

_SUITE = Path(__file__).parent / "stacksuite"
_FOREIGN = ("AWS_", "PG", "SANDBOX_", "LOCALSTACK_", "PYTEST_", "PYTHON")
_MOST_SECONDS = 1800


@dataclass(frozen=True)
class Run:
    """One run of a suite.

    Attributes:
        seconds: of the whole, pytest's own start included.
        around, body: milliseconds of each test's setup and teardown, and of its body.
    """

    title: str
    seconds: float
    around: list[float]
    body: list[float]

    def row(self) -> str:
        """A row of the table."""
        cost = f"{statistics.median(self.around):.0f} ms | {_p95(self.around):.0f} ms"
        return f"| {self.title} | {self.seconds:.1f} s | {cost} | {statistics.median(self.body):.0f} ms |"


def main() -> int:
    """Runs every suite; returns the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/bench-tests", description="What a test costs.")
    parser.add_argument("--tests", type=int, default=200, help="tests of each suite")
    parser.add_argument("--workers", type=int, default=2, help="processes of pytest-xdist")
    words = parser.parse_args()
    runs = []
    for title, suite, target in (
        ("sandbox", "suite.py", "sandbox"),
        (f"moto {_version('moto')}, in process", "suite.py", "moto"),
        (f"MiniStack {_version('ministack')}", "suite.py", "ministack"),
        ("sandbox: NF-e, with functions and PostgreSQL", "saga.py", "sandbox"),
    ):
        with _endpoint(target) as variables:
            runs.append(_run(title, suite, target, words.tests, words.workers, variables))
    lines = [
        f"| {words.tests} tests, `-n {words.workers}` | whole | around a test, p50 | p95 | its body, p50 |",
        "|---|---|---|---|---|",
        *(run.row() for run in runs),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


@contextmanager
def _endpoint(target: str) -> Iterator[Mapping[str, str]]:
    """Variables that a target is found by; a server of its own where it needs one."""
    if target != "ministack":
        yield {}
        return
    with closing(PeerProcess(PEERS["ministack"])) as peer:
        yield {"SUITE_ENDPOINT": peer.endpoint}


def _run(title: str, suite: str, target: str, tests: int, workers: int, variables: Mapping[str, str]) -> Run:
    folder = Path(tempfile.mkdtemp(prefix="bench-tests-"))
    try:
        for name in ("conftest.py", "template.yaml"):
            shutil.copy(_SUITE / name, folder)
        shutil.copy(_SUITE / suite, folder / "test_suite.py")
        (folder / "pyproject.toml").write_text(
            '[tool.pytest.ini_options]\nsandbox_system = "template.yaml"\n'
        )
        times = folder / "times.json"
        ours = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        told = {"SUITE_TARGET": target, "SUITE_TESTS": str(tests), "SUITE_TIMES": str(times), **variables}
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers)],
            cwd=folder,
            env={**ours, **told},
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
            check=False,
        )
        seconds = time.monotonic() - began
        if done.returncode:
            raise BenchError(f"{title}: the suite failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
        return _read(title, seconds, json.loads(times.read_text()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read(title: str, seconds: float, times: list[tuple[str, str, float, str]]) -> Run:
    around: dict[str, float] = {}
    body: dict[str, float] = {}
    for test, when, duration, _ in times:
        phase = body if when == "call" else around
        phase[test] = phase.get(test, 0.0) + duration * 1000
    return Run(title, seconds, list(around.values()), list(body.values()))


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def _version(peer: str) -> str:
    return PEERS[peer].packages[0].partition("==")[2]


if __name__ == "__main__":
    sys.exit(main())
