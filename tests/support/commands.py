"""The command line in this process, on the sandbox of a test: no new Python for each command."""

from __future__ import annotations

import pytest

from sandbox.testing import Sandbox, Stack
from tests.cli.harness import Cli, Said


class Commands:
    """Runs `sandbox WORDS` on one sandbox, and insists on the exit code.

    Args:
        cli: runs command lines.
    """

    def __init__(self, cli: Cli) -> None:
        self._cli = cli

    def __call__(self, *words: str, code: int = 0) -> Said:
        """What it said."""
        said = self._cli.here(*words)
        assert said.code == code, f"{' '.join(words)} ended with {said.code}:\n{said.err}\n{said.out}"
        assert "Traceback" not in said.err, said.err
        return said


@pytest.fixture
def cli(sandbox: Sandbox, stack: Stack, capsys: pytest.CaptureFixture[str]) -> Commands:
    """The command line of this test's stack."""
    return Commands(Cli(sandbox.folder, capsys))
