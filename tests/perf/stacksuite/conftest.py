"""Keeps how long each phase of each test took."""

import json
import os
from pathlib import Path

_TIMES = []


def pytest_runtest_logreport(report):
    _TIMES.append((report.nodeid, report.when, report.duration, report.outcome))


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["SUITE_TIMES"]).write_text(json.dumps(_TIMES))
