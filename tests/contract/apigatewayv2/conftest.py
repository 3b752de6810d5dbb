"""Fresh HTTP APIs for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.apigatewayv2.harness import HttpApis


@pytest.fixture
def apis() -> Iterator[HttpApis]:
    with HttpApis() as apis:
        yield apis
