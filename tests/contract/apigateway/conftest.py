"""A fresh API Gateway for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.apigateway.harness import Api


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as api:
        yield api
