"""Who works on stacks when: one thing after the other on one stack, other stacks beside it; and whoever puts
another state in the place of all of it is alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sandbox.deploy.errors import BusyError
from sandbox.deploy.progress import DeployEvent
from sandbox.model.scope import Scope

#: Real seconds after which whoever waits is told for what, and between two looks at whether that has changed.
_PATIENCE = 2.0
_AGAIN = 5.0
#: Real seconds that whoever wants to be alone waits at most, where somebody sits there and waits with it.
_LONGEST = 120.0
Told = Callable[[str], None]


def tell_nobody(text: str) -> None:
    """Says nothing."""


class Operation:
    """Something that works on a stack, or on everything, or waits for its turn.

    Args:
        what: names it, for people.
        stack: what it works on; None is everything.
    """

    def __init__(self, what: str, stack: tuple[Scope, str] | None) -> None:
        self._what = what
        self._stack = stack
        self._at: dict[tuple[str, str], str] = {}
        self._notice = ""
        self.since = time.monotonic()
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def hear(self, event: DeployEvent) -> None:
        """Keeps of what a deployment tells where it is, and what it said last."""
        if event.kind == "notice":
            self._notice = event.detail
        elif event.phase == "start":
            self._at[event.stack, event.subject] = event.kind
        else:
            self._at.pop((event.stack, event.subject), None)
            self._notice = self._notice if self._at else ""

    def hinders(self, other: Operation) -> bool:
        """Whether the two cannot go on side by side."""
        return self._stack is None or other._stack is None or self._stack == other._stack

    @property
    def name(self) -> str:
        """What it is, for people."""
        if self._stack is None:
            return self._what
        scope, stack = self._stack
        elsewhere = "" if scope == Scope() else f" in {scope.account} {scope.region}"
        return f"{self._what} of the stack {stack}{elsewhere}"

    @property
    def at(self) -> str:
        """Where it is, and what it said last; empty where nothing is known of that."""
        if not self._at:
            return ""
        resources = ", ".join(f"{subject} ({kind})" for (_, subject), kind in self._at.items())
        return f"; it is at {resources}{f': {self._notice}' if self._notice else ''}"


class Turns:
    """The turns of one session.

    Args:
        patience: real seconds after which whoever waits is told for what.
        again: real seconds between two looks at whether that has changed.
        longest: real seconds that commands which want to be alone wait at most.
    """

    def __init__(self, patience: float = _PATIENCE, again: float = _AGAIN, longest: float = _LONGEST) -> None:
        self.longest = longest
        self._patience = patience
        self._again = again
        #: In the order in which they came; those whose turn it is among them.
        self._operations: list[Operation] = []

    @asynccontextmanager
    async def of(
        self, what: str, scope: Scope, stack: str, told: Told = tell_nobody
    ) -> AsyncIterator[Operation]:
        """Works on a stack, after whatever works on it now.

        Args:
            what: names the work: `the deployment`.
            stack: name of the outermost one, where it is within others.
            told: told what is waited for, when that takes long.
        """
        async with self._turn(Operation(what, (scope, stack)), told, None) as operation:
            yield operation

    @asynccontextmanager
    async def alone(
        self, what: str, told: Told = tell_nobody, seconds: float | None = None
    ) -> AsyncIterator[None]:
        """Works on everything, after whatever works on any stack now, and before what comes later.

        Args:
            what: names the work: `the reset`.
            told: told what is waited for, when that takes long.
            seconds: real ones to wait at most.

        Raises:
            BusyError: its turn did not come by then.
        """
        async with self._turn(Operation(what, None), told, seconds):
            yield

    @asynccontextmanager
    async def _turn(
        self, operation: Operation, told: Told, seconds: float | None
    ) -> AsyncIterator[Operation]:
        self._operations.append(operation)
        try:
            self._begin_what_can()
            await self._waited(operation, told, seconds)
            operation.since = time.monotonic()
            yield operation
        finally:
            self._operations.remove(operation)
            self._begin_what_can()

    def _begin_what_can(self) -> None:
        for index, operation in enumerate(self._operations):
            hindered = any(before.hinders(operation) for before in self._operations[:index])
            if not hindered and not operation.turn.done():
                operation.turn.set_result(None)

    async def _waited(self, operation: Operation, told: Told, seconds: float | None) -> None:
        """Waits for an operation's turn, and tells what for."""
        said, pause = "", self._patience
        while not operation.turn.done():
            left = pause if seconds is None else min(pause, seconds - _age(operation))
            if left <= 0:
                raise BusyError(
                    f"{operation.name} was given up",
                    f"it waited {_age(operation):.0f} s for {self._before(operation)}",
                    "wait until that has ended, or end it, then run the command again; nothing was changed",
                )
            await asyncio.wait([operation.turn], timeout=left)
            known = "".join(f"{id(one)}{one.at}" for one in self._chain(operation))
            if known and known != said and _age(operation) >= self._patience:
                told(f"waits for {self._before(operation)}")
                said, pause = known, self._again

    def _chain(self, operation: Operation) -> list[Operation]:
        """What an operation waits for, what that waits for, and so on to one that goes on."""
        chain: list[Operation] = []
        while not operation.turn.done():
            before = self._operations[: self._operations.index(operation)]
            operation = next(one for one in reversed(before) if one.hinders(operation))
            chain.append(operation)
        return chain

    def _before(self, operation: Operation) -> str:
        """What an operation waits for, for people."""
        *waiting, works = self._chain(operation)
        names = [*(one.name for one in waiting), works.name]
        return f"{', which waits for '.join(names)}, which began {_age(works):.0f} s ago{works.at}"


def _age(operation: Operation) -> float:
    """Real seconds since an operation began; of one that waits, since it began to wait."""
    return time.monotonic() - operation.since
