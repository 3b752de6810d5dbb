"""One EventBridge Scheduler per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.scheduler.harness import World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as opened:
        yield opened
