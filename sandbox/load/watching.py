"""What goes on in the sandbox meanwhile: functions, queues, failed calls, and the machine itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

import psutil

#: Real seconds between two looks.
INTERVAL = 0.5


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
        waiting: messages in queues that functions read; oldest: seconds of the oldest of them.
    """

    at: float
    cpu: float
    waiting: int
    oldest: float


@dataclass(slots=True)
class Watch:
    """What was seen from first to last.

    Attributes:
        throttles: throttled invocations by function. failures: failed calls by (service, operation, resource,
            error). dead: messages that came to dead-letter queues, by queue.
        drained: seconds from the last answer until the queues were empty; None: they were not in time.
    """

    looks: list[Look] = field(default_factory=list)
    throttles: dict[str, int] = field(default_factory=dict)
    failures: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    drained: float | None = None


class Watcher:
    """Looks at the sandbox through its control API.

    Args:
        client: used by one thread at a time.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._before: tuple[int, dict[str, int], dict[str, int]] = (0, {}, {})
        self.watch = Watch()

    async def begin(self) -> None:
        """Remembers how things stand, and starts the measure of the processors."""
        psutil.cpu_percent()
        position = await asyncio.to_thread(self._client.call, "failures", since=-1)
        self._before = (position["position"], *(await asyncio.to_thread(self._marks)))

    async def look(self, at: float) -> Look:
        """Looks once."""
        queues = await asyncio.to_thread(self._client.call, "queue_ls")
        read = [queue for queue in queues if queue.get("consumers")]
        look = Look(
            at,
            psutil.cpu_percent(),
            sum(queue["visible"] + queue["in_flight"] + queue["delayed"] for queue in read),
            max((queue.get("oldest_seconds") or 0.0 for queue in read), default=0.0),
        )
        self.watch.looks.append(look)
        return look

    async def drain(self, seconds: float, began: float) -> None:
        """Waits until the queues that functions read are empty, for so many seconds at most."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        while (await self.look(loop.time() - began)).waiting:
            if loop.time() - start > seconds:
                return
            await asyncio.sleep(INTERVAL)
        self.watch.drained = loop.time() - start

    async def end(self) -> Watch:
        """What came to pass since `begin`."""
        since, throttles, dead = self._before
        now_throttled, now_dead = await asyncio.to_thread(self._marks)
        told = await asyncio.to_thread(self._client.call, "failures", since=since)
        self.watch.throttles = _more(throttles, now_throttled)
        self.watch.dead = _more(dead, now_dead)
        self.watch.failures = {
            (one["service"], one["operation"], one["resource"], one["error"]): one["count"]
            for one in told["failures"]
        }
        return self.watch

    def _marks(self) -> tuple[dict[str, int], dict[str, int]]:
        functions = self._client.call("functions_stats")
        queues = self._client.call("queue_ls")
        return (
            {function["name"]: function["throttles"] for function in functions},
            {
                queue["name"]: queue["visible"] + queue["in_flight"]
                for queue in queues
                if queue.get("sources")
            },
        )


def _more(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    return {name: now[name] - before.get(name, 0) for name in now if now[name] > before.get(name, 0)}
