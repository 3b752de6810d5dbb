"""Sandboxes on the Docker engine.

`nfe` is shared by the tests of one pytest process. Time is real: the outbox is invoked, not waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.docker.harness import DockerSandbox
from tests.e2e.harness import NFE

Maker = Callable[[], DockerSandbox]


@pytest.fixture(scope="session")
def nfe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerSandbox]:
    """The NF-e system, seeded."""
    sandbox = DockerSandbox(tmp_path_factory.mktemp("n"))
    try:
        sandbox.up(str(NFE))
        yield sandbox
    finally:
        sandbox.close()


@pytest.fixture
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    """Makes sandboxes that are not started yet, and cleans up after them."""
    made: list[DockerSandbox] = []

    def make() -> DockerSandbox:
        made.append(DockerSandbox(tmp_path_factory.mktemp("x")))
        return made[-1]

    try:
        yield make
    finally:
        for sandbox in made:
            sandbox.close()
