"""Keeps how long each phase of each test took."""

import json
import os
from pathlib import Path

import pytest

_TIMES: list[tuple[str, str | None, float, str]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _TIMES.append((report.nodeid, report.when, report.duration, report.outcome))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["SUITE_TIMES"]).write_text(json.dumps(_TIMES))
