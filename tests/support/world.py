"""One service alone, over one database, on a manual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import pytest

from sandbox.clock import Clock
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call, Caller
from sandbox.model.ids import Ids
from sandbox.model.ports import NoFaults
from sandbox.model.scope import Scope
from sandbox.services.base import Kit, Service
from sandbox.store.database import Database
from tests.support.fakes import KeptHops

START = 1_700_000_000.0
HERE = Scope()

S = TypeVar("S", bound=Service)
T = TypeVar("T")


async def turns(count: int = 20) -> None:
    """Lets everything that is ready run."""
    for _ in range(count):
        await asyncio.sleep(0)


class Stage(Generic[S]):
    """What one service needs around it; a context manager, because its event loop must be closed.

    Args:
        path: the database's file, None for memory.
        clock: the service's.

    Attributes:
        turns_after: turns of the event loop that are given to what a call made ready.
    """

    service: S
    turns_after = 20

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.runner = asyncio.Runner()
        self.clock = clock
        self.database = Database(path)
        self.hops = KeptHops()

    def open(self, service: S) -> None:
        """Starts the service."""
        self.service = service
        self.run(service.start)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self.service.stop)
        self.end()

    def end(self) -> None:
        """Ends without stopping the service, as a killed process does."""
        self.clock.close()
        self.database.close()
        self.runner.close()

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Runs `work` on the event loop, then what it made ready."""

        async def run() -> T:
            answer = await work()
            await self.database.committed()
            await turns(self.turns_after)
            return answer

        # Each with a context of its own, as requests have.
        return self.runner.run(run(), context=copy_context())

    def do(self, work: Callable[[], T]) -> T:
        """Runs something synchronous inside the event loop, where the store expects writes."""

        async def run() -> T:
            return work()

        return self.run(run)

    def advance(self, seconds: float) -> int:
        """Moves the clock; returns how many timers fired."""
        return self.run(lambda: self.clock.advance(seconds))


class World(Stage[S]):
    """A service that needs nothing but its kit.

    Args:
        make: makes the service from its kit.
        path: the database's file, None for memory.
        start: virtual time, seconds since the epoch.
        clock: one of the caller's own, instead of one that stands still.
    """

    def __init__(
        self,
        make: Callable[[Kit], S],
        path: Path | None = None,
        *,
        start: float = START,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(path, clock or Clock(start=start, speed=0))
        self.open(make(Kit(self.database, self.clock, self.hops, NoFaults(), Ids(seed=7))))

    def call(
        self, operation: str, *, scope: Scope = HERE, caller: Caller | None = None, **params: Any
    ) -> dict[str, Any]:
        """Calls an operation as the front door does."""
        call = Call(scope=scope, request_id="r", hop=self.hops.reserve(), caller=caller or Caller())
        return self.run(lambda: self.service.call(operation, call, params))

    def refused(self, operation: str, *, scope: Scope = HERE, **params: Any) -> AwsError:
        """The error that an operation answers with."""
        with pytest.raises(AwsError) as caught:
            self.call(operation, scope=scope, **params)
        return caught.value
