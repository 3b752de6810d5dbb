"""A journal in memory for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.clock import Clock
from sandbox.flow.recorder import Journal
from tests.unit.flow.journal import START, Story


@pytest.fixture
def story() -> Iterator[Story]:
    clock = Clock(start=START, speed=0)
    journal = Journal(None, clock)
    yield Story(journal, clock)
    journal.close()
