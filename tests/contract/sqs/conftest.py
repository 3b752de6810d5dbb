"""A fresh SQS for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.sqs.harness import World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world
