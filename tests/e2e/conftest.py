"""Sandboxes for the end-to-end tests.

`nfe` is shared by the tests of one pytest process: its clock stands still, so that only a test moves it, and
each test brings its own products. Tests that kill, restart or empty a sandbox take one from `sandboxes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import NFE, Sandbox
from tests.support.commands import cli

__all__ = ["cli"]

Maker = Callable[..., Sandbox]


@pytest.fixture(scope="session")
def nfe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The NF-e system, seeded, its clock stopped."""
    sandbox = Sandbox(tmp_path_factory.mktemp("n"))
    try:
        sandbox.up(str(NFE))
        sandbox.cli("clock", "pause")
        yield sandbox
    finally:
        sandbox.close()


@pytest.fixture
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    """Makes sandboxes that are not started yet, and cleans up after them."""
    made: list[Sandbox] = []

    def make(cwd: Path | None = None) -> Sandbox:
        made.append(Sandbox(tmp_path_factory.mktemp("x"), cwd=cwd))
        return made[-1]

    try:
        yield make
    finally:
        for sandbox in made:
            sandbox.close()
