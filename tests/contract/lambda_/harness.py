"""The Lambda service alone, on a manual clock, with fakes around it."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sandbox.clock import Clock
from sandbox.faults.plan import FaultPlan
from sandbox.model.arn import Arn, function_arn, queue_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.lambda_.service import LambdaService
from sandbox.wire.incoming import Target
from tests.contract.lambda_.fakes import (
    FakeDependencies,
    FakeExecutor,
    FakeQueues,
    FakeStreams,
    KeptDeliveries,
    Tokens,
)
from tests.support import world as support
from tests.support.fakes import KeptLogs
from tests.support.shapes import wire

START = 1_700_000_000.0
ROLE = "arn:aws:iam::000000000000:role/execucao"
T = TypeVar("T")


async def turns() -> None:
    """Lets everything that is ready run."""
    await support.turns(World.turns_after)


class World(support.Stage[LambdaService]):
    """One Lambda service over one database.

    Args:
        folder: a temporary folder, for packages.
        state: the database's file, None for memory.
        options: further keywords of the service's constructor.
    """

    turns_after = 40

    def __init__(
        self, folder: Path, state: Path | None = None, *, start: float = START, **options: Any
    ) -> None:
        super().__init__(state, Clock(start=start, speed=0, settle=turns))
        self.folder = folder
        self.executor = FakeExecutor(self.clock)
        self.queues = FakeQueues(self.clock, self.hops)
        self.streams = FakeStreams(self.clock, self.hops)
        self.logs = KeptLogs()
        self.targets = KeptDeliveries()
        self.dependencies = FakeDependencies()
        self.faults = FaultPlan(self.database, self.hops, Ids(seed=5))
        kit = Kit(self.database, self.clock, self.hops, self.faults, Ids(seed=7))
        options = {
            "dependencies": self.dependencies,
            "streams": {"dynamodb": self.streams},
            **options,
        }
        self.open(
            LambdaService(
                kit,
                self.executor,
                self.queues,
                self.logs,
                Tokens(),
                self.targets,
                folder / "code",
                **options,
            )
        )

    def close(self) -> None:
        """Ends as a killed process does."""
        self.end()

    def context(self, scope: Scope = Scope(), trace: str | None = None) -> Call:  # noqa: B008 - frozen
        hop = self.hops.reserve()
        return Call(scope=scope, request_id=f"r{hop}", hop=hop, trace=trace)

    def call(
        self,
        operation: str,
        scope: Scope = Scope(),  # noqa: B008 - frozen
        trace: str | None = None,
        **params: Any,
    ) -> dict[str, Any]:
        answer = self.run(lambda: self.service.call(operation, self.context(scope, trace), params))
        # What is answered must be in the shape that clients know.
        wire().answer(Target("lambda", operation, "rest-json"), answer, "r")
        return answer

    def refused(self, operation: str, **params: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self.call(operation, **params)
        return caught.value

    def settle(self) -> None:
        self.run(turns)

    # --- shorthands --------------------------------------------------------------------------------------
    def function(self, name: str = "estoque", **params: Any) -> dict[str, Any]:
        given = {"Role": ROLE, "Runtime": "python3.13", "Handler": "app.handler", **params}
        given.setdefault("Code", {"ZipFile": package()})
        return self.call("CreateFunction", FunctionName=name, **given)

    def invoke(self, name: str = "estoque", payload: Any = None, **params: Any) -> dict[str, Any]:
        if payload is not None:
            params["Payload"] = json.dumps(payload).encode()
        return self.call("Invoke", FunctionName=name, **params)

    def queue(self, name: str = "estoque-reserva", visible: float = 30.0) -> Arn:
        return self.queues.make(queue_arn(Scope(), name), visible)

    def mapping(self, queue: Arn, function: str = "estoque", **params: Any) -> dict[str, Any]:
        return self.call(
            "CreateEventSourceMapping", FunctionName=function, EventSourceArn=str(queue), **params
        )

    def send(self, queue: Arn, *bodies: str, trace: str | None = None) -> None:
        async def send() -> None:
            self.queues.send(queue, *bodies, trace=trace)

        self.run(send)

    def begin(self, work: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        """Starts `work` and returns while it is still under way."""

        async def begin() -> asyncio.Future[T]:
            return asyncio.ensure_future(work())

        return self.run(begin)

    def begin_invoke(self, name: str = "estoque", payload: Any = None) -> asyncio.Future[dict[str, Any]]:
        params = {"FunctionName": name, "Payload": json.dumps(payload).encode()}
        return self.begin(lambda: self.service.call("Invoke", self.context(), params))


def package(files: dict[str, str] | None = None) -> bytes:
    """A deployment package; of the same files it is the same at any time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in (files or {"app.py": "def handler(event, context): return event"}).items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o600 << 16
            archive.writestr(info, text)
    return data.getvalue()


def arn(name: str = "estoque") -> Arn:
    return function_arn(Scope(), name)


def bodies(event: Any) -> list[str]:
    return [record["body"] for record in event["Records"]]
