"""What every native service is made of: operations over parsed input, and the kit the engine hands to it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from sandbox.clock import Clock
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.ids import Ids
from sandbox.model.ports import FaultPoint, Recorder
from sandbox.store.database import Database

#: Virtual seconds until what a lost turn was to do is tried again (see `Service.recall`).
PAUSE = 5.0
Params = dict[str, Any]
Answer = dict[str, Any]
Handler = Callable[[Any, Call, Params], Answer | Awaitable[Answer]]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """One implemented operation.

    Attributes:
        name: the operation's name in AWS's API.
        handler: the unbound method `(service, call, params) -> answer`, sync or async.
        accepts: the input members that are acted on; any other one is refused by name.
        records: the service records its own hops (data-plane operations); the front door records none.
    """

    name: str
    handler: Handler
    accepts: frozenset[str]
    records: bool


def operation(name: str, accepts: str = "", *, records: bool = False) -> Callable[[F], F]:
    """Declares a method as an AWS operation.

    Args:
        name: the operation's name in AWS's API.
        accepts: the input members it acts on, separated by spaces. A member not listed is refused when a
            client sends it: accepting and ignoring is a defect (design rule 6).
        records: the method records its own hops, the front door records none.
    """

    def mark(function: F) -> F:
        spec = OperationSpec(name, function, frozenset(accepts.split()), records)
        function.__aws_operation__ = spec  # type: ignore[attr-defined]
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Kit:
    """What every service needs, wired by the engine."""

    database: Database
    clock: Clock
    recorder: Recorder
    faults: FaultPoint
    ids: Ids


class Service:
    """A native AWS service.

    Subclasses name themselves as botocore does, declare their tables in `SCHEMA`, mark operations with
    `@operation`, rebuild what they keep in memory in `start`, and end tasks and timers in `stop`.
    """

    #: botocore's service name (`sqs`, `events`, `lambda`).
    name: ClassVar[str]
    #: SQL that creates the service's tables where missing; table names begin with the service's name.
    SCHEMA: ClassVar[str] = ""
    #: What the service stores or accepts but does not check yet, for `sandbox services`.
    NOT_CHECKED: ClassVar[tuple[str, ...]] = ()
    #: Why operations that people ask for are not there, or what does instead, by name; a sentence each.
    REFUSED: ClassVar[Mapping[str, str]] = {}
    operations: ClassVar[Mapping[str, OperationSpec]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        specs = [getattr(member, "__aws_operation__", None) for _, member in inspect.getmembers(cls)]
        cls.operations = {spec.name: spec for spec in specs if isinstance(spec, OperationSpec)}

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.database = kit.database
        self.clock = kit.clock
        kit.database.define(self.SCHEMA)
        kit.database.when_lost(self.recall)

    async def start(self) -> None:
        """Rebuilds memory from the store: the same path after a start, a crash, a reset and a restore."""

    async def stop(self) -> None:
        """Ends the tasks and timers of the service; state stays in the store."""

    def hang_up(self) -> None:
        """Ends answers that go on by themselves (live tails): no more requests are taken."""

    def recall(self) -> None:
        """Makes what is remembered the same as the store again: what was written in the last turn could not
        be stored (disk full). What runs goes on; timers are set anew, those that are due already after
        `PAUSE`, because the disk may be full still. Must not write.
        """

    def work(self) -> set[asyncio.Task[Any]]:
        """The tasks that work now without being asked for by a request: waiting for them waits until the
        service does nothing more by itself (long polls and timers are no work).
        """
        return set()

    async def call(self, operation_name: str, call: Call, params: Params) -> Answer:
        """Runs one operation.

        Raises:
            AwsError: what the service answers instead.
        """
        spec = self.operations.get(operation_name)
        if spec is None:
            why = self.REFUSED.get(operation_name, "")
            raise NotImplementedByName(self.name, f"operation {operation_name}", why)
        for member in params:
            if member not in spec.accepts:
                raise NotImplementedByName(self.name, f"parameter {member} of {operation_name}")
        answer = spec.handler(self, call, params)
        return answer if type(answer) is dict else await answer  # type: ignore[misc]
