"""The parity report: the behaviour suite on both engines, and where they differ.

`python -m tests.behaviour.parity [--write] [--from FOLDER]`; see scripts/parity.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from sandbox.engines.docker.capabilities import lacking

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "parity.md"
ENGINES = ("embedded", "docker")
_HEAD = """# Parity

One suite, `tests/behaviour`, says through the AWS SDK what AWS documents, and runs on both engines:
`scripts/test tests/behaviour` on the embedded one, `scripts/test --docker` on LocalStack, DynamoDB Local and
PostgreSQL. A difference is declared beside its test (`@pytest.mark.differs`) with what AWS documents; on the
engine that differs the test must fail, so that a difference that is gone is noticed. This page is written by
`scripts/parity --write`.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """How a test ended on one engine.

    Attributes:
        outcome: `as AWS`, `differs`, or `FAILED`.
        differs: engine, what it does, what AWS documents; nothing where no difference is declared.
    """

    outcome: str
    differs: tuple[str, ...] = ()


def run(engine: str, report: Path) -> None:
    """Runs the suite on an engine; its results go to a JUnit file."""
    words = ["-q", "-n", "0", "--engine", engine, f"--junitxml={report}", "tests/behaviour"]
    marker = ["-m", "docker"] if engine == "docker" else []
    print(f"== {engine}", file=sys.stderr)
    subprocess.run(
        [sys.executable, "-m", "pytest", *marker, *words], cwd=ROOT, stdout=sys.stderr, check=False
    )


def results(report: Path) -> dict[str, Result]:
    """The tests of a JUnit file, by `file::name`."""
    return dict(_results(report))


def _results(report: Path) -> Iterator[tuple[str, Result]]:
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        area = case.attrib["classname"].rpartition(".")[2].removeprefix("test_")
        declared = [one.attrib["value"] for one in case.iter("property") if one.attrib["name"] == "differs"]
        differs = tuple(declared[0].split("\n")) if declared else ()
        failed = any(case.find(kind) is not None for kind in ("failure", "error"))
        outcome = "FAILED" if failed else "differs" if case.find("skipped") is not None else "as AWS"
        yield f"{area}: {_words(case.attrib['name'])}", Result(outcome, differs)


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def rendered(found: Mapping[str, Mapping[str, Result]]) -> str:
    """The report as Markdown.

    Args:
        found: the results by engine.
    """
    tests = sorted({test for results in found.values() for test in results})
    counts = {engine: _counts(found[engine]) for engine in ENGINES}
    lines = [_HEAD, "| | embedded | docker |", "|---|---|---|"]
    lines += [f"| {what} | {counts['embedded'][what]} | {counts['docker'][what]} |" for what in _OUTCOMES]
    lines += ["", "## Where they differ", ""]
    for test in tests:
        one = {engine: found[engine].get(test, Result("FAILED")) for engine in ENGINES}
        if {result.outcome for result in one.values()} == {"as AWS"}:
            continue
        lines.append(f"- **{test}** (embedded {one['embedded'].outcome}, docker {one['docker'].outcome})")
        differs = one["docker"].differs or one["embedded"].differs
        if differs:
            lines += [f"  - {differs[0]}: {differs[1]}.", f"  - AWS: {differs[2]}."]
        else:
            lines.append("  - nobody has declared this: a failure, not a difference.")
    lines += ["", "## What the Docker engine refuses or leaves out, by name", ""]
    lines += [f"- {text}" for text in lacking()]
    lines += ["", "## Every test", "", "| behaviour | embedded | docker |", "|---|---|---|"]
    lines += [
        f"| {test} | {' | '.join(found[engine].get(test, Result('FAILED')).outcome for engine in ENGINES)} |"
        for test in tests
    ]
    return "\n".join(lines) + "\n"


_OUTCOMES = ("as AWS", "differs", "FAILED")


def _counts(found: Mapping[str, Result]) -> dict[str, int]:
    return {what: sum(result.outcome == what for result in found.values()) for what in _OUTCOMES}


def main() -> int:
    """Runs, prints, and writes where that is asked for; fails where a test failed undeclared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"keep the report in {REPORT.relative_to(ROOT)}")
    parser.add_argument("--from", dest="folder", type=Path, help="read results that are there already")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        if asked.folder is None:
            for engine in ENGINES:
                run(engine, folder / f"{engine}.xml")
        found = {engine: results(folder / f"{engine}.xml") for engine in ENGINES}
    report = rendered(found)
    print(report)
    if asked.write:
        REPORT.write_text(report)
    return int(any(result.outcome == "FAILED" for one in found.values() for result in one.values()))


if __name__ == "__main__":
    sys.exit(main())
