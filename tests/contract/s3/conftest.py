"""One S3 for each file, because moto takes seconds to start."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.contract.s3.harness import World

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("moto"))
    yield world
    world.close()


@pytest.fixture
def world(running: World) -> World:
    running.targets.taken.clear()
    running.targets.refusals.clear()
    return running


@pytest.fixture
def bucket(world: World) -> str:
    """A bucket of the test's own."""
    name = f"fotos-{next(_numbers)}"
    world.s3("CreateBucket", Bucket=name)
    return name
