"""What an engine is: the services behind the front door, and the servers beside them.

What it says of its databases and of queues that are not ours is in `shelf` and `queues`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.control.protocol import PostgresView, Progress
from sandbox.engines.queues import ForeignQueue, QueueSource
from sandbox.engines.shelf import DatabaseShelf, Loaded
from sandbox.errors import SandboxError
from sandbox.flow.recorder import Journal
from sandbox.model.call import Caller
from sandbox.model.http import ExecuteApi, Observe, Upstream
from sandbox.model.ids import Ids
from sandbox.model.ports import AwsClient, AwsHttp, Bindings, CallerDirectory, FaultPoint
from sandbox.model.scope import Scope
from sandbox.model.stacks import StackDeployer
from sandbox.services.base import Service
from sandbox.services.issuer.issuer import TokenIssuer
from sandbox.services.logs.service import LogLine
from sandbox.store.database import Database

__all__ = [
    "DatabaseShelf",
    "Engine",
    "EngineKit",
    "ForeignQueue",
    "FunctionView",
    "Loaded",
    "LogReader",
    "NetworkDoor",
    "NoDatabaseError",
    "QueueSource",
]


class NoDatabaseError(SandboxError):
    """A database instance that was asked for is not there."""


@dataclass(frozen=True, slots=True)
class EngineKit:
    """What a session gives to the engine it starts.

    Attributes:
        folder: the state folder; the engine's servers keep their data below it.
        endpoint: base URL of the front door, known once it listens.
        notice: tells the user something they should know (a missing interpreter).
        progress: told the steps of a start that takes several.
        aws_http: reaches every service as the front door does, once it is open.
        aws: calls AWS operations on behalf of services, once the front door is open.
        stacks: deploys what the CloudFormation API is asked for, once the front door is open.
        elsewhere: services that are not the engine's to serve.
        native: services that the user wants natively, though the engine's servers have them.
    """

    folder: Path
    database: Database
    journal: Journal
    clock: Clock
    ids: Ids
    faults: FaultPoint
    endpoint: Callable[[], str]
    notice: Callable[[str], None]
    aws_http: AwsHttp
    aws: AwsClient
    stacks: StackDeployer
    progress: Callable[[Progress], None] = lambda _: None
    elsewhere: Collection[str] = ()
    native: Collection[str] = ()


@dataclass(slots=True)
class NetworkDoor:
    """Where functions in containers reach the front door: this machine's address on their network.

    Attributes:
        address: to listen on, beside loopback.
        subnet: whose peers alone may connect there.
        caller_at: whose container has an address, by that and the X-Ray header of the call.
        port: filled in by who listens; 0 while nobody does.
    """

    address: str
    subnet: str
    caller_at: Callable[[str, str], Caller | None]
    port: int = 0


class LogReader(Protocol):
    """Where log lines are read."""

    def follow(self, receive: Callable[[LogLine], None]) -> Callable[[], None]:
        """Calls `receive` with every line written from now on; returns the function that stops it."""
        ...

    def newest(self, scope: Scope, groups: Sequence[str], limit: int) -> list[LogLine]:
        """The newest lines of the groups (of all, when none is named), oldest first."""
        ...

    def lines_caused_by(self, hop: int) -> list[str]:
        """The lines that one invocation wrote, oldest first, by the hop of its start."""
        ...

    def settle(self) -> None:
        """Stores lines that are held back for a moment."""
        ...


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
    def virtual_time(self) -> bool:
        """Whether the sandbox's clock moves it; else it lives in real time."""
        ...

    @property
    def keeps_state(self) -> bool:
        """Whether what it holds outlives a stop; else every start begins empty and deploys again."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What holds for all its services, for `sandbox services`."""
        ...

    @property
    def network_door(self) -> NetworkDoor | None:
        """Where else the front door must listen, once it has started."""
        ...

    @property
    def services(self) -> Mapping[str, Service]:
        """The native services by botocore's names."""
        ...

    @property
    def mixed(self) -> Collection[str]:
        """Native services whose remaining operations the long tail does."""
        ...

    @property
    def execute_api(self) -> ExecuteApi:
        """Serves deployed APIs."""
        ...

    @property
    def issuer(self) -> TokenIssuer:
        """Issues tokens for JWT authorizers."""
        ...

    def audiences(self) -> Sequence[str]:
        """The audiences that deployed JWT authorizers of its issuer ask for."""
        ...

    @property
    def queues(self) -> QueueSource | None:
        """Looks into queues; None where they are the sandbox's own."""
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
    def logs(self) -> LogReader:
        """Where log lines are."""
        ...

    @property
    def long_tail(self) -> Upstream:
        """Answers what is not native."""
        ...

    @property
    def observe(self) -> Observe | None:
        """Told of what the long tail did, where the journal can learn from it."""
        ...

    async def start(self) -> None:
        """Starts the servers it needs and rebuilds every service from the store."""
        ...

    def keep(self) -> None:
        """Lets `stop` leave the containers, to be looked at.

        Raises:
            UsageError: it has none.
        """
        ...

    async def stop(self) -> None:
        """Ends everything it started."""
        ...

    async def halt(self) -> None:
        """Ends all that runs (deliveries, invocations, long polls, execution environments); servers stay.

        What is stored may be changed until `go_on`.
        """
        ...

    async def go_on(self) -> None:
        """Rebuilds every service from the store, after `halt`: the same path as after a crash."""
        ...

    async def quiet(self) -> None:
        """Waits until the engine does nothing by itself: what follows needs a call or a timer."""
        ...

    def work(self) -> Sequence[str]:
        """What runs now, each in a few words; empty when it is quiet."""
        ...

    @property
    def waiting(self) -> int:
        """Calls that wait for something to come (long polls): they are no work."""
        ...

    @property
    def databases(self) -> DatabaseShelf:
        """Keeps and puts back the databases of its instances."""
        ...

    def unsupported(self, type_: str, properties: Mapping[str, Any]) -> str | None:
        """Why a resource of a template cannot be deployed, or None."""
        ...

    def refusal(self, type_: str, properties: Mapping[str, Any]) -> str | None:
        """Why a resource with these properties, now that they are evaluated, cannot be deployed, or None."""
        ...

    def differences(self, type_: str, properties: Mapping[str, Any]) -> Sequence[str]:
        """What of a resource is taken and has no effect, each in words."""
        ...

    def fault_refusal(self, kind: str) -> str | None:
        """Why faults of a kind cannot be injected here, or None."""
        ...

    async def refresh(self) -> Sequence[str]:
        """Brings functions up to what their folders hold now, where that is not so by itself.

        Returns:
            The names of those that were changed.

        Raises:
            SandboxError, AwsError: the code of one cannot be packed.
        """
        ...

    async def warm(self) -> None:
        """Gets ready what first invocations would wait for; nothing depends on it."""
        ...

    def has_database(self, instance: str, scope: Scope = Scope()) -> bool:  # noqa: B008 - frozen
        """Whether a database instance is there (a client may have deleted it)."""
        ...

    def database(self, instance: str, scope: Scope = Scope()) -> PostgresView:  # noqa: B008 - frozen
        """How a client reaches a database instance that a template declares, as its master user.

        Args:
            instance: the identifier of the instance.
            scope: its account and region.

        Raises:
            NoDatabaseError: there is no such instance.
        """
        ...

    def database_dsn(self, instance: str, scope: Scope = Scope()) -> str:  # noqa: B008 - frozen
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
