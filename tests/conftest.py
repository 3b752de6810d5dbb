"""Which engine the behaviour suite runs on: `--engine docker` makes its tests ones that need Docker."""

from __future__ import annotations

from pathlib import Path

import pytest

_SUITE = Path(__file__).parent / "behaviour"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption(
        "--engine", choices=("embedded", "docker"), default="embedded", help="of tests/behaviour"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks the suite's tests for the engine: a declared difference that is not there fails."""
    engine = config.getoption("--engine")
    for item in items:
        if _SUITE not in item.path.parents:
            continue
        if engine == "docker":
            item.add_marker(pytest.mark.docker)
            item.add_marker(pytest.mark.timeout(300))
        for mark in item.iter_markers("differs"):
            where, does, documented = mark.args
            item.user_properties.append(("differs", f"{where}\n{does}\n{documented}"))
            if where == engine:
                item.add_marker(pytest.mark.xfail(reason=does, strict=True))
