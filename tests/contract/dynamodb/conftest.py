from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.dynamodb.harness import Tables


@pytest.fixture
def tables() -> Iterator[Tables]:
    with Tables() as running:
        yield running
