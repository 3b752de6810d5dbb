"""What an engine is: the services behind the front door, and the servers beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.control.protocol import PostgresView, Progress
from sandbox.errors import SandboxError
from sandbox.flow.recorder import Journal
from sandbox.model.arn import Arn
from sandbox.model.call import Caller
from sandbox.model.dumps import DatabaseDump
from sandbox.model.http import ExecuteApi, Observe, Upstream
from sandbox.model.ids import Ids
from sandbox.model.ports import AwsClient, AwsHttp, Bindings, CallerDirectory, FaultPoint
from sandbox.model.scope import Scope
from sandbox.model.stacks import StackDeployer
from sandbox.services.base import Service
from sandbox.services.issuer.issuer import TokenIssuer
from sandbox.services.logs.service import LogLine
from sandbox.services.sqs.desk import Sent
from sandbox.services.sqs.service import PeekedMessage, QueueDepth
from sandbox.store.database import Database


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


class DatabaseShelf(Protocol):
    """Keeps databases as they are at a moment, and puts them back."""

    async def freeze(self, label: str) -> None:
        """Keeps the databases of all instances as they are now, for quick and frequent returns."""
        ...

    def present(self) -> list[str]:
        """The databases of all instances that are in the store now."""
        ...

    async def put_back(self, label: str, present: Sequence[str]) -> None:
        """Makes the databases what they were when `label` was frozen (none, where nothing was); call it while
        the engine is halted.

        Args:
            present: the databases to replace.
        """
        ...

    async def forget(self, labels: Sequence[str]) -> None:
        """Drops what was frozen."""
        ...

    async def dump(self, folder: Path, moment: Callable[[], None]) -> DatabaseDump:
        """Writes the databases of all instances into files, all as they are at one moment.

        Args:
            moment: called at that moment; what it stores belongs together with the databases.

        Raises:
            StoreError: they could not be written.
        """
        ...

    async def load(self, folder: Path, dump: DatabaseDump) -> Loaded:
        """Makes databases aside out of what `dump` wrote; what there is stays as it is.

        Raises:
            StoreError: they cannot be restored; nothing was kept.
        """
        ...

    async def writes(self) -> int:
        """A number that grows with every transaction that wrote something."""
        ...


class Loaded(Protocol):
    """Databases that were made aside."""

    async def take_over(self, present: Sequence[str]) -> None:
        """Puts them in the place of those that are `present`; call it while the engine is halted."""
        ...

    async def discard(self) -> None:
        """Drops them."""
        ...


@dataclass(frozen=True, slots=True)
class ForeignQueue:
    """A queue of an engine whose queues are not the sandbox's own.

    Attributes:
        visibility, retention: seconds.
        max_receives: receives before a message is dead-lettered.
    """

    depth: QueueDepth
    visibility: float
    retention: float
    max_receives: int | None


class QueueSource(Protocol):
    """Queues that are not the sandbox's own: looked into without receiving anything and without a hop, and
    their dead letters moved one by one.
    """

    async def queues(self) -> list[ForeignQueue]:
        """Every queue, by name.

        Raises:
            AwsError: whoever has them does not answer.
        """
        ...

    async def peek(self, queue: Arn) -> list[PeekedMessage]:
        """Every message of a queue, in order of sending.

        Raises:
            AwsError: whoever has it does not answer.
        """
        ...

    async def send_anew(
        self,
        queue: Arn,
        message_id: str,
        operation: str,
        *,
        body: str | None = None,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        delay: int | None = None,
    ) -> Sent:
        """Sends a dead letter anew, edited or not, to the queue it came from; interrupted half way, it is in
        both queues.

        Args:
            queue: the dead-letter queue. operation: what the journal calls it.
            body, attributes: what takes the place of its own; None leaves it.
            delay: seconds; None takes the queue's.

        Raises:
            RefusedMoveError: it stays where it is.
            AwsError: whoever has it does not answer.
        """
        ...

    async def drop(self, queue: Arn, message_id: str) -> str:
        """Deletes a message for good and returns its id.

        Raises:
            RefusedMoveError: it stays where it is.
            AwsError: whoever has it does not answer.
        """
        ...


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
