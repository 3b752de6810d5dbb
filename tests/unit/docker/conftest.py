"""What the tests of functions on the Docker engine share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The folder of a function's code."""
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "app.py").write_text("x = 1\n")
    return folder
