"""What an engine is: the services behind the front door, and the servers beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.clock import Clock
from sandbox.control.protocol import PostgresView
from sandbox.flow.recorder import Journal
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

    @property
    def name(self) -> str:
        """As `--engine` takes it."""
        ...

    @property
    def services(self) -> Mapping[str, Service]:
        """The native services by botocore's names."""
        ...

    @property
    def execute_api(self) -> ExecuteApi:
        """Serves deployed APIs."""
        ...

    @property
    def callers(self) -> CallerDirectory:
        """Whose key an access key is."""
        ...

    @property
    def bindings(self) -> Bindings:
        """Values known only while it runs."""
        ...

    @property
    def logs(self) -> LogsService:
        """Where log lines are."""
        ...

    @property
    def long_tail(self) -> Upstream:
        """Answers what is not native."""
        ...

    async def start(self) -> None:
        """Starts the servers it needs and rebuilds every service from the store."""
        ...

    async def stop(self) -> None:
        """Ends everything it started."""
        ...

    async def warm(self) -> None:
        """Gets ready what first invocations would wait for; nothing depends on it."""
        ...

    def database(self, instance: str) -> PostgresView:
        """How a client reaches a database instance that a template declares, as its master user.

        Args:
            instance: the identifier of the instance.
        """
        ...

    def database_dsn(self, instance: str) -> str:
        """The connection string of the same."""
        ...

    async def spare_database(self) -> PostgresView:
        """A database for who declares none; made when first asked for."""
        ...

    def processes(self) -> Sequence[tuple[str, int]]:
        """Name and pid of every process it runs."""
        ...

    def environments(self) -> Sequence[FunctionView]:
        """The execution environments that are alive."""
        ...
