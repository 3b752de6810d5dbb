"""The ports between services: each service sees these protocols, the engine wires the implementations.

Services do not import one another, nor the runtime, the journal or the fault plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from sandbox.model.arn import Arn, function_arn
from sandbox.model.call import Call, Caller
from sandbox.model.faults import PlannedFault
from sandbox.model.hops import HopKind, Link
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope


# --- the journal -----------------------------------------------------------------------------------------
class Recorder(Protocol):
    """Where every hop is recorded (implemented by `flow`)."""

    def reserve(self, cause: int | None = None) -> int:
        """An id for a hop that is recorded when its outcome is known; what it causes can name it before.

        Args:
            cause: what led to it, so that hops caused by it join the same flow from the start.
        """
        ...

    def record(
        self,
        kind: HopKind,
        scope: Scope,
        service: str,
        *,
        hop: int | None = None,
        cause: int | None = None,
        links: Sequence[Link] = (),
        operation: str = "",
        resource: str = "",
        status: str = "ok",
        error: str = "",
        request_id: str = "",
        event_id: str = "",
        message_id: str = "",
        trace: str | None = None,
        function: str = "",
        duration_ms: float | None = None,
        detail: Mapping[str, Any] | None = None,
        payload: str | bytes | None = None,
    ) -> int:
        """Records one hop and returns its id (`hop` where it was reserved before).

        Args:
            duration_ms: real milliseconds.
            payload: what was carried; searched for business keys, then bounded and masked.
        """
        ...


# --- messages and targets --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Delivery:
    """Something a bus, rule, topic or failed invocation hands to a target.

    Attributes:
        target: ARN of a queue, function, log group, …
        body: the text handed over (an event document, or what a transformer made of it).
        cause: the hop that led to it.
        trace: the X-Ray trace header to carry on (`AWSTraceHeader` on a queue).
        attributes: message attributes for targets that have them (SQS), in the form of the SQS API.
        group_id, deduplication_id: message group and deduplication id for FIFO queues; without the second the
            queue needs content-based deduplication.
        event_id: id of the event, for the journal.
        source: ARN of the rule or schedule that delivers (`aws:SourceArn`).
    """

    target: Arn
    body: str
    cause: int | None
    trace: str | None = None
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    group_id: str | None = None
    event_id: str = ""
    deduplication_id: str | None = None
    source: str = ""


class Deliverer(Protocol):
    """Delivers to an ARN, whichever service owns it."""

    async def deliver(self, delivery: Delivery) -> int:
        """Hands over and returns the hop that the delivery caused at the target.

        Raises:
            AwsError: the target does not exist, refused it, or its kind cannot be a target.
        """
        ...

    def supports(self, target: Arn) -> bool:
        """Whether targets of this kind are implemented at all."""
        ...


@dataclass(frozen=True, slots=True)
class LeasedMessage:
    """A message in flight, as an event source mapping sees it.

    `record` is the SQS event record exactly as Lambda functions get it (messageId, receiptHandle, body,
    attributes, messageAttributes, md5OfBody, eventSource, eventSourceARN, awsRegion).
    """

    message_id: str
    receipt_handle: str
    hop: int
    record: Mapping[str, Any]
    trace: str | None = None


class EventSource(Protocol):
    """A queue as an event source mapping uses it: lease, then acknowledge, or leave to its
    visibility timeout.
    """

    def exists(self, queue: Arn) -> bool:
        """Whether the queue exists now."""
        ...

    def visibility_timeout(self, queue: Arn) -> float:
        """Seconds a leased message stays invisible.

        Raises:
            AwsError: no such queue.
        """
        ...

    def lease(self, queue: Arn, limit: int) -> list[LeasedMessage]:
        """Takes up to `limit` visible messages now, without waiting; empty when there are none."""
        ...

    def acknowledge(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        """Deletes messages that were processed."""
        ...

    def give_back(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        """Makes messages visible at once (they were leased but never handed to the function)."""
        ...

    def on_available(self, queue: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` whenever a message of the queue becomes visible; returns the function
        that stops it.
        """
        ...


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A record of a shard, as an event source mapping sees it.

    Attributes:
        sequence: its sequence number; reading goes on after it.
        record: the record exactly as Lambda functions get it (`eventID`, `dynamodb`, `eventSourceARN`, …).
        at: virtual time of its arrival, seconds since the epoch: what a maximum record age counts from.
        hop: the hop that put it into the stream.
        partition: what a tumbling window or parallelization keeps together; empty where the shard says it.
    """

    sequence: str
    record: Mapping[str, Any]
    at: float
    hop: int
    trace: str | None = None
    partition: str = ""


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard of a stream.

    Attributes:
        parent: the shard it came from, whose records are read first; empty where there is none.
    """

    id: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class StreamPage:
    """What one read of a shard gave.

    Attributes:
        records: in their order.
        ended: the shard is closed and nothing follows `records`.
    """

    records: Sequence[StreamRecord]
    ended: bool = False


