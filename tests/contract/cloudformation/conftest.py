"""A fresh CloudFormation for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.cloudformation.harness import Stacks


@pytest.fixture
def stacks() -> Iterator[Stacks]:
    with Stacks() as made:
        yield made
