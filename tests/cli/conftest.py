"""Runs commands in this process against a control server with canned answers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.control.server import Method
from tests.cli.harness import Cli
from tests.support.control import serving


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    for name in ("SANDBOX_STATE", "SANDBOX_DEBUG", "SANDBOX_PORT", "SANDBOX_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    with tempfile.TemporaryDirectory(prefix="sb-") as folder:
        yield Cli(Path(folder), capsys)


@pytest.fixture
def running(cli: Cli, methods: Mapping[str, Method]) -> Iterator[Cli]:
    """`cli`, with a daemon that answers the module's `methods`."""
    with serving(cli.state, methods):
        yield cli
