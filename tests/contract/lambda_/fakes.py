"""What stands around the Lambda service in its tests: runtime, queues, logs, targets, dependencies."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import DependencyError
from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.ports import (
    Delivery,
    FunctionSpec,
    InvocationRequest,
    LeasedMessage,
    LogLines,
    Outcome,
    Shard,
    StreamPage,
    StreamRecord,
)
from tests.support.fakes import KeptHops


class Failure(Exception):  # noqa: N818 - what a handler raises, not an error of ours
    """Raised by a fake handler: the invocation ends with a function error."""


Handler = Callable[[Any], Any]
_STREAM = "2023/11/14/[$LATEST]abc"


class FakeExecutor:
    """Runs Python callables by function name instead of code; without one the event is echoed.

    `hold(name)` keeps the function's invocations running until `release(name)`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.handlers: dict[str, Handler] = {}
        self.requests: list[tuple[FunctionSpec, InvocationRequest]] = []
        self.retired: list[str] = []
        self.kept: dict[str, int] = {}
        self.refusal: Exception | None = None
        self.running = 0
        self.most = 0
        self._gates: dict[str, asyncio.Event] = {}

    @property
    def events(self) -> list[Any]:
        """What the functions were invoked with."""
        return [json.loads(request.event) for _, request in self.requests]

    def hold(self, name: str) -> None:
        self._gates[name] = asyncio.Event()

    def release(self, name: str) -> None:
        self._gates.pop(name).set()

    def next_gate(self, name: str) -> None:
        """Lets go those who are held now, and holds those who come after them."""
        held = self._gates[name]
        self.hold(name)
        held.set()

    async def run(self, spec: FunctionSpec, request: InvocationRequest, log: LogLines) -> Outcome:
        if self.refusal is not None:
            raise self.refusal
        self.requests.append((spec, request))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            log(_STREAM, [(self._clock.now(), f"START RequestId: {request.request_id} Version: $LATEST")])
            if (gate := self._gates.get(spec.name)) is not None:
                await gate.wait()
            outcome = self._outcome(spec, request)
            log(_STREAM, [(self._clock.now(), line) for line in outcome.log[1:]])
            return outcome
        finally:
            self.running -= 1

    def _outcome(self, spec: FunctionSpec, request: InvocationRequest) -> Outcome:
        handler = self.handlers.get(spec.name, lambda event: event)
        error = None
        try:
            answer = handler(json.loads(request.event))
        except Failure as failure:
            error = "Unhandled"
            answer = {"errorMessage": str(failure), "errorType": "Failure", "stackTrace": []}
        return Outcome(
            payload=json.dumps(answer).encode(),
            error=error,
            kind="error" if error else "ok",
            duration_ms=1.5,
            billed_ms=2,
            max_memory_mb=40,
            init_ms=6.0 if len(self.requests) == 1 else None,
            environment="env-1",
            log_stream=_STREAM,
            log=(
                f"START RequestId: {request.request_id} Version: $LATEST",
                "olá do handler",
                f"END RequestId: {request.request_id}",
                f"REPORT RequestId: {request.request_id}",
            ),
        )

    async def provision(self, spec: FunctionSpec, count: int, log: LogLines) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.kept[spec.arn] = count

    def provisioned(self, function: str) -> int:
        return self.kept.get(function, 0)

    async def retire(self, function: str) -> None:
        self.retired.append(function)


@dataclass
class FakeMessage:
    """A message of a fake queue; invisible until `hidden_until`."""

    id: str
    body: str
    hop: int
    trace: str | None
    hidden_until: float = 0.0
    receives: int = 0


