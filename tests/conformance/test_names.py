"""Every recorded name is restated by a test or has a reason why not, which docs/conformance.md tells."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conformance.recorded import names, services

_ROOT = Path(__file__).parents[2]


def test_no_recorded_name_is_forgotten() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance", "--names"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    assert found == {service: [[], []] for service in services()}


def test_the_page_tells_why_a_name_is_not_restated() -> None:
    page = (_ROOT / "docs" / "conformance.md").read_text()
    for service in services():
        assert f"`{service}`" in page
        for name, reason in names(service).items():
            assert not reason or f"`{name}`" in page, name
