"""Who tells the states of sagas: the database of a choreography, or, without one, nobody but the journal.

A saga of another style is told by something else (the executions of a state machine, the checkpoints of a
function): its reader is another `SagaStates`, found here by the style.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from sandbox.errors import SandboxError
from sandbox.model.saga.declaration import State, Style
from sandbox.model.saga.progress import Row
from sandbox.session.sagas import Declared
from sandbox.session.statequeries import asking


class SagaStates(Protocol):
    """Tells the states of the sagas of one declaration."""

    async def newest(self, limit: int) -> list[Row]:
        """The newest sagas; none where only the journal knows them.

        Raises:
            SandboxError: whoever knows could not be asked.
        """
        ...

    async def some(self, keys: Sequence[str]) -> dict[str, Row]:
        """Sagas by their keys; those that are not known are missing.

        Raises:
            SandboxError: whoever knows could not be asked.
        """
        ...

    @property
    def lists(self) -> bool:
        """Whether `newest` is all there is as long as it gives less than its limit."""
        ...


class DatabaseStates:
    """States from the queries of the declaration.

    Args:
        saga: name of the saga, for errors.
        dsn: connection string of the database.
    """

    def __init__(self, saga: str, state: State, dsn: str) -> None:
        self._saga = saga
        self._state = state
        self._dsn = dsn

    async def newest(self, limit: int) -> list[Row]:
        """The newest sagas, where the declaration has a query for them."""
        if not self._state.newest:
            return []
        async with asking(self._saga, self._dsn) as answers:
            return await answers.newest(self._state, limit)

    async def some(self, keys: Sequence[str]) -> dict[str, Row]:
        """Sagas by their keys, one query each."""
        if not keys:
            return {}
        async with asking(self._saga, self._dsn) as answers:
            found = [await answers.one(self._state, key) for key in keys]
        return {row.key: row for row in found if row is not None}

    @property
    def lists(self) -> bool:
        """Whether the declaration has a query for the newest."""
        return bool(self._state.newest)


class NoStates:
    """Nobody tells: outcomes follow from the events that the journal saw."""

    async def newest(self, limit: int) -> list[Row]:
        """None."""
        return []

    async def some(self, keys: Sequence[str]) -> dict[str, Row]:
        """None."""
        return {}

    @property
    def lists(self) -> bool:
        """There is nothing more to ask."""
        return True


#: Gives the connection string of a database, by the physical id of its resource.
Dsn = Callable[[str], str]


def states_of(declared: Declared, dsn: Dsn) -> SagaStates:
    """Who tells the states of a declaration's sagas.

    Raises:
        SandboxError: the style of the saga has no reader: names it.
    """
    declaration = declared.declaration
    reader = _READERS.get(declaration.style)
    if reader is None:
        raise SandboxError(
            f"the saga {declaration.saga} cannot be followed",
            f"it is of style {declaration.style.value}, whose states this version cannot read",
            f"`sandbox flow` shows its events; followed are sagas of style {', '.join(sorted(_READERS))}",
        )
    return reader(declared, dsn)


def _choreography(declared: Declared, dsn: Dsn) -> SagaStates:
    state = declared.declaration.state
    if state is None:
        return NoStates()
    return DatabaseStates(declared.declaration.saga, state, dsn(state.database))


_READERS: Mapping[Style, Callable[[Declared, Dsn], SagaStates]] = {Style.CHOREOGRAPHY: _choreography}
