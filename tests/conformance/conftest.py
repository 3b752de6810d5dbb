"""Services as their clients speak to them: SQS in both of its protocols, EventBridge among others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.conformance.bus_world import BusWorld
from tests.contract.sqs.harness import World
from tests.support.speaking import Speaker


def speak(world: World, protocol: str) -> Speaker:
    """A client of a world's SQS."""

    def call(operation: str, params: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        return world.call(operation, trace=headers.get("x-amzn-trace-id"), **params)

    return Speaker("sqs", protocol, call)


@pytest.fixture
def buses() -> Iterator[BusWorld]:
    with BusWorld() as opened:
        yield opened


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(params=["json", "query"], ids=["sqs", "sqs_query"])
def sqs(world: World, request: pytest.FixtureRequest) -> Speaker:
    return speak(world, request.param)


@pytest.fixture
def json_sqs(world: World) -> Speaker:
    return speak(world, "json")


@pytest.fixture
def query_sqs(world: World) -> Speaker:
    return speak(world, "query")
