"""A fresh SNS for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.sns.harness import World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world