class FakeQueues:
    """Queues with a visibility timeout on the test's clock; implements the port `EventSource`."""

    def __init__(self, clock: Clock, hops: KeptHops) -> None:
        self._clock = clock
        self._hops = hops
        self._messages: dict[Arn, list[FakeMessage]] = {}
        self._visible: dict[Arn, float] = {}
        self._listeners: dict[Arn, list[Callable[[], None]]] = defaultdict(list)
        self.leases: list[int] = []
        self.acknowledged: list[str] = []
        self.returned: list[str] = []

    def make(self, queue: Arn, visible: float = 30.0) -> Arn:
        self._messages.setdefault(queue, [])
        self._visible[queue] = visible
        return queue

    def drop(self, queue: Arn) -> None:
        del self._messages[queue]

    def send(self, queue: Arn, *bodies: str, trace: str | None = None) -> list[FakeMessage]:
        sent = []
        for body in bodies:
            hop = self._hops.record(HopKind.MESSAGE_SENT, queue.scope, "sqs", resource=str(queue))
            sent.append(FakeMessage(f"m{hop}", body, hop, trace))
        self._messages[queue] += sent
        self._wake(queue)
        return sent

    def left(self, queue: Arn) -> list[str]:
        """Bodies of the messages that are not acknowledged."""
        return [message.body for message in self._messages[queue]]

    def receives(self, queue: Arn) -> dict[str, int]:
        return {message.body: message.receives for message in self._messages[queue]}

    def listeners(self, queue: Arn) -> int:
        return len(self._listeners[queue])

    # --- the port ----------------------------------------------------------------------------------------
    def exists(self, queue: Arn) -> bool:
        return queue in self._messages

    def visibility_timeout(self, queue: Arn) -> float:
        return self._visible[queue]

    def lease(self, queue: Arn, limit: int) -> list[LeasedMessage]:
        if queue not in self._messages:
            raise AwsError("QueueDoesNotExist", "The specified queue does not exist.")
        now = self._clock.now()
        found = [message for message in self._messages[queue] if message.hidden_until <= now][:limit]
        for message in found:
            message.hidden_until = now + self._visible[queue]
            message.receives += 1
            self._clock.call_at(message.hidden_until, lambda: self._wake(queue))
        if found:
            self.leases.append(len(found))
        return [
            LeasedMessage(
                message.id,
                f"{message.id}/{message.receives}",
                message.hop,
                {
                    "messageId": message.id,
                    "receiptHandle": f"{message.id}/{message.receives}",
                    "body": message.body,
                    "attributes": {"ApproximateReceiveCount": str(message.receives)},
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": str(queue),
                    "awsRegion": queue.region,
                },
                message.trace,
            )
            for message in found
        ]

    def acknowledge(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        gone = {handle.split("/")[0] for handle in receipt_handles}
        self.acknowledged += receipt_handles
        self._messages[queue] = [message for message in self._messages[queue] if message.id not in gone]

    def give_back(self, queue: Arn, receipt_handles: Sequence[str], cause: int | None) -> None:
        self.returned += receipt_handles
        for message in self._messages[queue]:
            if any(handle.startswith(f"{message.id}/") for handle in receipt_handles):
                message.hidden_until = 0.0
        self._wake(queue)

    def on_available(self, queue: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        self._listeners[queue].append(wake)
        return lambda: self._listeners[queue].remove(wake)

    def _wake(self, queue: Arn) -> None:
        for wake in list(self._listeners[queue]):
            wake()


@dataclass
class KeptDeliveries:
    """A deliverer that keeps what it gets; it knows queues and functions.

    Attributes:
        meanwhile: happens during the next delivery.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    refusal: Exception | None = None
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def deliver(self, delivery: Delivery) -> int:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if self.refusal is not None:
            raise self.refusal
        self.deliveries.append(delivery)
        return 1

    def supports(self, target: Arn) -> bool:
        return target.service in ("sqs", "lambda", "events")


class Tokens:
    """Bindings with one value."""

    def expand(self, text: str, function: str = "") -> str:
        return text.replace("{{sandbox:endpoint}}", "http://127.0.0.1:4566")


@dataclass
class FakeDependencies:
    """Resolves nothing, and remembers being asked; `failure` makes it fail."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    failure: DependencyError | None = None

    async def resolve(self, code_dir: Path, runtime: str) -> tuple[str, ...]:
        if self.failure is not None:
            raise self.failure
        text = (code_dir / "requirements.txt").read_text()
        self.asked.append((text.strip(), runtime))
        return (f"/deps/{len(self.asked)}",)


class FakeStreams:
    """Streams of DynamoDB tables, in memory; implements the port `StreamSource`. Sequence numbers count."""

    def __init__(self, clock: Clock, hops: KeptHops) -> None:
        self._clock = clock
        self._hops = hops
        self._shards: dict[Arn, dict[str, Shard]] = {}
        self._records: dict[tuple[Arn, str], list[StreamRecord]] = {}
        self._closed: set[tuple[Arn, str]] = set()
        self._listeners: dict[Arn, list[Callable[[], None]]] = defaultdict(list)
        self._number = 0

    def make(self, stream: Arn) -> Arn:
        self._shards[stream] = {}
        return self.split(stream, "shard-0")

    def split(self, stream: Arn, shard: str, parent: str = "") -> Arn:
        if parent:
            self._closed.add((stream, parent))
        self._shards[stream][shard] = Shard(shard, parent)
        self._records[stream, shard] = []
        self._wake(stream)
        return stream

    def put(self, stream: Arn, *keys: str, shard: str = "shard-0") -> None:
        for key in keys:
            self._number += 1
            hop = self._hops.record(HopKind.EVENT_PUT, stream.scope, "dynamodb", resource=str(stream))
            sequence = f"{self._number:06d}"
            record = {
                "eventID": f"e{hop}",
                "eventName": "INSERT",
                "dynamodb": {"Keys": {"id": {"S": key}}, "SequenceNumber": sequence},
            }
            self._records[stream, shard].append(StreamRecord(sequence, record, self._clock.now(), hop))
        self._wake(stream)

    def listeners(self, stream: Arn) -> int:
        return len(self._listeners[stream])

    # --- the port ----------------------------------------------------------------------------------------
    def exists(self, stream: Arn) -> bool:
        return stream in self._shards

    def shards(self, stream: Arn) -> Sequence[Shard]:
        if stream not in self._shards:
            raise AwsError("ResourceNotFoundException", f"Stream: {stream} not found")
        return list(self._shards[stream].values())

    def begin(self, stream: Arn, shard: str, position: str, at: float | None = None) -> str:
        if position == "LATEST" and self._records[stream, shard]:
            return self._records[stream, shard][-1].sequence
        return ""

    def read(self, stream: Arn, shard: str, after: str, limit: int) -> StreamPage:
        rest = [record for record in self._records[stream, shard] if record.sequence > after]
        return StreamPage(rest[:limit], (stream, shard) in self._closed and len(rest) <= limit)

    def on_available(self, stream: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        self._listeners[stream].append(wake)
        return lambda: self._listeners[stream].remove(wake)

    def _wake(self, stream: Arn) -> None:
        for wake in list(self._listeners[stream]):
            wake()
