"""What an engine is: the services behind the front door, and the servers beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.clock import Clock
from sandbox.flow.recorder import Journal
from sandbox.model.arn import Arn
from sandbox.model.http import ExecuteApi, Upstream
from sandbox.model.ids import Ids
from sandbox.model.ports import Bindings, CallerDirectory, FaultPoint
from sandbox.services.base import Service
from sandbox.services.logs.service import LogsService
from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class EngineKit:
    """What a session gives to the engine it starts.

    Attributes:
        folder: the state folder; the engine's servers keep their data below it.
        endpoint: base URL of the front door, known once it listens.
        notice: tells the user something they should know (a missing interpreter).
    """

    folder: Path
    database: Database
    journal: Journal
    clock: Clock
    ids: Ids
    faults: FaultPoint
    endpoint: Callable[[], str]
    notice: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FunctionView:
    """A function's execution environment, for people."""

    environment: str
    function: str
    pid: int
    state: str
    invocations: int
    memory_mb: float


class Engine(Protocol):
    """The services of one sandbox and what they run on."""

    name: str
    services: Mapping[str, Service]
    execute_api: ExecuteApi
    callers: CallerDirectory
    bindings: Bindings
    logs: LogsService
    long_tail: Upstream

    async def start(self) -> None:
        """Starts the servers it needs and rebuilds every service from the store."""
        ...

    async def stop(self) -> None:
        """Ends everything it started."""
        ...

    async def ready(self) -> None:
        """Waits for the servers that `start` left starting."""
        ...

    def database_dsn(self, instance: Arn) -> str:
        """The DSN of a database instance that a template declares, with its master user."""
        ...

    def server_dsn(self) -> str:
        """The DSN of the PostgreSQL server's own database."""
        ...

    def processes(self) -> Sequence[tuple[str, int]]:
        """Name and pid of every process it runs."""
        ...

    def environments(self) -> Sequence[FunctionView]:
        """The execution environments that are alive."""
        ...
