"""One command line, what it said, and what it should have said."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.cli.app import run

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


class Cli:
    """Runs command lines with a state folder of their own."""

    def __init__(self, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.state = state
        self._capsys = capsys

    def __call__(self, *words: str) -> Said:
        """Runs `sandbox WORDS`."""
        self._capsys.readouterr()
        code = run(words)
        out, err = self._capsys.readouterr()
        return Said(code, out, err)

    def here(self, *words: str) -> Said:
        """Runs `sandbox WORDS --state` with the folder of this test."""
        return self(*words, "--state", str(self.state))


def golden(name: str, text: str) -> None:
    """Compares with a golden file; with UPDATE_GOLDEN=1 in the environment, writes it instead."""
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert file.exists(), f"there is no {file.name}: look at the text, then run with UPDATE_GOLDEN=1\n{text}"
    assert text == file.read_text()
