"""A fresh CloudWatch Logs for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.services.logs.service import LogsService
from tests.support.world import World


@pytest.fixture
def world() -> Iterator[World[LogsService]]:
    with World(LogsService) as world:
        yield world
