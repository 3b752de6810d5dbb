"""Who tells the states of sagas."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from sandbox.errors import SandboxError
from sandbox.model.saga.declaration import Style
from sandbox.session.sagas import Declared
from sandbox.session.sagastates import DatabaseStates, NoStates, states_of
from tests.unit.model.saga_story import declaration


def nowhere(database: str) -> str:
    return f"postgresql://127.0.0.1:1/{database}"


@pytest.mark.parametrize("style", [Style.STEP_FUNCTIONS, Style.DURABLE_FUNCTION])
def test_a_style_without_a_reader_is_refused_by_name(style: Style) -> None:
    declared = Declared(stack="s", declaration=replace(declaration(), style=style))
    with pytest.raises(SandboxError) as caught:
        states_of(declared, nowhere)
    assert style.value in caught.value.why
    assert "choreography" in caught.value.remedy


def test_a_choreography_is_told_by_its_database() -> None:
    states = states_of(Declared(stack="s", declaration=declaration()), nowhere)
    assert isinstance(states, DatabaseStates)
    assert states.lists
    with pytest.raises(SandboxError, match="cannot be reached"):
        asyncio.run(states.newest(1))


def test_without_a_database_nobody_tells() -> None:
    states = states_of(Declared(stack="s", declaration=replace(declaration(), state=None)), nowhere)
    assert isinstance(states, NoStates)
    assert asyncio.run(states.newest(5)) == []
    assert asyncio.run(states.some(["a"])) == {}
