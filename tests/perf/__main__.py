"""`scripts/bench`: measures the sandbox, and prints a table.

    scripts/bench                             every case
    scripts/bench --only saga --only idle     some of them
    scripts/bench --runs 2 --json bench.json  quicker, with every sample in a file
    scripts/bench --only sqs-send --profile p where the time goes: p/sqs-send.txt
    scripts/bench --peers ministack,moto      the same work on other emulators, turn by turn
    scripts/bench --markdown                  the table as docs/performance.md has it

Nothing here is a test: no figure makes a build fail. A case that cannot be measured (an answer that is no
success, a sandbox that does not start) is reported, the others go on, and the exit code is 1.

What is measured is driven by raw HTTP over kept connections from this process, which takes one core of two
under full load; figures hold for a machine that does nothing else. Every case has a sandbox of its own, in a
temporary folder, which is stopped and removed whatever happens.

With `--profile` the daemon's processor time is sampled (see `tests.perf.sampling`), which costs it some
speed. Of several starts of one case the last one's profile is kept.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from sandbox.errors import SandboxError
from tests.perf.bench import Bench, Case, leaves
from tests.perf.catalogue import CASES
from tests.perf.errors import BenchError
from tests.perf.machine import Machine, describe
from tests.perf.peers import PEERS, Running, start
from tests.perf.report import Measure, Report

_RUNS = 5
_ENGINES = ("embedded", "docker")


def main(words: Sequence[str] | None = None) -> int:
    """Runs the cases that are asked for; returns the exit code."""
    asked = _arguments(words)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell put us in the background
    if asked.list:
        sys.stdout.write("".join(f"{case.name:24} {case.about}\n" for case in CASES))
        return 0
    machine = describe()
    _say(machine.words)
    if machine.warning:
        _say(f"warning: {machine.warning}")
    if asked.profile:
        _say("warning: the daemon is profiled, which makes it slower")
    report, failures = _run([case for case in CASES if case.name in (asked.only or _names())], asked)
    if report.measures:
        sys.stdout.write((report.markdown() if asked.markdown else report.text()) + "\n")
    for name, why in failures.items():
        _say(f"{name} could not be measured: {why}")
    if asked.json:
        asked.json.write_text(_document(machine, report, failures, asked))
    return 1 if failures else 0


def _run(cases: Sequence[Case], asked: argparse.Namespace) -> tuple[Report, dict[str, str]]:
    with ExitStack() as stack:
        peers: list[Running] = []
        absent: dict[str, str] = {}
        for name in asked.peers:
            try:
                peers.append(start(name))
                stack.callback(peers[-1].close)
            except (BenchError, OSError, subprocess.SubprocessError) as error:
                absent[name] = str(error)
        report, failures = _measure(cases, asked, peers)
        return report, absent | failures


def _measure(
    cases: Sequence[Case], asked: argparse.Namespace, peers: Sequence[Running]
) -> tuple[Report, dict[str, str]]:
    measures: list[Measure] = []
    notes: list[tuple[str, str, str]] = []
    failures: dict[str, str] = {}
    for case in cases:
        for turn, engine in enumerate(asked.engine):
            if engine in case.not_on:
                if len(cases) < len(CASES):
                    notes.append((case.name, engine, case.not_on[engine]))
                continue
            _say(f"{case.name}, {engine}: {case.about} ...")
            bench = Bench(asked.runs, _profile(asked, case), peers if not turn else (), engine)
            found: list[Measure] = []
            try:
                found = case.measure(bench)
            except* (BenchError, SandboxError, OSError, subprocess.SubprocessError) as group:
                failures[f"{case.name}, {engine}"] = "; ".join(str(error) for error in leaves(group)[:3])
            notes += [(case.name, name, why) for name, why in bench.notes.items()]
            beside = turn > 0 and asked.engine[0] not in case.not_on
            measures += [replace(one, engine=engine) if beside else one for one in found]
    return Report(measures, (*asked.engine[1:], *asked.peers), notes), failures


def _profile(asked: argparse.Namespace, case: Case) -> Path | None:
    if not asked.profile:
        return None
    asked.profile.mkdir(parents=True, exist_ok=True)
    return Path(asked.profile.absolute() / f"{case.name}.txt")


def _document(machine: Machine, report: Report, failures: dict[str, str], asked: argparse.Namespace) -> str:
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "runs": asked.runs,
        "profiled": asked.profile is not None,
        "machine": machine.as_json(),
        "peers": {name: PEERS[name].packages[0] for name in asked.peers},
        "measures": [measure.as_json() for measure in report.measures],
        "notes": [dict(zip(("case", "engine", "why"), note, strict=True)) for note in report.notes],
        "failures": failures,
    }
    return json.dumps(document, indent=1) + "\n"


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measures the sandbox, and prints a table."
    )
    parser.add_argument(
        "--only", action="append", choices=_names(), metavar="CASE", help="this case; repeatable"
    )
    parser.add_argument(
        "--runs", type=_positive, default=_RUNS, metavar="N", help="starts and rounds of each case"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to a file")
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", help="profile the daemon, a file for each case"
    )
    parser.add_argument(
        "--peers", type=_peers, default=(), metavar="A,B", help=f"other engines too: {', '.join(PEERS)}"
    )
    parser.add_argument(
        "--engine",
        type=_engines,
        default=("embedded",),
        metavar="A[,B]",
        help="the sandbox's engine to measure: embedded, docker, or both beside each other (embedded,docker)",
    )
    parser.add_argument("--markdown", action="store_true", help="print the table of the document")
    parser.add_argument("--list", action="store_true", help="list the cases")
    asked = parser.parse_args(words)
    if asked.json and not asked.json.absolute().parent.is_dir():
        parser.error(f"--json: there is no folder {asked.json.parent}")
    return asked


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 1 or more")
    return int(text)


def _engines(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in _ENGINES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(_ENGINES)}")
    return names


def _peers(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in PEERS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(PEERS)}")
    return names


def _names() -> list[str]:
    return [case.name for case in CASES]


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _end(*_: object) -> NoReturn:
    sys.exit(143)  # so that whatever is open is closed on the way


if __name__ == "__main__":
    sys.exit(main())