class StreamSource(Protocol):
    """A stream as an event source mapping reads it (DynamoDB Streams, Kinesis).

    The source only keeps and reads. Batching, windows, bisecting, retries, record age, checkpoints and the
    on-failure destination are the mapping's (the Lambda service): it remembers per shard the sequence number
    up to which it is done.
    """

    def exists(self, stream: Arn) -> bool:
        """Whether the stream can be read now."""
        ...

    def shards(self, stream: Arn) -> Sequence[Shard]:
        """The shards that have records or may get some, parents before their children."""
        ...

    def begin(self, stream: Arn, shard: str, position: str, at: float | None = None) -> str:
        """The sequence number after which a mapping begins to read a shard.

        Args:
            position: `TRIM_HORIZON` (everything kept), `LATEST` (what comes from now on), `AT_TIMESTAMP`.
            at: virtual time of `AT_TIMESTAMP`, seconds since the epoch.
        """
        ...

    def read(self, stream: Arn, shard: str, after: str, limit: int) -> StreamPage:
        """Up to `limit` records behind the sequence number `after`, now, without waiting.

        A sequence number that was trimmed stands for the oldest record kept.

        Raises:
            AwsError: the stream or the shard does not exist.
        """
        ...

    def on_available(self, stream: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` whenever a record comes, or a shard is added or closed; returns the function
        that stops it.
        """
        ...


# --- functions -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class InvokeResult:
    """How an invocation ended.

    Attributes:
        payload: what the function returned, or the error document.
        function_error: `Unhandled` when the function failed, else None.
        log_tail: the last 4 KB of the invocation's log.
        request_id: the invocation's id.
        hop: hop of the invocation's end.
        version: the version that ran.
    """

    payload: bytes
    function_error: str | None
    log_tail: str
    request_id: str
    hop: int
    version: str = "$LATEST"


class Invoker(Protocol):
    """Invokes a function, whichever engine runs it (implemented by the Lambda service)."""

    async def invoke(
        self,
        function: Arn,
        payload: bytes,
        *,
        cause: int | None,
        links: Sequence[Link] = (),
        trace: str | None = None,
    ) -> InvokeResult:
        """Runs it and waits for the answer.

        Raises:
            AwsError: no such function, throttled, payload too large, …
        """
        ...

    def accept(self, function: Arn, payload: bytes, *, cause: int | None, trace: str | None = None) -> int:
        """Queues an asynchronous invocation durably and returns its hop.

        Raises:
            AwsError: no such function, payload too large.
        """
        ...


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """All the runtime needs to run a function. Equal specs may share execution environments.

    Attributes:
        arn: ARN of the function, with the version where it is a published one.
        name, version: as in `AWS_LAMBDA_FUNCTION_NAME` and `AWS_LAMBDA_FUNCTION_VERSION`.
        code: folder holding the unpacked deployment package.
        code_key: changes whenever the content of `code` or `layers` may have changed; a new key means new
            environments.
        dependencies: folders put on `sys.path` after the code and the layers (resolved requirements).
        layers: folders that together are `/opt`; later ones lie over earlier ones.
        environment: the function's own variables.
        timeout: seconds.
        memory: MB; the limit on resident memory.
        tmp_size: MB of `/tmp`.
        role: ARN of the execution role.
        log_format: `Text` or `JSON`; with JSON the levels say what is written, of the function's own records
            (`TRACE` … `FATAL`) and of Lambda's (`DEBUG`, `INFO`, `WARN`).
    """

    arn: str
    name: str
    version: str
    scope: Scope
    runtime: str
    handler: str
    code: str
    code_key: str
    dependencies: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    timeout: float = 3.0
    memory: int = 128
    tmp_size: int = 512
    role: str = ""
    log_group: str = ""
    tracing: str = "PassThrough"
    layers: tuple[str, ...] = ()
    log_format: str = "Text"
    log_level: str = "INFO"
    system_log_level: str = "INFO"

    @property
    def function(self) -> str:
        """ARN of the function, whichever version it is."""
        return str(function_arn(self.scope, self.name))


@dataclass(frozen=True, slots=True)
class Doom:
    """How an invocation is made to end, whatever its handler does.

    Attributes:
        kind: `crash` (its process is killed) or `timeout`.
        at: `start`, before the handler has the event, or `end`, when it has answered.
    """

    kind: str
    at: str


@dataclass(frozen=True, slots=True)
class InvocationRequest:
    """One invocation of a function, as the runtime gets it.

    Attributes:
        invoked: the function's ARN as the caller named it, with version or alias; empty for the spec's.
    """

    request_id: str
    event: bytes
    hop: int
    trace: str
    client_context: str | None = None
    invoked: str = ""
    doom: Doom | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended in its execution environment.

    Attributes:
        payload: the function's answer, or the error document (`errorType`, `errorMessage`, `stackTrace`).
        error: None, or `Unhandled`.
        kind: `ok`, `error` (the handler raised), `timeout`, `crash` (exit, signal), `memory`, `init-error`.
        duration_ms: real milliseconds in the handler. init_ms: of the cold start, None when warm.
        max_memory_mb: highest resident memory seen.
        log: the lines of this invocation, oldest first, START/END/REPORT included; all of them were handed
            on while it ran.
    """

    payload: bytes
    error: str | None
    kind: str
    duration_ms: float
    billed_ms: int
    max_memory_mb: int
    init_ms: float | None
    environment: str
    log_stream: str
    log: tuple[str, ...]


#: Takes log lines while an invocation runs: the name of the log stream, and each line with its virtual time
#: in seconds.
LogLines = Callable[[str, Sequence[tuple[float, str]]], None]


class Executor(Protocol):
    """Runs functions in execution environments (implemented by `runtime`)."""

    async def run(self, spec: FunctionSpec, request: InvocationRequest, log: LogLines) -> Outcome:
        """Runs one invocation in a warm environment of the spec, or a new one; never raises for user errors.

        Args:
            log: gets the lines of the invocation while it runs, every one of them before this returns.

        Raises:
            AwsError: the runtime named in the spec cannot be run here (`InvalidRuntimeException`).
        """
        ...

    async def retire(self, function: str) -> None:
        """Ends the idle environments of a function's ARN, or of a version's (it changed, or is gone)."""
        ...

    async def provision(self, spec: FunctionSpec, count: int, log: LogLines) -> None:
        """Starts environments ahead of need, and keeps that many; 0 lets them go like all others.

        Args:
            log: gets the lines that environments write while they start.

        Raises:
            AwsError: one of them cannot be started.
        """
        ...

    def provisioned(self, function: str) -> int:
        """How many environments are kept for a version's ARN now."""
        ...


class CallerDirectory(Protocol):
    """Who an access key belongs to (implemented by `runtime` for execution environments)."""

    def lookup(self, access_key: str) -> Caller | None:
        """The execution environment that owns the key, with the hop of the invocation it serves."""
        ...


# --- logs, calls, faults ---------------------------------------------------------------------------------
class LogSink(Protocol):
    """Where functions and services write log lines (implemented by the CloudWatch Logs service)."""

    def write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: Sequence[tuple[float, str]],
        *,
        cause: int | None = None,
    ) -> None:
        """Appends lines, each with its virtual time in seconds; creates group and stream where missing."""
        ...


class AwsClient(Protocol):
    """Calls an AWS operation as any client would, but in process (or over HTTP on a foreign engine)."""

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        """Runs `operation` of `service` (botocore's names) and returns its parsed output.

        Raises:
            AwsError: what the service answered.
        """
        ...


class AwsHttp(Protocol):
    """Sends an AWS service a request in its own protocol, in process: for those who only map requests on."""

    async def send(self, service: str, request: HttpRequest, call: Call, action: str = "") -> HttpResponse:
        """The service's answer; its refusals are answers too.

        Args:
            service: botocore's name, or the one that signatures carry.
            request: path, query, headers (names in lower case) and body, without a signature.
            call: on whose behalf: its scope and trace are taken over, and its hop is the cause.
            action: the operation, where the request does not name it: it is put where the service's protocol
                has it.
        """
        ...


class SigningKeys(Protocol):
    """The public keys of those who issue tokens (JWT)."""

    async def jwks(self, issuer: str) -> Mapping[str, Any]:
        """The JSON Web Key Set that an issuer publishes.

        Raises:
            AwsError: it cannot be had.
        """
        ...

    def is_known(self, issuer: str) -> bool:
        """Whether keys of this issuer may be asked for at all: the sandbox's own, and those on loopback."""
        ...


class Bindings(Protocol):
    """Values known only while the sandbox runs (ports, endpoints), stored as `{{sandbox:NAME}}` tokens."""

    def expand(self, text: str, function: str = "") -> str:
        """Replaces every token in `text` by its value now.

        Args:
            function: ARN of the function that is to use it; what it reaches may be its own.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """What a fault point must do instead of, or beside, its work.

    Attributes:
        kind: see `sandbox.model.faults`.
        settings: how it is adjusted, complete.
        hop: the hop that says it was injected: the cause of what it leads to.
        dice: for what is left to chance.
    """

    kind: str
    settings: Mapping[str, Any]
    hop: int
    dice: Random


class FaultPoint(Protocol):
    """Asks the plan of faults whether one is due here (implemented by `faults`)."""

    def watch(self, told: Callable[[Sequence[PlannedFault]], None]) -> None:
        """Calls `told` with the whole plan, spent faults too: now, and whenever one is added or removed."""
        ...

    def planned(self, *kinds: str) -> bool:
        """Whether faults of these kinds can strike at all: asked before facts are gathered."""
        ...

    def check(
        self, kind: str, scope: Scope, *, service: str, cause: int | None = None, **facts: str
    ) -> Fault | None:
        """The fault of that kind to inject now, or None; its injection is recorded, so inject it.

        Args:
            cause: the hop that the injection follows from.
            facts: what faults are chosen by, see `sandbox.model.faults.MATCHES`.
        """
        ...


class NoFaults:
    """A plan without faults."""

    def watch(self, told: Callable[[Sequence[PlannedFault]], None]) -> None:
        """There will never be any."""

    def planned(self, *kinds: str) -> bool:
        """None is."""
        return False

    def check(
        self, kind: str, scope: Scope, *, service: str, cause: int | None = None, **facts: str
    ) -> Fault | None:
        """None is due."""
        return None
