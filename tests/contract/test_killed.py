"""`kill -9` with ten thousand things queued: each one that was acknowledged is there after the restart."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.contract.queued import CASES, COUNT

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("service", CASES)
def test_what_was_acknowledged_outlives_the_process(tmp_path: Path, service: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.queued", service, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    acknowledged = json.loads((tmp_path / "acknowledged.json").read_text())
    assert len(set(acknowledged)) == COUNT
    delivered = Counter(CASES[service].drain(tmp_path))
    assert set(delivered) == set(acknowledged)
    assert set(delivered.values()) == {1}
