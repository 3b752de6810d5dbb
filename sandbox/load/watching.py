"""What goes on in the sandbox meanwhile: functions, queues, failed calls, and the machine itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

import psutil

from sandbox.load.processors import Processors, Share

#: Real seconds between two looks.
INTERVAL = 0.5
#: Dead letters of a queue that are looked at, at most.
_LETTERS = 10_000
#: Timers that hold back work of a load: batches that fill, and those that are tried again.
_HELD = ("batching window", "retry of a batch")


class Client(Protocol):
    """The control client, as far as it is needed."""

    def call(self, method: str, **params: Any) -> Any:
        """Calls a control method."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Attributes:
        at: seconds from the beginning.
        cpu: how busy the machine's processors are, 0 to 100.
        waiting: messages in queues that functions read; oldest: seconds of the oldest of them, no more than
            the load has run: what waited before is not of the load.
    """

    at: float
    cpu: float
    waiting: int
    oldest: float


@dataclass(slots=True)
class Watch:
    """What was seen from first to last.

    Attributes:
        before: messages that waited when the load began.
        throttles: throttled invocations by function. failures: failed calls by (service, operation, resource,
            error). dead: messages sent since the load began that came to dead-letter queues, by queue.
        drained: seconds from the last answer until everything was done; None: it was not in time.
        share: who used the processors; None: not measured.
    """

    looks: list[Look] = field(default_factory=list)
    before: int = 0
    throttles: dict[str, int] = field(default_factory=dict)
    failures: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    drained: float | None = None
    share: Share | None = None

    def full_at(self, at: float, full: float) -> bool:
        """Whether the processors were at least `full` (of 100) busy about that time."""
        return any(look.cpu >= full for look in self.looks if at - 1 <= look.at <= at + 2)


class Watcher:
    """Looks at the functions and queues of one system through the sandbox's control API.

    Args:
        client: used by one thread at a time.
        stack: the system's stack; what other stacks do is not of this load.
    """

    def __init__(self, client: Client, stack: str) -> None:
        self._client = client
        self._stack = stack
        self._names: dict[str, set[str]] = {}
        self._position = 0
        self._began = 0.0
        self._throttles: dict[str, int] = {}
        self._processors: Processors | None = None
        self.watch = Watch()

    async def begin(self) -> None:
        """Remembers how things stand, and starts the measure of the processors."""
        for node in (await self._call("map"))["nodes"]:
            if node["stack"] == self._stack:
                kind = "queue" if node["kind"] == "dlq" else node["kind"]
                self._names.setdefault(kind, set()).add(node["name"])
        self._position = (await self._call("failures", since=-1))["position"]
        self._throttles = await self._throttled()
        status = await self._call("status")
        self._began = status["clock"]["now"]
        self.watch.before = (await self._queued())[0]
        self._processors = Processors(status["processes"])
        psutil.cpu_percent()

    async def look(self, at: float) -> Look:
        """Looks once."""
        waiting, oldest = await self._queued()
        look = Look(at, psutil.cpu_percent(), waiting, min(oldest, at))
        self.watch.looks.append(look)
        return look

    async def drain(self, seconds: float, began: float) -> None:
        """Waits until queues that functions read are empty and nothing is on its way to them.

        Args:
            seconds: at most so many.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()
        while (await self.look(loop.time() - began)).waiting or await self._works():
            if loop.time() - start > seconds:
                return
            await asyncio.sleep(INTERVAL)
        self.watch.drained = loop.time() - start

    async def end(self) -> Watch:
        """What came to pass since `begin`."""
        if self._processors is not None:
            self.watch.share = self._processors.share((await self._call("status"))["processes"])
        now = await self._throttled()
        self.watch.throttles = {
            name: count - self._throttles.get(name, 0)
            for name, count in now.items()
            if count > self._throttles.get(name, 0)
        }
        for queue in await self._call("queue_ls"):
            if queue.get("sources") and self._of_system("queue", queue["name"]):
                letters = await self._call("queue_peek", queue=queue["arn"], limit=_LETTERS)
                count = sum(letter["sent_at"] >= self._began for letter in letters)
                if count:
                    self.watch.dead[queue["name"]] = count
        told = await self._call("failures", since=self._position)
        self.watch.failures = {
            (one["service"], one["operation"], one["resource"], one["error"]): one["count"]
            for one in told["failures"]
        }
        return self.watch

    # --- inside ------------------------------------------------------------------------------------------
    async def _call(self, method: str, **params: Any) -> Any:
        return await asyncio.to_thread(self._client.call, method, **params)

    def _of_system(self, kind: str, name: str) -> bool:
        return name in self._names.get(kind, ())

    async def _queued(self) -> tuple[int, float]:
        """Messages in the system's queues that functions read, and the age of the oldest of them."""
        queues = [
            queue
            for queue in await self._call("queue_ls")
            if queue.get("consumers") and self._of_system("queue", queue["name"])
        ]
        waiting = sum(queue["visible"] + queue["in_flight"] + queue["delayed"] for queue in queues)
        return waiting, max((queue.get("oldest_seconds") or 0.0 for queue in queues), default=0.0)

    async def _works(self) -> bool:
        """Whether functions of the system run, or batches for them are held back."""
        running = any(function["running"] for function in await self._functions())
        timers = (await self._call("status"))["clock"]["next"]
        return running or any(timer["label"] in _HELD for timer in timers)

    async def _throttled(self) -> dict[str, int]:
        return {function["name"]: function["throttles"] for function in await self._functions()}

    async def _functions(self) -> list[dict[str, Any]]:
        functions = await self._call("functions_stats")
        return [one for one in functions if self._of_system("function", one["name"])]
