"""One sandbox on the engine of `--engine`, shared by the tests of the suite; its clock is the real one.

What time would bring is asked for: the outbox is invoked, and visibility timeouts are shortened.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docker.harness import DockerSandbox
from tests.e2e.harness import NFE, Sandbox

_FUNCTIONS = Path(__file__).parent / "functions" / "template.yaml"

Namer = Callable[[str], str]


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name."""
    return str(request.config.getoption("--engine"))


@pytest.fixture(scope="session")
def nfe(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The NF-e system, seeded, and a function whose every answer is asked of it."""
    kind = DockerSandbox if engine == "docker" else Sandbox
    sandbox = kind(tmp_path_factory.mktemp("b"))
    try:
        sandbox.up(str(NFE))
        yield sandbox
    finally:
        sandbox.close()


@pytest.fixture(scope="session")
def names() -> Namer:
    """Makes names that no other test uses."""
    counter = itertools.count(1)
    return lambda stem: f"{stem}-{next(counter)}"


@pytest.fixture(scope="session")
def eco(nfe: Sandbox) -> dict[str, str]:
    """The outputs of the stack that has the function `eco`."""
    nfe.cli("deploy", str(_FUNCTIONS))
    stacks = nfe.status()["stacks"]
    outputs: dict[str, str] = next(stack["outputs"] for stack in stacks if "EcoUrl" in stack["outputs"])
    return outputs
