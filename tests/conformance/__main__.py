"""Runs the tests that restate recorded answers and prints what they cover: `scripts/conformance`.

`--json` prints the counts as JSON, `--names` those names that no test restates though none is given a reason.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.recorded import names, restated, services

_HERE = Path(__file__).parent


class Collector:
    """Notes what each test restates and how it ended."""

    def __init__(self) -> None:
        self.restated: dict[str, list[tuple[str, str]]] = {}
        self.failed: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keeps what the tests restate."""
        self.restated = {item.nodeid: restated(item) for item in session.items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps which tests failed."""
        if not report.passed:
            self.failed.add(report.nodeid)


def counts(collector: Collector) -> dict[str, dict[str, Any]]:
    """What is covered of each service.

    Returns:
        By service: `recorded` names, those `restated`, those of them `passing`, `apart` (with a reason);
        the names `missing` (no test, no reason) and `unknown` (restated, never recorded).
    """
    passing: dict[tuple[str, str], bool] = {}
    for test, found in collector.restated.items():
        for name in found:
            passing[name] = passing.get(name, True) and test not in collector.failed
    table = {}
    for service in services():
        known = names(service)
        mine = {name for owner, name in passing if owner == service}
        table[service] = {
            "recorded": len(known),
            "restated": len(mine & set(known)),
            "passing": sum(passing[service, name] for name in mine if name in known),
            "apart": sum(bool(reason) for reason in known.values()),
            "missing": sorted(name for name, reason in known.items() if not reason and name not in mine),
            "unknown": sorted(mine - set(known)),
        }
    return table


def lines(table: dict[str, dict[str, Any]]) -> list[str]:
    """The table as people read it."""
    total: Counter[str] = Counter()
    for row in table.values():
        total.update({name: row[name] for name in _COLUMNS})
    heads = "".join(f"{name:>10}" for name in (*_COLUMNS, "covered"))
    return [
        f"{'service':<16}{heads}",
        *(_line(service, row) for service, row in table.items()),
        _line("all", total),
    ]


def _line(label: str, row: Mapping[str, Any]) -> str:
    share = row["passing"] / row["recorded"] if row["recorded"] else 1.0
    return f"{label:<16}" + "".join(f"{row[name]:>10}" for name in _COLUMNS) + f"{share:>10.1%}"


_COLUMNS = ("recorded", "restated", "passing", "apart")


def main(arguments: list[str]) -> int:
    """Runs, counts, prints; 1 when a test fails or a name is neither restated nor explained."""
    collector = Collector()
    quiet = ["-q", "--no-header", "-m", "recorded", "-p", "no:cacheprovider", str(_HERE)]
    if "--names" in arguments:
        quiet.insert(0, "--collect-only")
    with contextlib.redirect_stdout(sys.stderr):
        code = pytest.main(quiet, plugins=[collector])
    table = counts(collector)
    if "--names" in arguments:
        text = json.dumps({service: (row["missing"], row["unknown"]) for service, row in table.items()})
    else:
        text = json.dumps(table, indent=2) if "--json" in arguments else "\n".join(lines(table))
    sys.stdout.write(f"{text}\n")
    open_ends = any(row["missing"] or row["unknown"] for row in table.values())
    return int(code != 0 or open_ends)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
