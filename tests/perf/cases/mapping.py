"""From a queue to the function that an event source mapping feeds."""

from __future__ import annotations

import asyncio
import json
import socket
import time

from tests.perf.bench import Bench, Round, Target
from tests.perf.cases.sqs import fill
from tests.perf.errors import BenchError
from tests.perf.http import Line, sqs_request
from tests.perf.report import Measure

_SENDS = 40
#: Real seconds between two sends: one message is done with when the next comes.
_PAUSE = 0.01
_DRAINED = 3_000
_BATCH = 10
#: Real seconds to wait for a message, and for a full queue to be drained.
_PATIENCE = 15.0
_DRAIN = 60.0
_BUFFER = 4 * 1024 * 1024


class _Stamps:
    """Hears from the function when it began, and with which messages."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    async def next(self, patience: float) -> tuple[int, list[str]]:
        """When an invocation began (nanoseconds of the system's clock), and the bodies it was given.

        Raises:
            BenchError: none has come.
        """

        def receive() -> bytes:
            self._socket.settimeout(patience)
            return self._socket.recv(65536)

        try:
            began, bodies = json.loads(await asyncio.to_thread(receive))
        except TimeoutError:
            raise BenchError(f"no function has begun for {patience:.0f} s") from None
        return began, bodies


def sqs_to_lambda(bench: Bench) -> list[Measure]:
    """SendMessage until the first line of the handler, one message at a time."""
    with bench.targets("functions") as targets:
        rounds = bench.by_turns(targets, _handing_over)
    return [
        Measure("sqs-to-lambda", "ms", [time for one in found for time in one], engine=engine)
        for engine, found in rounds.items()
    ]


async def _handing_over(target: Target) -> Round[list[float]]:
    stamps = _Stamps()
    url = target.furniture.queue()
    function = target.furniture.function("stamp", BENCH_PORT=str(stamps.port))
    target.furniture.mapping(url, function, batch=_BATCH)
    line = Line(target.endpoint)

    async def send() -> list[float]:
        times = []
        for _ in range(_SENDS):
            sent = time.time_ns()
            await line.ask(sqs_request(target.endpoint, "SendMessage", QueueUrl=url, MessageBody=str(sent)))
            began, _ = await stamps.next(_PATIENCE)
            times.append((began - sent) / 1e6)
            await asyncio.sleep(_PAUSE)
        return times

    return send


def sqs_drain(bench: Bench) -> list[Measure]:
    """3,000 messages wait in a queue that a mapping is put on, ten at a time: first handler to last."""
    with bench.targets("functions") as targets:
        rounds = bench.by_turns(targets, _draining)
    return [
        Measure("sqs-drain", "messages/s", found, more_is_better=True, engine=engine)
        for engine, found in rounds.items()
    ]


async def _draining(target: Target) -> Round[float]:
    stamps = _Stamps()
    function = target.furniture.function("stamp", BENCH_PORT=str(stamps.port))

    async def drain() -> float:
        url = target.furniture.queue()
        left = {str(number) for number in range(_DRAINED)}
        await fill(target, url, sorted(left))
        target.furniture.mapping(url, function, batch=_BATCH)
        times = []
        until = time.monotonic() + _DRAIN
        while left:
            if time.monotonic() > until:
                raise BenchError(f"{len(left)} of {_DRAINED} messages are left after {_DRAIN:.0f} s")
            began, bodies = await stamps.next(_PATIENCE)
            times.append(began)
            left.difference_update(bodies)
        return _DRAINED / ((max(times) - min(times)) / 1e9)

    return drain
